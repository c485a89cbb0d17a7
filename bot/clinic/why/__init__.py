"""Why: what kept a text, or let it go, gate by gate."""

from bot.clinic.why.views import routes

__all__ = ["routes"]
