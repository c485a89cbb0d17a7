"""What is said and planned here: content and its sign-off, regimens, reminder rules, the clinic's own wording."""

from bot.clinic.library import (  # noqa: F401 - they add their views
    names,
    reading,
    regimens,
    reminders,
    signing,
    wordings,
)
from bot.clinic.library.blueprint import routes

__all__ = ["routes"]
