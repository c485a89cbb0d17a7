"""Date arithmetic on ordinals (days counted by ``date.toordinal``): spans of days and calendar months."""

from calendar import monthrange
from datetime import date

from content.regimen_format.model import Span


def add_months(ordinal: int, months: int) -> int:
    """The same day of the month so many months on; the month's last day where it has no such day."""
    day = date.fromordinal(ordinal)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).toordinal()


def step(origin: int, span: Span, times: int) -> int:
    """``times`` spans after an origin, each counted from the origin and not from the one before it."""
    if span.months:
        return add_months(origin, span.months * times)
    return origin + span.days * times


def steps_before(origin: int, span: Span, limit: int) -> int:
    """How many of the dates ``step(origin, span, 0)``, ``step(origin, span, 1)``, ... come before a limit."""
    if limit <= origin:
        return 0
    if span.days:
        return -((origin - limit) // span.days)
    first, last = date.fromordinal(origin), date.fromordinal(limit)
    times = ((last.year - first.year) * 12 + last.month - first.month) // span.months
    return times + (step(origin, span, times) < limit)
