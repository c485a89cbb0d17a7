"""How somebody agreed to texts, or took that back: as it is recorded, and as it is said in the reader's language."""

from collections.abc import Mapping
from datetime import date, time

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from bot.clinic.dates import time_of_day, written
from bot.clinic.people import person
from scheduler import joining

HOWS: Mapping[str, LazyString] = {
    "signed form": _("Signed form"),
    "said so here": _("Said so, in person"),
    "said so by phone": _("Said so, by phone"),
    "portal": _("Through the patient portal"),
}
"""What the form of an enrolment offers."""

_OTHERS: Mapping[str, LazyString] = {
    "text": _("by text"),
    "console": _("in the console"),
    "provider": _("told by the network"),
    "paper": _("on paper"),
}


def how_in_words(how: str) -> str:
    """How it came; what has no words here is as it was recorded."""
    joined = joining.HOW.fullmatch(how)
    if joined is None:
        return str(HOWS.get(how) or _OTHERS.get(how, how))
    try:
        day, at = date.fromisoformat(joined["day"]), time.fromisoformat(joined["time"])
    except ValueError:  # somebody's own words, as `patient add --consent` takes them
        return how
    said: str = gettext(
        "texted JOIN, confirmed by %(who)s on %(day)s at %(time)s",
        who=person(joined["by"]),
        day=written(day),
        time=time_of_day(at),
    )
    return said
