"""Changing a plan: every change with its before and after, undo, and the small things that are entered of a plan."""

from bot.clinic.plans import aside as _aside
from bot.clinic.plans import views as _views
from bot.clinic.plans.blueprint import routes

__all__ = ["_aside", "_views", "routes"]
