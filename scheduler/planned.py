"""A stored plan as its calendar: the one way from a plan's row and its changes to dates and texts.

Whoever needs to know what a plan says (planning, NEXT, the phone on the screen, a change) asks here, so that no change
is ever forgotten. Plans come with their changes, read for a whole batch at once.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from content.faults import ContentError
from content.library import Library
from content.regimen_format import rules
from content.regimen_format.model import Item, Rule
from content.regimen_format.rules import Overrides
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, NoSuchCycleError
from scheduler.plan.changes import Change, ChangeError, change_from_json
from scheduler.plan.clinic_days import ClinicDays, Snap
from scheduler.plan.local_time import to_utc
from scheduler.plan.reminders import Reminder, upcoming
from scheduler.send_window import SendWindow
from store.clinics import Clinic, ClinicEntry
from store.plans import Plan, PlanState
from store.reminder_rules import OwnRule

UNDO = '{"kind": "undo"}'
"""Stored in place of a change: the one before it that still applies does so no more."""

_DAY = timedelta(days=1)


class PlanUnreadable(Exception):
    """A plan that this release cannot read; the message says why, and holds nothing of the patient."""


def calendar_of(plan: Plan) -> Calendar:
    """The calendar of a plan, from the regimen that it carries and every change that applies. Raises PlanUnreadable."""
    return _calendar(plan, changes_of(plan))


def newer_version(library: Library, entry: ClinicEntry, plan: Plan) -> Regimen | None:
    """The version of the plan's regimen that the clinic has signed off since, to be offered as a switch; None: none.

    Raises PlanUnreadable.
    """
    current = calendar_of(plan).regimen
    newer = library.regimens.get(current.id)
    if newer is None or newer.digest() == current.digest():
        return None
    return newer if any(signed.digest == newer.digest() for signed in entry.signed_regimens) else None


def changes_of(plan: Plan) -> tuple[Change, ...]:
    """The changes that apply, in their order: none that was undone. Raises PlanUnreadable."""
    if not plan.changes:
        return ()
    try:
        return _read(plan.changes)
    except (ContentError, ChangeError) as error:
        raise PlanUnreadable(_why(error)) from error


def described(stored: Sequence[str]) -> list[str]:
    """Stored changes as they are written on the command line; an undo with what it took back."""
    applying: list[str] = []
    found = []
    for change in stored:
        if change != UNDO:
            applying.append(_described(change))
        found.append(applying[-1] if change != UNDO else f"undo {applying.pop()}" if applying else "undo")
    return found


def _described(stored: str) -> str:
    try:
        return str(change_from_json(stored))
    except (ContentError, ChangeError):
        return "a change that this release cannot read"


def was_undone(plan: Plan, position: int) -> bool:
    """Whether the change that was stored as the ``position``-th (from 1) applies no more; an undo always does."""
    return plan.changes[position - 1] != UNDO and position - 1 not in _applying(plan.changes)


def with_changes(plan: Plan, changes: Sequence[Change]) -> Calendar:
    """The calendar that a plan would have with these changes and no others. Raises ChangeError, PlanUnreadable."""
    try:
        regimen, clinic_days = Regimen.from_json(plan.regimen_json), _clinic_days(plan.clinic_days)
        return Calendar(regimen, plan.start, plan.start_cycle, changes, clinic_days)
    except (ContentError, NoSuchCycleError) as error:
        raise PlanUnreadable(_why(error)) from error


def clinic_days_of(clinic: Clinic) -> ClinicDays | None:
    """On which days a plan that begins now has its visits; None: the clinic has said nothing of its days.

    A plan keeps them as they are when it begins: whoever was told a date keeps it when the clinic's days change.
    """
    return ClinicDays.where_told(clinic.open_weekdays, clinic.closed_on, Snap(clinic.snap))


def reminders_of(plan: Plan, calendar: Calendar, window: SendWindow, after: datetime) -> Iterator[Reminder]:
    """The plan's reminders due after a moment, in due order, worked out as they are asked for.

    Of a plan that was stopped they are those of late side effects; none where it ended since the patient has died.
    """
    if plan.state == "stopped" and calendar.timeline.state.stopped_on is None:
        return iter(())
    found = upcoming(
        calendar,
        timezone=window.timezone,
        window_from=window.opens,
        window_until=window.closes,
        visit_time=plan.visit_time,
        after=after,
        visit_times=visit_times(plan, calendar, after.date() - _DAY),
        clinic_timezone=window.clinic_timezone,
        away=window.away,
        overrides=overrides(plan.rules, calendar.regimen.id),
    )
    return filter(is_of_the_tail, found) if plan.state == "stopped" else found


def is_of_the_tail(reminder: Reminder) -> bool:
    """Whether a reminder tells of late side effects."""
    return reminder.rule.partition("/")[0] == "late_effects"


def visit_times(plan: Plan, calendar: Calendar, since: date) -> dict[str, time]:
    """The times entered for single visits that are still on the date for which they were entered, by their names."""
    return {
        name: known.time
        for name, known in plan.visit_times.items()
        if known.date >= since and any(event.name == name for event in calendar.events(known.date, known.date))
    }


@lru_cache(maxsize=4_096)
def overrides(own: tuple[OwnRule, ...], regimen_id: str) -> Overrides:
    """What holds in place of a regimen's rules; ``own`` as `store.reminder_rules.in_force` has them.

    A rule that this release cannot read is passed over: what it stood in place of holds then.
    """
    found: dict[str, Rule | None] = {}
    for each in own:
        if each.regimen_id in (None, regimen_id):
            with suppress(ContentError):
                found[each.rule] = rules.override(each.rule, each.spec)
    return found


def time_of(plan: Plan, visit: str, day: date) -> time | None:
    """The time of a treatment visit, by its event's name and its local date; None where it is not known."""
    own = plan.visit_times.get(visit)
    return own.time if own is not None and own.date == day else plan.visit_time


def items_of(plan: Plan) -> dict[str, Item]:
    """What a plan gives, by its names, in any regimen that it has had. Raises PlanUnreadable."""
    segments = calendar_of(plan).timeline.state.segments
    return {name: item for segment in segments for name, item in segment.regimen.items.items()}


def state_on(calendar: Calendar, today: date) -> PlanState:
    """Whether a plan is active, on hold or stopped on a local date; that it is finished is for planning to say.

    One that was on hold when its end was decided on is active until then, though nothing is left of it.
    """
    state, day = calendar.timeline.state, today.toordinal()
    if state.stopped_on is not None:
        return "stopped" if state.stopped_on <= day else "active"
    return "held" if state.held_from is not None and state.held_from <= day else "active"


def turns_at(calendar: Calendar, timezone: str, after: datetime) -> datetime | None:
    """When a hold or an end that was decided on begins, if that is after a moment: its local day's first instant."""
    state = calendar.timeline.state
    day = state.stopped_on or state.held_from
    if day is None:
        return None
    moment = to_utc(date.fromordinal(day), time.min, timezone)
    return moment if moment > after else None


def next_text_at(telling: Sequence[Plan], window: SendWindow, after: datetime) -> datetime | None:
    """When the first reminder of any of the plans is due after a moment, or a hold or an end begins; None: never.

    A plan that cannot be read is due at once: planning tells staff of it.
    """
    found = []
    for plan in telling:
        try:
            calendar = calendar_of(plan)
        except PlanUnreadable:
            return after
        first = next(reminders_of(plan, calendar, window, after), None)
        turn = None if plan.state == "stopped" else turns_at(calendar, window.timezone, after)
        found += [moment for moment in (first.due_at if first else None, turn) if moment is not None]
    return min(found, default=None)


def _calendar(plan: Plan, changes: Sequence[Change]) -> Calendar:
    try:
        return with_changes(plan, changes)
    except ChangeError as error:
        raise PlanUnreadable(_why(error)) from error


# Plans that began when their clinic had the same days have them as one and the same value.
@lru_cache(maxsize=1_024)
def _clinic_days(stored: str | None) -> ClinicDays | None:
    try:
        return None if stored is None else ClinicDays.from_json(stored)
    except ValueError as error:
        raise PlanUnreadable(str(error)) from error


# A plan is looked at again with every reminder: its changes are then no longer read, and a switch carries a regimen.
@lru_cache(maxsize=4_096)
def _read(stored: tuple[str, ...]) -> tuple[Change, ...]:
    return tuple(change_from_json(stored[position]) for position in _applying(stored))


def _applying(stored: Sequence[str]) -> list[int]:
    applying: list[int] = []
    for position, change in enumerate(stored):
        if change != UNDO:
            applying.append(position)
        elif applying:
            applying.pop()
    return applying


def _why(error: Exception) -> str:
    return error.faults[0].rule if isinstance(error, ContentError) else str(error)
