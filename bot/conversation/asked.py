"""What the last reply asked, so that a bare "101" or "yes" is heard as the answer to it."""

from bot.conversation.turn import Heard
from store.database import Tx
from store.inbox import last_exchanges
from store.messages import conversation

ASKED_TEMPERATURE = "ask_temperature"
"""The wording key of the question "is that your temperature?"."""

_MAY_ANSWER = frozenset({"clarify", "opt_in", "unknown", "command", "info"})
_MOST_WORDS = 6


def what_was_asked(tx: Tx, contact_id: int, heard: Heard) -> str | None:
    """ "temperature" and the number it was asked about, where the last reply asked that; else None."""
    if heard.outcome.kind not in _MAY_ANSWER or len(heard.incoming.body.split()) > _MOST_WORDS:
        return None
    last = last_exchanges(tx, contact_id, 1)
    if not last or not (last[0].template or "").startswith(ASKED_TEMPERATURE):
        return None
    asked_about, _ = conversation(tx, contact_id, 2)
    return f"temperature {asked_about.body}"
