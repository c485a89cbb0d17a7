"""The data of the demo: one clinic, and one patient of each kind of plan, whose first reminders are soon.

Every number is kept for fiction (555-0100 to 555-0199): nobody can be texted by mistake.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from argon2 import PasswordHasher

from content.library import Library
from scheduler import sign_offs
from scheduler.enrolment import NewPatient, enrol
from scheduler.plan.local_time import to_local
from store import clinics, health, staff
from store.clinics import Clinic
from store.database import Tx
from store.staff import Role

NAME = "Harbor Clinic"
NUMBER = "+12025550100"
SIGNED_BY = "Dr. Demo"
PASSWORD = "three calm herons"  # noqa: S105 - it is shown on the demo's sign-in page
"""Of everybody who works in the demo's clinic. The demo listens on this machine alone."""

STAFF: tuple[tuple[str, str, Role], ...] = (
    ("nurse@harbor.example", "Jo Rivera", "nurse"),
    ("charge@harbor.example", "Amal Haddad", "administrator"),
    ("viewer@harbor.example", "Lee Sato", "viewer"),
    ("auditor@harbor.example", "Nia Okafor", "auditor"),
)
"""Who works there: address, name, role."""

_ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class _Person:
    """A patient; ``begins``: days from today to day 1 of the plan."""

    phone: str
    name: str
    regimen_id: str
    begins: int
    visit_time: time | None = None
    language: str = "en"
    timezone: str = _ZONE


# A fixed interval, days on and days off, phases with counts, an open end.
_PEOPLE = (
    _Person("+12025550141", "Alice Moore", "pembro_q3w", 1, time(10, 30)),
    _Person("+12135550142", "Rosa Delgado", "len_mm", -19, language="es", timezone="America/Los_Angeles"),
    _Person("+12025550143", "Sam Taylor", "nivo_ipi_mel", -60, time(9, 15)),
    _Person("+12125550144", "Kim Lee", "nivo_rela", 3, time(14)),
)


def fill(tx: Tx, real_now: datetime, library: Library, *, fast: bool) -> int:
    """Add the demo's clinic and patients and start its clock; 0 where they are there already.

    ``fast``: the clock jumps from one text that is due to the next. Regimens that no patient of the demo is on are
    left without a sign-off, as they would be in a clinic that does not give them.
    """
    if any(entry.clinic.demo for entry in clinics.entries(tx)):
        return 0
    clinic = _clinic(tx, real_now, library)
    (entry,) = (entry for entry in clinics.entries(tx) if entry.clinic.id == clinic.id)
    for email, name, role in STAFF:
        user = staff.add_user(tx, real_now, email, name, PasswordHasher().hash(PASSWORD), password_given=False)
        staff.add_membership(tx, user.id, clinic.id, role)
    today = to_local(real_now, _ZONE).date()
    for person in _PEOPLE:
        enrol(tx, real_now, library, entry, _new_patient(person, today))
    health.set_demo_clock(tx, health.DemoClock(timedelta(), running=fast))
    return len(_PEOPLE)


def _clinic(tx: Tx, now: datetime, library: Library) -> Clinic:
    clinic = clinics.add_clinic(
        tx,
        now,
        name=NAME,
        program="Harbor Texts",
        timezone=_ZONE,
        country="us",
        languages=["en", "es"],
        default_language="en",
        phone_line="202-555-0199",
        consent_texts={
            "en": "I agree to get texts about my treatment dates. I can stop them at any time by texting STOP.",
            "es": "Acepto recibir mensajes sobre las fechas de mi tratamiento. Puedo dejar de recibirlos cuando quiera "
            "con un mensaje que diga STOP.",
        },
        max_texts_per_week=20,
        demo=True,
    )
    clinics.add_sender(tx, now, clinic.id, NUMBER, kind="number", rate=1000, daily_cap=0)
    clinics.set_join_code(tx, now, clinic.id, "HARBOR")
    sign_offs.sign_content(tx, now, library, clinic.id, SIGNED_BY)
    for regimen_id in sorted({person.regimen_id for person in _PEOPLE}):
        sign_offs.sign_regimen(tx, now, library.regimens[regimen_id], clinic.id, SIGNED_BY)
    return clinic


def _new_patient(person: _Person, today: date) -> NewPatient:
    return NewPatient(
        phone=person.phone,
        name=person.name,
        language=person.language,
        timezone=person.timezone,
        regimen_id=person.regimen_id,
        start=today + timedelta(days=person.begins),
        visit_time=person.visit_time,
        consent_how="made up for the demo",
        by="demo",
    )
