"""A patient travels: for some days texts arrive by the clock of another zone, while visits stay where the clinic is."""

from datetime import datetime, timedelta

from content.plain import Plain
from scheduler.plan.local_time import Away, UnknownZoneError, zone_of
from scheduler.planned import next_text_at
from scheduler.send_window import SendWindow
from scheduler.standing import NotChanged, check_seen
from store import audit, contacts, patients, plans
from store.clinics import ClinicEntry
from store.database import Tx
from store.patients import Patient

_INSTANT = timedelta(microseconds=1)


def set_journey(
    tx: Tx, now: datetime, entry: ClinicEntry, patient_id: int, journey: Away | None, *, by: str, seen: str
) -> Patient:
    """Enters where a patient is from one local date to another, both included; None: at home, whatever was entered.

    A text that waits goes out within the patient's hours there. ``seen``: the journey that was looked at, `entered`.
    Raises NotChanged, in the field "version" where somebody has entered another one meanwhile.
    """
    patient = patients.lock_patient(tx, patient_id)
    if patient is None or patient.clinic_id != entry.clinic.id or patient.state == "ended":
        raise NotChanged(
            "patient",
            Plain("{clinic} has no patient {patient} who is enrolled.", clinic=entry.clinic.name, patient=patient_id),
        )
    check_seen(entered(patient), seen, _written(journey))
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


def entered(patient: Patient) -> str:
    """The journey of a patient as one line, by which it is known again; "" where there is none."""
    if patient.travel_timezone is None or patient.travel_from is None or patient.travel_until is None:
        return ""
    return _written(Away(patient.travel_timezone, patient.travel_from, patient.travel_until))


def _written(journey: Away | None) -> str:
    return "" if journey is None else f"{journey.timezone} {journey.first} {journey.last}"


def _check(journey: Away, window: SendWindow, now: datetime) -> None:
    try:
        zone_of(journey.timezone)
    except UnknownZoneError:
        sentence = Plain("There is no time zone called {zone}: write it as America/New_York.", zone=journey.timezone)
        raise NotChanged("timezone", sentence) from None
    if journey.last < journey.first:
        raise NotChanged("until", Plain("The journey ends before it begins."))
    if journey.last < window.local_day(now):
        raise NotChanged("until", Plain("The journey was over on {day}.", day=journey.last))
