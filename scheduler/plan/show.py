"""Calendars and reminders as plain dictionaries, in the shape that `schedule --json` and `preview --json` print."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar
from scheduler.plan.changes import Change
from scheduler.plan.clinic_days import ClinicDays
from scheduler.plan.events import Event, Kind
from scheduler.plan.local_time import to_utc
from scheduler.plan.reminders import Reminder, upcoming

Row = dict[str, str | int | list[str]]

# How far an open-ended plan is shown when nobody says how far.
SHOWN = timedelta(days=365)


def schedule(
    regimen: Regimen,
    start: date,
    *,
    start_cycle: int = 1,
    count: int | None = None,
    until: date | None = None,
    changes: Sequence[Change] = (),
    clinic_days: ClinicDays | None = None,
) -> Iterator[Row]:
    """The dated events of a plan in date order: to a day (included), or to the so many-th treatment day.

    An open-ended plan with neither is shown for a year. Raises NoSuchCycleError, ChangeError.
    """
    calendar = Calendar(regimen, start, start_cycle, changes, clinic_days)
    if until is None and count is None and calendar.is_open:
        until = start + SHOWN
    treatments = 0
    for event in calendar.events(last=until):
        yield row(event)
        treatments += event.kind is Kind.TREATMENT
        if treatments == count:
            return


def row(event: Event) -> Row:
    """One event as `schedule --json` prints it."""
    shown: Row = {
        "date": event.date.isoformat(),
        "kind": str(event.kind),
        "phase": event.phase,
        "cycle": event.cycle,
        "cycle_in_phase": event.cycle_in_phase,
        "day": event.day,
        "items": list(event.items),
    }
    if event.end_date is not None:
        shown["end_date"] = event.end_date.isoformat()
    if event.warnings:
        shown["warnings"] = list(event.warnings)
    return shown


def preview(
    calendar: Calendar,
    *,
    timezone: str,
    visit_time: time | None,
    window_from: time = time(9),
    window_until: time = time(20),
    until: date | None = None,
) -> Iterator[Reminder]:
    """Every reminder of a course, from ten weeks before its start (a text may come before the first visit) on.

    An open-ended plan without ``until`` is shown for a year. The caller composes the words. Raises UnknownZoneError.
    """
    if until is None and calendar.is_open:
        until = calendar.start + SHOWN
    return upcoming(
        calendar,
        timezone=timezone,
        window_from=window_from,
        window_until=window_until,
        visit_time=visit_time,
        after=to_utc(calendar.start - timedelta(weeks=10), time(), timezone),
        until=None if until is None else _end_of(until, timezone),
    )


def _end_of(day: date, timezone: str) -> datetime:
    return to_utc(day + timedelta(days=1), time(), timezone)
