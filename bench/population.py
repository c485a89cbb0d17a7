"""Enrolled patients by the hundred thousand, written in bulk: the rows that the one door and a sent welcome leave."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bench.bulk import Into
from bench.setting import open_clinic
from bot.services import Services
from channels.phone import read_number
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar
from scheduler.plan.reminders import Reminder, upcoming
from scheduler.shadow import SHADOW, row
from store.consents import consent_event
from store.contacts import contact
from store.messages import message, message_state
from store.patients import patient
from store.plan_events import plan_event
from store.plans import plan, regimen_definition

Window = tuple[time, time]
ANY_HOUR: Window = (time(0), time(23, 59, 59))
DAYTIME: Window = (time(9), time(20))
"""The hours at which a clinic's patients are texted, by their own clock."""

CLINIC_ZONE = "America/New_York"
PER_CLINIC = 10_000
_OURS = "+140255501{:02d}"  # in no area code that patients have
_SLICE = 2_000
_BEGUN = 60  # days


@dataclass(frozen=True, slots=True)
class Course:
    """What a patient is enrolled on. ``zone`` is an IANA name, ``visit_time`` by the clinic's clock."""

    regimen_id: str
    start: date
    zone: str
    visit_time: time | None


def mixed(regimen_ids: Iterable[str], today: date, count: int, zones: Sequence[str], seed: int = 1) -> list[Course]:
    """Courses of every regimen alike, begun on a weekday of the last sixty days."""
    chance = random.Random(seed)
    every = list(regimen_ids)
    starts = [day for back in range(_BEGUN) if (day := today - timedelta(days=back)).weekday() < 5]
    times = (time(9), time(10, 30), time(14), None)
    return [
        Course(chance.choice(every), chance.choice(starts), chance.choice(zones), chance.choice(times))
        for _ in range(count)
    ]


def reminders(
    regimen: Regimen, course: Course, window: Window, after: datetime, until: datetime | None = None
) -> Iterator[Reminder]:
    """What the calendar of a course has to tell, without a word from the planner."""
    return upcoming(
        Calendar(regimen, course.start), timezone=course.zone, window_from=window[0], window_until=window[1],
        visit_time=course.visit_time, after=after, until=until, clinic_timezone=CLINIC_ZONE,
    )  # fmt: skip


def populate(
    services: Services,
    now: datetime,
    courses: Sequence[Course],
    window: Window = ANY_HOUR,
    *,
    shadow: bool = True,
    per_clinic: int = PER_CLINIC,
) -> None:
    """Enrols a patient on each course in an empty database, where everything was told that was due by ``now``.

    ``shadow``: with the rows of the plans' events. A clinic has at most 10,000 patients: there are few numbers of
    telephone that are kept for fiction.
    """
    phones = list(islice(_phones(), min(len(courses), per_clinic)))
    writer = _Writer(services, now, window, shadow=shadow)
    addresses = numbers_of_clinics(len(courses), per_clinic)
    for first, address in zip(range(0, len(courses), per_clinic), addresses, strict=True):
        clinic_id = open_clinic(services, now, f"Riverside {address}", address, window)
        of_clinic = courses[first : first + per_clinic]
        for begin in range(0, len(of_clinic), _SLICE):
            some = of_clinic[begin : begin + _SLICE]
            writer.write(clinic_id, some, phones[begin : begin + len(some)])
    writer.close()


def numbers_of_clinics(patients: int, per_clinic: int = PER_CLINIC) -> list[str]:
    """The numbers from which so many patients are texted, one for each clinic."""
    return [_OURS.format(number) for number in range(-(-patients // per_clinic))]


def _phones() -> Iterator[str]:
    """Numbers kept for fiction, in every area code that can have patients."""
    for area in range(201, 990):
        if area != 402 and read_number(f"+1{area}5550100").can_text:
            yield from (f"+1{area}55501{number:02d}" for number in range(100))


class _Writer:
    """Writes patients in order of their ids, which are those of their contacts, plans and welcomes too."""

    def __init__(self, services: Services, now: datetime, window: Window, *, shadow: bool) -> None:
        self._services, self._now, self._window, self._shadow = services, now, window, shadow
        self._before = now - timedelta(days=_BEGUN + 1)
        self._sealed = services.sealer.seal("Pat Sample")
        self._made = 0
        self._next: dict[Course, datetime | None] = {}
        self._events: dict[tuple[str, date], list[tuple[date, list[Any]]]] = {}
        with services.database.writing() as tx:
            for each in services.library.regimens.values():
                definition = {"digest": each.digest(), "definition": each.to_json()}
                tx.conn.execute(sa.insert(regimen_definition), definition)
            self._into = {table.name: Into(tx, table, columns) for table, columns in _COLUMNS.items()}
            self._event = Into(tx, plan_event, _EVENT)

    def write(self, clinic_id: int, courses: Sequence[Course], phones: Sequence[str]) -> None:
        """One transaction."""
        sealer, before, today = self._services.sealer, self._before, self._now.date()
        rows: dict[str, list[Sequence[Any]]] = defaultdict(list)
        events: list[Sequence[Any]] = []
        for number, (course, phone) in enumerate(zip(courses, phones, strict=True), self._made + 1):
            regimen = self._services.library.regimens[course.regimen_id]
            # As plans stand in the middle of things: some were topped up today, some a month ago.
            until = today + SHADOW - timedelta(days=number % 31)
            hashed = sealer.index(clinic_id, "phone", phone)
            rows["contact"].append((number, clinic_id, hashed, sealer.seal(phone), "en", "sms", before))
            rows["patient"].append(
                (number, clinic_id, number, self._sealed, course.zone, self._next_text(regimen, course), before)
            )
            rows["plan"].append(
                (
                    *(number, clinic_id, number, regimen.id, regimen.version, regimen.digest()),
                    *(course.start, 1, course.visit_time, before, until),
                )
            )
            rows["consent_event"].append((clinic_id, number, number, "given", "form", "Texts?", "1", "en", "-", before))
            rows["message"].append(
                (
                    *(number, clinic_id, number, number, "out", "welcome", "optin_confirm", {}, "sms", "delivered"),
                    *(before, before, before, 1, before, f"SMf{number:031x}", "en", self._sealed, 1, "GSM-7"),
                )
            )
            rows["message_state"].append((clinic_id, number, "delivered", before))
            if self._shadow:
                coming = self._of_calendar(regimen, course.start)
                events += [[clinic_id, number, *event] for day, event in coming if day <= until]
        self._made += len(courses)
        with self._services.database.writing(deadline=60) as tx:
            for name, into in self._into.items():
                into.add(tx, rows[name])
            self._event.add_converted(tx, events)

    def close(self) -> None:
        """Has PostgreSQL number what comes next after what was written, and either database learn how much it is."""
        with self._services.database.writing(deadline=600) as tx:
            if tx.dialect == "postgresql":
                for name in ("contact", "patient", "plan", "message"):
                    tx.conn.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {self._made})")
                tx.conn.exec_driver_sql("ANALYZE")

    def _next_text(self, regimen: Regimen, course: Course) -> datetime | None:
        if course not in self._next:
            first = next(reminders(regimen, course, self._window, self._now), None)
            self._next[course] = None if first is None else first.due_at
        return self._next[course]

    def _of_calendar(self, regimen: Regimen, start: date) -> list[tuple[date, list[Any]]]:
        """The rows of a calendar's events but for their plan, with their dates."""
        if (regimen.id, start) not in self._events:
            coming = (row(0, each) for each in Calendar(regimen, start).events(None, self._now.date() + SHADOW))
            self._events[regimen.id, start] = [
                (each.date, self._event.converted((0, 0, *(getattr(each, name) for name in _EVENT[2:])))[2:])
                for each in coming
            ]
        return self._events[regimen.id, start]


# In the order in which one refers to the other.
_COLUMNS: dict[sa.Table, tuple[str, ...]] = {
    contact: ("id", "clinic_id", "phone_hash", "phone_sealed", "language", "via", "created_at"),
    patient: ("id", "clinic_id", "contact_id", "name_sealed", "timezone", "next_text_at", "created_at"),
    plan: (
        *("id", "clinic_id", "patient_id", "regimen_id", "regimen_version", "digest"),
        *("start", "start_cycle", "visit_time", "created_at", "shadow_until"),
    ),
    consent_event: (
        *("clinic_id", "contact_id", "patient_id", "kind", "how"),
        *("wording", "wording_version", "language", "by", "at"),
    ),
    message: (
        *("id", "clinic_id", "contact_id", "patient_id", "direction", "kind", "template", "args", "via", "state"),
        *("state_at", "due_at", "created_at", "attempts", "begun_at", "provider_id", "language", "body_sealed"),
        *("segments", "encoding"),
    ),
    message_state: ("clinic_id", "message_id", "state", "at"),
}
_EVENT = (
    *("clinic_id", "plan_id", "name", "kind", "date", "end_date", "phase", "cycle", "cycle_in_phase", "day", "items"),
    *("route", "status"),
)
