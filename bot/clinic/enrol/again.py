"""Whether who is to be enrolled is enrolled already by the same person with the same form: its button pressed twice."""

from content.regimen_format import rules
from scheduler.enrolment import NewPatient
from store import audit, consents, contacts, patients, plans, reminder_rules
from store.audit import Filter
from store.database import Tx

_LATEST = 100
"""Among how many of their entries about a patient the enrolment is looked for."""


def is_repeated(tx: Tx, patient_id: int, new: NewPatient) -> bool:
    """Whether all that is asked for is what stands there; how they agreed, as far as the form says it."""
    patient = patients.get_patient(tx, patient_id)
    contact = None if patient is None else contacts.get_contact(tx, patient.contact_id)
    if patient is None or contact is None:
        return False
    done = audit.find(tx, patient.clinic_id, Filter(patient_id=patient_id, actor=new.by), _LATEST)
    hows = [consent.how for consent in consents.consents(tx, contact.id) if consent.kind == "given"]
    courses = [
        (plan.regimen_id, plan.start, plan.start_cycle, plan.visit_time) for plan in plans.all_plans_of(tx, patient_id)
    ]
    without = {own.rule for own in reminder_rules.of_patient(tx, patient_id) if own.spec == rules.OFF}
    return (
        any(entry.action == "patient.enrol" for entry in done)
        and (new.name, new.code, new.timezone) == (patient.name, patient.code, patient.timezone)
        and (new.language, new.via) == (contact.language, contact.via)
        and (new.regimen_id, new.start, new.start_cycle, new.visit_time) in courses
        and new.without == without
        and new.consent_how in ("", *hows)
    )
