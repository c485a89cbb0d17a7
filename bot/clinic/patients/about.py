"""Everything that the page about a patient shows, read in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from bot.clinic.months import Month, laid_out, months_on
from bot.clinic.plans.history import Past, history
from bot.clinic.plans.words import regimens_of
from bot.clinic.regimen_names import regimen_name
from channels.base import Via
from content.faults import ContentError
from content.library import Library
from content.plain import Plain
from scheduler import consent
from scheduler.delivery.words import Composer
from scheduler.next_texts import next_texts
from scheduler.plan import show
from scheduler.plan.calendar import Calendar
from scheduler.plan.events import DayState, Event, Kind
from scheduler.plan.reminders import Reminder
from scheduler.plan.show import Mark
from scheduler.planned import PlanUnreadable, calendar_of
from scheduler.send_window import SendWindow
from store import audit, consents, contacts, follow_ups, messages, patients, plans
from store.audit import AuditEntry, Filter
from store.clinic_entry import ClinicEntry
from store.consents import ConsentEvent
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUp
from store.messages import Message
from store.patients import Patient
from store.plans import Plan

MONTHS = 3
"""So many months of a course are shown at once."""

_MOST_COMING = 6
_MOST_TEXTS = 60
_MOST_DONE = 8
_SOON = timedelta(days=60)
_DATES = {Kind.TREATMENT, Kind.PAIRED, Kind.LINKED, Kind.WAITING, Kind.FINISHED}


@dataclass(frozen=True, slots=True)
class Course:
    """A plan as it is shown. ``calendar`` is None where this release cannot read the plan."""

    plan: Plan
    title: str
    calendar: Calendar | None
    today: DayState | None
    coming: tuple[Event, ...]
    changes: tuple[Past, ...]
    """What was changed, the latest first."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A text that goes out next; ``body`` is empty where its words are missing."""

    at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class About:
    """A patient with all that belongs to them. ``silent`` says why nothing is texted to their number."""

    patient: Patient
    contact: Contact
    zone: str
    today: date
    courses: tuple[Course, ...]
    silent: Plain | None
    coming: tuple[Coming, ...]
    texts: tuple[Message, ...]
    tasks: tuple[FollowUp, ...]
    consents: tuple[ConsentEvent, ...]
    done: tuple[AuditEntry, ...]
    """What staff and the program did, the latest first."""


def read(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, patient_id: int) -> About | None:
    """The patient of this clinic with this id; None where there is none."""
    person = patients.get_patient(tx, patient_id)
    if person is None or person.clinic_id != entry.clinic.id:
        return None
    contact = contacts.get_contact(tx, person.contact_id)
    if contact is None:
        return None
    window = SendWindow.of(person, entry.clinic)
    today = window.local_day(now)
    courses = tuple(_course(tx, plan, today) for plan in plans.all_plans_of(tx, patient_id))
    return About(
        person,
        contact,
        window.timezone,
        today,
        courses,
        consent.why_silent(contact),
        _coming(tx, now, library, entry, person, contact, courses),
        tuple(messages.conversation(tx, contact.id, _MOST_TEXTS)),
        tuple(task for task in follow_ups.about(tx, contact.id) if task.state == "open"),
        tuple(consents.consents(tx, contact.id)),
        tuple(audit.find(tx, entry.clinic.id, Filter(patient_id=patient_id), _MOST_DONE)),
    )


def months(courses: Sequence[Course], first: date) -> list[Month]:
    """Months from that of ``first`` on, each as weeks of days with what the day is; days of other months have None."""
    begin = first.replace(day=1)
    return [*laid_out(_marks(courses, begin, months_on(begin, MONTHS) - timedelta(days=1)), begin, MONTHS)]


def _marks(courses: Sequence[Course], first: date, last: date) -> Mapping[date, Mark]:
    found: dict[date, Mark] = {}
    for course in courses:
        if course.calendar is not None:
            for day, mark in show.marks(course.calendar, first, last).items():
                found[day] = min(mark, found.get(day, mark))
    return found


def _course(tx: Tx, plan: Plan, today: date) -> Course:
    try:
        calendar = calendar_of(plan)
    except PlanUnreadable:
        return Course(plan, plan.regimen_id, None, None, (), tuple(history(tx, plan.id, ())))
    changes = tuple(history(tx, plan.id, regimens_of(calendar)))
    coming = (event for event in calendar.events(today, today + _SOON) if event.kind in _DATES)
    return Course(
        plan, regimen_name(calendar.regimen), calendar, calendar.on(today), tuple(islice(coming, _MOST_COMING)), changes
    )


def _coming(
    tx: Tx,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    person: Patient,
    contact: Contact,
    courses: Sequence[Course],
) -> tuple[Coming, ...]:
    if person.state == "ended" or not consent.may_text(contact):
        return ()
    telling = [
        (course.plan, course.calendar)
        for course in courses
        if course.calendar is not None and course.plan.state in {"active", "stopped"}
    ]
    composer = Composer(library)

    def words(reminder: Reminder) -> str:
        template, args = reminder.template, reminder.args
        try:
            return composer.compose(entry.clinic, template, args, contact.language, Via(contact.via)).body
        except ContentError:
            return ""

    texts = next_texts(tx, now, entry.clinic, person, telling, _MOST_COMING)
    return tuple(Coming(text.reminder.due_at, words(text.reminder)) for text in texts)
