"""A day on which the clinic is closed: who is affected, move all, tell all, and how far that is."""

from bot.clinic.closures.views import routes

__all__ = ["routes"]
