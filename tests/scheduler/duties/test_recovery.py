"""After an outage of the database a scheduler sends answers alone, until other hosts have handed in their spools."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.duties.recovery import SHOWN, Recovery
from store import health, outbox
from store.database import Database
from store.errors import DatabaseBusy, DatabaseDown
from tests.postgres import Postgres
from tests.scheduler.loop import duties_of, states
from tests.scheduler.world import ENROLLED, VISIT, World, phone

WAIT = 15.0
AGO = SHOWN + timedelta(seconds=1)


on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def cut(demo: World, postgres_server: Postgres) -> Callable[[], None]:
    """Ends every connection to the database, as when the server is started anew."""
    with demo.database.reading() as tx:
        name = tx.conn.exec_driver_sql("SELECT current_database()").scalar_one()
    ended = f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
    return lambda: postgres_server.run(ended)


def after(demo: World, error: DatabaseDown | None) -> Duties:
    """The duties of a scheduler that met an error and then none."""
    errors = [error] if error else []

    def may_send() -> bool:
        if errors:
            raise errors.pop()
        return True

    duties = duties_of(demo, may_send=may_send, pace=replace(Pace(), recovery=WAIT))
    if error:
        with pytest.raises(DatabaseDown):
            duties.claim()
    return duties


def add_answer(demo: World, enrolled_number: int) -> int:
    """An answer that a nurse wrote by hand to somebody else who texted."""
    other = demo.enrol(ENROLLED, VISIT, phone=phone(enrolled_number))
    with demo.database.writing() as tx:
        added = outbox.add_text(
            tx, ENROLLED, clinic_id=1, contact_id=other.patient.contact_id, patient_id=None, kind="reply",
            template=None, args={}, due_at=ENROLLED, expires_at=None, priority=0, body="We will call you.",
        )  # fmt: skip
    assert added is not None
    return added


def test_when_it_is_back_answers_go_at_once_and_all_else_when_the_spools_are_in(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    answer = add_answer(demo, 2)
    duties = after(demo, DatabaseDown("The database cannot be reached."))

    assert duties.claim() == [answer]
    assert [text.message_id for text in duties.turn([], [answer])] == [answer]
    assert states(demo, enrolled) == ["due"]
    assert duties.recovery.over_at is not None
    duties.recovery.over_at -= timedelta(seconds=WAIT)
    assert len(duties.claim()) == 2


def test_what_was_claimed_before_the_outage_is_given_back(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    duties = after(demo, None)
    claimed = duties.claim()
    duties.recovery.was_away = True

    assert duties.turn([], claimed) == []
    assert states(demo, enrolled) == ["due"]


@on_postgresql
def test_a_restart_that_falls_between_two_looks_is_an_outage_too(demo: World, cut: Callable[[], None]) -> None:
    demo.enrol(ENROLLED, VISIT)
    answer = add_answer(demo, 2)
    duties = after(demo, None)
    cut()

    assert duties.claim() == [answer]
    assert duties.recovery.over_at is not None
    duties.recovery.over_at -= timedelta(seconds=WAIT)
    assert len(duties.claim()) == 2


@on_postgresql
def test_a_restart_that_another_duty_fell_into_is_an_outage_too(demo: World) -> None:
    """That one's error gives all connections up, and the next ones are made without any."""
    demo.enrol(ENROLLED, VISIT)
    answer = add_answer(demo, 2)
    duties = after(demo, None)
    with pytest.raises(DatabaseDown), demo.database.writing() as tx:
        tx.conn.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    assert duties.claim() == [answer]


@on_postgresql
def test_what_was_claimed_goes_back_when_the_restart_comes_right_before_the_turn_is_begun(
    demo: World, cut: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    duties = after(demo, None)
    claimed = duties.claim()

    def now(database: Database) -> datetime:
        cut()
        return real

    real = demo.database.now()
    monkeypatch.setattr(Database, "now", now)

    assert duties.turn([], claimed) == []
    assert states(demo, enrolled) == ["due"]


def test_connections_that_break_again_and_again_keep_reminders_for_a_minute_and_no_longer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Something on the way cuts what is idle, more often than the wait is long."""
    recovery, wait = Recovery(), timedelta(seconds=WAIT)

    def waits_at(second: int, lost: int) -> bool:
        return not recovery.is_over(ENROLLED + timedelta(seconds=second), wait, lost)

    waited = [second for second in range(600) if waits_at(second, 1 + second // 10)]
    assert waited == [*range(75)]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert not waits_at(600, 60)
    recovery.was_away = True
    assert waits_at(601, 60)
    assert not waits_at(629, 60)
    assert waits_at(630, 61), "after half a minute in peace, what breaks tells of a restart again"


def test_that_others_keep_it_busy_is_no_outage(demo: World) -> None:
    demo.enrol(ENROLLED, VISIT)
    assert len(after(demo, DatabaseBusy("Another process writes.")).claim()) == 1


@pytest.mark.parametrize(
    ("shown", "waits"), [((), False), ((AGO,), True), ((AGO, timedelta(0)), False), ((timedelta(seconds=5),), False)]
)
def test_a_scheduler_that_begins_when_nobody_showed_themselves_just_before_waits_too(
    demo: World, shown: tuple[timedelta, ...], waits: bool
) -> None:
    duties, real = after(demo, None), demo.database.now()
    with demo.database.writing() as tx:
        for number, ago in enumerate(shown):
            health.beat(tx, real - ago, f"web-{number}", "host", "web")
    duties.begin()
    assert duties.recovery.was_away is waits
