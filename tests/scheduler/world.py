"""A clinic that is live, on a database of the test's own, and the steps of the scheduler driven one by one.

Nothing here waits: a test says what the time is, and calls come back with what it wants of them.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from channels.base import Fault, Outgoing, SendResult, Verdict
from content.library import Library
from scheduler.clock import Moment
from scheduler.delivery import allowance, dispatcher, planner, receipts
from scheduler.delivery.dispatcher import Ready
from scheduler.directory import Directory
from scheduler.enrolment import Enrolled, NewPatient, enrol
from scheduler.plan.local_time import to_utc
from store import clinics, contacts, follow_ups, messages, outbox, plans
from store.clinics import ClinicEntry
from store.contacts import Contact
from store.database import Database, Tx
from store.follow_ups import FollowUp
from store.messages import Message
from store.sealed import Sealer
from tests.fakes.twilio.signing import NUMBER

NEW_YORK = "America/New_York"
PHONE = "+12025550143"
LEASE = timedelta(minutes=2)
REGIMENS = ("pembro_q3w", "nivo_q4w", "nivo_ipi_mel", "len_mm", "blina_mrd", "tebe", "tvec", "cemi_adj")
"""What the clinic signed off."""
ACCEPTED = SendResult(Verdict.ACCEPTED, None, None, Fault.NONE, "")


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, zone: str = NEW_YORK) -> datetime:
    """The instant of a local time."""
    return to_utc(date(year, month, day), time(hour, minute), zone)


ENROLLED = at(2026, 1, 2, 15)
VISIT = date(2026, 1, 5)
DAY_BEFORE = at(2026, 1, 4, 16)
"""When the reminder of the day before the first visit is due."""


def open_database(url: str) -> Database:
    """A database under the keys of these tests."""
    return Database.open(url, Sealer([urlsafe_b64encode(bytes(32)).decode()], "an index key that only tests use"))


def phone(number: int) -> str:
    """A number that nobody has, nor the clinic either, from 0 to 799."""
    return f"+1{203 + number // 100}55501{number % 100:02}"


@dataclass
class World:
    """A database with one live clinic, "Riverside", in New York unless said otherwise."""

    database: Database
    library: Library
    entry: ClinicEntry
    chance: Random = field(default_factory=lambda: Random(7))
    known: Directory = field(default_factory=Directory)
    sids: int = 0

    @classmethod
    def build(
        cls,
        database: Database,
        library: Library,
        now: datetime,
        sender_rate: float = 1000,
        number: str = NUMBER,
        **clinic: Any,
    ) -> "World":
        with database.writing() as tx:
            made = clinics.add_clinic(
                tx,
                now,
                **{
                    "name": "Riverside",
                    "program": "Riverside Care",
                    "timezone": NEW_YORK,
                    "country": "us",
                    "languages": ("en", "es"),
                    "default_language": "en",
                    "phone_line": "202-555-0100",
                    "consent_texts": {"en": "We may text you up to 7 times a week about your treatment."},
                    **clinic,
                },
            )
            clinics.add_sender(tx, now, made.id, number, kind="number", rate=sender_rate, daily_cap=0)
            clinics.sign_content(tx, now, made.id, library.version, "Dr. Quinn")
            for regimen in (library.regimens[name] for name in REGIMENS):
                clinics.sign_regimen(tx, now, made.id, regimen.id, regimen.version, regimen.digest(), "Dr. Quinn")
            entry = next(entry for entry in clinics.entries(tx) if entry.clinic.id == made.id)
        return cls(database, library, entry)

    @property
    def directory(self) -> Mapping[int, ClinicEntry]:
        """Every clinic as it is now."""
        with self.database.reading() as tx:
            return self.known.fresh(tx)

    def set_clinic(self, now: datetime, **changes: Any) -> None:
        with self.database.writing() as tx:
            clinics.set_clinic(tx, now, self.entry.clinic.id, **changes)
        self.entry = self.directory[self.entry.clinic.id]

    def new_patient(self, start: date, regimen_id: str = "pembro_q3w", **more: Any) -> NewPatient:
        known = {"phone": PHONE, "name": "Ana Diaz", "language": "en", "timezone": NEW_YORK, "consent_how": "form"}
        return NewPatient(**{**known, "regimen_id": regimen_id, "start": start, "by": "nurse@riverside", **more})

    def enrol(self, now: datetime, start: date, regimen_id: str = "pembro_q3w", **more: Any) -> Enrolled:
        with self.database.writing() as tx:
            return enrol(tx, now, self.library, self.entry, self.new_patient(start, regimen_id, **more))

    def make_unreadable(self, enrolled: Enrolled) -> None:
        """Puts a plan in place of the patient's that no release can read."""
        with self.database.writing() as tx:
            plans.set_plan_state(tx, enrolled.plan.id, "stopped")
            plans.add_plan(
                tx,
                enrolled.plan.created_at,
                clinic_id=enrolled.plan.clinic_id,
                patient_id=enrolled.patient.id,
                regimen_id=enrolled.plan.regimen_id,
                regimen_version=1,
                regimen_json="{}",
                digest="0" * 64,
                start=enrolled.plan.start,
            )

    def plan(self, now: datetime) -> int:
        """Plans until nobody is due; for how many patients."""
        planned = 0
        while count := self.plan_some(now):
            planned += count
        return planned

    def plan_some(self, now: datetime, limit: int = 200) -> int:
        with self.database.writing() as tx:
            return planner.plan_due(tx, now, self.known.fresh(tx), limit=limit)

    def claim(self, now: datetime, *, real: datetime | None = None, owner: str = "one", limit: int = 200) -> list[int]:
        real = real or now
        with self.database.writing() as tx:
            lanes = [queue.lane for queue in outbox.queues(tx)]
            room = allowance.rooms(tx, real, self.known.fresh(tx), lanes)
            return outbox.claim(tx, now, real + LEASE, owner, limit, real, room)

    def begin(
        self, now: datetime, ids: Sequence[int] | None = None, *, real: datetime | None = None, owner: str = "one"
    ) -> list[Ready]:
        """Claims what is due, unless told what was claimed, and takes it to where the calls are made."""
        real = real or now
        ids = self.claim(now, real=real, owner=owner) if ids is None else ids
        with self.database.writing() as tx:
            return dispatcher.begin(
                tx,
                Moment(now, real),
                self.library,
                self.known.fresh(tx),
                ids,
                owner=owner,
                lease_until=real + LEASE,
                status_callback=None,
            )

    def finish(self, now: datetime, ready: Iterable[Ready], result: SendResult = ACCEPTED) -> None:
        """Every call came back with this result; accepted texts get an id of their own."""
        with self.database.writing() as tx:
            results = [(text, self._with_sid(result)) for text in ready]
            dispatcher.finish(tx, now, self.library, results, self.chance)

    def send(self, now: datetime, result: SendResult = ACCEPTED) -> list[Outgoing]:
        """Plans and sends until nothing is due; what was sent."""
        self.plan(now)
        sent: list[Outgoing] = []
        while ids := self.claim(now):
            ready = self.begin(now, ids)
            self.finish(now, ready, result)
            sent += [text.outgoing for text in ready]
        return sent

    def reminded(self, now: datetime | None = None, **more: Any) -> Enrolled:
        """A patient who was welcomed, and whose next reminder (the one of the day before) is planned."""
        enrolled = self.enrol(ENROLLED, VISIT, **more)
        self.send(ENROLLED)
        self.plan(now or DAY_BEFORE)
        return enrolled

    def add_text(self, enrolled: Enrolled, now: datetime, **more: Any) -> int:
        """A text that is due, about no event."""
        known = {"kind": "reminder", "template": "visit_today_untimed", "args": {}, "priority": 2}
        with self.database.writing() as tx:
            number = outbox.add_text(
                tx,
                now,
                clinic_id=self.entry.clinic.id,
                contact_id=enrolled.patient.contact_id,
                patient_id=enrolled.patient.id,
                due_at=now,
                **{**known, "expires_at": now + timedelta(hours=6), **more},
            )
        assert number is not None
        return number

    def contact(self, enrolled: Enrolled) -> Contact:
        """What belongs to the patient's number."""
        with self.database.reading() as tx:
            return self.contact_in(tx, enrolled)

    def contact_in(self, tx: Tx, enrolled: Enrolled) -> Contact:
        """The same inside a transaction."""
        contact = contacts.get_contact(tx, enrolled.patient.contact_id)
        assert contact is not None
        return contact

    def tasks(self) -> list[FollowUp]:
        """What staff must do, the most urgent first."""
        with self.database.reading() as tx:
            return follow_ups.open_ones(tx, self.entry.clinic.id)

    def texts(self, enrolled: Enrolled) -> list[Message]:
        """Everything that went to a patient or waits for it, the oldest first."""
        with self.database.reading() as tx:
            return messages.conversation(tx, enrolled.patient.contact_id, limit=2000)

    def receive(self, now: datetime, receipt: Any) -> Message | None:
        with self.database.writing() as tx:
            return receipts.apply(tx, now, self.library, receipt)

    def _with_sid(self, result: SendResult) -> SendResult:
        if result.verdict is not Verdict.ACCEPTED or result.provider_id is not None:
            return result
        self.sids += 1
        return replace(result, provider_id=f"SM{self.sids:032x}")
