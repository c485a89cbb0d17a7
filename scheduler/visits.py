"""What staff enter about single events of a plan: when a visit is, and whether a treatment was given."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Literal

from content.plain import Plain
from scheduler.plan.calendar import Event, Kind
from scheduler.planned import calendar_of
from scheduler.settling import retold, settle
from scheduler.standing import NotChanged, Standing, check_seen, check_version, stand
from scheduler.weighing import LOOK
from store import audit, plans
from store.clinics import ClinicEntry
from store.database import Tx
from store.plans import Plan, VisitTime

Mark = Literal["given", "missed", "planned"]


def set_visit_time(
    tx: Tx,
    now: datetime,
    entry: ClinicEntry,
    plan_id: int,
    event: str,
    at: time | None,
    *,
    by: str,
    expected_version: int,
) -> Plan:
    """Enters the local time of one visit, by the name of its event; None: it is when the plan's other visits are.

    The time belongs to the date that the visit is on now: should it move, it is not known any more. A text that waits
    is told with it. Raises NotChanged.
    """
    standing = stand(tx, now, entry, plan_id, to_write=True)
    check_version(standing, expected_version)
    visit = _visit(standing, event)
    times = {name: known for name, known in standing.plan.visit_times.items() if name != event}
    if at is not None:
        times[event] = VisitTime(visit.date, at)
    after = replace(standing.plan, visit_times=times)
    waiting = retold(tx, now, standing, after, standing.calendar, standing.today, to_write=True)
    plans.set_visit_times(tx, plan_id, times)
    settle(tx, now, standing, after, waiting)
    audit.record(tx, now, standing.plan.clinic_id, by, "plan.visit_time", "plan", plan_id, [event])
    return plans.get_plan(tx, plan_id) or after


def mark(
    tx: Tx, now: datetime, entry: ClinicEntry, plan_id: int, event: str, status: Mark, *, by: str, seen: str
) -> None:
    """Enters that a treatment was given or missed; ``planned`` takes that back.

    ``seen``: the status that was looked at. Raises NotChanged, in the field "version" where somebody has marked it
    otherwise meanwhile.
    """
    standing = stand(tx, now, entry, plan_id, to_write=True)
    row = plans.get_event(tx, plan_id, event)
    if row is None or row.kind != Kind.TREATMENT or row.status in ("gone", "held"):
        raise NotChanged("event", Plain("Plan {plan} has no treatment called {event}.", plan=plan_id, event=event))
    if row.date > standing.today and status != "planned":
        raise NotChanged(
            "status", Plain("The treatment is on {day}: only then can be said whether it was given.", day=row.date)
        )
    check_seen(_marked(row.status), _marked(seen), status)
    plans.set_event_status(tx, plan_id, event, status)
    audit.record(tx, now, standing.plan.clinic_id, by, f"event.{status}", "plan", plan_id, [event])


def visits_on(plan: Plan, day: date) -> list[str]:
    """The names of the visits of a plan on a local date: what somebody has to come for. Raises PlanUnreadable."""
    return [event.name for event in calendar_of(plan).events(day, day) if _is_visit(event)]


def plan_time_on(plan: Plan, day: date) -> time | None:
    """The time of the plan's visits, where one is on a local date; what is paired with a treatment has it not.

    Raises PlanUnreadable.
    """
    events = calendar_of(plan).events(day, day)
    return plan.visit_time if any(_is_visit(event) and event.kind is Kind.TREATMENT for event in events) else None


def _marked(status: str) -> str:
    """What staff entered: a patient's C is no mark, and may come while staff enter theirs."""
    return "planned" if status == "confirmed" else status


def _visit(standing: Standing, name: str) -> Event:
    for event in standing.calendar.events(standing.today, standing.today + LOOK):
        if event.name == name and _is_visit(event):
            return event
    raise NotChanged(
        "event",
        Plain("Plan {plan} has no visit called {event} that is still to come.", plan=standing.plan.id, event=name),
    )


def _is_visit(event: Event) -> bool:
    if event.kind is Kind.PAIRED:
        return True
    return event.kind is Kind.TREATMENT and event.slot is not None and event.slot.setting is not None
