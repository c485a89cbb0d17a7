"""What the last reply asked, so that a bare "101" or "yes" is heard as the answer to it."""

from datetime import datetime, timedelta

from bot.conversation.turn import Heard
from store.database import Tx
from store.inbox import last_exchanges
from store.messages import conversation

ASKED_TEMPERATURE = "ask_temperature"
"""The wording key of the question "is that your temperature?"."""

_MAY_ANSWER = frozenset({"clarify", "opt_in", "unknown", "command", "info"})
_MOST_WORDS = 6
_WAITS = timedelta(hours=2)
_LOOK_BACK = 10


def what_was_asked(tx: Tx, contact_id: int, heard: Heard, now: datetime) -> str | None:
    """What was asked a short while ago: "temperature" and the number it was about; None where nothing was."""
    if heard.outcome.kind not in _MAY_ANSWER or len(heard.incoming.body.split()) > _MOST_WORDS:
        return None
    last = next(iter(last_exchanges(tx, contact_id, 1)), None)
    if last is None or not (last.template or "").startswith(ASKED_TEMPERATURE) or last.at < now - _WAITS:
        return None
    texts = [message.body for message in conversation(tx, contact_id, _LOOK_BACK) if message.direction == "in"]
    return f"temperature {texts[-1]}" if texts else "temperature"
