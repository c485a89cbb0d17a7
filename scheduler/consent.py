"""The one door for opting out and back in: the same for a text, the console and what the provider tells us.

Whatever opens this door, one transaction stops all that waits, records the consent event and the audit entry, and
tells staff where they must act. A STOP ends everything this program would send (regulation.md R8, R10, R11); only the
phone itself takes it back, with START.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from channels.base import Via
from content.library import Library
from content.plain import Plain
from scheduler import confirmation
from scheduler.delivery.words import WELCOME, compose
from scheduler.planned import next_text_at
from scheduler.send_window import SendWindow
from store import audit, clinics, consents, contacts, follow_ups, outbox, patients, plans
from store.clinics import Clinic
from store.consents import ConsentKind
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUpKind
from store.patients import DuePatient
from store.sent_before import sent_before

Reason = Literal["stop", "pause", "wrong_number", "loss", "provider"]

WHY_OUT: Mapping[str, Plain] = {
    "stop": Plain("They said STOP: only a START from that phone lifts it."),
    "pause": Plain("They asked for a pause: only they can end it, with RESUME or START."),
    "wrong_number": Plain("They told us that we reach the wrong person: only a START from that phone lifts it."),
    "loss": Plain("It was told that the patient has died: only a START from that phone lifts it."),
    "provider": Plain("The carrier says that this number opted out: only a START from that phone lifts it."),
}
"""Why nothing goes to a number and who can change that, by the reason that its opt-out had."""

_ERASED = Plain("The number was erased.")
_QUARANTINED = Plain("Texts to this number kept failing: look at the number first.")

OPTED_OUT = "opted_out"
"""The gate's name on what an opt-out cancelled."""
PAUSED = "paused"
"""The gate's name on what a pause cancelled."""
TOLD_IN_ANSWER = "told_in_answer"
"""The gate's name on a confirmation that an answer took the place of."""

START_NEEDED = "start_needed_at_provider"
"""What staff read of a person who wants texts that the provider blocks: only START from that phone lifts it there."""

_KINDS: dict[Reason, ConsentKind] = {
    "stop": "withdrawn",
    "pause": "withdrawn",
    "wrong_number": "wrong_number",
    "loss": "loss",
    "provider": "withdrawn",
}
# What staff must do, how urgently (0 to 3), and within how long.
_FOLLOW_UPS: dict[Reason, tuple[FollowUpKind, int, timedelta]] = {
    "wrong_number": ("wrong_number", 1, timedelta(days=1)),
    "loss": ("loss", 2, timedelta(days=1)),
    "provider": ("other", 1, timedelta(days=1)),
}
_STILL_RUNS = {"active", "held"}
_NOT_THE_PATIENT = {"wrong_number", "loss"}


def may_text(contact: Contact) -> bool:
    """Whether anything but an answer may go to this number."""
    return why_silent(contact) is None


def why_silent(contact: Contact) -> Plain | None:
    """Why nothing but an answer may go to this number; None where something may."""
    if contact.phone is None:
        return _ERASED
    if contact.opt_out_reason is not None:
        return WHY_OUT[contact.opt_out_reason]
    return None if contact.quarantined_at is None else _QUARANTINED


def stop(
    tx: Tx,
    now: datetime,
    library: Library,
    contact: Contact,
    reason: str,
    *,
    source: str,
    by: str = "patient",
    message_id: int | None = None,
) -> bool:
    """Nothing more goes to this number, from the end of this transaction on. Whether that was news.

    ``reason``: ``stop``; ``pause``, until the patient asks for texts again, which any other reason takes the place of;
    ``wrong_number``, who holds the number is not the patient; ``loss``, the patient has died, so that plan and
    enrolment end; ``provider``, Twilio blocks us for an opt-out that we never saw (error 21610).
    ``source`` says how it came (text, console, provider), ``by`` who recorded it, ``message_id`` the text it came
    with. Said again, it changes nothing; only a loss is heard after another reason. Raises ValueError for any other
    reason.
    """
    why = _reason(reason)
    patient = patients.enrolled(tx, contact.id)
    if contact.opt_out_reason == "pause" and why != "pause":
        contacts.opt_in(tx, now, contact.id)
    is_news = contacts.opt_out(tx, now, contact.id, why)
    if not is_news and (why != "loss" or patient is None):
        return False
    if patient is not None:
        # Before the texts are cancelled: whoever plans for the patient at this moment is waited for here.
        patients.set_next_text(tx, patient.id, None)
        if why == "loss":
            _end(tx, now, patient)
    outbox.cancel_due(tx, now, contact_id=contact.id, gate=PAUSED if why == "pause" else OPTED_OUT)
    _record(tx, now, library, contact, patient, _KINDS[why], source, by, wording="")
    if why in _FOLLOW_UPS:
        kind, urgency, within = _FOLLOW_UPS[why]
        follow_ups.open_follow_up(
            tx,
            now,
            clinic_id=contact.clinic_id,
            kind=kind,
            urgency=urgency,
            contact_id=contact.id,
            patient_id=patient.id if patient else None,
            message_id=message_id,
            due_by=now + within,
            detail=START_NEEDED if why == "provider" and contact.opted_in_at is not None else why,
        )
    return True


def start(tx: Tx, now: datetime, library: Library, contact: Contact, *, source: str, by: str = "patient") -> bool:
    """The number may be texted again, and the patient's reminders go on with the next that is due. Whether it was out.

    What fell due meanwhile is not sent later. Where the number was not the patient's, its holder is heard, but the
    patient's reminders stay off until staff have looked. The answer to START is the confirmation, in these very words.
    """
    if contact.opted_out_at is None:
        return False
    contacts.opt_in(tx, now, contact.id)
    patient = patients.enrolled(tx, contact.id)
    clinic = _clinic(tx, contact.clinic_id)
    library = library.with_overrides(clinic.overrides)
    wording = compose(library, clinic, WELCOME, {}, contact.language, Via(contact.via)).body
    _record(tx, now, library, contact, patient, "restored", source, by, wording=wording)
    if patient is None:
        return True
    if contact.opt_out_reason in _NOT_THE_PATIENT:
        follow_ups.open_follow_up(
            tx,
            now,
            clinic_id=contact.clinic_id,
            kind="wrong_number",
            urgency=1,
            contact_id=contact.id,
            patient_id=patient.id,
            due_by=now + timedelta(days=1),
            detail="start_after_wrong_number",
        )
        return True
    confirmation.answered(tx, now, patient.id, by)
    window = SendWindow.of(patient, clinic)
    telling = plans.telling_plans_of(tx, [patient.id])[patient.id]
    patients.set_next_text(tx, patient.id, next_text_at(telling, window, now))
    return True


def lacks_welcome(tx: Tx, contact: Contact) -> bool:
    """Whether the text that confirms the enrolment was cancelled: only an answer can still say what it says (R20)."""
    return sent_before(tx, [contact.id], 1)[contact.id].welcome == "cancelled"


def welcomed_by_answer(tx: Tx, now: datetime, contact: Contact) -> None:
    """The answer to START has just confirmed the enrolment: the text that would, if it still waits, need not go."""
    outbox.cancel_welcome(tx, now, contact.id, TOLD_IN_ANSWER)


def _end(tx: Tx, now: datetime, patient: DuePatient) -> None:
    for plan in plans.all_plans_of(tx, patient.id):
        if plan.state in _STILL_RUNS:
            plans.set_plan_state(tx, plan.id, "stopped")
    patients.end_patient(tx, now, patient.id, "loss")


def _record(
    tx: Tx,
    now: datetime,
    library: Library,
    contact: Contact,
    patient: DuePatient | None,
    kind: ConsentKind,
    source: str,
    by: str,
    *,
    wording: str,
) -> None:
    consents.add_consent(
        tx,
        now,
        clinic_id=contact.clinic_id,
        contact_id=contact.id,
        patient_id=patient.id if patient else None,
        kind=kind,
        how=source,
        wording=wording,
        wording_version=library.version,
        language=contact.language,
        by=by,
    )
    audit.record(tx, now, contact.clinic_id, by, f"consent.{kind}", "contact", contact.id, ["opted_out_at"])


def _clinic(tx: Tx, clinic_id: int) -> Clinic:
    found = clinics.find_clinic(tx, clinic_id)
    if found is None:
        raise LookupError(f"there is no clinic {clinic_id}")
    return found


def _reason(reason: str) -> Reason:
    for known in _KINDS:
        if reason == known:
            return known
    raise ValueError(f"{reason!r} is no reason for an opt-out")
