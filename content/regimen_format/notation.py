"""The short notations of regimen files: days, cycles, weekdays, spans of time, times of day.

Each reader takes the text as written and raises ValueError with one plain sentence that says what is expected.
"""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import TypeVar

from content.plain import Plain
from content.regimen_format.model import Ranges, Span
from content.toml_file import Table

Value = TypeVar("Value")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_DAYS = 366
LONGEST_MONTHS = 60
LONGEST_TAIL = 1_000
MOST_CYCLES = 1_000
WINDOW_OPENS = "window opens"

_SPAN = re.compile(r"([1-9]\d{0,3}) (day|week|month)s?")
_RANGE = re.compile(r"([1-9]\d{0,3})(?:\s*-\s*([1-9]\d{0,3}))?")
_OPEN_RANGE = re.compile(r"([1-9]\d{0,3})\s*-")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SHELF = re.compile(r"([1-9]\d{0,2}) (minute|hour|day)s?")


def noted(table: Table, key: str, read: Callable[[str], Value], default: Value) -> Value:
    """A text of the table in one of the short notations; the default where it is missing or wrong (with a fault)."""
    text = table.optional_text(key)
    if not text:
        return default
    try:
        return read(text)
    except ValueError as error:
        table.fault("notation", f"'{key}': {error}", key)
        return default


def count(table: Table, key: str) -> int | None:
    """A whole number from 1; None where it is missing or wrong (with a fault)."""
    if key not in table:
        return None
    count = table.integer(key)
    if not 1 <= count <= MOST_CYCLES:
        table.fault("range", f"'{key}' must be from 1 to {MOST_CYCLES}", key)
        return None
    return count


def span(text: str) -> Span:
    """ "21 days", "6 weeks" (42 days) or "3 months"."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f'write a span such as "21 days", "6 weeks" or "3 months", not "{text}"')
    count, unit = int(found[1]), found[2]
    read = Span(months=count) if unit == "month" else Span(days=count * (7 if unit == "week" else 1))
    if read.months > LONGEST_MONTHS:
        raise ValueError(f'"{text}" is longer than {LONGEST_MONTHS} months')
    return read


def days(text: str) -> tuple[int, ...]:
    """ "1-4, 9-12" -> (1, 2, 3, 4, 9, 10, 11, 12); from 1, ascending, each once."""
    found: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if not match:
            raise ValueError(f'write days such as "1" or "1-4, 9-12", not "{text}"')
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last > LONGEST_DAYS or (found and first <= found[-1]):
            raise ValueError(f'days must ascend, each once and none over {LONGEST_DAYS}: "{text}" does not')
        found.extend(range(first, last + 1))
    return tuple(found)


def cycles(text: str) -> Ranges:
    """ "1-4, 9-" -> ((1, 4), (9, None)): which cycles of a phase; an open end is None."""
    found: list[tuple[int, int | None]] = []
    for part in text.split(","):
        part = part.strip()
        match, is_open = _RANGE.fullmatch(part), _OPEN_RANGE.fullmatch(part)
        if is_open:
            first, last = int(is_open[1]), None
        elif match:
            first, last = int(match[1]), int(match[2] or match[1])
        else:
            raise ValueError(f'write cycles such as "1", "1-4" or "5-" (from the fifth on), not "{text}"')
        before = found[-1][1] if found else 0
        if before is None or first <= before or (last is not None and last < first):
            raise ValueError(f'cycles must ascend, each once: "{text}" does not')
        found.append((first, last))
    return tuple(found)


def weekdays(text: str) -> tuple[int, ...]:
    """ "mon-fri" or "mon, thu" -> weekday numbers, Monday 0; ascending, each once."""
    found: list[int] = []
    for part in text.split(","):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
            raise ValueError(f'write weekdays such as "mon, thu" or "mon-fri", not "{text}"')
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        if last < first or (found and first <= found[-1]):
            raise ValueError(f'weekdays must ascend from mon to sun, each once: "{text}" does not')
        found.extend(range(first, last + 1))
    return tuple(found)


def gap(text: str) -> tuple[int, int | None]:
    """ "2 to 7 days" -> (2, 7); "at least 21 days" -> (21, None)."""
    if match := re.fullmatch(r"([1-9]\d{0,2}) to ([1-9]\d{0,2}) days", text):
        least, most = int(match[1]), int(match[2])
        if most < least:
            raise ValueError(f'the second number must not be smaller than the first: "{text}"')
        return least, most
    if match := re.fullmatch(r"at least ([1-9]\d{0,2}) days?", text):
        return int(match[1]), None
    raise ValueError(f'write a gap such as "2 to 7 days" or "at least 21 days", not "{text}"')


def clock(text: str) -> time:
    """ "09:00", on the 24-hour clock."""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError(Plain('write a time of day such as "09:00" or "21:30", not "{text}"', text=text))
    return time(int(found[1]), int(found[2]))


def shelf_life(text: str) -> timedelta:
    """ "12 hours", "90 minutes" or "2 days": how long a text is worth sending after its moment."""
    found = _SHELF.fullmatch(text)
    if not found:
        raise ValueError(f'write how long it is useful, such as "12 hours" or "2 days", not "{text}"')
    return timedelta(**{f"{found[2]}s": int(found[1])})


def as_shelf_life(useful_for: timedelta) -> str:
    """What `shelf_life` reads as this, in the largest unit that says it exactly."""
    minutes = int(useful_for.total_seconds()) // 60
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes % size == 0:
            return f"{minutes // size} {unit}s"
    return f"{minutes} minutes"


def times(text: str) -> tuple[time | None, ...]:
    """ "09:00, 19:30", each once; None for "window opens"."""
    read = tuple(None if part.strip() == WINDOW_OPENS else clock(part.strip()) for part in text.split(","))
    if len(set(read)) < len(read):
        raise ValueError(Plain('each time once: "{text}" repeats one', text=text))
    return read


def days_after(text: str) -> tuple[int, ...]:
    """ "28, 91, 182, 365" -> days after the last date, ascending, each once."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[1-9]\d{0,3}", part) for part in parts):
        raise ValueError(f'write days such as "28, 91, 182, 365", not "{text}"')
    read = tuple(map(int, parts))
    if list(read) != sorted(set(read)) or read[-1] > LONGEST_TAIL:
        raise ValueError(f'days must ascend, each once and none over {LONGEST_TAIL}: "{text}" does not')
    return read
