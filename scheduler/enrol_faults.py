"""All that keeps somebody from being enrolled, for a form that tells it at once; `enrol` itself stops at the first."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from content.library import Library
from scheduler.enrolment import NewPatient, NotEnrolled, check, check_number, offered
from scheduler.plan.local_time import to_local
from store import contacts, patients
from store.clinics import ClinicEntry
from store.database import Tx
from store.patients import CodeTaken, PatientExists


def faults(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, new: NewPatient) -> list[NotEnrolled]:
    """What is wrong, field by field, each found as if those before it were right; nothing is written."""
    found: list[NotEnrolled] = []
    phone, asked, right = None, new, _right(now, library, entry)
    while phone is None:
        try:
            phone, _regimen, _calendar = check(now, library, entry, asked)
        except NotEnrolled as error:
            if all(each.field != error.field for each in found):  # what stands in for a fault is never named
                found.append(error)
            if error.field not in right:
                break
            asked = replace(asked, **right.pop(error.field))
    return [*found, *_known(tx, entry, phone, new.code)]


def _right(now: datetime, library: Library, entry: ClinicEntry) -> dict[str, dict[str, Any]]:
    """For a field that was wrong, what is right here: of the number alone nobody knows."""
    clinic = entry.clinic
    return {
        "name": {"name": "-"},
        "consent_how": {"consent_how": "-"},
        "language": {"language": clinic.default_language},
        "timezone": {"timezone": clinic.timezone},
        "window_from": {"window_from": None, "window_until": None},
        "without": {"without": frozenset()},
        # Which cycles another regimen has says nothing of the one that was meant.
        "regimen_id": {"regimen_id": next((each.id for each in offered(library, entry)), ""), "start_cycle": 1},
        "start": {"start": to_local(now, clinic.timezone).date()},
        "start_cycle": {"start_cycle": 1},
    }


def _known(tx: Tx, entry: ClinicEntry, phone: str | None, code: str | None) -> list[NotEnrolled]:
    """What the store has against the number, where it is one, and against the code."""
    found: list[NotEnrolled] = []
    contact = None if phone is None else contacts.find_contact(tx, entry.clinic.id, phone)
    there = None if contact is None else patients.active_patient(tx, contact.id)
    namesake = patients.find_by_code(tx, entry.clinic.id, code) if code else None
    if phone is not None:
        try:
            check_number(tx, phone, contact)
        except NotEnrolled as error:
            found.append(error)
    if there is not None:
        found.append(NotEnrolled.known(PatientExists(there.id)))
    if namesake is not None and namesake.id != (there and there.id):
        found.append(NotEnrolled.known(CodeTaken(namesake.id)))
    return found
