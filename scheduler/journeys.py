"""A patient travels: for some days texts arrive by the clock of another zone, while visits stay where the clinic is."""

from datetime import datetime, timedelta

from scheduler.plan.local_time import Away, UnknownZoneError, zone_of
from scheduler.planned import next_text_at
from scheduler.send_window import SendWindow
from scheduler.standing import NotChanged
from store import audit, contacts, patients, plans
from store.clinics import ClinicEntry
from store.database import Tx
from store.patients import Patient

_INSTANT = timedelta(microseconds=1)


def set_journey(
    tx: Tx, now: datetime, entry: ClinicEntry, patient_id: int, journey: Away | None, *, by: str
) -> Patient:
    """Enters where a patient is from one local date to another, both included; None: at home, whatever was entered.

    A text that waits goes out within the patient's hours there. Raises NotChanged.
    """
    patient = patients.lock_patient(tx, patient_id)
    if patient is None or patient.clinic_id != entry.clinic.id or patient.state == "ended":
        raise NotChanged("patient", f"{entry.clinic.name} has no patient {patient_id} who is enrolled.")
    if journey is None:
        patients.set_travel(tx, patient_id, None, None, None)
    else:
        _check(journey, SendWindow.of(patient, entry.clinic), now)
        patients.set_travel(tx, patient_id, journey.timezone, journey.first, journey.last)
    travelling = patients.get_patient(tx, patient_id) or patient
    contact = contacts.get_contact(tx, patient.contact_id)
    if contact is not None and contact.opted_out_at is None:
        # What is due already is still to be planned for.
        since = now if patient.next_text_at is None else min(now, patient.next_text_at - _INSTANT)
        telling = plans.telling_plans_of(tx, [patient_id])[patient_id]
        window = SendWindow.of(travelling, entry.clinic)
        patients.set_next_text(tx, patient_id, next_text_at(telling, window, since))
    audit.record(tx, now, entry.clinic.id, by, "patient.journey", "patient", patient_id, ["timezone", "from", "until"])
    return patients.get_patient(tx, patient_id) or travelling


def _check(journey: Away, window: SendWindow, now: datetime) -> None:
    try:
        zone_of(journey.timezone)
    except UnknownZoneError:
        sentence = f"There is no time zone called {journey.timezone}: write it as America/New_York."
        raise NotChanged("timezone", sentence) from None
    if journey.last < journey.first:
        raise NotChanged("until", "The journey ends before it begins.")
    if journey.last < window.local_day(now):
        raise NotChanged("until", f"The journey was over on {journey.last}.")
