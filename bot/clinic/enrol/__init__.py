"""Enrolling a patient: the form with the year ahead beside it, and who texted JOIN."""

from bot.clinic.enrol.views import routes

__all__ = ["routes"]
