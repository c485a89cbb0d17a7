"""Today: what needs somebody now, and who comes today and tomorrow."""

from bot.clinic.today.views import routes

__all__ = ["routes"]
