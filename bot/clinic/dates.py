"""Dates and times as the reader writes them: in their language, as it is written in the country of their clinic.

A form names the parts that are asked for. Their order, commas and small words, and whether the clock has 12 hours or
24, are those of the Unicode locale data; a month always has its name, since 5/6 is another day elsewhere.
"""

import re
from datetime import date, datetime, time
from functools import lru_cache

from babel.core import Locale
from babel.dates import format_date
from flask import Response, g
from flask_babel import get_locale

from bot.clinic.here import now
from bot.clinic.locales import CLOCK, DAY_OF_YEAR, HALF_OF_DAY, clock_of, locale_of, moment_of, pattern_of
from scheduler.plan.local_time import to_local

DAY = "EEE d MMM"
MOMENT = f"{DAY} {CLOCK}"

_ENGLISH = "en"
_TWO_STOPS = re.compile(f"({HALF_OF_DAY})((?:</\\w+>)*)\\.(?!\\.)".encode())


def day(value: date, form: str = DAY) -> str:
    """A date, as the reader writes one."""
    return _written(value, form, _locale())


def moment(value: datetime, zone: str, form: str = MOMENT) -> str:
    """A moment on the wall of a zone."""
    return moment_of(value, zone, form, _locale())


def clock(value: datetime, zone: str) -> str:
    """The time of day of a moment, on the wall of a zone."""
    return time_of_day(to_local(value, zone).time().replace(second=0, microsecond=0))


def time_of_day(value: time) -> str:
    """A time, on whatever wall."""
    return clock_of(value, _locale())


def written(value: date) -> str:
    """A date with its weekday; with its year where that is not this one."""
    # A page with a year of texts says each of its days many times.
    known: dict[date, str] = g.setdefault("written", {})
    if value not in known:
        known[value] = day(value, DAY if value.year == now().year else DAY_OF_YEAR)
    return known[value]


def with_one_stop(response: Response) -> Response:
    """The same page, in which a sentence that ends with a time such as "4:00 p.m." ends with one full stop.

    So Spanish is written, and no sentence knows which of its values has a full stop of its own.
    """
    if response.mimetype == "text/html":
        response.set_data(_TWO_STOPS.sub(rb"\1\2", response.get_data()))
    return response


def first_weekday() -> int:
    """The day on which a week of a calendar begins; Monday is 0."""
    return int(_locale().first_week_day)


def _locale() -> Locale:
    language = (get_locale() or Locale(_ENGLISH)).language
    return locale_of(language, g.here.clinic.country if "here" in g else "")


@lru_cache(maxsize=4096)
def _written(value: date, form: str, locale: Locale) -> str:
    return format_date(value, pattern_of(form, str(locale)), locale=locale)
