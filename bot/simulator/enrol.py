"""The form through which someone is enrolled on the page: what was typed, read, and handed to the one door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.simulator.phones import is_fiction
from bot.simulator.screen import local_date
from channels.phone import read_number
from content.library import Library
from scheduler.enrolment import NewPatient
from store.clinics import ClinicEntry

LIKELY = "pembro_q3w"
"""The regimen that the form begins with: a visit every three weeks."""


class Mistyped(Exception):
    """A field holds what it cannot hold; the message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A regimen of the list; ``signed``: whether the clinic has signed it off, so that somebody can be enrolled."""

    id: str
    title: str
    signed: bool


def choices(library: Library, entry: ClinicEntry) -> list[Choice]:
    """The regimens, those that the clinic signed off first, each group by title."""
    signed = {(each.regimen_id, each.digest) for each in entry.signed_regimens}
    found = [Choice(each.id, each.title, (each.id, each.digest()) in signed) for each in library.regimens.values()]
    return sorted(found, key=lambda choice: (not choice.signed, choice.title))


def draft(now: datetime, entry: ClinicEntry, taken: Mapping[str, str]) -> dict[str, str]:
    """What stands in the form: what was typed, else something that would do."""
    tomorrow = local_date(now, entry.clinic.timezone) + timedelta(days=1)
    likely = {
        "number": "+1 202 555 0177",
        "name": "",
        "regimen": LIKELY,
        "start": tomorrow.isoformat(),
        "time": "10:30",
        "language": entry.clinic.default_language,
        "zone": entry.clinic.timezone,
    }
    return {field: taken.get(field, value) for field, value in likely.items()}


def read(form: Mapping[str, str]) -> NewPatient:
    """The patient of a form. Raises Mistyped; everything else is for the door to judge."""
    if form.get("consent") != "yes":
        raise Mistyped("Tick the box when this person has agreed to the texts: nobody is enrolled without.")
    number = read_number(form.get("number", ""), "US").e164
    if number is None or not is_fiction(number):
        raise Mistyped("The demo takes made-up numbers only: +1, an area code, 555, then 0100 to 0199.")
    return NewPatient(
        phone=number,
        name=form.get("name", ""),
        language=form.get("language", ""),
        timezone=form.get("zone", "").strip(),
        regimen_id=form.get("regimen", ""),
        start=_date(form.get("start", "")),
        visit_time=_time(form.get("time", "")),
        consent_how="ticked in the demo",
        by="demo page",
    )


def _date(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Mistyped("Write the first day as year-month-day, such as 2026-01-05.") from None


def _time(typed: str) -> time | None:
    if not typed.strip():
        return None
    try:
        return time.fromisoformat(typed.strip())
    except ValueError:
        raise Mistyped("Write the visit time as hours and minutes, such as 10:30, or leave it empty.") from None
