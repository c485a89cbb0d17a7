"""Alerts: texts that told of danger, until somebody has done what had to be done; and who is told of those unseen."""

from bot.clinic.alerts import rota  # noqa: F401 - its routes
from bot.clinic.alerts.views import routes

__all__ = ["routes"]
