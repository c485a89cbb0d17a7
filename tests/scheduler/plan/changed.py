"""Calendars with changes, and their days read off."""

from datetime import date, timedelta
from itertools import islice

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.changes import Change, parse_change
from tests.scheduler.plan.made import FILES, START

DAY = timedelta(days=1)


def change(text: str) -> Change:
    return parse_change(text, FILES.__getitem__)


def planned(made: str | Regimen, *changes: str, start: date = START) -> Calendar:
    """The calendar of a regimen, or of a packaged one by its id, after these changes."""
    return Calendar(FILES[made] if isinstance(made, str) else made, start, changes=[change(text) for text in changes])


def treatments(calendar: Calendar, count: int = 1_000) -> list[Event]:
    return list(islice((event for event in calendar.events() if event.kind is Kind.TREATMENT), count))


def days(calendar: Calendar, count: int = 1_000) -> list[str]:
    return [event.date.isoformat() for event in treatments(calendar, count)]


def of_kind(calendar: Calendar, kind: Kind, last: date = date(2027, 1, 1)) -> list[tuple[str, str]]:
    rows = (event for event in calendar.events(last=last) if event.kind is kind)
    return [(event.date.isoformat(), str(event.end_date)) for event in rows]
