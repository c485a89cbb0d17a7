"""How a language is written in the country of a clinic."""

from datetime import time
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_time

_TERRITORIES = {"uk": "GB", "eu": "GB"}
"""Country packs that are no country's code. English in Europe is written as in Britain."""


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
