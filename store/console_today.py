"""What the first screen of a day shows of a clinic: visits, what waits for staff, who is on hold or has gone quiet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from store.columns import among
from store.contacts import contact
from store.database import Tx
from store.follow_ups import FollowUpKind, ReplyState, follow_up
from store.messages import RECEIVED, message
from store.patients import patient
from store.plan_events import GIVEN, WAITING, EventStatus, plan_event
from store.plan_holds import plan_hold
from store.plans import HELD, VisitTime, plan
from store.prepared import Prepared

MOST_VISITS = 500
MOST_TASKS = 100
MOST_OTHERS = 50
_AT_CLINIC = frozenset({"visit", "pump", "hospital"})


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as a line names them."""

    id: int
    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes on ``date``, at the local ``time`` where that is known.

    ``name`` and ``kind`` are the event's. ``wants_change``: they asked for another time and nobody has seen to it.
    ``unreached``: no text reaches them, since they opted out or texts kept failing.
    """

    person: Person
    plan_id: int
    name: str
    date: date
    time: time | None
    kind: str
    status: EventStatus
    wants_change: bool
    unreached: bool


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """How many alerts are open, and how many of them nobody has seen; ``newest``: when the latest of those rang."""

    count: int = 0
    unseen: int = 0
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Something open for staff; ``person`` None where it is about nobody who is enrolled. ``reply``: an alert's."""

    id: int
    kind: FollowUpKind
    urgency: int
    opened_at: datetime
    due_by: datetime | None
    rung_at: datetime | None
    seen_by: str | None
    detail: str | None
    note: str | None
    reply: ReplyState | None
    person: Person | None


@dataclass(frozen=True, slots=True)
class Held:
    """A plan on hold. ``goes_on``: its first treatment afterwards, None where the hold has no end yet.

    Where that treatment is too far ahead to stand as a row, it is the day that was entered.
    """

    person: Person
    plan_id: int
    goes_on: date | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """A plan that goes no further than ``since`` before somebody enters a date."""

    person: Person
    plan_id: int
    since: date


@dataclass(frozen=True, slots=True)
class Habit:
    """How often somebody has texted: how many times, first and last."""

    patient_id: int
    texts: int
    first: datetime
    last: datetime


_clinic: sa.BindParameter[int] = sa.bindparam("clinic")
_WHO = (patient.c.id, patient.c.name_sealed, patient.c.code_sealed)
_wants_change = sa.exists().where(
    follow_up.c.contact_id == contact.c.id, follow_up.c.kind == "change", follow_up.c.state == "open"
)
_VISITS = (
    sa.select(
        *_WHO,
        plan.c.id,
        plan_event.c.name,
        plan_event.c.date,
        plan_event.c.kind,
        plan_event.c.status,
        plan.c.visit_time,
        plan.c.visit_times,
        _wants_change.correlate(contact),
        contact.c.opted_out_at.is_not(None) | contact.c.quarantined_at.is_not(None),
    )
    .select_from(plan_event)
    .join(plan, plan.c.id == plan_event.c.plan_id)
    .join(patient, patient.c.id == plan.c.patient_id)
    .join(contact, contact.c.id == patient.c.contact_id)
    .where(
        plan_event.c.clinic_id == _clinic,
        GIVEN,
        plan_event.c.date >= sa.bindparam("first", type_=sa.Date),
        plan_event.c.date <= sa.bindparam("last", type_=sa.Date),
        plan_event.c.status != "gone",
        plan_event.c.status != "held",
        patient.c.state == "active",
    )
)
_OPEN = (follow_up.c.clinic_id == _clinic) & (follow_up.c.state == sa.literal_column("'open'"))
_TASKS = (
    sa.select(follow_up, *(column.label(f"who_{column.name}") for column in _WHO))
    .select_from(follow_up)
    .outerjoin(patient, patient.c.id == follow_up.c.patient_id)
    .where(_OPEN)
    .order_by(follow_up.c.urgency.desc(), follow_up.c.opened_at, follow_up.c.id)
    .limit(MOST_TASKS)
)
_COUNTS = sa.select(follow_up.c.kind, sa.func.count()).where(_OPEN).group_by(follow_up.c.kind)
_newest_unseen = sa.func.max(sa.case((follow_up.c.seen_at.is_(None), follow_up.c.rung_at)))
# By kind, as above: a word more of what is asked for, and SQLite would go through every alert of the clinic's history.
_ALERTS = (
    sa.select(follow_up.c.kind, sa.func.count(), sa.func.count(follow_up.c.seen_at), _newest_unseen)
    .where(_OPEN)
    .group_by(follow_up.c.kind)
)
_today: sa.BindParameter[date] = sa.bindparam("today", type_=sa.Date)
_goes_on = (
    sa.select(sa.func.min(plan_event.c.date))
    .where(
        plan_event.c.plan_id == plan.c.id,
        plan_event.c.date >= _today,
        plan_event.c.kind == "treatment",
        sa.or_(plan_event.c.status == "planned", plan_event.c.status == "confirmed"),
    )
    .correlate(plan)
    .scalar_subquery()
)
_HELD = (
    sa.select(*_WHO, plan.c.id, _goes_on)
    .select_from(plan)
    .join(patient, patient.c.id == plan.c.patient_id)
    .where(plan.c.clinic_id == _clinic, HELD, patient.c.state == "active")
)
# A plan whose hold has an end is active: what is due before its first treatment goes out while it is on hold.
_HELD_UNTIL = (
    sa.select(*_WHO, plan.c.id, sa.func.coalesce(_goes_on, plan_hold.c.goes_on))
    .select_from(plan_hold)
    .join(plan, plan.c.id == plan_hold.c.plan_id)
    .join(patient, patient.c.id == plan.c.patient_id)
    .where(
        plan_hold.c.clinic_id == _clinic,
        plan_hold.c.goes_on > _today,
        plan_hold.c.begins <= _today,
        plan.c.state == "active",
        patient.c.state == "active",
    )
)
_AWAITED = (
    sa.select(*_WHO, plan.c.id, plan_event.c.date)
    .select_from(plan_event)
    .join(plan, plan.c.id == plan_event.c.plan_id)
    .join(patient, patient.c.id == plan.c.patient_id)
    .where(
        plan_event.c.clinic_id == _clinic,
        WAITING,
        plan_event.c.status == "planned",
        plan.c.state == "active",
        patient.c.state == "active",
    )
    .order_by(plan_event.c.date, plan.c.id)
    .limit(MOST_OTHERS)
)
_HEARD = (
    sa.select(
        message.c.contact_id.label("contact_id"),
        sa.func.count().label("texts"),
        sa.func.min(message.c.created_at).label("first"),
        sa.func.max(message.c.created_at).label("last"),
    )
    .where(message.c.clinic_id == _clinic, RECEIVED)
    .group_by(message.c.contact_id)
    .subquery("heard")
)
_HABITS = (
    sa.select(patient.c.id, _HEARD.c.texts, _HEARD.c.first, _HEARD.c.last)
    .select_from(_HEARD)
    .join(patient, (patient.c.contact_id == _HEARD.c.contact_id) & (patient.c.state == sa.literal_column("'active'")))
    .join(contact, contact.c.id == patient.c.contact_id)
    .where(contact.c.opted_out_at.is_(None), contact.c.quarantined_at.is_(None))
)
_PEOPLE = Prepared(sa.select(*_WHO).where(patient.c.clinic_id == _clinic, among(patient.c.id, "patients")))


def visits(tx: Tx, clinic_id: int, first: date, last: date) -> list[Visit]:
    """Who comes from ``first`` to ``last``, both included: by date, then by time; what is taken at home is none."""
    found = []
    for row in tx.conn.execute(_VISITS, {"clinic": clinic_id, "first": first, "last": last}):
        who, (plan_id, name, day, kind, status, usual, single, wants_change, unreached) = row[:3], row[3:]
        if kind == "treatment" and name.rpartition("/")[2] not in _AT_CLINIC:
            continue
        at = _time_of(name, day, kind, usual, single)
        found.append((who, plan_id, name, day, at, kind, status, bool(wants_change), bool(unreached)))
    found.sort(key=lambda each: (each[3], each[4] or time.max, each[1]))
    return [Visit(_person(tx, who), *rest) for who, *rest in found[:MOST_VISITS]]


def tasks(tx: Tx, clinic_id: int) -> list[Task]:
    """What is open for staff, the most urgent first, then what is open longest; `MOST_TASKS` of it at most."""
    return [
        Task(
            id=row.id,
            kind=row.kind,
            urgency=row.urgency,
            opened_at=row.opened_at,
            due_by=row.due_by,
            rung_at=row.rung_at,
            seen_by=row.seen_by,
            detail=None if row.detail_sealed is None else tx.sealer.open(row.detail_sealed),
            note=None if row.note_sealed is None else tx.sealer.open(row.note_sealed),
            reply=row.reply,
            person=None if row.who_id is None else _person(tx, (row.who_id, row.who_name_sealed, row.who_code_sealed)),
        )
        for row in tx.conn.execute(_TASKS, {"clinic": clinic_id})
    ]


def open_counts(tx: Tx, clinic_id: int) -> dict[str, int]:
    """How much is open of each kind, whatever `tasks` leaves out."""
    return {row[0]: row[1] for row in tx.conn.execute(_COUNTS, {"clinic": clinic_id})}


def open_alerts(tx: Tx, clinic_id: int) -> OpenAlerts:
    """The alerts of a clinic as one line of each page tells of them."""
    found = {
        row[0]: OpenAlerts(row[1], row[1] - row[2], row[3]) for row in tx.conn.execute(_ALERTS, {"clinic": clinic_id})
    }
    return found.get("danger", OpenAlerts())


def held(tx: Tx, clinic_id: int, today: date) -> list[Held]:
    """Plans on hold: those that go on soonest first, then those of which nobody knows when."""
    asked = {"clinic": clinic_id, "today": today}
    rows = [row for statement in (_HELD, _HELD_UNTIL) for row in tx.conn.execute(statement, asked)]
    rows = sorted(rows, key=lambda row: (row[4] is None, row[4] or today, row[3]))[:MOST_OTHERS]
    return [Held(_person(tx, row[:3]), row[3], row[4]) for row in rows]


def awaited(tx: Tx, clinic_id: int) -> list[Awaited]:
    """Plans that wait for a date, the one that waits longest first."""
    rows = tx.conn.execute(_AWAITED, {"clinic": clinic_id})
    return [Awaited(_person(tx, row[:3]), row[3], row[4]) for row in rows]


def habits(tx: Tx, clinic_id: int) -> list[Habit]:
    """How often each active patient who can be reached has texted; none who never did."""
    return [Habit(*row) for row in tx.conn.execute(_HABITS, {"clinic": clinic_id})]


def people(tx: Tx, clinic_id: int, patient_ids: Iterable[int]) -> dict[int, Person]:
    """Patients of a clinic by their ids."""
    rows = _PEOPLE.every(tx, clinic=clinic_id, patients=sorted(patient_ids))
    return {row[0]: _person(tx, row) for row in rows}


def _person(tx: Tx, row: Any) -> Person:
    number, name, code = row
    return Person(number, "" if name is None else tx.sealer.open(name), None if code is None else tx.sealer.open(code))


def _time_of(name: str, day: date, kind: str, usual: time | None, single: dict[str, Any] | None) -> time | None:
    """The time entered for this visit on this date, else that of the plan's treatments."""
    if single and name in single:
        known = VisitTime.read(single[name])
        if known.date == day:
            return known.time
    return usual if kind == "treatment" else None
