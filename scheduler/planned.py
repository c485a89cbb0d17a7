"""A stored plan as its calendar: the one way from a plan's row and its changes to dates and texts.

Whoever needs to know what a plan says (planning, NEXT, the phone on the screen, a change) asks here, so that no change
is ever forgotten. Plans come with their changes, read for a whole batch at once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from content.faults import ContentError
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, NoSuchCycleError
from scheduler.plan.changes import Change, ChangeError, change_from_json
from scheduler.plan.reminders import Reminder, upcoming
from scheduler.send_window import SendWindow
from store.plans import Plan

UNDO = '{"kind": "undo"}'
"""Stored in place of a change: the one before it that still applies does so no more."""


class PlanUnreadable(Exception):
    """A plan that this release cannot read; the message says why, and holds nothing of the patient."""


def calendar_of(plan: Plan) -> Calendar:
    """The calendar of a plan, from the regimen that it carries and every change that applies. Raises PlanUnreadable."""
    return _calendar(plan, changes_of(plan))


def changes_of(plan: Plan) -> tuple[Change, ...]:
    """The changes that apply, in their order: none that was undone. Raises PlanUnreadable."""
    if not plan.changes:
        return ()
    try:
        return _read(plan.changes)
    except (ContentError, ChangeError) as error:
        raise PlanUnreadable(_why(error)) from error


def with_changes(plan: Plan, changes: Sequence[Change]) -> Calendar:
    """The calendar that a plan would have with these changes and no others. Raises ChangeError, PlanUnreadable."""
    try:
        return Calendar(Regimen.from_json(plan.regimen_json), plan.start, plan.start_cycle, changes)
    except (ContentError, NoSuchCycleError) as error:
        raise PlanUnreadable(_why(error)) from error


def reminders_of(plan: Plan, calendar: Calendar, window: SendWindow, after: datetime) -> Iterator[Reminder]:
    """The plan's reminders due after a moment, in due order, worked out as they are asked for."""
    return upcoming(
        calendar,
        timezone=window.timezone,
        window_from=window.opens,
        window_until=window.closes,
        visit_time=plan.visit_time,
        after=after,
    )


def next_text_at(active_plans: Sequence[Plan], window: SendWindow, after: datetime) -> datetime | None:
    """When the first reminder of any of the plans is due after a moment; None: never.

    A plan that cannot be read is due at once: planning tells staff of it.
    """
    found = []
    for plan in active_plans:
        try:
            first = next(reminders_of(plan, calendar_of(plan), window, after), None)
        except PlanUnreadable:
            return after
        if first is not None:
            found.append(first.due_at)
    return min(found, default=None)


def _calendar(plan: Plan, changes: Sequence[Change]) -> Calendar:
    try:
        return with_changes(plan, changes)
    except ChangeError as error:
        raise PlanUnreadable(_why(error)) from error


# A plan is looked at again with every reminder: its changes are then no longer read, and a switch carries a regimen.
@lru_cache(maxsize=4_096)
def _read(stored: tuple[str, ...]) -> tuple[Change, ...]:
    applying: list[str] = []
    for change in stored:
        if change != UNDO:
            applying.append(change)
        elif applying:
            applying.pop()
    return tuple(change_from_json(change) for change in applying)


def _why(error: Exception) -> str:
    return error.faults[0].rule if isinstance(error, ContentError) else str(error)
