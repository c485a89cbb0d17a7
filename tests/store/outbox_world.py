"""What the model of the outbox is made of: the calls that were made, what is seen of the store, and what is drawn."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from hypothesis import strategies as st

from channels.base import Fault, ReceiptState
from store import follow_ups, messages
from store.database import Database
from store.messages import Cover, Message, State, StateChange, message, message_event, message_state
from store.outbox import Composed
from tests.store.sample import Sample

OWNERS = st.sampled_from(["one", "two"])
COVERS = st.lists(st.tuples(st.sampled_from(["before", "today"]), st.integers(0, 2)), max_size=2, unique=True)
PASSING, LASTING = Fault.RECIPIENT_TEMPORARY, Fault.NOT_SAID
FAILED = {ReceiptState.UNDELIVERED, ReceiptState.FAILED}

STATES = st.lists(st.sampled_from([ReceiptState.SENT, ReceiptState.DELIVERED, *sorted(FAILED)]), min_size=1, max_size=3)
Answer = Literal["accepted", "refused", "not taken", "no answer, taken", "no answer, not taken"]
TAKEN: st.SearchStrategy[Answer] = st.sampled_from(["accepted", "no answer, taken"])
ANSWERS: st.SearchStrategy[Answer] = st.sampled_from(
    ["accepted", "refused", "not taken", "no answer, taken", "no answer, taken", "no answer, not taken"]
)


@dataclass
class Call:
    """A call that was begun: by whom and when, whether the provider has the text, and how that ended."""

    number: int
    attempt: int
    owner: str
    at: datetime
    answer: Answer
    is_open: bool = True
    did_not_arrive: bool = False
    said: list[State] = field(default_factory=list)

    @property
    def is_taken(self) -> bool:
        return self.answer in {"accepted", "no answer, taken"}

    @property
    def sid(self) -> str:
        return f"SM{self.number:016x}{self.attempt:016x}"


@dataclass(frozen=True)
class Snapshot:
    """The texts, and the history of each."""

    texts: dict[int, Message]
    history: dict[int, list[StateChange]]
    told: list[tuple[Cover, int]]

    def inside(self, *states: State) -> set[int]:
        return {number for number, text in self.texts.items() if text.state in states}


def empty(database: Database) -> None:
    """Begins with no text at all."""
    with database.writing() as tx:
        for table in (follow_ups.follow_up, message_event, message_state, message):
            tx.conn.execute(sa.delete(table))


def look(database: Database, contact_id: int) -> Snapshot:
    """What stands in the store now."""
    with database.reading() as tx:
        texts = {text.id: text for text in messages.conversation(tx, contact_id, limit=100)}
        history = {number: messages.history(tx, number) for number in texts}
        return Snapshot(texts, history, [(cover, number) for number in texts for cover in messages.covers(tx, number)])


def body_of(number: int) -> str:
    """What a text says, whichever call it is."""
    return f"Visit {number} is on Thursday at 9:00."


def words_of(sample: Sample, call: Call) -> Composed:
    """A text in words, about to be called."""
    return Composed(call.number, body_of(call.number), "en", 1, "GSM-7", "abc123", sample.sender.id, call.attempt)
