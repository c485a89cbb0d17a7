"""The phones of the demo and what is on them, read from the same rows as everything else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.simulator.screen import Bubble, Coming, Phone, bubbles
from channels.base import Via
from content.library import Library
from scheduler.consent import WHY_OUT
from scheduler.delivery.words import compose
from scheduler.planned import calendar_of, reminders_of
from scheduler.send_window import SendWindow
from store import contacts, messages, patients, plans
from store.clinics import ClinicEntry
from store.contacts import Contact
from store.database import Tx
from store.patients import Patient

VISITOR = "+12025550190"
"""The phone of whoever looks at the page: nobody is enrolled with it, and its number is kept for fiction."""

MOST_TEXTS = 200
_FICTION = re.compile(r"\+1[2-9]\d\d55501\d\d")
_MOST_COMING = 4
_PREVIEW = 60


def is_fiction(number: str) -> bool:
    """Whether an E.164 number can belong to nobody: 555-0100 to 555-0199 of an area code are kept for fiction."""
    return _FICTION.fullmatch(number) is not None


@dataclass(frozen=True, slots=True)
class OnScreen:
    """One look at the demo: every phone, and of the one that is shown its texts and what will come."""

    phones: tuple[Phone, ...]
    phone: Phone
    texts: tuple[Bubble, ...]
    upcoming: tuple[Coming, ...]
    nothing_next: str


def look(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, number: str) -> OnScreen:
    """What the page shows with the phone of ``number``; an unknown number shows the visitor's phone."""
    enrolled = {contact.phone: (patient, contact) for patient, contact in _active(tx, entry)}
    visitor = contacts.find_contact(tx, entry.clinic.id, VISITOR)
    shown = number if number in enrolled else VISITOR
    patient, contact = enrolled.get(shown, (None, visitor))
    zone = patient.timezone if patient else entry.clinic.timezone
    listed = {VISITOR: (None, visitor), **enrolled}
    phones = tuple(_phone(tx, entry, phone, *who) for phone, who in listed.items() if phone)
    return OnScreen(
        phones=phones,
        phone=next(phone for phone in phones if phone.number == shown),
        texts=tuple(_texts(tx, contact, zone, MOST_TEXTS)),
        upcoming=tuple(_coming(tx, now, library, entry, patient, contact)) if patient and contact else (),
        nothing_next=_nothing(patient, contact),
    )


def _active(tx: Tx, entry: ClinicEntry) -> Iterator[tuple[Patient, Contact]]:
    for patient, contact in patients.list_patients(tx, entry.clinic.id):
        if patient.state == "active":
            yield patient, contact


def _phone(tx: Tx, entry: ClinicEntry, number: str, patient: Patient | None, contact: Contact | None) -> Phone:
    zone = patient.timezone if patient else entry.clinic.timezone
    last = _texts(tx, contact, zone, 5)[-1:]
    said = last[0].body if last else "No texts yet"
    return Phone(
        number=number,
        name=patient.name if patient else "You (not enrolled)",
        what=said if len(said) <= _PREVIEW else f"{said[:_PREVIEW].rstrip()}...",
    )


def _texts(tx: Tx, contact: Contact | None, zone: str, most: int) -> list[Bubble]:
    return bubbles(messages.conversation(tx, contact.id, most), zone) if contact else []


def _coming(
    tx: Tx, now: datetime, library: Library, entry: ClinicEntry, patient: Patient, contact: Contact
) -> list[Coming]:
    if contact.opted_out_at is not None:
        return []
    window = SendWindow.of(patient, entry.clinic)
    via = Via(contact.via)
    found = [
        reminder
        for plan in plans.plans_of(tx, [patient.id]).get(patient.id, [])
        for reminder in islice(reminders_of(plan, calendar_of(plan), window, now), _MOST_COMING)
    ]
    found.sort(key=lambda reminder: (reminder.due_at, reminder.priority))
    return [
        Coming(
            at=reminder.due_at,
            body=compose(library, entry.clinic, reminder.template, reminder.args, contact.language, via).body,
            zone=patient.timezone,
        )
        for reminder in found[:_MOST_COMING]
    ]


def _nothing(patient: Patient | None, contact: Contact | None) -> str:
    if contact is not None and contact.opt_out_reason is not None:
        return f"Nothing. {WHY_OUT[contact.opt_out_reason]}"
    if patient is None:
        return "Nothing: nobody is enrolled with this phone. Facts are for everyone; reminders come with a plan."
    return "Nothing more: the plan is over."
