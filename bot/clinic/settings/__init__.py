"""Settings of a clinic, the people who work there, its numbers, and how long it keeps what was texted."""

from bot.clinic.settings import retention
from bot.clinic.settings.views import routes

__all__ = ["retention", "routes"]
