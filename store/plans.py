"""Plans: who is treated on which regimen from when, with every change made since.

A plan carries its regimen: the whole definition the clinic signed off, kept once per digest and never changed, so
that an edited regimen file moves no enrolled patient.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, NamedTuple, get_args

import sqlalchemy as sa

from store import plan_changes
from store.columns import Id, Moment, among, for_both, key, metadata, one_of, same_owner, within_clinic
from store.database import Tx
from store.plan_changes import PlanChange, changes, changes_of, plan_change
from store.plan_events import EventStatus, PlanEvent, events_between, events_since, get_event, rewrite, set_event_status
from store.prepared import Prepared
from store.reminder_rules import OwnRule, in_force

__all__ = [
    "EventStatus",
    "Plan",
    "PlanChange",
    "PlanEvent",
    "PlanState",
    "VisitTime",
    "active_plans",
    "add_change",
    "add_plan",
    "all_plans_of",
    "changes",
    "events_between",
    "events_since",
    "get_event",
    "get_plan",
    "lock_plan",
    "plan",
    "plan_change",
    "plans_of",
    "plans_to_top_up",
    "set_event_status",
    "set_plan_state",
    "set_visit_times",
    "telling_plans_of",
    "write_events",
]

PlanState = Literal["active", "held", "finished", "stopped"]

regimen_definition = sa.Table(
    "regimen_definition",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),
)

plan = sa.Table(
    "plan",
    metadata,
    key(),
    same_owner(),
    sa.Column("patient_id", Id, nullable=False),
    sa.Column("regimen_id", sa.Text, nullable=False),
    sa.Column("regimen_version", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, sa.ForeignKey("regimen_definition.digest"), nullable=False),
    sa.Column("start", sa.Date, nullable=False),
    sa.Column("start_cycle", sa.Integer, nullable=False),
    sa.Column("visit_time", sa.Time),
    sa.Column("state", sa.Text, nullable=False, server_default="active"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("shadow_until", sa.Date),
    sa.Column("visit_times", sa.JSON(none_as_null=True)),
    sa.Column("clinic_days", sa.Text),
    within_clinic("patient_id", "patient"),
    one_of("state", get_args(PlanState)),
    sa.CheckConstraint("start_cycle >= 1", name="start_cycle"),
    sa.UniqueConstraint("clinic_id", "id"),
)
sa.Index("ix_plan_patient_id", plan.c.patient_id)
sa.Index(
    "ix_plan_shadow_until",
    plan.c.shadow_until,
    plan.c.id,
    sqlite_where=plan.c.state == "active",
    postgresql_where=plan.c.state == "active",
)
HELD = plan.c.state == sa.literal_column("'held'")
sa.Index("ix_plan_held", plan.c.clinic_id, plan.c.id, sqlite_where=HELD, postgresql_where=HELD)


class VisitTime(NamedTuple):
    """The local time of one visit, entered for the date on which the visit was then; on another it says nothing."""

    date: date
    time: time

    @classmethod
    def read(cls, stored: Sequence[str]) -> "VisitTime":
        return cls(date.fromisoformat(stored[0]), time.fromisoformat(stored[1]))


_NO_TIMES: Mapping[str, VisitTime] = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """A patient's course on one regimen.

    ``regimen_json`` is the whole definition and ``digest`` its SHA-256 in hex. ``start`` is the local date of the
    first day of cycle ``start_cycle`` (1: from the beginning). ``version`` moves with every change. The plan's events
    stand as rows up to and with ``shadow_until``; None: none were written yet. ``changes`` are the scheduler's to read,
    in the order in which they were made. ``visit_times``: those of single visits, by the name of the event.
    ``clinic_days``: those of its clinic when the plan began, the scheduler's to read; None: it had none. ``rules``: the
    clinic's and the patient's reminder rules in place of the regimen's, as `store.reminder_rules.in_force`.
    """

    id: int
    clinic_id: int
    patient_id: int
    regimen_id: str
    regimen_version: int
    regimen_json: str
    digest: str
    start: date
    start_cycle: int
    visit_time: time | None
    state: PlanState
    version: int
    created_at: datetime
    shadow_until: date | None
    visit_times: Mapping[str, "VisitTime"]
    clinic_days: str | None
    changes: tuple[str, ...]
    rules: tuple[OwnRule, ...]


_ADD_DEFINITION = for_both(lambda insert: insert(regimen_definition).on_conflict_do_nothing())
# In the order of the fields of Plan, the digest of the definition in the place of the definition too.
_PLANS = sa.select(
    plan.c.id,
    plan.c.clinic_id,
    plan.c.patient_id,
    plan.c.regimen_id,
    plan.c.regimen_version,
    plan.c.digest.label("of_definition"),
    plan.c.digest,
    plan.c.start,
    plan.c.start_cycle,
    plan.c.visit_time,
    plan.c.state,
    plan.c.version,
    plan.c.created_at,
    plan.c.shadow_until,
    plan.c.visit_times,
    plan.c.clinic_days,
).order_by(plan.c.id)
_DEFINITIONS = Prepared(
    sa.select(regimen_definition.c.digest, regimen_definition.c.definition).where(
        among(regimen_definition.c.digest, "digests")
    )
)
_GET = Prepared(_PLANS.where(plan.c.id == sa.bindparam("number")))
_LOCK = sa.select(plan.c.clinic_id).where(plan.c.id == sa.bindparam("number")).with_for_update(key_share=True)
_LOCK_VERSION = sa.select(plan.c.version).where(plan.c.id == sa.bindparam("number")).with_for_update(key_share=True)
_TELLING_OF = Prepared(
    _PLANS.where(
        among(plan.c.patient_id, "patients"),
        sa.or_(plan.c.state == sa.literal_column("'active'"), plan.c.state == sa.literal_column("'stopped'")),
    )
)
_ACTIVE_OF = Prepared(_PLANS.where(among(plan.c.patient_id, "patients"), plan.c.state == sa.literal_column("'active'")))
_ALL_OF = Prepared(_PLANS.where(plan.c.patient_id == sa.bindparam("patient")))
_ACTIVE_IN = Prepared(
    _PLANS.where(
        plan.c.clinic_id == sa.bindparam("clinic"),
        plan.c.state == sa.literal_column("'active'"),
        plan.c.id > sa.bindparam("after"),
    ).limit(sa.bindparam("limit", type_=sa.Integer))
)
_TO_TOP_UP = Prepared(
    _PLANS.order_by(None)
    .where(plan.c.state == sa.literal_column("'active'"), plan.c.shadow_until < sa.bindparam("before", type_=sa.Date))
    .order_by(plan.c.shadow_until, plan.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True, key_share=True)
)


def add_plan(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    patient_id: int,
    regimen_id: str,
    regimen_version: int,
    regimen_json: str,
    digest: str,
    start: date,
    start_cycle: int = 1,
    visit_time: time | None = None,
    clinic_days: str | None = None,
) -> Plan:
    """A new active plan, no event of which stands yet."""
    tx.conn.execute(_ADD_DEFINITION[tx.dialect], {"digest": digest, "definition": regimen_json})
    result = tx.conn.execute(
        sa.insert(plan),
        {
            "clinic_id": clinic_id,
            "patient_id": patient_id,
            "regimen_id": regimen_id,
            "regimen_version": regimen_version,
            "digest": digest,
            "start": start,
            "start_cycle": start_cycle,
            "visit_time": visit_time,
            "clinic_days": clinic_days,
            "created_at": now,
        },
    )
    (plan_id,) = result.inserted_primary_key or (0,)
    found = get_plan(tx, plan_id)
    if found is None:
        raise LookupError("the plan went away while it was added")
    return found


def get_plan(tx: Tx, plan_id: int) -> Plan | None:
    """The plan of this id."""
    found = _read(tx, _GET, number=plan_id)
    return found[0] if found else None


def plans_of(tx: Tx, patient_ids: Sequence[int]) -> dict[int, list[Plan]]:
    """The active plans of each of these patients, the oldest first. Plans on one regimen share its definition."""
    return _by_patient(tx, _ACTIVE_OF, patient_ids)


def telling_plans_of(tx: Tx, patient_ids: Sequence[int]) -> dict[int, list[Plan]]:
    """The plans of each of these patients of which something may be texted: the active ones, and those stopped."""
    return _by_patient(tx, _TELLING_OF, patient_ids)


def _by_patient(tx: Tx, query: Prepared, patient_ids: Sequence[int]) -> dict[int, list[Plan]]:
    found: dict[int, list[Plan]] = {patient_id: [] for patient_id in patient_ids}
    for each in _read(tx, query, patients=list(patient_ids)):
        found[each.patient_id].append(each)
    return found


def all_plans_of(tx: Tx, patient_id: int) -> list[Plan]:
    """Every plan of a patient, whatever its state, the oldest first."""
    return _read(tx, _ALL_OF, patient=patient_id)


def active_plans(tx: Tx, clinic_id: int, after_id: int, limit: int) -> list[Plan]:
    """Up to ``limit`` active plans of a clinic, by their ids, from the one after ``after_id`` on."""
    return _read(tx, _ACTIVE_IN, clinic=clinic_id, after=after_id, limit=limit)


def plans_to_top_up(tx: Tx, before: date, limit: int) -> list[Plan]:
    """Active plans whose events stand as rows only up to a day before ``before``, those that reach least far first.

    They stay ours until the transaction ends: on PostgreSQL no other transaction is given the same ones meanwhile.
    """
    return _read(tx, _TO_TOP_UP, before=before, limit=limit)


def write_events(
    tx: Tx,
    plan_id: int,
    events: Iterable[PlanEvent],
    until: date,
    *,
    since: date | None = None,
) -> None:
    """Makes the plan's rows from ``since`` (None: its start) to ``until``, both included, what the calendar says.

    ``events`` are all that the calendar has in that range. An event that stands is rewritten: a visit that was
    confirmed for another date is only planned again, what was given or missed stays so. An event of the range that
    the calendar no longer has is ``gone``, unless it was given or missed; if it comes back, it is planned again, or
    confirmed if it was so for that date.
    """
    clinic_id = tx.conn.execute(_LOCK, {"number": plan_id}).scalar()
    if clinic_id is None:
        raise LookupError(f"there is no plan {plan_id}")
    rewrite(tx, clinic_id, plan_id, events, until, since)
    tx.conn.execute(sa.update(plan).where(plan.c.id == plan_id).values(shadow_until=until))


def set_plan_state(tx: Tx, plan_id: int, state: PlanState) -> None:
    """Moves the plan to another state, and its version on."""
    _move_on(tx, plan_id, state=state)


def set_visit_times(tx: Tx, plan_id: int, times: Mapping[str, VisitTime]) -> None:
    """The times of the plan's single visits, all of them anew, and its version moves on."""
    stored = {name: [known.date.isoformat(), known.time.isoformat()] for name, known in times.items()}
    _move_on(tx, plan_id, visit_times=stored or None)


def add_change(
    tx: Tx,
    now: datetime,
    plan_id: int,
    change_json: str,
    by: str,
    reason: str | None = None,
    *,
    override: tuple[str, str] | None = None,
    state: PlanState | None = None,
) -> None:
    """The next change of a plan; its version moves on, and its state where one is given.

    ``override``: the person who answers for a change that is against a rule, and why.
    """
    clinic_id = _move_on(tx, plan_id, **({} if state is None else {"state": state}))
    plan_changes.insert(tx, now, clinic_id, plan_id, change_json, by, reason, override)


def lock_plan(tx: Tx, plan_id: int) -> int | None:
    """The plan's version, which is then no one else's to move until the transaction ends; None: there is no such plan.

    Whoever locks the plan's patient too does that first, and texts after it, by their ids.
    """
    version: int | None = tx.conn.execute(_LOCK_VERSION, {"number": plan_id}).scalar()
    return version


def _move_on(tx: Tx, plan_id: int, **values: Any) -> int:
    """Sets fields of a plan, and moves its version on; gives its clinic. Raises LookupError."""
    statement = sa.update(plan).where(plan.c.id == plan_id).values(version=plan.c.version + 1, **values)
    clinic_id: int | None = tx.conn.execute(statement.returning(plan.c.clinic_id)).scalar()
    if clinic_id is None:
        raise LookupError(f"there is no plan {plan_id}")
    return clinic_id


def _read(tx: Tx, statement: Prepared, **values: Any) -> list[Plan]:
    rows = [list(row) for row in statement.every(tx, **values)]
    kept = _DEFINITIONS.every(tx, digests=sorted({row[5] for row in rows}))
    definitions = {digest: definition for digest, definition in kept}  # noqa: C416 - a row is no tuple
    # A plan at its first version was never changed: most are.
    changed = changes_of(tx, [row[0] for row in rows if row[11] > 1])
    rules = in_force(tx, [(row[2], row[1]) for row in rows])
    for row in rows:
        row[5] = definitions[row[5]]
        row[14] = {name: VisitTime.read(stored) for name, stored in row[14].items()} if row[14] else _NO_TIMES
        row += changed.get(row[0], ()), rules[row[2]]
    return [Plan(*row) for row in rows]
