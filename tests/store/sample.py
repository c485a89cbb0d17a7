"""A clinic with a patient on a plan, and texts in every stage: what the tests of the store begin with."""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from store import clinics, contacts, inbox, outbox, patients, plans
from store.clinics import Clinic, Sender
from store.contacts import Contact
from store.database import Tx
from store.outbox import Composed, Cover
from store.patients import Patient
from store.plans import Plan, PlanEvent

DATA_KEY = "dGVzdHMtb25seS1kYXRhLWtleS1uby1zZWNyZXQtISE="
OTHER_KEY = "dGVzdHMtb25seS1vdGhlci1rZXktbm8tc2VjcmV0LSE="
INDEX_KEY = "tests-only-index-key-that-protects-nothing"

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
SOON = NOW + timedelta(hours=3)
LEASE = NOW + timedelta(minutes=1)
VISIT = date(2026, 3, 5)
PHONE = "+12025550143"
OTHER_PHONE = "+12025550187"
NAME = "Rosalind Quispe"
CODE = "MRN-4471"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sample:
    """One clinic with one patient on one plan."""

    clinic: Clinic
    sender: Sender
    contact: Contact
    patient: Patient
    plan: Plan


def add_clinic(tx: Tx, name: str = "Harbor Clinic") -> Clinic:
    return clinics.add_clinic(
        tx,
        NOW,
        name=name,
        program="Harbor Texts",
        timezone="America/New_York",
        country="us",
        languages=["en", "es"],
        default_language="en",
    )


def add_sample(tx: Tx, name: str = "Harbor Clinic", address: str = "+12025550100", phone: str = PHONE) -> Sample:
    clinic = add_clinic(tx, name)
    sender = clinics.add_sender(tx, NOW, clinic.id, address, kind="number")
    contact = contacts.open_contact(tx, NOW, clinic.id, phone, "en", "sms")
    patient = patients.add_patient(
        tx, NOW, clinic_id=clinic.id, contact_id=contact.id, name=NAME, timezone="America/New_York", code=CODE
    )
    return Sample(clinic, sender, contact, patient, add_plan(tx, patient))


def add_plan(tx: Tx, patient: Patient, definition: str = '{"id": "nivolumab"}') -> Plan:
    return plans.add_plan(
        tx,
        NOW,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        regimen_id="nivolumab",
        regimen_version=1,
        regimen_json=definition,
        digest=f"digest of {definition}",
        start=VISIT,
    )


def visit(plan: Plan, cycle: int = 1, on: date = VISIT) -> PlanEvent:
    return PlanEvent(
        plan_id=plan.id,
        name=f"maintenance/c{cycle}/d1/visit",
        kind="treatment",
        date=on,
        end_date=None,
        phase="maintenance",
        cycle=cycle,
        cycle_in_phase=cycle,
        day=1,
        items=("nivolumab",),
        route="infusion",
        status="planned",
    )


def cover(plan: Plan, rule: str = "before", on: date = VISIT) -> Cover:
    return Cover(plan.id, "maintenance/c1/d1/visit", rule, on)


def try_reminder(tx: Tx, sample: Sample, **more: Any) -> int | None:
    """Adds a reminder for the sample's patient; None where all that it covers is told already."""
    known: dict[str, Any] = {"kind": "reminder", "template": "visit_before", "args": {"date": VISIT.isoformat()}}
    known |= {"due_at": NOW, "expires_at": SOON, "priority": 1}
    return outbox.add_text(
        tx,
        NOW,
        clinic_id=sample.clinic.id,
        contact_id=sample.contact.id,
        patient_id=sample.patient.id,
        **{**known, **more},
    )


def add_reminder(tx: Tx, sample: Sample, **more: Any) -> int:
    number = try_reminder(tx, sample, **more)
    assert number is not None
    return number


def add_welcome(tx: Tx, sample: Sample, due_at: datetime = NOW) -> int:
    told = {"kind": "welcome", "template": "optin_confirm", "args": {}}
    return add_reminder(tx, sample, **told, due_at=due_at, expires_at=None, priority=0)


def composed(number: int, body: str = "See you on Thursday at 9:00.", attempts: int = 1) -> Composed:
    return Composed(number, body, "en", 1, "GSM-7", "abc123", None, attempts)


def add_sending(tx: Tx, sample: Sample, due_at: datetime = NOW) -> int:
    """A text that is being sent by the process "ours"."""
    number = add_reminder(tx, sample, due_at=due_at)
    assert number in outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
    outbox.mark_sending(tx, NOW, [composed(number)])
    return number


def add_received(tx: Tx, sample: Sample, body: str = "SIDE EFFECTS", provider_id: str | None = None) -> int:
    number = inbox.record_text(
        tx,
        NOW,
        clinic_id=sample.clinic.id,
        contact_id=sample.contact.id,
        provider_id=provider_id or f"SM{next(_numbers):032d}",
        sender_id=sample.sender.id,
        body=body,
        via="sms",
    )
    assert number is not None
    return number


def add_reply(
    tx: Tx, sample: Sample, in_reply_to: int, body: str = "Rash is common.", fact: str | None = "rash"
) -> int:
    return inbox.record_reply(
        tx,
        NOW,
        clinic_id=sample.clinic.id,
        contact_id=sample.contact.id,
        patient_id=sample.patient.id,
        in_reply_to=in_reply_to,
        body=body,
        template=None,
        fact=fact,
        language="en",
        via="sms",
        segments=1,
        encoding="GSM-7",
        content_version="abc123",
        sender_id=sample.sender.id,
    )
