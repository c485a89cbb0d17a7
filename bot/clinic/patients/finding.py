"""Finding a patient by what somebody remembers: a phone number, the clinic's code, or any part of the name."""

from channels.phone import read_number
from store import console_patients, contacts, patients
from store.clinic_entry import Clinic
from store.console_patients import Listed
from store.database import Tx

_FEWEST_DIGITS = 7


def find(tx: Tx, clinic: Clinic, asked: str, regions: str | None) -> list[Listed]:
    """The active patients that fit, by name; all of them where nothing is asked. ``regions``: of a local number."""
    listed = console_patients.active_names(tx, clinic.id)
    wanted = " ".join(asked.split()).casefold()
    if not wanted:
        return listed
    exact = {_by_code(tx, clinic.id, wanted), _by_phone(tx, clinic.id, asked, regions)} - {None}
    words = wanted.split()
    return [each for each in listed if each.id in exact or all(word in each.name.casefold() for word in words)]


def _by_code(tx: Tx, clinic_id: int, code: str) -> int | None:
    found = patients.find_by_code(tx, clinic_id, code)
    return None if found is None else found.id


def _by_phone(tx: Tx, clinic_id: int, asked: str, region: str | None) -> int | None:
    if sum(letter.isdigit() for letter in asked) < _FEWEST_DIGITS:
        return None
    number = read_number(asked, region).e164
    contact = None if number is None else contacts.find_contact(tx, clinic_id, number)
    found = None if contact is None else patients.active_patient(tx, contact.id)
    return None if found is None else found.id
