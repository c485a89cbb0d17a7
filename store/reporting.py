"""What the reports of a clinic are made of: counts of each local day, by kinds, ids and states, never of words.

A scheduler counts each day while it is fresh and keeps the numbers; a page adds up some hundreds of rows, however many
texts the clinic has.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Moment, add_or_replace, metadata, one_of, owner
from store.consents import consent_event
from store.database import Tx
from store.follow_ups import follow_up
from store.messages import message
from store.patients import patient

What = Literal[
    "out", "template", "failed", "kept", "segments", "in", "topic", "command", "opt_out", "alert", "patients"
]
"""What is counted, and by what:

- ``out``: texts to patients, by their state; ``template``: those that the provider took, by their template
- ``failed``: those that failed or were not delivered, by the provider's code; ``kept``: those not sent, by the gate
- ``segments``: of texts that the provider took, by network
- ``in``: texts that came, by what they were taken for; ``topic``, ``command``: by which of them
- ``opt_out``: who said STOP or asked for a pause, by the template of the last text before
- ``alert``: danger alerts that were opened, by urgency; ``patients``: who was enrolled on that day
"""

Tally = Mapping[tuple[What, str], int]

report_day = sa.Table(
    "report_day",
    metadata,
    owner(),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("counted_at", Moment, nullable=False),
    sa.Column("settled", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("clinic_id", "day"),
)
report_count = sa.Table(
    "report_count",
    metadata,
    owner(),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("clinic_id", "day", "what", "item"),
    one_of("what", get_args(What)),
)

NONE = "-"
"""The item of what has none: a failure without a code, an opt-out before which nothing was sent."""


@dataclass(frozen=True, slots=True)
class CountedDay:
    """That a day was counted, at this moment, and whether it will be counted anew."""

    day: date
    counted_at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A number of a day."""

    day: date
    what: What
    item: str
    number: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An alert: how urgent it is, when it rang last, and when somebody saw it or, unseen, closed it."""

    urgency: int
    rung_at: datetime
    seen_at: datetime | None


_TAKEN = ("accepted", "sent", "delivered", "undelivered")
_clinic: sa.BindParameter[int] = sa.bindparam("clinic")
_begin = sa.bindparam("begin", type_=Moment)
_end = sa.bindparam("end", type_=Moment)
_KINDS = (
    message.c.direction,
    message.c.state,
    message.c.template,
    message.c.kind,
    message.c.via,
    message.c.error_code,
    message.c.gate,
    message.c.outcome_kind,
    message.c.outcome_id,
)
_TEXTS = (
    sa.select(*_KINDS, sa.func.count().label("texts"), sa.func.sum(message.c.segments).label("parts"))
    .where(message.c.clinic_id == _clinic, message.c.created_at >= _begin, message.c.created_at < _end)
    .group_by(*_KINDS)
)
_last_text = (
    sa.select(sa.func.coalesce(message.c.template, message.c.kind))
    .where(
        message.c.contact_id == consent_event.c.contact_id,
        message.c.created_at < consent_event.c.at,
        sa.or_(*(message.c.state == state for state in _TAKEN)),
    )
    .order_by(message.c.id.desc())
    .limit(1)
    .correlate(consent_event)
    .scalar_subquery()
)
_OPT_OUTS = sa.select(_last_text).where(
    consent_event.c.clinic_id == _clinic,
    consent_event.c.at >= _begin,
    consent_event.c.at < _end,
    consent_event.c.kind == "withdrawn",
)
_IS_ALERT = (follow_up.c.clinic_id == _clinic) & (follow_up.c.kind == sa.literal_column("'danger'"))
_WITHIN = (follow_up.c.opened_at >= _begin) & (follow_up.c.opened_at < _end)
_ALERTS = sa.select(follow_up.c.urgency, sa.func.count()).where(_IS_ALERT, _WITHIN).group_by(follow_up.c.urgency)
_PATIENTS = sa.select(sa.func.count()).where(
    patient.c.clinic_id == _clinic,
    patient.c.created_at < _end,
    sa.or_(patient.c.ended_at.is_(None), patient.c.ended_at >= _begin),
)
_ACKNOWLEDGED = (
    sa.select(
        follow_up.c.urgency,
        follow_up.c.rung_at,
        sa.func.coalesce(follow_up.c.seen_at, follow_up.c.closed_at, type_=Moment),
    )
    .where(_IS_ALERT, _WITHIN, follow_up.c.rung_at.is_not(None))
    .order_by(follow_up.c.id)
)
_FIRST = sa.select(sa.func.min(message.c.created_at)).where(message.c.clinic_id == _clinic)
_PERIOD = (
    (report_count.c.clinic_id == _clinic)
    & (report_count.c.day >= sa.bindparam("first", type_=sa.Date))
    & (report_count.c.day <= sa.bindparam("last", type_=sa.Date))
)
_SUMS = (
    sa.select(report_count.c.what, report_count.c.item, sa.func.sum(report_count.c.number))
    .where(_PERIOD)
    .group_by(report_count.c.what, report_count.c.item)
)
_ADD = add_or_replace(report_count)
_MARK = add_or_replace(report_day)


def first_text_at(tx: Tx, clinic_id: int) -> datetime | None:
    """When the first text of a clinic was made or came in; None where there is none."""
    return tx.conn.execute(_FIRST, {"clinic": clinic_id}).scalar()


def tally(tx: Tx, clinic_id: int, begin: datetime, end: datetime) -> Tally:
    """What there was from ``begin`` until before ``end``; a text is of the moment it was made or came in."""
    within = {"clinic": clinic_id, "begin": begin, "end": end}
    found: Counter[tuple[What, str]] = Counter()
    for row in tx.conn.execute(_TEXTS, within):
        _add_text(found, row)
    for template in tx.conn.execute(_OPT_OUTS, within).scalars():
        found["opt_out", template or NONE] += 1
    for urgency, number in tx.conn.execute(_ALERTS, within):
        found["alert", str(urgency)] += number
    found["patients", NONE] = tx.conn.execute(_PATIENTS, within).scalar_one()
    return found


def keep(tx: Tx, clinic_id: int, counted: CountedDay, numbers: Tally) -> None:
    """The numbers of a day, in place of those that were kept of it before."""
    mark = {"clinic_id": clinic_id, "day": counted.day, "counted_at": counted.counted_at, "settled": counted.settled}
    tx.conn.execute(_MARK[tx.dialect], mark)  # first: of two who count the same day, the second waits here
    of_the_day = (report_count.c.clinic_id == clinic_id) & (report_count.c.day == counted.day)
    tx.conn.execute(sa.delete(report_count).where(of_the_day))
    rows = [
        {"clinic_id": clinic_id, "day": counted.day, "what": what, "item": item, "number": number}
        for (what, item), number in sorted(numbers.items())
        if number
    ]
    if rows:
        tx.conn.execute(_ADD[tx.dialect], rows)


def counted_days(tx: Tx, clinic_id: int) -> dict[date, CountedDay]:
    """The days of a clinic that were counted, by their date."""
    asked = sa.select(report_day.c.day, report_day.c.counted_at, report_day.c.settled)
    rows = tx.conn.execute(asked.where(report_day.c.clinic_id == clinic_id))
    return {row.day: CountedDay(*row) for row in rows}


def counted_last(tx: Tx, clinic_id: int) -> datetime | None:
    """When the latest day of a clinic was counted; None where none was."""
    asked = sa.select(report_day.c.counted_at).where(report_day.c.clinic_id == clinic_id)
    return tx.conn.execute(asked.order_by(report_day.c.day.desc()).limit(1)).scalar_one_or_none()


def sums(tx: Tx, clinic_id: int, first: date, last: date) -> Tally:
    """The numbers of a clinic from ``first`` to ``last``, both included, added up."""
    rows: Any = tx.conn.execute(_SUMS, {"clinic": clinic_id, "first": first, "last": last})
    return {(what, item): int(number) for what, item, number in rows}


def by_day(tx: Tx, clinic_id: int, first: date, last: date, templates: Collection[str]) -> list[Count]:
    """The numbers of each day from ``first`` to ``last``, both included: what a course over time is drawn of.

    Of the templates only these; what came in is one number, whatever it was taken for.
    """
    item = sa.case((report_count.c.what == "in", NONE), else_=report_count.c.item)
    asked = (
        sa.select(report_count.c.day, report_count.c.what, item, sa.func.sum(report_count.c.number))
        .where(
            _PERIOD,
            report_count.c.what.in_(["out", "in", "segments", "alert", "patients"])
            | ((report_count.c.what == "template") & report_count.c.item.in_(templates)),
        )
        .group_by(report_count.c.day, report_count.c.what, item)
        .order_by(report_count.c.day)
    )
    rows = tx.conn.execute(asked, {"clinic": clinic_id, "first": first, "last": last})
    return [Count(day, what, item, int(number)) for day, what, item, number in rows]


def acknowledged(tx: Tx, clinic_id: int, begin: datetime, end: datetime) -> list[Acknowledged]:
    """The alerts of a clinic that were opened from ``begin`` until before ``end``, the oldest first."""
    rows = tx.conn.execute(_ACKNOWLEDGED, {"clinic": clinic_id, "begin": begin, "end": end})
    return [Acknowledged(*row) for row in rows]


def _add_text(found: Counter[tuple[What, str]], row: sa.Row[Any]) -> None:
    """Adds texts that are alike to what was found."""
    if row.direction == "in":
        found["in", row.outcome_kind or NONE] += row.texts
        if row.outcome_kind in {"topic", "command"} and row.outcome_id:
            found[row.outcome_kind, row.outcome_id] += row.texts
        return
    found["out", row.state] += row.texts
    if row.state in _TAKEN:
        found["template", row.template or row.kind] += row.texts
        found["segments", row.via] += row.parts or 0
    if row.state in {"failed", "undelivered"}:
        found["failed", NONE if row.error_code is None else str(row.error_code)] += row.texts
    elif row.state in {"expired", "cancelled"}:
        found["kept", row.gate or NONE] += row.texts
