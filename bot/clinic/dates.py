"""Dates and times as the reader writes them.

A form is asked for by an English pattern, which is how English has it here: the day first, and a clock of 24 hours.
Every other language has its own order, commas and small words for a day, from the Unicode locale data.
"""

import re
from datetime import date, datetime
from functools import lru_cache

from babel.core import Locale
from babel.dates import format_date, format_datetime, match_skeleton
from flask import g
from flask_babel import get_locale

from bot.clinic.here import now
from scheduler.plan.local_time import to_local

DAY = "EEE d MMM"
DAY_OF_YEAR = "EEE d MMM y"
MOMENT = "EEE d MMM HH:mm"
CLOCK = "HH:mm"

_ENGLISH = "en"
_SPLIT = re.compile(r"(.*?)[ ,]*(HH:mm(?::ss)?)?")
_PARTS = re.compile(r"y+|M+|E+|d+")
_WEEKDAY = re.compile(r"E+|c+")


def day(value: date, form: str = DAY) -> str:
    """A date, as the reader writes one."""
    locale = _locale()
    return format_date(value, _pattern(form, str(locale)), locale=locale)


def moment(value: datetime, zone: str, form: str = MOMENT) -> str:
    """A moment on the wall of a zone."""
    locale = _locale()
    return format_datetime(to_local(value, zone), _pattern(form, str(locale)), locale=locale)


def clock(value: datetime, zone: str) -> str:
    """The time of day of a moment, on the wall of a zone."""
    return moment(value, zone, CLOCK)


def written(value: date) -> str:
    """A date with its weekday; with its year where that is not this one."""
    # A page with a year of texts says each of its days many times.
    known: dict[date, str] = g.setdefault("written", {})
    if value not in known:
        known[value] = day(value, DAY if value.year == now().year else DAY_OF_YEAR)
    return known[value]


def _locale() -> Locale:
    return get_locale() or Locale(_ENGLISH)


@lru_cache(maxsize=256)
def _pattern(form: str, language: str) -> str:
    """The pattern by which a language writes the parts of an English one; times stay as they are."""
    locale = Locale.parse(language)
    split = _SPLIT.fullmatch(form)
    if locale.language == _ENGLISH or split is None or not split[1]:
        return form
    days = _days(split[1], locale)
    return str(locale.datetime_formats["medium"]).format(split[2], days) if split[2] else days


def _days(form: str, locale: Locale) -> str:
    """A weekday is as long as it is asked for: locale data have few skeletons with a long one."""
    asked = {part[0]: part for part in _PARTS.findall(form)}
    if len(asked) == 1:
        return form
    skeleton = "".join(name if name == "y" else asked[name] for name in "yMEd" if name in asked)
    found = match_skeleton(skeleton, locale.datetime_skeletons)
    if found is None:
        raise LookupError(f"{locale} has no pattern for {skeleton}")
    pattern = str(locale.datetime_skeletons[found].pattern)
    return _WEEKDAY.sub(asked["E"], pattern) if "E" in asked else pattern
