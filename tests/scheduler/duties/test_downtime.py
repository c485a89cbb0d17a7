"""The downtime report on both databases: noted by the first that comes back, made when all is decided, told once."""

from datetime import timedelta

import pytest

from channels.base import Fault, SendResult, Verdict
from scheduler.duties import downtime
from scheduler.duties.living import Living
from scheduler.duties.watching import Watching
from store import notices, on_call, outages
from store.notices import Notice
from store.on_call import Recipient
from store.outages import Account, Outage
from tests.scheduler.duties.post import OPERATOR, Clock
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, phone

MINUTE = timedelta(minutes=1)
BEFORE = DAY_BEFORE - timedelta(minutes=30)
"""When the scheduler was last seen: half an hour before the reminders of the day before the visit are due."""
BACK = DAY_BEFORE + timedelta(minutes=40)
NURSE = Recipient("mail", "nurses@example.org")


@pytest.fixture
def clock() -> Clock:
    return Clock(BEFORE)


def beat(world: World, clock: Clock, process: str = "s1") -> None:
    Living(world.database, clock, clock, process, "scheduler").beat()


def all_outages(world: World) -> list[Outage]:
    with world.database.reading() as tx:
        return outages.outages_since(tx, None)


def reports(world: World) -> list[Notice]:
    """Of the downtime alone, the oldest first."""
    with world.database.reading() as tx:
        return [each for each in notices.latest(tx)[::-1] if each.name.startswith("outage/")]


def test_a_silence_of_more_than_a_minute_is_an_outage_noted_once(world: World, clock: Clock) -> None:
    beat(world, clock)
    clock.forward(MINUTE)
    beat(world, clock)
    assert all_outages(world) == []
    clock.forward(MINUTE + timedelta(seconds=1))
    beat(world, clock, "s2")
    beat(world, clock, "s3")
    clock.forward(timedelta(seconds=5))
    beat(world, clock, "s2")
    (outage,) = all_outages(world)
    assert (outage.began_at, outage.ended_at) == (BEFORE + MINUTE, BEFORE + 2 * MINUTE + timedelta(seconds=1))
    assert outage.report is None


def test_while_another_scheduler_lives_there_is_no_outage(world: World, clock: Clock) -> None:
    beat(world, clock, "s1")
    clock.forward(MINUTE)
    beat(world, clock, "s2")
    clock.forward(MINUTE)
    beat(world, clock, "s1")
    assert all_outages(world) == []


def test_an_outage_of_many_days_is_noted_too(world: World, clock: Clock) -> None:
    """Signs of life are forgotten after a day, but for the last of each kind."""
    beat(world, clock)
    for _ in range(3):
        clock.forward(timedelta(days=1))
        Living(world.database, clock, clock, "w1", "web").beat()
    beat(world, clock, "s2")
    (outage,) = all_outages(world)
    assert outage.began_at == BEFORE


def test_the_report_says_what_was_due_late_expired_unknown_and_recovered(world: World, clock: Clock) -> None:
    people = []
    for number in range(4):
        then = ENROLLED + number * MINUTE
        people.append(world.enrol(then, VISIT, phone=phone(number)))
        world.send(then)
    with world.database.writing() as tx:
        on_call.add(tx, clock.now, world.entry.clinic.id, NURSE)
    beat(world, clock)
    useless = world.add_text(people[0], DAY_BEFORE - 20 * MINUTE, expires_at=DAY_BEFORE)
    clock.now = BACK
    beat(world, clock, "s2")
    watch = Watching(world.database, clock, OPERATOR)

    # Not before all is decided, since then it would say nothing.
    for _ in range(2):
        clock.forward(MINUTE)
        beat(world, clock, "s2")
    watch.round()
    assert reports(world) == []

    world.plan(clock.now)
    never = SendResult(Verdict.UNKNOWN, None, None, Fault.UNKNOWN_OUTCOME, "no answer")
    while ids := world.claim(clock.now):
        ready = world.begin(clock.now, ids)
        world.finish(clock.now, ready[:1], never)
        world.finish(clock.now, ready[1:])
    watch.round()
    (outage,) = all_outages(world)
    clinic = world.entry.clinic
    assert outage.report == (Account(clinic.id, due=5, late=3, expired=1, unknown=1),)
    assert {each.to for each in reports(world)} == {*OPERATOR, NURSE}
    of_clinic = next(each for each in reports(world) if each.to == NURSE)
    assert of_clinic.body.strip() == (
        "Riverside: No reminder could go from 2026-01-04T20:30:00+00:00 to 2026-01-04T21:40:00+00:00. "
        "Texts that were due: 5 (sent late: 3, too late to be sent: 1, not known whether sent: 1)."
    )
    with world.database.reading() as tx:
        assert useless
        assert not downtime.is_due(tx, clock.now, demo=False)
    clock.forward(MINUTE)
    watch.round()
    assert len(reports(world)) == 3


def test_what_was_unknown_and_is_found_out_is_recovered(world: World, clock: Clock) -> None:
    world.reminded()
    began, ended = DAY_BEFORE - MINUTE, DAY_BEFORE + MINUTE
    (ready,) = world.begin(DAY_BEFORE)
    never = SendResult(Verdict.UNKNOWN, None, None, Fault.UNKNOWN_OUTCOME, "no answer")
    world.finish(DAY_BEFORE, [ready], never)
    with world.database.reading() as tx:
        assert outages.account(tx, began, ended) == (Account(world.entry.clinic.id, due=1, unknown=1),)
    with world.database.writing() as tx:
        changed = tx.conn.exec_driver_sql(f"UPDATE message SET state = 'delivered' WHERE id = {ready.message_id}")
        assert changed.rowcount == 1
        assert outages.account(tx, began, ended) == (Account(world.entry.clinic.id, due=1, late=1, recovered=1),)


def test_what_is_put_off_to_the_next_morning_is_told_as_that(world: World, clock: Clock) -> None:
    enrolled = world.reminded()
    world.send(DAY_BEFORE)
    night = DAY_BEFORE + timedelta(hours=6)
    world.add_text(enrolled, DAY_BEFORE + timedelta(hours=1), expires_at=night + timedelta(hours=20))
    assert world.begin(night) == []
    with world.database.reading() as tx:
        found = outages.account(tx, DAY_BEFORE + MINUTE, night - MINUTE)
    assert found == (Account(world.entry.clinic.id, due=1, put_off=1),)


def test_after_an_hour_the_report_is_made_with_what_still_waits(world: World, clock: Clock) -> None:
    world.reminded()
    beat(world, clock)
    clock.now = BACK
    beat(world, clock)
    clock.forward(timedelta(minutes=59))
    watch = Watching(world.database, clock, OPERATOR)
    watch.round()
    assert reports(world) == []
    clock.forward(MINUTE)
    watch.round()
    (outage,) = all_outages(world)
    assert outage.report == (Account(world.entry.clinic.id, due=1, waiting=1),)


def test_an_outage_in_which_nothing_was_due_is_told_to_the_operator_alone(world: World, clock: Clock) -> None:
    with world.database.writing() as tx:
        on_call.add(tx, clock.now, world.entry.clinic.id, NURSE)
    beat(world, clock)
    clock.forward(10 * MINUTE)
    beat(world, clock)
    clock.forward(MINUTE)
    Watching(world.database, clock, OPERATOR).round()
    assert reports(world) == []
    clock.forward(MINUTE)
    Watching(world.database, clock, OPERATOR).round()
    assert {each.to for each in reports(world)} == set(OPERATOR)
    assert reports(world)[1].body.strip() == (
        "No scheduler lived from 2026-01-04 20:30 UTC to 2026-01-04 20:40 UTC. No text was due."
    )
