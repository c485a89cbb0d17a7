"""Messages: one row for each text, in or out, with the history of its states and what it tells of whom.

The states of a text that goes out, with their ranks; what a receipt or the result of a call says moves a text only to
one of a higher rank, whatever comes late, twice or out of order:

    0 due    1 claimed    2 sending    3 unknown    4 accepted    5 sent
    6 delivered  undelivered  failed  expired  cancelled

`store.states` has every step from one to another. A text that came in is `received` and stays so.
"""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, key, metadata, one_of, refers_to, same_owner, within_clinic
from store.database import Tx
from store.prepared import Prepared, PreparedMany

State = Literal[
    "due",
    "claimed",
    "sending",
    "unknown",
    "accepted",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "expired",
    "cancelled",
    "received",
]
Direction = Literal["in", "out"]
Kind = Literal["text", "reply", "reminder", "welcome"]

RANKS: dict[State, int] = {
    "due": 0,
    "claimed": 1,
    "sending": 2,
    "unknown": 3,
    "accepted": 4,
    "sent": 5,
    "delivered": 6,
    "undelivered": 6,
    "failed": 6,
    "expired": 6,
    "cancelled": 6,
    "received": 6,
}

message = sa.Table(
    "message",
    metadata,
    key(),
    same_owner(),
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("patient_id", Id),
    sa.Column("sender_id", Id, sa.ForeignKey("sender.id")),
    sa.Column("in_reply_to", Id, sa.ForeignKey("message.id")),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("template", sa.Text),
    sa.Column("args", sa.JSON, nullable=False),
    sa.Column("body_sealed", sa.LargeBinary),
    sa.Column("media", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fact", sa.Text),
    sa.Column("outcome_kind", sa.Text),
    sa.Column("outcome_id", sa.Text),
    # Sealed: why a text was understood as it was may quote it.
    sa.Column("matched_sealed", sa.LargeBinary),
    sa.Column("language", sa.Text),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("content_version", sa.Text),
    sa.Column("segments", sa.Integer),
    sa.Column("encoding", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("state_at", Moment, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment),
    sa.Column("expires_at", Moment),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # When its latest call was begun: by the patients' clock, and by the real one, which the provider's list has.
    sa.Column("begun_at", Moment),
    sa.Column("called_at", Moment),
    sa.Column("lease_until", Moment),
    sa.Column("lease_owner", sa.Text),
    sa.Column("provider_id", sa.Text),
    # When the provider is asked what became of a text that it took and of which it said nothing more; NULL: it is not.
    sa.Column("ask_at", Moment),
    sa.Column("error_code", sa.Integer),
    sa.Column("gate", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("lane", Id, nullable=False, server_default="0"),
    sa.Column("instead", sa.Text),
    within_clinic("contact_id", "contact"),
    within_clinic("patient_id", "patient"),
    one_of("direction", get_args(Direction)),
    one_of("kind", get_args(Kind)),
    one_of("via", ("sms", "whatsapp")),
    one_of("instead", ("sms", "whatsapp")),
    one_of("state", RANKS),
    sa.CheckConstraint("(direction = 'in') = (state = 'received')", name="received"),
    sa.CheckConstraint("(state <> 'due' AND state <> 'claimed') OR due_at IS NOT NULL", name="due_at"),
    sa.CheckConstraint("(state = 'claimed' OR state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
    sa.CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease_owner"),
)

# Words and not parameters: only so does SQLite see that a partial index will do.
WAITING = message.c.state.in_([sa.literal_column("'due'"), sa.literal_column("'claimed'")])
SENDING = message.c.state == sa.literal_column("'sending'")
UNSETTLED = (message.c.state == sa.literal_column("'unknown'")) & message.c.gate.is_(None)
WELCOME = message.c.kind == sa.literal_column("'welcome'")
sa.Index("ix_message_contact_id", message.c.contact_id, message.c.id)
sa.Index("ix_message_created_at", message.c.clinic_id, message.c.created_at)
RECEIVED = message.c.direction == sa.literal_column("'in'")
# With the direction too: only so does SQLite answer from the index alone.
sa.Index(
    "ix_message_received",
    message.c.clinic_id,
    message.c.contact_id,
    message.c.created_at,
    message.c.direction,
    sqlite_where=RECEIVED,
    postgresql_where=RECEIVED,
)
# The newest of them, without all that nobody asked for.
sa.Index("ix_message_incoming", message.c.clinic_id, message.c.id, sqlite_where=RECEIVED, postgresql_where=RECEIVED)
sa.Index(
    "uq_message_provider_id",
    message.c.provider_id,
    unique=True,
    sqlite_where=message.c.provider_id.is_not(None),
    postgresql_where=message.c.provider_id.is_not(None),
)
sa.Index(
    "ix_message_in_reply_to",
    message.c.in_reply_to,
    sqlite_where=message.c.in_reply_to.is_not(None),
    postgresql_where=message.c.in_reply_to.is_not(None),
)
sa.Index(
    "ix_message_waiting",
    message.c.clinic_id,
    message.c.lane,
    message.c.priority,
    message.c.due_at,
    message.c.id,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
sa.Index("ix_message_sending", message.c.lease_until, sqlite_where=SENDING, postgresql_where=SENDING)
sa.Index("ix_message_unsettled", message.c.state_at, sqlite_where=UNSETTLED, postgresql_where=UNSETTLED)
_SILENT = message.c.ask_at.is_not(None)
sa.Index("ix_message_ask_at", message.c.ask_at, sqlite_where=_SILENT, postgresql_where=_SILENT)
sa.Index("ix_message_welcome", message.c.contact_id, message.c.id, sqlite_where=WELCOME, postgresql_where=WELCOME)

message_state = sa.Table(
    "message_state",
    metadata,
    key(),
    same_owner(),
    refers_to("message_id", "message"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("code", sa.Integer),
    # The provider's id of an attempt that another takes the place of: what is told of it later is of no concern.
    sa.Column("provider_id", sa.Text),
    one_of("state", RANKS),
)
sa.Index("ix_message_state_message_id", message_state.c.message_id, message_state.c.id)

message_event = sa.Table(
    "message_event",
    metadata,
    same_owner(),
    sa.Column("plan_id", Id, primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("event_date", sa.Date, primary_key=True),
    refers_to("message_id", "message"),
    within_clinic("plan_id", "plan"),
)
sa.Index("ix_message_event_message_id", message_event.c.message_id)


@dataclass(frozen=True, slots=True)
class Message:
    """A text. ``body`` is what was said, None before it is composed and after erasure.

    ``begun_at`` is when its latest call was begun: when it went, if it did.

    ``template`` and ``args`` are what a reminder or reply is composed from, ``fact`` the fact it carries. The outcome
    fields and ``matched`` say how a text that came in was understood. ``gate`` names what kept one from going.
    It waited for the rate of the sender ``lane`` (0: of none); where the first network failed it goes by ``instead``.
    """

    id: int
    clinic_id: int
    contact_id: int
    patient_id: int | None
    direction: Direction
    kind: Kind
    template: str | None
    args: dict[str, str]
    body: str | None
    media: int
    fact: str | None
    outcome_kind: str | None
    outcome_id: str | None
    matched: str | None
    language: str | None
    via: str
    content_version: str | None
    segments: int | None
    encoding: str | None
    state: State
    state_at: datetime
    priority: int
    due_at: datetime | None
    expires_at: datetime | None
    attempts: int
    begun_at: datetime | None
    lease_until: datetime | None
    lease_owner: str | None
    provider_id: str | None
    error_code: int | None
    gate: str | None
    sender_id: int | None
    in_reply_to: int | None
    created_at: datetime
    lane: int = 0
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """That a text came to a state; ``code`` is the provider's error code, ``detail`` a few words without its own.

    ``provider_id`` is that of an attempt which this step gave up for another.
    """

    state: State
    at: datetime
    detail: str
    code: int | None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """What a text tells: an event of a plan, by which reminder rule, on which local date of the event.

    No two texts ever tell the same: the four together are unique.
    """

    plan_id: int
    event: str
    rule: str
    event_date: date


_GET = Prepared(sa.select(message).where(message.c.id == sa.bindparam("number")))
_Row = namedtuple("_Row", message.c.keys())  # type: ignore[misc]  # the names are those of the table
_HISTORY = (
    sa.select(
        message_state.c.state,
        message_state.c.at,
        message_state.c.detail,
        message_state.c.code,
        message_state.c.provider_id,
    )
    .where(message_state.c.message_id == sa.bindparam("number"))
    .order_by(message_state.c.id)
)
_CONVERSATION = (
    sa.select(message)
    .where(message.c.contact_id == sa.bindparam("contact"), message.c.id > sa.bindparam("after"))
    .order_by(message.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_COVERS = (
    sa.select(message_event.c.plan_id, message_event.c.event, message_event.c.rule, message_event.c.event_date)
    .where(message_event.c.message_id == sa.bindparam("number"))
    .order_by(message_event.c.event_date, message_event.c.plan_id, message_event.c.event, message_event.c.rule)
)
_STEP = {name: message_state.c[name] for name in ("clinic_id", "message_id", "state", "detail", "code")}
_REMEMBER = PreparedMany(
    lambda given: sa.insert(message_state).from_select(
        [*given, "at"], sa.select(*given.values(), sa.bindparam("now", type_=Moment))
    ),
    **_STEP,
)


def get_message(tx: Tx, message_id: int) -> Message | None:
    """The message of this id."""
    row = _GET.one(tx, number=message_id)
    return None if row is None else as_message(tx, _Row(*row))


def history(tx: Tx, message_id: int) -> list[StateChange]:
    """The states a text came to after the one it began with, in order. Claims are not told: they change nothing."""
    return [StateChange(*row) for row in tx.conn.execute(_HISTORY, {"number": message_id})]


def conversation(tx: Tx, contact_id: int, limit: int = 100, after_id: int = 0) -> list[Message]:
    """The newest ``limit`` messages with a contact after message ``after_id``, the oldest of them first.

    What only waits to go out is among them.
    """
    rows = tx.conn.execute(_CONVERSATION, {"contact": contact_id, "after": after_id, "limit": limit}).all()
    return [as_message(tx, row) for row in reversed(rows)]


def covers(tx: Tx, message_id: int) -> list[Cover]:
    """What a text tells, in order of date."""
    return [Cover(*row) for row in tx.conn.execute(_COVERS, {"number": message_id})]


def remember(tx: Tx, now: datetime, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows of `step_of` to the history."""
    _REMEMBER.run(tx, rows, now=now)


def step_of(clinic_id: int, message_id: int, state: State, detail: str, code: int | None) -> dict[str, Any]:
    """A row of the history, for `remember`."""
    return {"clinic_id": clinic_id, "message_id": message_id, "state": state, "detail": detail, "code": code}


def as_message(tx: Tx, row: Any) -> Message:
    """The message of a row that has the table's columns by name. Opens the body."""
    return Message(
        id=row.id,
        clinic_id=row.clinic_id,
        contact_id=row.contact_id,
        patient_id=row.patient_id,
        direction=row.direction,
        kind=row.kind,
        template=row.template,
        args=row.args,
        body=None if row.body_sealed is None else tx.sealer.open(row.body_sealed),
        media=row.media,
        fact=row.fact,
        outcome_kind=row.outcome_kind,
        outcome_id=row.outcome_id,
        matched=None if row.matched_sealed is None else tx.sealer.open(row.matched_sealed),
        language=row.language,
        via=row.via,
        content_version=row.content_version,
        segments=row.segments,
        encoding=row.encoding,
        state=row.state,
        state_at=row.state_at,
        priority=row.priority,
        due_at=row.due_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        begun_at=row.begun_at,
        lease_until=row.lease_until,
        lease_owner=row.lease_owner,
        provider_id=row.provider_id,
        error_code=row.error_code,
        gate=row.gate,
        sender_id=row.sender_id,
        in_reply_to=row.in_reply_to,
        created_at=row.created_at,
        lane=row.lane,
        instead=row.instead,
    )
