"""The dated events of plans: the shadow that the calendar throws from a plan's start to some weeks ahead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 (`date` is a field below)
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, among, metadata, one_of, same_owner, within_clinic
from store.database import Tx
from store.prepared import Prepared

EventStatus = Literal["planned", "confirmed", "given", "missed", "held", "gone"]

plan_event = sa.Table(
    "plan_event",
    metadata,
    same_owner(),
    sa.Column("plan_id", Id, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("end_date", sa.Date),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("cycle_in_phase", sa.Integer, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("items", sa.JSON, nullable=False),
    sa.Column("route", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    # The date for which the patient confirmed it: should it come back there, it is confirmed again.
    sa.Column("confirmed_for", sa.Date),
    within_clinic("plan_id", "plan"),
    one_of("status", get_args(EventStatus)),
    sa.CheckConstraint("end_date IS NULL OR end_date >= date", name="end_date"),
)
sa.Index("ix_plan_event_date", plan_event.c.plan_id, plan_event.c.date)
# Words and not parameters: only so does SQLite see that a partial index will do.
GIVEN = plan_event.c.kind.in_([sa.literal_column("'treatment'"), sa.literal_column("'paired'")])
WAITING = plan_event.c.kind == sa.literal_column("'waiting'")
sa.Index("ix_plan_event_given", plan_event.c.clinic_id, plan_event.c.date, sqlite_where=GIVEN, postgresql_where=GIVEN)
sa.Index(
    "ix_plan_event_waiting", plan_event.c.clinic_id, plan_event.c.date, sqlite_where=WAITING, postgresql_where=WAITING
)


@dataclass(frozen=True, slots=True)
class PlanEvent:
    """What happens on a local date of a plan. The name never changes, the date may.

    ``end_date`` is the last day of a period (rest, days between visits). ``cycle`` counts through the whole plan,
    ``cycle_in_phase`` and ``day`` from 1. An event that the calendar no longer has is ``gone``, or ``held`` while the
    plan is on hold. ``confirmed_for``: the date for which the patient last confirmed it.
    """

    plan_id: int
    name: str
    kind: str
    date: Date
    end_date: Date | None
    phase: str
    cycle: int
    cycle_in_phase: int
    day: int
    items: tuple[str, ...]
    route: str | None
    status: EventStatus
    confirmed_for: Date | None = None


# In the order of the fields of PlanEvent.
_EVENTS = sa.select(
    plan_event.c.plan_id,
    plan_event.c.name,
    plan_event.c.kind,
    plan_event.c.date,
    plan_event.c.end_date,
    plan_event.c.phase,
    plan_event.c.cycle,
    plan_event.c.cycle_in_phase,
    plan_event.c.day,
    plan_event.c["items"],
    plan_event.c.route,
    plan_event.c.status,
    plan_event.c.confirmed_for,
).where(plan_event.c.plan_id == sa.bindparam("plan"))
_ONE = Prepared(_EVENTS.where(plan_event.c.name == sa.bindparam("name")))
_FIRST, _LAST = sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date)
_SINCE = Prepared(_EVENTS.where(plan_event.c.date >= _FIRST).order_by(plan_event.c.date, plan_event.c.name))
# What stands in a range of days, and what stands elsewhere by the name of something that is to stand there.
_STANDING = Prepared(_EVENTS.where((plan_event.c.date >= _FIRST) | among(plan_event.c.name, "names")))
_BETWEEN = Prepared(
    _EVENTS.where(
        plan_event.c.status != "gone",
        plan_event.c.date <= _LAST,
        sa.func.coalesce(plan_event.c.end_date, plan_event.c.date) >= _FIRST,
    ).order_by(plan_event.c.date, plan_event.c.name)
)
# What is set are the columns that the values name.
_SET = sa.update(plan_event).where(
    plan_event.c.plan_id == sa.bindparam("of_plan"), plan_event.c.name == sa.bindparam("of_name")
)


def rewrite(
    tx: Tx,
    clinic_id: int,
    plan_id: int,
    events: Iterable[PlanEvent],
    until: Date,
    since: Date | None,
) -> None:
    """What `store.plans.write_events` says, but for what it does to the plan's own row."""
    events = list(events)
    names = [event.name for event in events]
    found = _STANDING.every(tx, plan=plan_id, first=since or Date.min, names=names)
    standing = {event.name: event for event in map(_as_event, found)}
    new, rewritten = [], []
    named = set()
    for event in events:
        named.add(event.name)
        before = standing.get(event.name)
        if before is None:
            new.append({"clinic_id": clinic_id, **_values(event, event.status), "plan_id": plan_id, "name": event.name})
        else:
            values = _values(event, _status(before, event))
            if values != _values(before, before.status):
                rewritten.append({"of_plan": plan_id, "of_name": event.name, **values})
    vanished = [
        {"of_plan": plan_id, "of_name": name, "status": "gone"}
        for name, before in standing.items()
        if name not in named
        and before.date <= until
        and (since is None or before.date >= since)
        and before.status not in {"given", "missed", "gone"}
    ]
    for statement, rows in ((sa.insert(plan_event), new), (_SET, rewritten), (_SET, vanished)):
        if rows:
            tx.conn.execute(statement, rows)


def events_between(tx: Tx, plan_id: int, first: Date, last: Date) -> list[PlanEvent]:
    """The events that touch a day from ``first`` to ``last``, both included, in date order; none that is gone."""
    return [_as_event(row) for row in _BETWEEN.every(tx, plan=plan_id, first=first, last=last)]


def get_event(tx: Tx, plan_id: int, name: str) -> PlanEvent | None:
    """The event of this name, whatever its status."""
    row = _ONE.one(tx, plan=plan_id, name=name)
    return None if row is None else _as_event(row)


def events_since(tx: Tx, plan_id: int, first: Date) -> list[PlanEvent]:
    """Every event of a plan that has a row on a day or later, whatever its status, in date order."""
    return [_as_event(row) for row in _SINCE.every(tx, plan=plan_id, first=first)]


def set_event_status(tx: Tx, plan_id: int, name: str, status: EventStatus) -> None:
    """That an event was confirmed, given, missed, ... Raises LookupError."""
    confirmed = {"confirmed": plan_event.c.date, "planned": None}
    values = {"confirmed_for": confirmed[status]} if status in confirmed else {}
    statement = _SET.values(status=status, **values)
    if tx.conn.execute(statement, {"of_plan": plan_id, "of_name": name}).rowcount == 0:
        raise LookupError(f"plan {plan_id} has no event {name}")


def _status(before: PlanEvent, event: PlanEvent) -> EventStatus:
    if before.status in {"given", "missed"}:
        return before.status
    is_confirmed = event.status == "planned" and before.confirmed_for == event.date
    return "confirmed" if is_confirmed else event.status


def _values(event: PlanEvent, status: EventStatus) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "date": event.date,
        "end_date": event.end_date,
        "phase": event.phase,
        "cycle": event.cycle,
        "cycle_in_phase": event.cycle_in_phase,
        "day": event.day,
        "items": list(event.items),
        "route": event.route,
        "status": status,
    }


def _as_event(row: Sequence[Any]) -> PlanEvent:
    values = list(row)
    values[9] = tuple(row[9])
    return PlanEvent(*values)
