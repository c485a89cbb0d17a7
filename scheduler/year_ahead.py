"""What an enrolment would say in the year ahead, before anything of it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import takewhile

from content.library import Library
from content.regimen_format import rules
from content.regimens import Regimen
from scheduler import confirmation, foretold
from scheduler.delivery.words import WELCOME
from scheduler.enrolment import course
from scheduler.plan import show
from scheduler.plan.calendar import Calendar, Event
from scheduler.plan.gathering import Limits, gather, left_out
from scheduler.plan.local_time import to_local
from scheduler.plan.telling import rules_of
from scheduler.planned import clinic_days_of, overrides, reminders_of
from scheduler.send_window import SendWindow
from store.clinic_entry import ClinicEntry
from store.plans import Plan
from store.reminder_rules import OwnRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is known so far of who is to be enrolled; as for `scheduler.enrolment.NewPatient`."""

    regimen_id: str
    timezone: str
    start: date
    start_cycle: int = 1
    visit_time: time | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A text: at ``local`` on the patient's wall; ``left_out`` names the limit that keeps it from going."""

    local: datetime
    template: str
    args: dict[str, str]
    left_out: str | None


@dataclass(frozen=True, slots=True)
class YearAhead:
    """Every date and every text from ``today`` to ``until``, both local to the patient.

    ``rules``: the reminder rules that the course would have, those in ``Course.without`` included.
    """

    today: date
    until: date
    calendar: Calendar
    events: tuple[Event, ...]
    texts: tuple[Foreseen, ...]
    rules: tuple[str, ...]
    warnings: tuple[str, ...]


def look(now: datetime, library: Library, entry: ClinicEntry, own: Sequence[OwnRule], known: Course) -> YearAhead:
    """What would come of a course; ``own`` are the clinic's reminder rules. Raises NotEnrolled, UnknownZoneError."""
    _, calendar = course(now, library, entry, known, known.timezone)
    return _foresee(now, entry, own, known, calendar)


def example(now: datetime, entry: ClinicEntry, own: Sequence[OwnRule], known: Course, regimen: Regimen) -> YearAhead:
    """The same of a regimen that the clinic need not have signed off: to read it before, and to judge rules by.

    Raises UnknownZoneError; NoSuchCycleError.
    """
    calendar = Calendar(regimen, known.start, known.start_cycle, clinic_days=clinic_days_of(entry.clinic))
    return _foresee(now, entry, own, known, calendar)


def _foresee(now: datetime, entry: ClinicEntry, own: Sequence[OwnRule], known: Course, calendar: Calendar) -> YearAhead:
    """What would come of a course with this calendar."""
    clinic, regimen = entry.clinic, calendar.regimen
    today = to_local(now, known.timezone).date()
    days = clinic_days_of(clinic)
    plan = Plan(
        id=0,
        clinic_id=clinic.id,
        patient_id=0,
        regimen_id=regimen.id,
        regimen_version=regimen.version,
        regimen_json=regimen.to_json(),
        digest=regimen.digest(),
        start=known.start,
        start_cycle=known.start_cycle,
        visit_time=known.visit_time,
        state="active",
        version=1,
        created_at=now,
        shadow_until=None,
        visit_times={},
        clinic_days=None if days is None else days.to_json(),
        changes=(),
        rules=(*own, *(OwnRule(rule, rules.OFF) for rule in sorted(known.without))),
    )
    window = SendWindow(known.timezone, clinic.window_from, clinic.window_until, clinic.timezone)
    until = max(today, known.start) + show.SHOWN
    coming = takewhile(lambda told: told.local_date <= until, reminders_of(plan, calendar, window, now))
    texts = gather((plan.id, reminder) for reminder in coming)
    limits = Limits(clinic.max_texts_per_day, clinic.max_texts_per_week)
    first = Foreseen(
        to_local(window.next_open(now), known.timezone),
        confirmation.ASKS if clinic.ask_confirmation else WELCOME,
        {},
        None,
    )
    foreseen = (
        Foreseen(
            datetime.combine(text.reminder.local_date, text.reminder.local_time),
            text.reminder.template,
            text.reminder.args,
            reason,
        )
        for text, reason in zip(texts, left_out(texts, {}, limits), strict=True)
    )
    in_force = rules_of(regimen, tuple(overrides(tuple(own), regimen.id).items())).by_id
    says = foretold.coming(plan, calendar, window, now)
    return YearAhead(
        today,
        until,
        calendar,
        tuple(calendar.events(today, until)),
        (first, *foreseen),
        tuple(rule for rule in in_force if rules.why_never(regimen, rule) is None),
        foretold.warnings(plan, calendar, says, (), clinic, window, now),
    )
