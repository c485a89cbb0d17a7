"""How a language is written in the country of a clinic."""

import re
from datetime import datetime, time
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_time, match_skeleton

from scheduler.plan.local_time import to_local

CLOCK = "HH:mm"
DAY_OF_YEAR = "EEE d MMM y"
MOMENT_OF_YEAR = f"{DAY_OF_YEAR} {CLOCK}"
HALF_OF_DAY = "\u202f[ap]\\.m\\."
"""How a Spanish time ends where the clock has 12 hours: with a full stop of its own. The blank is that of the locale
data: what somebody has typed stays as it is, also in a field that is sent again."""

_TERRITORIES = {"uk": "GB", "eu": "GB"}
"""Country packs that are no country's code. English in Europe is written as in Britain."""
_PARTS = re.compile(r"y+|M+|E+|d+")
_NAMES = re.compile(r"E+|M+")


@lru_cache(maxsize=64)
def locale_of(language: str, country: str) -> Locale:
    """A language in the country of a country pack; as most write it where that is not known."""
    try:
        return Locale(language, _TERRITORIES.get(country, country.upper()))
    except UnknownLocaleError:
        return Locale(language)


@lru_cache(maxsize=4096)
def clock_of(value: time, locale: Locale) -> str:
    """A time of day, on whatever wall, to the minute."""
    # Kept, since a page with hundreds of visits says the same few of them again and again.
    return format_time(value, "short", locale=locale)


def moment_of(value: datetime, zone: str, form: str, locale: Locale) -> str:
    """A moment on the wall of a zone."""
    return format_datetime(to_local(value, zone), pattern_of(form, str(locale)), locale=locale)


@lru_cache(maxsize=256)
def pattern_of(form: str, name: str) -> str:
    """The pattern by which the locale of this name writes the parts that a form names."""
    locale = Locale.parse(name)
    named, has_clock, seconds = form.partition(CLOCK)
    days = _days(named.rstrip(" ,"), locale)
    if not has_clock:
        return days
    clock = str(locale.time_formats["medium" if seconds else "short"].pattern)
    return str(locale.datetime_formats["medium"]).format(clock, days)


def _days(form: str, locale: Locale) -> str:
    """Weekday and month are as long as they are asked for: locale data have few skeletons with long ones."""
    asked = {part[0]: part for part in _PARTS.findall(form)}
    if len(asked) == 1:
        return form
    skeleton = "".join(name if name == "y" else asked[name] for name in "yMEd" if name in asked)
    found = match_skeleton(skeleton, locale.datetime_skeletons)
    if found is None:
        raise LookupError(f"{locale} has no pattern for {skeleton}")
    pattern = str(locale.datetime_skeletons[found].pattern)
    return _NAMES.sub(lambda part: asked[part[0][0]], pattern)
