"""Reports: what went, what came, what it cost, over any time; never a word of anybody."""

from bot.clinic.reports.views import routes

__all__ = ["routes"]
