"""Months of a calendar as weeks of days, with what each day is to a patient."""

from calendar import Calendar
from collections.abc import Iterator, Mapping
from datetime import date

from bot.clinic.dates import first_weekday
from scheduler.plan.show import Mark

Month = tuple[date, list[list[tuple[date, Mark | None]]]]
"""The first day of a month, and its weeks as the reader has them; days of other months have None."""


def months_on(first: date, number: int) -> date:
    """The first day of the month so many months after that of ``first``."""
    months = first.year * 12 + first.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)


def laid_out(marks: Mapping[date, Mark], first: date, number: int) -> Iterator[Month]:
    """So many months from that of ``first`` on."""
    for later in range(number):
        month = months_on(first, later)
        weeks = Calendar(first_weekday()).monthdatescalendar(month.year, month.month)
        yield month, [[(day, marks.get(day) if day.month == month.month else None) for day in week] for week in weeks]
