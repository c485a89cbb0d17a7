"""Texts that are to go out: made once, claimed with a lease, sent, and settled.

The way of one text: `add_text`; `claim`, commit; `to_send` and `mark_sending`, commit; the call; `record_results`,
commit; then `apply_receipt`, as often as the provider tells. Only what is `sending` when its lease ends is `unknown`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from store.claimed import CoverNow, TextToSend, to_send
from store.columns import Moment, among, for_both
from store.contacts import contact
from store.database import Tx
from store.messages import SENDING, WAITING, WELCOME, Cover, Kind, message, message_event, message_state
from store.prepared import Prepared, PreparedMany
from store.queues import claim, next_due_at, queues, release
from store.settling import FOUND, SentRow, apply_receipt, record_results
from store.states import BEGIN, BEGINNINGS, CANCEL, EXPIRE, LOSE, TRY_AGAIN, WAIT, Step

__all__ = [
    "FOUND",
    "Composed",
    "Cover",
    "CoverNow",
    "SentRow",
    "TextToSend",
    "add_text",
    "apply_receipt",
    "cancel_due",
    "cancel_welcome",
    "claim",
    "drop",
    "mark_sending",
    "next_due_at",
    "postpone",
    "queues",
    "record_results",
    "release",
    "to_send",
    "try_again",
    "unknown_after_crash",
]


@dataclass(frozen=True, slots=True)
class Composed:
    """A text in its final words. ``attempts`` is the number of the call about to be made, from 1.

    ``via`` is the network it goes over; ``note`` says in the history why it goes that way.
    """

    id: int
    body: str
    language: str
    segments: int
    encoding: str
    content_version: str
    sender_id: int | None
    attempts: int
    via: str = "sms"
    note: str = ""


Dropped = Literal["expired", "cancelled"]

_AMONG = among(message.c.id, "numbers")
_DROPS: Mapping[Dropped, Step] = {"cancelled": CANCEL, "expired": EXPIRE}

_ADD = Prepared(
    sa.insert(message)
    .values(
        direction="out",
        state=BEGINNINGS["add"],
        via=sa.select(contact.c.via).where(contact.c.id == sa.bindparam("of_contact")).scalar_subquery(),
    )
    .returning(message.c.id),
    "clinic_id",
    "contact_id",
    "patient_id",
    "kind",
    "template",
    "args",
    "body_sealed",
    "state_at",
    "priority",
    "due_at",
    "expires_at",
    "created_at",
)
_COVER = Prepared(
    for_both(lambda insert: insert(message_event).on_conflict_do_nothing()),
    "clinic_id",
    "plan_id",
    "event",
    "rule",
    "event_date",
    "message_id",
)
_WORDS = (
    *(message.c.body_sealed, message.c.language, message.c.segments, message.c.encoding, message.c.content_version),
    *(message.c.sender_id, message.c.attempts, message.c.via),
)
_SEND = PreparedMany(
    lambda given: (
        BEGIN.update()
        .where(message.c.id == given["number"])
        .values({column: given[column.name] for column in _WORDS})
        .values(
            state_at=sa.bindparam("now", type_=Moment),
            begun_at=sa.bindparam("now", type_=Moment),
            called_at=sa.bindparam("called_at", type_=Moment),
            lease_until=sa.func.coalesce(sa.bindparam("until", type_=Moment), message.c.lease_until),
        )
    ),
    number=message.c.id,
    **{column.name: column for column in _WORDS},
)
_REMEMBER_AMONG = Prepared(
    sa.insert(message_state).from_select(
        ["clinic_id", "message_id", "state", "at", "detail"],
        sa.select(
            message.c.clinic_id,
            message.c.id,
            message.c.state,
            message.c.state_at,
            sa.bindparam("detail", type_=sa.Text),
        ).where(_AMONG),
    )
)
_LAST_TOLD = (
    sa.select(message_state.c.state, message_state.c.detail)
    .where(message_state.c.message_id == sa.bindparam("number"))
    .order_by(message_state.c.id.desc())
    .limit(1)
)
_CRASHED = Prepared(
    sa.select(message.c.id)
    .where(SENDING, message.c.lease_until <= sa.bindparam("real_now", type_=Moment))
    .order_by(message.c.lease_until)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_WAITING_FOR_CONTACT = (
    sa.select(message.c.id)
    .where(message.c.contact_id == sa.bindparam("contact"), WAITING)
    .order_by(message.c.id)
    .with_for_update()
)
_WAITING_WELCOME = _WAITING_FOR_CONTACT.where(WELCOME)
_other_cover = message_event.alias("other")
_WAITING_FOR_PLAN = (
    sa.select(message.c.id)
    .where(
        message.c.id.in_(sa.select(message_event.c.message_id).where(message_event.c.plan_id == sa.bindparam("plan"))),
        ~sa.exists().where(_other_cover.c.message_id == message.c.id, _other_cover.c.plan_id != sa.bindparam("plan")),
        WAITING,
    )
    .order_by(message.c.id)
    .with_for_update()
)


def add_text(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    contact_id: int,
    patient_id: int | None,
    kind: Kind,
    template: str | None,
    args: Mapping[str, str],
    due_at: datetime,
    expires_at: datetime | None,
    priority: int,
    covers: Sequence[Cover] = (),
    body: str | None = None,
) -> int | None:
    """A text that is to go out from ``due_at`` until ``expires_at``; lower ``priority`` goes first. Returns its id.

    Without a ``template`` it goes out in the words of ``body``, which somebody wrote by hand.

    What another text tells already is not told again, even if that one was cancelled: None where that is all of
    ``covers``. A text without covers always is.
    """
    row = _ADD.one(
        tx,
        clinic_id=clinic_id,
        contact_id=contact_id,
        of_contact=contact_id,
        patient_id=patient_id,
        kind=kind,
        template=template,
        args=dict(args),
        body_sealed=None if body is None else tx.sealer.seal(body),
        state_at=now,
        priority=priority,
        due_at=due_at,
        expires_at=expires_at,
        created_at=now,
    )
    number = int(row[0]) if row else 0
    if not covers:
        return number
    told = [
        {"plan_id": cover.plan_id, "event": cover.event, "rule": cover.rule, "event_date": cover.event_date}
        for cover in covers
    ]
    if _COVER.run_many(tx, told, clinic_id=clinic_id, message_id=number) == 0:
        tx.conn.execute(sa.delete(message).where(message.c.id == number))
        return None
    return number


def mark_sending(
    tx: Tx,
    now: datetime,
    rows: Sequence[Composed],
    lease_until: datetime | None = None,
    *,
    real: datetime | None = None,
) -> None:
    """The words of claimed texts, each about to be sent; ``lease_until`` None keeps the lease of the claim.

    In the transaction of `to_send`. ``real`` is the moment by the provider's clock, where that is not ``now``. Raises
    LookupError where a text is not claimed.
    """
    words = [
        {
            "number": row.id,
            "body_sealed": tx.sealer.seal(row.body),
            "language": row.language,
            "segments": row.segments,
            "encoding": row.encoding,
            "content_version": row.content_version,
            "sender_id": row.sender_id,
            "attempts": row.attempts,
            "via": row.via,
        }
        for row in rows
    ]
    if _SEND.run(tx, words, until=lease_until, now=now, called_at=real or now) != len(rows):
        raise LookupError("a text that is to be sent is not claimed")
    for note in dict.fromkeys(row.note for row in rows):
        _remember(tx, [row.id for row in rows if row.note == note], note)


def drop(tx: Tx, now: datetime, message_id: int, state: Dropped, gate: str) -> bool:
    """Ends a text that was not begun; ``gate`` names what kept it. Whether it was still to be ended."""
    return _move(tx, now, _DROPS[state], [message_id], {"gate": gate}, gate) > 0


def postpone(tx: Tx, now: datetime, message_id: int, due_at: datetime, gate: str) -> bool:
    """Makes a text that was not begun wait until ``due_at``; ``gate`` names why. Whether it was still to be sent.

    While it waits for the same the history says so once: since when.
    """
    if not _take(tx, now, WAIT, [message_id], {"due_at": due_at}):
        return False
    last = tx.conn.execute(_LAST_TOLD, {"number": message_id}).one_or_none()
    if last != (WAIT.to, gate):
        _remember(tx, [message_id], gate)
    return True


def try_again(tx: Tx, now: datetime, message_id: int, attempt: int, due_at: datetime, detail: str) -> bool:
    """Makes a text due again that the provider provably never had at this attempt. Whether it still could be."""
    still = sa.select(message.c.id).where(message.c.id == message_id, message.c.attempts == attempt)
    numbers = list(tx.conn.execute(still.with_for_update()).scalars())
    return _move(tx, now, TRY_AGAIN, numbers, {"due_at": due_at}, detail) > 0


def unknown_after_crash(tx: Tx, now: datetime, real_now: datetime, limit: int) -> list[int]:
    """Texts whose sender went away in the middle of the call: nobody knows whether they left. They become unknown."""
    numbers = [row[0] for row in _CRASHED.every(tx, real_now=real_now, limit=limit)]
    _move(tx, now, LOSE, numbers, {}, "the process that sent it went away")
    return numbers


def cancel_due(tx: Tx, now: datetime, *, contact_id: int | None = None, plan_id: int | None = None, gate: str) -> int:
    """Cancels what has not been sent yet to a contact, or what tells of this plan alone, and says how many.

    A text that tells of another plan too stays: what it still has to tell is decided when it is sent.
    """
    numbers: list[int] = []
    if contact_id is not None:
        numbers += tx.conn.execute(_WAITING_FOR_CONTACT, {"contact": contact_id}).scalars()
    if plan_id is not None:
        numbers += tx.conn.execute(_WAITING_FOR_PLAN, {"plan": plan_id}).scalars()
    numbers = sorted(set(numbers))
    return _move(tx, now, CANCEL, numbers, {"gate": gate}, gate)


def cancel_welcome(tx: Tx, now: datetime, contact_id: int, gate: str) -> bool:
    """Cancels the text that confirms an enrolment, if it has not been sent yet. Whether it was still to be sent."""
    numbers = list(tx.conn.execute(_WAITING_WELCOME, {"contact": contact_id}).scalars())
    return _move(tx, now, CANCEL, numbers, {"gate": gate}, gate) > 0


def _move(tx: Tx, now: datetime, step: Step, numbers: list[int], values: Mapping[str, Any], detail: str) -> int:
    """Takes a step with those of the texts that stand where it begins, tells it in the history, says with how many."""
    moved = _take(tx, now, step, numbers, values)
    _remember(tx, moved, detail)
    return len(moved)


def _take(tx: Tx, now: datetime, step: Step, numbers: list[int], values: Mapping[str, Any]) -> list[int]:
    if not numbers:
        return []
    statement = step.of_those().returning(message.c.id)
    return list(tx.conn.execute(statement, {"numbers": numbers, "state_at": now, **values}).scalars())


def _remember(tx: Tx, numbers: Sequence[int], detail: str) -> None:
    _REMEMBER_AMONG.run_many(tx, [{"numbers": numbers, "detail": detail}])
