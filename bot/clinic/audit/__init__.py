"""Audit: who did what, to filter and to take away."""

from bot.clinic.audit.views import routes

__all__ = ["routes"]
