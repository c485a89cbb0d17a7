"""Finding a patient by what somebody remembers: a phone number, the clinic's code, or any part of the name."""

from channels.phone import read_number
from content.phrases import plain
from store import console_patients
from store.clinic_entry import Clinic
from store.console_patients import Listed
from store.database import Tx

_FEWEST_DIGITS = 7


def find(tx: Tx, clinic: Clinic, asked: str, region: str | None) -> list[Listed]:
    """Who has this number or code, enrolled or not any more; then the active patients whose name fits, by name.

    All who are active where nothing is asked. ``region``: the country of a local number.
    """
    listed = console_patients.active_names(tx, clinic.id)
    wanted = " ".join(asked.split())
    if not wanted:
        return listed
    exact = console_patients.known_by(tx, clinic.id, _number(asked, region), wanted)
    known = {each.id for each in exact}
    words = plain(wanted).split()
    fitting = (each for each in listed if all(word in plain(each.name) for word in words))
    return [*exact, *(each for each in fitting if each.id not in known)]


def _number(asked: str, region: str | None) -> str | None:
    if sum(letter.isdigit() for letter in asked) < _FEWEST_DIGITS:
        return None
    return read_number(asked, region).e164
