"""Alerts: texts that told of danger, until somebody has done what had to be done."""

from bot.clinic.alerts.views import routes

__all__ = ["routes"]
