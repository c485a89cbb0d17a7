"""What the last reply asked, so that a bare "101" or "yes" is heard as the answer to it."""

from datetime import datetime, timedelta
from threading import Lock

from bot.conversation.turn import Heard
from content.phrases import plain
from store.database import Tx
from store.inbox import last_exchanges
from store.messages import conversation

ASKED_TEMPERATURE = "ask_temperature"
"""The wording key of the question "is that your temperature?"."""

WAITS = timedelta(hours=2)
"""For how long a question waits for its answer."""

_MAY_ANSWER = frozenset({"clarify", "opt_in", "unknown", "command", "info"})
_MOST_WORDS = 6
_LOOK_BACK = 10
_YES = frozenset({"yes", "y", "yes it is", "yep", "yup", "yeah", "si", "si es", "asi es", "correct"})
_NO = frozenset(
    {"no", "n", "nope", "nah", "no its not", "no it isnt", "no it is not", "no es", "no no es", "not really"}
)
_MOST_QUESTIONS = 10_000


def may_answer(heard: Heard) -> bool:
    """Whether a text may be the answer to a question: a yes or a no whatever else it might mean, or a short text."""
    body = heard.incoming.body
    if len(body.split()) > _MOST_WORDS:
        return False
    return heard.outcome.kind in _MAY_ANSWER or says_yes(body) or says_no(body)


def what_was_asked(tx: Tx, contact_id: int, heard: Heard, now: datetime) -> str | None:
    """What was asked a short while ago: "temperature" and the number it was about; None where nothing was."""
    if not may_answer(heard):
        return None
    last = next(iter(last_exchanges(tx, contact_id, 1)), None)
    if last is None or not asks(last.template) or last.at < now - WAITS:
        return None
    texts = [message.body for message in conversation(tx, contact_id, _LOOK_BACK) if message.direction == "in"]
    return f"temperature {texts[-1]}" if texts else "temperature"


def asks(template: str | None) -> bool:
    """Whether a reply of this template asked for the temperature."""
    return (template or "").startswith(ASKED_TEMPERATURE)


def says_yes(body: str) -> bool:
    """Whether a text is a yes and nothing else."""
    return bare(body) in _YES


def says_no(body: str) -> bool:
    """Whether a text is a no and nothing else."""
    return bare(body) in _NO


def bare(body: str) -> str:
    """The words of a text alone: small letters, without accents and punctuation."""
    return " ".join("".join(c for c in plain(body) if c.isalnum() or c.isspace()).split())


class Questions:
    """What this process asked lately, for when the database cannot be asked. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[int, str], tuple[datetime, str]] = {}

    def answered(self, clinic_id: int, phone: str, text: str, template: str | None, now: datetime) -> None:
        """That ``text`` from a number (E.164) got a reply of this template; it ends whatever was asked before."""
        with self._lock:
            self._open.pop((clinic_id, phone), None)
            if asks(template):
                if len(self._open) >= _MOST_QUESTIONS:
                    self._open = {who: asked for who, asked in self._open.items() if asked[0] > now - WAITS}
                self._open[clinic_id, phone] = (now, f"temperature {text}")

    def recall(self, clinic_id: int, phone: str, now: datetime) -> str | None:
        """As `what_was_asked`, from memory."""
        asked = self._open.get((clinic_id, phone))
        return asked[1] if asked is not None and asked[0] > now - WAITS else None
