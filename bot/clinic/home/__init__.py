"""Where one comes in: which clinic, and oneself."""

from bot.clinic.home.views import routes

__all__ = ["routes"]
