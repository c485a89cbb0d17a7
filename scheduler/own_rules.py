"""The door through which a clinic or a patient gets reminder rules in place of a regimen's.

Of several the patient's holds before the clinic's for the regimen, and that before the clinic's for every regimen. A
change counts for all that is not sent yet: what waits by a rule that no longer holds is cancelled, and when the next
text is due is worked out anew.
"""

from datetime import datetime, timedelta

from content.faults import ContentError
from content.library import Library
from content.plain import Plain
from content.regimen_format import rules
from content.regimens import Regimen
from scheduler.planned import PlanUnreadable, calendar_of, next_text_at
from scheduler.replan import cancel_untold
from scheduler.send_window import SendWindow
from scheduler.standing import MEANWHILE
from store import audit, contacts, patients, plans, reminder_rules, replanning
from store.clinics import Clinic
from store.database import Tx
from store.patients import Patient

_INSTANT = timedelta(microseconds=1)


class NotSet(Exception):
    """A rule cannot be set as asked; the message is one plain sentence."""


class SetMeanwhile(NotSet):
    """Somebody else has set a patient's rule since it was looked at."""


def set_of_clinic(
    tx: Tx, now: datetime, library: Library, clinic: Clinic, rule: str, spec: str, regimen_id: str | None, by: str
) -> None:
    """Sets what a clinic has in place of a rule, for one regimen or for all; "off": it is not told. Raises NotSet."""
    _check(rule, spec, [_regimen(library, regimen_id)] if regimen_id else [])
    reminder_rules.set_of_clinic(tx, clinic.id, rule, spec, regimen_id)
    _of_clinic(tx, now, clinic, rule, regimen_id, by)


def unset_of_clinic(tx: Tx, now: datetime, clinic: Clinic, rule: str, regimen_id: str | None, by: str) -> None:
    """Takes a clinic's rule away: what it stood in place of holds again. Raises NotSet where there is none."""
    if not reminder_rules.unset_of_clinic(tx, clinic.id, rule, regimen_id):
        if regimen_id:
            raise NotSet(
                Plain(
                    "{clinic} has no rule {rule} of its own for {regimen}.",
                    clinic=clinic.name,
                    rule=rule,
                    regimen=regimen_id,
                )
            )
        raise NotSet(Plain("{clinic} has no rule {rule} of its own.", clinic=clinic.name, rule=rule))
    _of_clinic(tx, now, clinic, rule, regimen_id, by)


def set_of_patient(
    tx: Tx, now: datetime, clinic: Clinic, patient: Patient, rule: str, spec: str, by: str, *, seen: str
) -> None:
    """Sets what a patient has in place of a rule, in all of their plans; "off": it is not told.

    ``seen``: what was looked at, `of_patient`. Raises NotSet; SetMeanwhile where somebody has set something else since.
    """
    _check(rule, spec, _regimens_of(tx, patient))
    _check_seen(tx, patient, rule, seen, spec)
    reminder_rules.set_of_patient(tx, clinic.id, patient.id, rule, spec)
    _of_patient(tx, now, clinic, patient, rule, by)


def unset_of_patient(tx: Tx, now: datetime, clinic: Clinic, patient: Patient, rule: str, by: str, *, seen: str) -> None:
    """Takes a patient's rule away: what it stood in place of holds again.

    Raises NotSet where there is none; SetMeanwhile where it is not the one that was ``seen``.
    """
    _check_seen(tx, patient, rule, seen, "")
    if not reminder_rules.unset_of_patient(tx, patient.id, rule):
        raise NotSet(Plain("Patient {patient} has no rule {rule} of their own.", patient=patient.id, rule=rule))
    _of_patient(tx, now, clinic, patient, rule, by)


def of_patient(tx: Tx, patient: Patient, rule: str) -> str:
    """What a patient has in place of a rule, as it is written; "" where they have nothing of their own."""
    return next((each.spec for each in reminder_rules.of_patient(tx, patient.id) if each.rule == rule), "")


def _check_seen(tx: Tx, patient: Patient, rule: str, seen: str, wanted: str) -> None:
    patients.lock_patient(tx, patient.id)
    if of_patient(tx, patient, rule) not in (seen, wanted):
        raise SetMeanwhile(MEANWHILE)


def _check(rule: str, spec: str, regimens: list[Regimen]) -> None:
    try:
        read = rules.override(rule, spec)
    except ContentError as error:
        raise NotSet(Plain("The rule {rule} cannot be set: {why}.", rule=rule, why=rules.sentence(error))) from error
    reasons = [rules.why_never(regimen, rule) for regimen in regimens]
    if read is not None and reasons and None not in reasons:
        raise NotSet(Plain("The rule {rule} would never apply, because {why}.", rule=rule, why=reasons[0]))


def _regimen(library: Library, regimen_id: str) -> Regimen:
    found = library.regimens.get(regimen_id)
    if found is None:
        raise NotSet(Plain("There is no regimen called {regimen}: see `immunotext regimens`.", regimen=regimen_id))
    return found


def _regimens_of(tx: Tx, patient: Patient) -> list[Regimen]:
    found = []
    for plan in plans.plans_of(tx, [patient.id])[patient.id]:
        try:
            found.append(calendar_of(plan).regimen)
        except PlanUnreadable:
            continue  # told to staff when its next text is due
    return found


def _of_clinic(tx: Tx, now: datetime, clinic: Clinic, rule: str, regimen_id: str | None, by: str) -> None:
    """All of its patients in slices, since they may be many."""
    replanning.begin(tx, now, "rules", clinic.id)
    fields = [rule, regimen_id] if regimen_id else [rule]
    audit.record(tx, now, clinic.id, by, "clinic.reminders", "clinic", clinic.id, fields)


def _of_patient(tx: Tx, now: datetime, clinic: Clinic, patient: Patient, rule: str, by: str) -> None:
    patient = patients.lock_patient(tx, patient.id) or patient
    cancel_untold(tx, now, [patient.id])
    contact = contacts.get_contact(tx, patient.contact_id)
    # Who opted out is planned for when they come back, by the rules of then.
    if patient.state == "active" and contact is not None and contact.opted_out_at is None:
        # What is due already is still to be planned for.
        after = min(now, (patient.next_text_at or now) - _INSTANT)
        telling = plans.telling_plans_of(tx, [patient.id])[patient.id]
        patients.set_next_text(tx, patient.id, next_text_at(telling, SendWindow.of(patient, clinic), after))
    audit.record(tx, now, clinic.id, by, "patient.reminders", "patient", patient.id, [rule])
