"""The inbox: conversations with everybody who texts, answers by hand, and the words that the bot is taught."""

from bot.clinic.inbox import talk as _talk
from bot.clinic.inbox import teaching as _teaching
from bot.clinic.inbox import views as _views
from bot.clinic.inbox.blueprint import routes

__all__ = ["_talk", "_teaching", "_views", "routes"]
