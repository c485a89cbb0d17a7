"""Calendars and texts as `schedule` and `preview` show them: dated events, every text of a course, what each day is."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar
from scheduler.plan.changes import Change
from scheduler.plan.clinic_days import ClinicDays
from scheduler.plan.doses import LONGEST_GAP
from scheduler.plan.events import Event, Kind
from scheduler.plan.gathering import Gathered, gather
from scheduler.plan.local_time import to_utc
from scheduler.plan.reminders import upcoming


class Mark(IntEnum):
    """What a day is to the patient; of several the first here."""

    HOSPITAL = 1
    VISIT = 2
    PUMP = 3
    OTHER = 4
    HOME = 5
    REST = 6


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
    if count is None:
        until = shown_until(calendar, until)
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
) -> list[Gathered]:
    """Every text of a course as it is told, from ten weeks before its start (one may come before the first visit) on.

    An open-ended plan without ``until`` is shown for a year. The caller composes the words. Raises UnknownZoneError.
    """
    until = shown_until(calendar, until)
    found = upcoming(
        calendar,
        timezone=timezone,
        window_from=window_from,
        window_until=window_until,
        visit_time=visit_time,
        after=to_utc(calendar.start - timedelta(weeks=10), time(), timezone),
        until=None if until is None else _end_of(until, timezone),
    )
    return gather((0, reminder) for reminder in found)


def shown_until(calendar: Calendar, until: date | None) -> date | None:
    """The last day that is shown: a plan without an end is shown for a year where nobody says how far."""
    return calendar.start + SHOWN if until is None and calendar.is_open else until


def marks(calendar: Calendar, first: date, last: date) -> dict[date, Mark]:
    """What each day of a range is to the patient, where it is anything."""
    found: dict[date, Mark] = {}
    # A rest that began before still goes on.
    for event in calendar.events(first - timedelta(days=LONGEST_GAP), last):
        if event.kind is Kind.REST and event.end_date is not None:
            day = max(event.date, first)
            while day <= min(event.end_date, last):
                found.setdefault(day, Mark.REST)
                day += timedelta(days=1)
        elif event.date >= first and (mark := _mark(event)) is not None:
            found[event.date] = min(mark, found.get(event.date, mark))
    return found


def _mark(event: Event) -> Mark | None:
    if event.slot is None:
        return Mark.OTHER if event.kind is Kind.PAIRED else None
    if event.slot.setting is None:
        return Mark.HOME
    return {"hospital": Mark.HOSPITAL, "pump": Mark.PUMP}.get(event.slot.setting, Mark.VISIT)


def _end_of(day: date, timezone: str) -> datetime:
    return to_utc(day + timedelta(days=1), time(), timezone)
