"""Patients: finding one, and the page about one."""

from bot.clinic.patients.views import routes

__all__ = ["routes"]
