"""What a clinic's settings must be, for the console and the command line alike."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from operator import gt
from typing import Any

from bot.clinic.access import RIGHTS, Right
from channels.phone import read_number
from content.checks.never import doubtful
from content.library import Library
from content.plain import Plain
from content.sms_text import fold, measure
from content.thresholds import FEVER_C, LOW_C, fahrenheit
from store import audit, clinics, staff
from store.clinic_entry import CALL_MINUTES, DANGER_MINUTES, Clinic
from store.database import Tx

REGIONS: Mapping[str, str] = {"us": "US", "uk": "GB", "mx": "MX", "au": "AU", "ca": "CA"}
"""The region of a number that is written without its country, by country pack."""

LATEST_TO_LIFE, LATEST_CALL = 60, 240
"""After how many minutes the last step of the rota is told at the latest: of danger to life, and of what is less."""


Faults = Iterator[tuple[str, Plain]]
"""What is wrong, each with the setting that it is about."""


class WrongSettings(Exception):
    """Settings are not as they must be: ``faults`` has a plain sentence for each; the message is the first of them."""

    def __init__(self, faults: Mapping[str, Plain]) -> None:
        super().__init__(next(iter(faults.values())))
        self.faults = faults


def checked(
    library: Library, fields: Mapping[str, Any], before: Clinic | None = None, *, people: int = 0
) -> dict[str, Any]:
    """The settings as the store takes them. Raises WrongSettings.

    ``before``: the clinic that they change; ``people``: how many there may propose, as `people_of` counts them.
    """
    taken = dict(fields)
    if faults := dict(_faults(library, taken, before, people)):
        raise WrongSettings(faults)
    if "languages" in taken:
        taken["default_language"] = taken["languages"][0]
    return taken


def people_of(tx: Tx, clinic_id: int) -> int:
    """How many people may propose what patients read: of two or more, one can propose and another one approve."""
    return sum(user.active and Right.CARE in RIGHTS[role] for user, role in staff.members(tx, clinic_id))


def ask_two_again(tx: Tx, now: datetime, clinic_id: int, by: str) -> bool:
    """Where one person alone was enough and is not the only one any more, it takes two again; returns whether so."""
    clinics.lock_clinic(tx, clinic_id)
    clinic = clinics.find_clinic(tx, clinic_id)
    if clinic is None or clinic.approvals > 1 or people_of(tx, clinic_id) < 2:
        return False
    clinics.set_clinic(tx, now, clinic_id, approvals=2)
    audit.record(tx, now, clinic_id, by, "change", "clinic", clinic_id, ["approvals"])
    return True


def _faults(library: Library, taken: Mapping[str, Any], before: Clinic | None, people: int) -> Faults:
    country = taken.get("country", before.country if before else None)
    if country is not None and country not in library.countries:
        known = [*library.countries]
        yield "country", Plain("There is no country pack {pack}: there are {known}.", pack=country, known=known)
    unknown = [language for language in taken.get("languages", ()) if language not in library.languages]
    if unknown:
        known = [*library.languages]
        yield "languages", Plain("There are no texts in {language}: there are {known}.", language=unknown, known=known)
    else:
        yield from _of_consent(library, taken, before)
    if "phone_line" in taken and read_number(taken["phone_line"] or "", REGIONS.get(country or "", "US")).e164 is None:
        yield "phone_line", Plain("{number} is no phone number.", number=taken["phone_line"])
    if "program" in taken:
        yield from _of_program(library, taken["program"])
    yield from _of_thresholds(taken)
    yield from _of_minutes(taken, before)
    if taken.get("approvals") == 1 and people > 1:
        yield (
            "approvals",
            Plain("{number} people here may propose: one person is enough only for a clinic of one.", number=people),
        )
    opens = taken.get("window_from", before.window_from if before else time(9))
    closes = taken.get("window_until", before.window_until if before else time(20))
    if opens >= closes:
        yield "window_until", Plain("The send window must end after it begins.")


def _of_program(library: Library, program: str) -> Faults:
    """Every text begins with it: it must tell no illness, and cost no more than other words."""
    if found := [words for _rule, words in doubtful(library, program)]:
        yield (
            "program",
            Plain(
                "Texts begin with {program}, and a lock screen shows them to anybody: leave out {words}.",
                program=program,
                words=found,
            ),
        )
    if not program.isprintable() or measure(fold(program)).encoding != "GSM-7":
        yield (
            "program",
            Plain(
                "Write {program} in plain letters on one line: other characters make every text cost twice as much.",
                program=program,
            ),
        )


def _of_consent(library: Library, taken: Mapping[str, Any], before: Clinic | None) -> Faults:
    """What patients agree to stands in each of the clinic's languages: they move together."""
    if not taken.keys() & {"consent_texts", "languages"}:
        return
    texts = taken.get("consent_texts", before.consent_texts if before else {})
    languages = taken.get("languages", before.languages if before else ())
    missing = [library.language_name(language) for language in languages if not texts.get(language)]
    if texts and missing:
        yield (
            "consent_texts",
            Plain("Write what patients agree to in each language: it is missing in {missing}.", missing=missing),
        )


def _of_minutes(taken: Mapping[str, Any], before: Clinic | None) -> Faults:
    to_life = taken.get("danger_minutes", before.danger_minutes if before else DANGER_MINUTES)
    to_call = taken.get("call_minutes", before.call_minutes if before else CALL_MINUTES)
    # An alert that grows graver must not climb later for it.
    if any(map(gt, to_life, to_call)):
        name = "danger_minutes" if "danger_minutes" in taken else "call_minutes"
        yield name, Plain("Nobody may be told later of danger to life than of a text to which we said: call now.")
    for name, latest in (("danger_minutes", LATEST_TO_LIFE), ("call_minutes", LATEST_CALL)):
        minutes = list(taken.get(name, (0,)))
        if minutes != sorted(minutes) or minutes[-1] > latest:
            yield (
                name,
                Plain("Each step comes after the one before, the last after {most} minutes at most.", most=latest),
            )


def _of_thresholds(taken: Mapping[str, Any]) -> Faults:
    for name, (lowest, highest) in (("fever_c", FEVER_C), ("low_c", LOW_C)):
        value = taken.get(name)
        if value is not None and not lowest <= value <= highest:
            yield (
                name,
                Plain(
                    "This must lie between {lowest} and {highest} C ({low_f} and {high_f} F), as sources have it.",
                    lowest=lowest,
                    highest=highest,
                    low_f=fahrenheit(lowest),
                    high_f=fahrenheit(highest),
                ),
            )
