"""The one door through which a patient and their plans come in; `changing` is where a plan is changed afterwards.

Everything is looked at before anything is written: a clinic that may enrol, a regimen that it signed off, a number that
can be texted and has not opted out, a consent on record. What is wrong is one plain sentence for the person who enrols.
Then one transaction writes it all, and with it the first text, which confirms the enrolment (regulation.md R1, R20).

A number that opted out is never enrolled, however the consent was given: the carrier blocks us until the phone itself
texts START, and so do we.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from channels.base import Via
from channels.phone import read_number
from content.library import Library
from content.plain import Plain
from content.regimen_format import rules
from content.regimens import Regimen
from scheduler import confirmation, foretold
from scheduler.delivery.words import WELCOME
from scheduler.plan.calendar import Calendar, NoSuchCycleError
from scheduler.plan.local_time import UnknownZoneError, to_local, zone_of
from scheduler.plan.reminders import Reminder
from scheduler.planned import clinic_days_of
from scheduler.send_window import SendWindow
from scheduler.shadow import SHADOW, write_shadow
from store import audit, consents, contacts, follow_ups, outbox, patients, plans, reminder_rules
from store.clinic_entry import ConsentWords
from store.clinics import Clinic, ClinicEntry, is_ours
from store.contacts import Contact
from store.database import Tx
from store.patients import CodeTaken, Patient, PatientExists
from store.plans import Plan

FIRST = 0
"""The priority of the confirmation: before everything else."""

_LONGEST_AGO = timedelta(days=5 * 366)
_FURTHEST_AHEAD = timedelta(days=366)
_LONGEST_NAME = 200
_SHOWN = 3
_OPTED_OUT = Plain(
    "This number opted out of all texts. Only the phone itself can take that back: ask them to text START."
)
_NONE_SIGNED = Plain("{clinic} has signed off no version of {regimen}: it must sign off version {version} first.")
_ANOTHER_SIGNED = Plain(
    "{clinic} has signed off only another version of {regimen}: it must sign off version {version} first."
)
# Where a country pack is no country: numbers must be written with their country code there.
_REGIONS = {"uk": "GB", "eu": None}


class NotEnrolled(Exception):
    """Somebody cannot be enrolled as asked. ``field``: the field of NewPatient or NewPlan that is to be corrected."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        self.sentence = sentence
        super().__init__(sentence)

    @classmethod
    def known(cls, error: PatientExists | CodeTaken) -> "NotEnrolled":
        """For what the store has already; its cause tells of whom."""
        refused = cls("phone" if isinstance(error, PatientExists) else "code", Plain(str(error)))
        refused.__cause__ = error
        return refused


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """Who is to be enrolled, on what, and how they agreed.

    ``start`` is the local date of day 1 of cycle ``start_cycle``; nothing is texted of the cycles before.
    ``visit_time`` is the local time of visits; ``window_from`` and ``window_until`` stand in place of the clinic's
    hours. ``consent_how`` says how they agreed to the clinic's consent text in their language (paper, phone, ...),
    ``by`` who enrols. ``agreed`` and ``wording_version``: the words that were recorded before, beside JOIN; None: the
    clinic's as they are now. ``without``: the reminder rules of which they want no texts.
    """

    phone: str
    name: str
    code: str | None = None
    language: str
    timezone: str
    regimen_id: str
    start: date
    start_cycle: int = 1
    visit_time: time | None = None
    window_from: time | None = None
    window_until: time | None = None
    consent_how: str
    agreed: ConsentWords | None = None
    wording_version: str | None = None
    by: str
    via: Via = Via.SMS
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """Another plan for a patient who is enrolled; as for NewPatient."""

    patient_id: int
    regimen_id: str
    start: date
    start_cycle: int = 1
    visit_time: time | None = None
    by: str


class HasCourse(Protocol):
    """What says which course is meant, and from when; as for NewPatient."""

    @property
    def regimen_id(self) -> str: ...
    @property
    def start(self) -> date: ...
    @property
    def start_cycle(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who was enrolled. ``first_texts``: the first reminders; ``warnings``: sentences for who enrolled them."""

    patient: Patient
    plan: Plan
    first_texts: tuple[Reminder, ...]
    warnings: tuple[str, ...]


def enrol(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, new: NewPatient) -> Enrolled:
    """Enrols a patient on a regimen, all of it or nothing.

    Raises NotEnrolled; the transaction is then to be taken back.
    """
    clinic = entry.clinic
    phone, regimen, calendar = check(now, library, entry, new)
    contact = _contact(tx, now, clinic, new, phone)
    patient = _patient(tx, now, contact, new)
    for rule in sorted(new.without):
        reminder_rules.set_of_patient(tx, clinic.id, patient.id, rule, rules.OFF)
    agreed = new.agreed or clinic.consent(new.language)
    consents.add_consent(
        tx,
        now,
        clinic_id=clinic.id,
        contact_id=contact.id,
        patient_id=patient.id,
        kind="given",
        how=new.consent_how.strip(),
        wording=agreed.text,
        wording_version=new.wording_version or str(clinic.consent_version),
        language=agreed.language,
        by=new.by,
    )
    window = SendWindow.of(patient, clinic)
    plan, coming = _begin(tx, now, patient, regimen, calendar, new, window)
    patients.set_next_text(tx, patient.id, coming[0].due_at)
    _welcome(tx, now, clinic, contact, patient, window)
    wish = follow_ups.open_one(tx, contact.id, "join")
    if wish is not None:
        follow_ups.close_follow_up(tx, now, wish.id, new.by)
    audit.record(tx, now, clinic.id, new.by, "patient.enrol", "patient", patient.id, _fields(new))
    return Enrolled(
        patients.get_patient(tx, patient.id) or patient,
        plans.get_plan(tx, plan.id) or plan,
        tuple(coming[:_SHOWN]),
        foretold.warnings(plan, calendar, coming, (), clinic, window, now),
    )


def add_plan(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, new: NewPlan) -> Enrolled:
    """Gives an enrolled patient another plan; what is texted of all of them is merged and limited together.

    Raises NotEnrolled; the transaction is then to be taken back.
    """
    patient = patients.lock_patient(tx, new.patient_id)
    if patient is None or patient.clinic_id != entry.clinic.id or patient.state == "ended":
        unknown = Plain(
            "{clinic} has no patient {patient} who is enrolled.", clinic=entry.clinic.name, patient=new.patient_id
        )
        raise NotEnrolled("patient_id", unknown)
    contact = contacts.get_contact(tx, patient.contact_id)
    if contact is None or contact.opted_out_at is not None:
        raise NotEnrolled("patient_id", _OPTED_OUT)
    _check_live(entry)
    regimen, calendar = course(now, library, entry, new, patient.timezone)
    known = plans.all_plans_of(tx, patient.id)
    if any(plan.regimen_id == regimen.id and plan.state in ("active", "held") for plan in known):
        again = Plain("This patient has a plan on {regimen} already: change that one.", regimen=regimen.id)
        raise NotEnrolled("regimen_id", again)
    window = SendWindow.of(patient, entry.clinic)
    plan, coming = _begin(tx, now, patient, regimen, calendar, new, window)
    # What is due already, and was not planned yet, is not passed over.
    due = [moment for moment in (patient.next_text_at, coming[0].due_at) if moment is not None]
    patients.set_next_text(tx, patient.id, min(due))
    audit.record(tx, now, entry.clinic.id, new.by, "plan.add", "plan", plan.id, ["regimen_id", "start", "start_cycle"])
    others = [other for other in known if other.state == "active"]
    return Enrolled(
        patients.get_patient(tx, patient.id) or patient,
        plans.get_plan(tx, plan.id) or plan,
        tuple(coming[:_SHOWN]),
        foretold.warnings(plan, calendar, coming, others, entry.clinic, window, now),
    )


def check(now: datetime, library: Library, entry: ClinicEntry, new: NewPatient) -> tuple[str, Regimen, Calendar]:
    """The number in E.164, the regimen and its calendar, when all is right that can be seen without the store.

    Raises NotEnrolled: whatever else is wrong, the number comes last.
    """
    clinic = entry.clinic
    _check_live(entry)
    if not 0 < len(new.name.strip()) <= _LONGEST_NAME:
        longest = Plain("Write the patient's name, at most {most} characters.", most=_LONGEST_NAME)
        raise NotEnrolled("name", longest)
    if not new.consent_how.strip():
        raise NotEnrolled("consent_how", Plain("Say how the patient agreed to the texts, for example: signed form."))
    if new.language not in clinic.languages or new.language not in library.languages:
        offered = [language for language in clinic.languages if language in library.languages]
        raise NotEnrolled(
            "language",
            Plain(
                "{clinic} does not text in this language. It texts in: {offered}.", clinic=clinic.name, offered=offered
            ),
        )
    try:
        zone_of(new.timezone)
    except UnknownZoneError as error:
        raise NotEnrolled("timezone", error.args[0]) from None
    if (new.window_from is None) != (new.window_until is None) or (
        new.window_from is not None and new.window_until is not None and new.window_from >= new.window_until
    ):
        raise NotEnrolled(
            "window_from", Plain("Give the hours for texts as a beginning and a later end, such as 09:00-20:00.")
        )
    if unknown := sorted(new.without - rules.RULES.keys()):
        raise NotEnrolled("without", Plain("There is no reminder rule called {rule}.", rule=unknown[0]))
    regimen, calendar = course(now, library, entry, new, new.timezone)
    number = read_number(new.phone, _REGIONS.get(clinic.country, clinic.country.upper()))
    if number.e164 is None or not number.can_text:
        raise NotEnrolled("phone", Plain(number.error or "This number cannot receive texts."))
    return number.e164, regimen, calendar


def _check_live(entry: ClinicEntry) -> None:
    if missing := entry.missing():
        needs = [Plain(each) for each in missing]
        raise NotEnrolled(
            "clinic",
            Plain("{clinic} cannot enrol yet. It still needs: {needs}.", clinic=entry.clinic.name, needs=needs),
        )


def course(
    now: datetime, library: Library, entry: ClinicEntry, new: HasCourse, timezone: str
) -> tuple[Regimen, Calendar]:
    """The regimen, which the clinic signed off, and the calendar that it gives on the clinic's days.

    Raises NotEnrolled.
    """
    regimen = _signed_regimen(library, entry, new.regimen_id)
    today = to_local(now, timezone).date()
    if not today - _LONGEST_AGO <= new.start <= today + _FURTHEST_AHEAD:
        raise NotEnrolled("start", Plain("The first day is too far off ({day}): check the year.", day=new.start))
    try:
        clinic_days = clinic_days_of(entry.clinic)
        return regimen, Calendar(regimen, new.start, new.start_cycle, clinic_days=clinic_days)
    except NoSuchCycleError as error:
        raise NotEnrolled("start_cycle", error.args[0]) from None


def _begin(
    tx: Tx,
    now: datetime,
    patient: Patient,
    regimen: Regimen,
    calendar: Calendar,
    new: NewPatient | NewPlan,
    window: SendWindow,
) -> tuple[Plan, list[Reminder]]:
    """Writes a plan and its events, and gives what it has to tell in the next weeks."""
    clinic_days = calendar.timeline.state.clinic_days
    plan = plans.add_plan(
        tx,
        now,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        regimen_id=regimen.id,
        regimen_version=regimen.version,
        regimen_json=regimen.to_json(),
        digest=regimen.digest(),
        start=new.start,
        start_cycle=new.start_cycle,
        visit_time=new.visit_time,
        clinic_days=None if clinic_days is None else clinic_days.to_json(),
    )
    write_shadow(tx, plan, calendar, to_local(now, window.timezone).date() + SHADOW)
    coming = foretold.coming(plan, calendar, window, now)
    if not coming:
        nothing = Plain("Nothing of this plan is left to remind of: check the first day and its cycle.")
        raise NotEnrolled("start", nothing)
    return plan, coming


def offered(library: Library, entry: ClinicEntry) -> list[Regimen]:
    """The regimens on which the clinic can enrol: those it signed off as they are in this release."""
    signed = {(each.regimen_id, each.version, each.digest) for each in entry.signed_regimens}
    ids = {regimen_id for regimen_id, _, _ in signed}
    return [
        regimen
        for regimen in library.regimens.values()
        if regimen.id in ids and (regimen.id, regimen.version, regimen.digest()) in signed
    ]


def _signed_regimen(library: Library, entry: ClinicEntry, regimen_id: str) -> Regimen:
    regimen = library.regimens.get(regimen_id)
    if regimen is None:
        unknown = Plain("There is no regimen called {regimen}: see `immunotext regimens`.", regimen=regimen_id)
        raise NotEnrolled("regimen_id", unknown)
    signed = [each for each in entry.signed_regimens if each.regimen_id == regimen_id]
    if not any(each.version == regimen.version and each.digest == regimen.digest() for each in signed):
        sentence = _ANOTHER_SIGNED if signed else _NONE_SIGNED
        given = {"clinic": entry.clinic.name, "regimen": regimen_id, "version": regimen.version}
        raise NotEnrolled("regimen_id", sentence.filled(given))
    return regimen


def _contact(tx: Tx, now: datetime, clinic: Clinic, new: NewPatient, phone: str) -> Contact:
    contact = contacts.open_contact(tx, now, clinic.id, phone, new.language, new.via)
    check_number(tx, phone, contact)
    if contact.language != new.language:
        contacts.set_language(tx, contact.id, new.language)
    if contact.via != new.via:
        contacts.set_via(tx, contact.id, new.via)
    return contact


def check_number(tx: Tx, phone: str, contact: Contact | None) -> None:
    """That the number is somebody's own and takes texts; its contact: None where nobody has it. Raises NotEnrolled."""
    if is_ours(tx, phone):
        raise NotEnrolled("phone", Plain("A clinic here texts from this number itself: ask for the patient's own."))
    if contact is not None and contact.opted_out_at is not None:
        raise NotEnrolled("phone", _OPTED_OUT)
    if contact is not None and contact.quarantined_at is not None:
        raise NotEnrolled("phone", Plain("Texts to this number kept failing. Ask for another number."))


def _patient(tx: Tx, now: datetime, contact: Contact, new: NewPatient) -> Patient:
    code = (new.code or "").strip() or None
    try:
        return patients.add_patient(
            tx,
            now,
            clinic_id=contact.clinic_id,
            contact_id=contact.id,
            name=new.name.strip(),
            code=code,
            timezone=new.timezone,
            window_from=new.window_from,
            window_until=new.window_until,
        )
    except (PatientExists, CodeTaken) as error:
        raise NotEnrolled.known(error) from error


def _welcome(tx: Tx, now: datetime, clinic: Clinic, contact: Contact, patient: Patient, window: SendWindow) -> None:
    due_at = window.next_open(now)
    outbox.add_text(
        tx,
        now,
        clinic_id=contact.clinic_id,
        contact_id=contact.id,
        patient_id=patient.id,
        kind="welcome",
        template=confirmation.ASKS if clinic.ask_confirmation else WELCOME,
        args={},
        due_at=due_at,
        # However late, it must come before anything else.
        expires_at=None,
        priority=FIRST,
    )
    if clinic.ask_confirmation:
        confirmation.begin(tx, now, clinic, contact, patient, due_at)


def _fields(new: NewPatient) -> list[str]:
    given = ["phone", "name", "language", "timezone", "regimen_id", "start", "start_cycle", "consent"]
    optional = ("code", "visit_time", "window_from", "window_until")
    return given + [name for name in optional if getattr(new, name) is not None] + sorted(new.without)
