"""Settings: the clinic, its numbers, and the people who work there."""

from bot.clinic.settings.views import routes

__all__ = ["routes"]
