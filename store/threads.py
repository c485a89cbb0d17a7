"""Conversations as staff work on them: who looks after one, how far it is done, notes, and answers kept at hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.columns import Id, Moment, for_both, key, metadata, owner, same_owner, within_clinic
from store.database import Tx

thread = sa.Table(
    "thread",
    metadata,
    sa.Column("contact_id", Id, primary_key=True, autoincrement=False),
    same_owner(),
    sa.Column("assigned_to", Id, sa.ForeignKey("staff_user.id")),
    # The newest text that came in when somebody said that it is done.
    sa.Column("done_through", Id, nullable=False, server_default="0"),
    within_clinic("contact_id", "contact"),
)
sa.Index(
    "ix_thread_assigned",
    thread.c.clinic_id,
    thread.c.assigned_to,
    sqlite_where=thread.c.assigned_to.is_not(None),
    postgresql_where=thread.c.assigned_to.is_not(None),
)

thread_note = sa.Table(
    "thread_note",
    metadata,
    key(),
    same_owner(),
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    # NULL after erasure.
    sa.Column("words_sealed", sa.LargeBinary),
    within_clinic("contact_id", "contact"),
)
sa.Index("ix_thread_note_contact_id", thread_note.c.contact_id, thread_note.c.id)

ready_answer = sa.Table(
    "ready_answer",
    metadata,
    key(),
    owner(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
)
sa.Index("ix_ready_answer_clinic_id", ready_answer.c.clinic_id, ready_answer.c.id)


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation: the user who looks after it, and the newest text that was there when it was last done."""

    contact_id: int
    clinic_id: int
    assigned_to: int | None
    done_through: int


@dataclass(frozen=True, slots=True)
class Note:
    """What staff wrote down about a conversation; ``words`` is None after erasure. Patients never see it."""

    at: datetime
    by: str
    words: str | None


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """An answer that a clinic keeps at hand."""

    id: int
    name: str
    words: str


_SET = for_both(
    lambda insert: insert(thread).on_conflict_do_update(
        index_elements=["contact_id"], set_={"assigned_to": sa.literal_column("excluded.assigned_to")}
    )
)
_DONE = for_both(
    lambda insert: insert(thread).on_conflict_do_update(
        index_elements=["contact_id"],
        set_={"done_through": sa.literal_column("excluded.done_through")},
        where=thread.c.done_through < sa.literal_column("excluded.done_through"),
    )
)


def assign(tx: Tx, clinic_id: int, contact_id: int, user_id: int | None) -> None:
    """Who looks after a conversation; None: nobody in particular."""
    tx.conn.execute(_SET[tx.dialect], {"contact_id": contact_id, "clinic_id": clinic_id, "assigned_to": user_id})


def done_through(tx: Tx, clinic_id: int, contact_id: int, message_id: int) -> None:
    """That nobody need look at the texts up to this one any more."""
    tx.conn.execute(_DONE[tx.dialect], {"contact_id": contact_id, "clinic_id": clinic_id, "done_through": message_id})


def threads(tx: Tx, clinic_id: int, contact_ids: Iterable[int]) -> dict[int, Thread]:
    """The conversations of these contacts that anybody ever did anything about."""
    asked = sa.select(thread).where(thread.c.clinic_id == clinic_id, thread.c.contact_id.in_(list(contact_ids)))
    return {row.contact_id: _as_thread(row) for row in tx.conn.execute(asked)}


def assigned_to(tx: Tx, clinic_id: int, user_id: int, limit: int) -> list[int]:
    """The contacts that a user looks after."""
    asked = sa.select(thread.c.contact_id).where(thread.c.clinic_id == clinic_id, thread.c.assigned_to == user_id)
    return list(tx.conn.execute(asked.order_by(thread.c.contact_id.desc()).limit(limit)).scalars())


def add_note(tx: Tx, now: datetime, clinic_id: int, contact_id: int, by: str, words: str) -> None:
    """Writes something down about a conversation."""
    row = {"clinic_id": clinic_id, "contact_id": contact_id, "at": now, "by": by, "words_sealed": tx.sealer.seal(words)}
    tx.conn.execute(sa.insert(thread_note), row)


def notes(tx: Tx, contact_id: int, limit: int = 50) -> list[Note]:
    """The newest notes about a conversation, the newest first."""
    asked = sa.select(thread_note).where(thread_note.c.contact_id == contact_id).order_by(thread_note.c.id.desc())
    return [
        Note(row.at, row.by, tx.sealer.open_or_none(row.words_sealed)) for row in tx.conn.execute(asked.limit(limit))
    ]


def ready_answers(tx: Tx, clinic_id: int) -> list[ReadyAnswer]:
    """The answers that a clinic keeps at hand, by name."""
    asked = sa.select(ready_answer).where(ready_answer.c.clinic_id == clinic_id).order_by(ready_answer.c.name)
    return [ReadyAnswer(row.id, row.name, row.words) for row in tx.conn.execute(asked)]


def add_ready_answer(tx: Tx, clinic_id: int, name: str, words: str) -> int:
    """Keeps an answer at hand; its id."""
    statement = sa.insert(ready_answer).returning(ready_answer.c.id)
    return int(tx.conn.execute(statement, {"clinic_id": clinic_id, "name": name, "words": words}).scalar_one())


def remove_ready_answer(tx: Tx, clinic_id: int, answer_id: int) -> bool:
    """Keeps an answer at hand no more; False where this clinic has none such."""
    is_it = (ready_answer.c.clinic_id == clinic_id, ready_answer.c.id == answer_id)
    return tx.conn.execute(sa.delete(ready_answer).where(*is_it)).rowcount > 0


def _as_thread(row: sa.Row[Any]) -> Thread:
    return Thread(row.contact_id, row.clinic_id, row.assigned_to, row.done_through)
