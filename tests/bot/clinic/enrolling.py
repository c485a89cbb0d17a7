"""The form of somebody who is enrolled, and who is enrolled then."""

from bot.services import Services
from store import contacts, patients
from store.clinics import Clinic
from store.patients import Patient
from tests.bot.conftest import PHONE

ANN: dict[str, object] = {
    "phone": "(202) 555-0143",
    "name": "Ann Bell",
    "code": "R-17",
    "regimen": "pembro_q3w",
    "start": "2026-05-11",
    "visit_time": "09:30",
    "start_cycle": "1",
    "language": "en",
    "via": "sms",
    "timezone": "America/New_York",
    "consent_how": "signed form",
    "wording": "en 1",
    "consent": "y",
}


def with_(**others: object) -> dict[str, object]:
    return {name: value for name, value in (ANN | others).items() if value is not None}


def patient(services: Services, clinic: Clinic, phone: str = PHONE) -> Patient | None:
    with services.database.reading() as tx:
        contact = contacts.find_contact(tx, clinic.id, phone)
        return None if contact is None else patients.active_patient(tx, contact.id)
