"""Sentences that come from below the console, in the reader's language."""

from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext

from bot.clinic.dates import moment, time_of_day, written
from bot.clinic.here import here
from bot.clinic.locales import MOMENT_OF_YEAR
from content.plain import translated


def in_words(said: Any, zone: str | None = None) -> str:
    """A sentence, or that of an exception, as the reader reads it; what has no translation is as it is.

    Moments are those on the wall of the zone, or of the clinic's.
    """
    if isinstance(said, BaseException):
        return in_words(said.args[0], zone)
    return translated(said, gettext, lambda value: _written(value, zone))


def _written(value: Any, zone: str | None) -> str:
    match value:
        case datetime():
            return moment(value, zone or here().clinic.timezone, MOMENT_OF_YEAR)
        case date():
            return written(value)
        case time():
            return time_of_day(value)
    return str(value)
