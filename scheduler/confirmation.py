"""The reply that a clinic may ask for after an enrolment: C to the first text, which is then repeated once after a day.

Nobody waits for it: the consent that staff recorded is enough, and reminders go out whether or not it comes. Whoever
has not answered stands on the clinic's first screen until they do, or until staff have heard it from them. Whether a
patient is asked is decided when they are enrolled: a clinic that changes its mind asks those who come after.
"""

from datetime import datetime, timedelta

from scheduler.send_window import SendWindow
from store import audit, confirmations, outbox, patients
from store.clinics import Clinic
from store.contacts import Contact
from store.database import Tx
from store.patients import Patient

ASKS = "optin_ask"
"""The wording key of the first text where it asks for a reply."""

CONFIRMED = "confirmed"
"""The gate's name on a repetition that an answer came before."""

_AGAIN_AFTER = timedelta(days=1)
_OF_USE = timedelta(days=2)
_PRIORITY = 1


def begin(tx: Tx, now: datetime, clinic: Clinic, contact: Contact, patient: Patient, asked_at: datetime) -> None:
    """Lets the first text, due at ``asked_at``, be repeated, and the patient count as not confirmed."""
    due_at = SendWindow.of(patient, clinic).next_open(asked_at + _AGAIN_AFTER)
    again_id = outbox.add_text(
        tx,
        now,
        clinic_id=clinic.id,
        contact_id=contact.id,
        patient_id=patient.id,
        kind="reminder",
        template=ASKS,
        args={},
        due_at=due_at,
        expires_at=due_at + _OF_USE,
        priority=_PRIORITY,
    )
    if again_id is None:
        raise LookupError(f"the text that asks patient {patient.id} again was not kept")
    confirmations.ask(tx, clinic_id=clinic.id, patient_id=patient.id, again_id=again_id, asked_at=asked_at)


def answered(tx: Tx, now: datetime, patient_id: int, by: str) -> bool:
    """They want the texts: said by the patient, or to staff (``by``). Whether that was still to be said."""
    again_id = confirmations.confirm(tx, now, patient_id, by)
    if again_id is None:
        return False
    outbox.drop(tx, now, again_id, "cancelled", CONFIRMED)
    return True


def heard(tx: Tx, now: datetime, clinic_id: int, patient_id: int, by: str) -> bool:
    """As `answered`, by staff ``by``, for a patient of their clinic. Raises LookupError where it has no such one."""
    patient = patients.get_patient(tx, patient_id)
    if patient is None or patient.clinic_id != clinic_id:
        raise LookupError(f"clinic {clinic_id} has no patient {patient_id}")
    is_news = answered(tx, now, patient_id, by)
    if is_news:
        audit.record(tx, now, clinic_id, by, "patient.confirm", "patient", patient_id, ["confirmed_at"])
    return is_news


def is_all_that_was_asked(tx: Tx, contact_id: int) -> bool:
    """Whether no visit can be meant by a C, since no reminder has gone out yet."""
    return not confirmations.was_reminded(tx, contact_id, ASKS)
