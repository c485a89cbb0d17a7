"""Outages: from when until when no scheduler lived, and the report of what became of the texts that were due then."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store.columns import Moment, for_both, key, metadata
from store.database import Tx
from store.messages import message, message_state

outage = sa.Table(
    "outage",
    metadata,
    key(),
    sa.Column("began_at", Moment, nullable=False, unique=True),
    sa.Column("ended_at", Moment, nullable=False),
    sa.Column("report", sa.JSON(none_as_null=True)),
    sa.Column("reported_at", Moment),
    sa.CheckConstraint("ended_at > began_at", name="ended_at"),
    sa.CheckConstraint("(report IS NULL) = (reported_at IS NULL)", name="report"),
)
_UNREPORTED = outage.c.reported_at.is_(None)
sa.Index("ix_outage_unreported", outage.c.id, sqlite_where=_UNREPORTED, postgresql_where=_UNREPORTED)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a clinic's texts after an outage.

    ``due``: those that were due in it. Of them ``late`` went, ``put_off`` wait for a later hour, ``waiting`` go now or
    are on their way, and the others ended as their names say. ``unknown``: texts of which nobody knows since then
    whether they went, ``recovered``: those of which it was found out; both may have been due before.
    """

    clinic_id: int
    due: int = 0
    late: int = 0
    waiting: int = 0
    put_off: int = 0
    expired: int = 0
    cancelled: int = 0
    failed: int = 0
    unknown: int = 0
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Outage:
    """That no scheduler lived between two moments, by the database's clock. ``report`` is None until it is made."""

    id: int
    began_at: datetime
    ended_at: datetime
    report: tuple[Account, ...] | None
    reported_at: datetime | None


_NOTE = for_both(lambda insert: insert(outage).on_conflict_do_nothing())
_CREATED = (
    sa.select(message.c.id, message.c.created_at)
    .where(message.c.id >= sa.bindparam("number"))
    .order_by(message.c.id)
    .limit(1)
)
_history_of_it = sa.exists().where(message_state.c.message_id == message.c.id)
_put_off = _history_of_it.where(
    message_state.c.state == "due", message_state.c.at >= sa.bindparam("ended", type_=Moment)
)
_was_unknown = _history_of_it.where(
    message_state.c.state == "unknown", message_state.c.at >= sa.bindparam("began", type_=Moment)
)
_IN_QUESTION = sa.select(message.c.clinic_id, message.c.state, sa.func.count()).where(
    message.c.id >= sa.bindparam("first"),
    message.c.direction == "out",
    message.c.kind != "reply",
)
_FELL_DUE = _IN_QUESTION.where(
    message.c.due_at > sa.bindparam("began", type_=Moment), message.c.due_at <= sa.bindparam("ended", type_=Moment)
).group_by(message.c.clinic_id, message.c.state)
_PUT_OFF = _IN_QUESTION.where(message.c.due_at > sa.bindparam("ended", type_=Moment), _put_off).group_by(
    message.c.clinic_id, message.c.state
)
_WAS_UNKNOWN = _IN_QUESTION.where(_was_unknown).group_by(message.c.clinic_id, message.c.state)
# A text waits for the hours of the patient for a night at most; before that nothing made can have been due in it.
_WAITS_AT_MOST = timedelta(days=1)
_AS = {
    "due": "waiting",
    "claimed": "waiting",
    "sending": "waiting",
    "accepted": "late",
    "sent": "late",
    "delivered": "late",
    "undelivered": "late",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "cancelled",
}


def note_outage(tx: Tx, began: datetime, ended: datetime) -> bool:
    """That no scheduler lived between these moments; False where another scheduler noted it before."""
    return tx.conn.execute(_NOTE[tx.dialect], {"began_at": began, "ended_at": ended}).rowcount == 1


def unreported(tx: Tx) -> list[Outage]:
    """Outages whose report is still to be made, the oldest first."""
    return [_as_outage(row) for row in tx.conn.execute(sa.select(outage).where(_UNREPORTED).order_by(outage.c.id))]


def outages_since(tx: Tx, since: datetime | None) -> list[Outage]:
    """Outages that ended at ``since`` or later (None: all), the oldest first."""
    statement = sa.select(outage).order_by(outage.c.began_at)
    if since is not None:
        statement = statement.where(outage.c.ended_at >= since)
    return [_as_outage(row) for row in tx.conn.execute(statement)]


def keep_report(tx: Tx, real_now: datetime, outage_id: int, report: tuple[Account, ...]) -> bool:
    """Keeps the report of an outage; False where it has one already."""
    rows = [{name: getattr(each, name) for name in Account.__slots__} for each in report]
    done = tx.conn.execute(
        sa.update(outage).where(outage.c.id == outage_id, _UNREPORTED).values(report=rows, reported_at=real_now)
    )
    return done.rowcount == 1


def account(tx: Tx, began: datetime, ended: datetime) -> tuple[Account, ...]:
    """What became, so far, of the texts that were due between two moments of the patients' clock, by clinic.

    Reads every text made since a day before: once for each outage, in a transaction that only reads.
    """
    asked = {"first": _first_since(tx, began - _WAITS_AT_MOST), "began": began, "ended": ended}
    counts: dict[int, Counter[str]] = {}
    for clinic_id, state, number in tx.conn.execute(_FELL_DUE, asked):
        counts.setdefault(clinic_id, Counter()).update({"due": number} | ({_AS[state]: number} if state in _AS else {}))
    without_began = {"first": asked["first"], "ended": ended}
    for clinic_id, _, number in tx.conn.execute(_PUT_OFF, without_began):
        counts.setdefault(clinic_id, Counter()).update({"due": number, "put_off": number})
    for clinic_id, state, number in tx.conn.execute(_WAS_UNKNOWN, {"first": asked["first"], "began": began}):
        counts.setdefault(clinic_id, Counter()).update({"unknown" if state == "unknown" else "recovered": number})
    return tuple(Account(clinic_id, **found) for clinic_id, found in sorted(counts.items()))


def _first_since(tx: Tx, moment: datetime) -> int:
    """The number of the first text made at ``moment`` or later: numbers rise with time, so halving finds it."""
    low, high = 1, int(tx.conn.execute(sa.select(sa.func.max(message.c.id))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = tx.conn.execute(_CREATED, {"number": middle}).one_or_none()
        if found is None or found.created_at >= moment:
            high = middle
        else:
            low = found.id + 1
    return low


def _as_outage(row: sa.Row[Any]) -> Outage:
    return Outage(row.id, row.began_at, row.ended_at, _as_report(row.report), row.reported_at)


def _as_report(rows: list[Mapping[str, Any]] | None) -> tuple[Account, ...] | None:
    return None if rows is None else tuple(Account(**row) for row in rows)
