"""Sentences that come from below the console, in the reader's language."""

from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext

from bot.clinic.dates import CLOCK, DAY_OF_YEAR, moment, written
from bot.clinic.here import here
from content.plain import Plain, joined, put_together


def in_words(said: Any, zone: str | None = None) -> str:
    """A sentence, or that of an exception, as the reader reads it; what has no translation is as it is.

    Moments are those on the wall of the zone, or of the clinic's.
    """
    match said:
        case BaseException():
            return in_words(said.args[0], zone)
        case Plain():
            return put_together(gettext(said.template), said.values, lambda value: in_words(value, zone))
        case datetime():
            return moment(said, zone or here().clinic.timezone, f"{DAY_OF_YEAR} {CLOCK}")
        case date():
            return written(said)
        case time():
            return said.isoformat("minutes")
        case list() | tuple():
            return joined(said, lambda value: in_words(value, zone))
    return str(said)
