"""The shadow: a plan's events as rows, from its start to some weeks ahead (rule 12 of the house)."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import takewhile

from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.replay import timeline_of
from store import plans
from store.database import Tx
from store.plans import Plan, PlanEvent

SHADOW = timedelta(days=60)
"""How far ahead a plan's events stand as rows."""

_GIVEN = (Kind.TREATMENT, Kind.PAIRED)


def write_shadow(tx: Tx, plan: Plan, calendar: Calendar, until: date) -> None:
    """Writes the rows of a plan's events that no one wrote yet, up to and with a day."""
    since = None if plan.shadow_until is None else plan.shadow_until + timedelta(days=1)
    if since is None or since <= until:
        rows = [row(plan.id, event) for event in calendar.events(since, until)]
        plans.write_events(tx, plan.id, rows, until, since=since)


def rewrite_shadow(tx: Tx, plan: Plan, calendar: Calendar, since: date, today: date) -> None:
    """Writes the rows of a plan's events anew from a day on, as far as they stood before; ``plan`` as it was then.

    Rows that end in the past, because the plan was on hold or finished for long, are written on to some weeks ahead.
    While the plan is on hold, the treatments that would be on are held; what else the calendar has no more is gone.
    """
    stood_until = plan.shadow_until or date.min
    until = stood_until if stood_until >= today else today + SHADOW
    if since <= until:
        rows = [row(plan.id, event) for event in calendar.events(since, until)]
        there = {each.name for each in rows}
        held = (row(plan.id, event) for event in _held(calendar, until) if event.name not in there)
        rows += [replace(each, status="held") for each in held]
        plans.write_events(tx, plan.id, rows, until, since=since)


def _held(calendar: Calendar, until: date) -> list[Event]:
    """What a hold keeps from happening, up to and with a day."""
    state = calendar.timeline.state
    if state.held_from is None or state.stopped_on is not None:
        return []
    coming = timeline_of(state._replace(held_from=None)).events(state.held_from)
    return [event for event in takewhile(lambda event: event.date <= until, coming) if event.kind in _GIVEN]


def row(plan_id: int, event: Event) -> PlanEvent:
    """An event of the calendar as it stands in the store before anything happened to it."""
    return PlanEvent(
        plan_id=plan_id,
        name=event.name,
        kind=str(event.kind),
        date=event.date,
        end_date=event.end_date,
        phase=event.phase,
        cycle=event.cycle,
        cycle_in_phase=event.cycle_in_phase,
        day=event.day,
        items=event.items,
        route=event.route,
        status="planned",
    )
