"""The clinic that it happens to: the demo's kind, with patients whose texts are due all the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa

from bot.settings import DEMO_KEYS
from content.library import Library
from scheduler import clock
from scheduler.enrolment import NewPatient, enrol
from store import clinics, health, outbox, patients
from store.clinics import ClinicEntry
from store.database import Database, Tx
from store.errors import StoreError
from store.messages import message
from store.sealed import Sealer
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.world import NEW_YORK, phone

PEOPLE = 24
REGIMENS = ("pembro_q3w", "tebe", "nivo_q2w", "len_mm")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database under the demo's keys."""
    database = Database.open(url, Sealer([DEMO_KEYS["data_keys"]], DEMO_KEYS["index_key"]))
    try:
        yield database
    finally:
        database.close()


def fill(database: Database, library: Library) -> None:
    """A live clinic with its patients, at work round the clock, on the demo's clock, which jumps."""
    now = database.now()
    with database.writing() as tx:
        entry = _clinic(tx, now, library)
        for number in range(PEOPLE):
            enrol(tx, now, library, entry, _person(number, now))
        health.set_demo_clock(tx, health.DemoClock(timedelta(), running=True))


def _clinic(tx: Tx, now: datetime, library: Library) -> ClinicEntry:
    clinic = clinics.add_clinic(
        tx,
        now,
        name="Chaos Clinic",
        program="Chaos Texts",
        timezone=NEW_YORK,
        country="us",
        languages=["en", "es"],
        default_language="en",
        phone_line="202-555-0199",
        consent_texts={"en": "I agree to get texts."},
        window_from=time(0),
        window_until=time.max,
        max_texts_per_week=20,
        demo=True,
    )
    clinics.add_sender(tx, now, clinic.id, NUMBER, kind="number", rate=1000, daily_cap=0)
    clinics.sign_content(tx, now, clinic.id, library.version, "Dr. Demo")
    for regimen in (library.regimens[name] for name in REGIMENS):
        clinics.sign_regimen(tx, now, clinic.id, regimen.id, regimen.version, regimen.digest(), "Dr. Demo")
    return next(entry for entry in clinics.entries(tx) if entry.clinic.id == clinic.id)


def _person(number: int, now: datetime) -> NewPatient:
    return NewPatient(
        phone=phone(number),
        name=f"Person {number}",
        language="en",
        timezone=NEW_YORK,
        regimen_id=REGIMENS[number % len(REGIMENS)],
        start=now.date() + timedelta(days=2 + number % 6),
        visit_time=time(10, 30),
        consent_how="made up for the test",
        by="chaos",
    )


def jump(database: Database) -> None:
    """Puts the demo's clock forward to the next due moment, unless something is due; the processes do it, too."""
    real = database.now()
    with database.writing() as tx:
        clock.jump(tx, real)


def stand_still(database: Database) -> None:
    """The demo's clock jumps no more."""
    with database.writing() as tx:
        found = health.get_demo_clock(tx)
        assert found is not None
        health.set_demo_clock(tx, health.DemoClock(found.offset, running=False))


def let_leases_end(database: Database, pid: int | None = None) -> None:
    """What two minutes do to the claims of a scheduler that is dead, or of all of them."""
    owners = [] if pid is None else [message.c.lease_owner.like(f"scheduler-%-{pid}-%")]
    with database.writing(deadline=10) as tx:
        held = sa.update(message).where(message.c.lease_until.is_not(None), *owners)
        tx.conn.execute(held.values(lease_until=_LONG_AGO))


def quiet_at(database: Database) -> datetime | None:
    """The patients' time, if by now nothing is due, claimed or being sent."""
    try:
        real = database.now()
        with database.reading() as tx:
            now = clock.at(tx, real, demo=True).now
            moments = (patients.next_due_at(tx), outbox.next_due_at(tx))
            underway = tx.conn.execute(
                sa.select(sa.func.count()).where(message.c.state.in_(["claimed", "sending"]))
            ).scalar_one()
    except StoreError:
        return None
    is_quiet = underway == 0 and all(moment is None or moment > now for moment in moments)
    return now if is_quiet else None
