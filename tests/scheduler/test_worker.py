"""The loop around the steps: that it goes on, stops in good order, and never sends when it must not.

The worker runs on the real clock here, at a pace that no test waits for; what it sends is due by the demo's clock.
"""

import asyncio
import logging
import signal
import sys
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from channels.base import Fault, SendResult, Verdict
from scheduler import closure_job
from scheduler.aside import place_of
from scheduler.changing import Override
from scheduler.duties.duties import Duties
from scheduler.plan.changes import Close
from store import health, jobs, messages, plans, senders
from store.database import Database, DatabaseDown
from store.health import DemoClock, Heartbeat
from tests.scheduler.loop import QUICK, Phone, all_seen, duties_of, happens, states, work
from tests.scheduler.world import ENROLLED, VISIT, World, phone


def test_it_sends_what_is_due_and_records_what_came_back(demo: World) -> None:
    people = [demo.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(7)]

    outside = Phone(wanted=7)
    work(duties_of(demo), outside, all_seen)

    assert len(outside.texts) == 7
    assert [states(demo, enrolled) for enrolled in people] == [["accepted"]] * 7
    assert outside.closed


def test_never_more_calls_at_once_than_the_pace_allows(demo: World) -> None:
    people = [demo.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(12)]
    outside = Phone(wanted=12)

    async def slowly(outside: Phone) -> None:
        await happens(lambda: outside.under_way == 3)
        await all_seen(outside)

    work(duties_of(demo, pace=replace(QUICK, calls=3, claim=5)), outside, slowly)

    assert outside.most == 3
    assert len(outside.texts) == 12
    assert [states(demo, enrolled) for enrolled in people] == [["accepted"]] * 12


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_while_it_works_a_transaction_gets_the_interpreter_sooner_and_afterwards_all_is_as_before(demo: World) -> None:
    """Else the event loop has it for so long that a file is locked for others all that time."""
    demo.enrol(ENROLLED, VISIT)
    before, meanwhile = sys.getswitchinterval(), []

    async def seen(outside: Phone) -> None:
        await all_seen(outside)
        meanwhile.append(sys.getswitchinterval())

    work(duties_of(demo), Phone(), seen)

    assert meanwhile[0] < before
    assert sys.getswitchinterval() == before


def test_told_to_end_it_finishes_the_call_under_way_and_gives_back_the_rest(demo: World) -> None:
    people = [demo.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(3)]
    outside = Phone()

    async def interrupted(outside: Phone) -> None:
        await outside.seen.wait()
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        outside.open.set()

    work(duties_of(demo, pace=replace(QUICK, calls=1)), outside, interrupted)

    assert len(outside.texts) == 1
    assert sorted(state for enrolled in people for state in states(demo, enrolled)) == ["accepted", "due", "due"]
    with demo.database.reading() as tx:
        assert [beat.ended for beat in health.heartbeats(tx)] == [True]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_demos_time_stands_while_a_text_is_on_its_way(demo: World) -> None:
    demo.enrol(ENROLLED, VISIT)
    outside, looks, jumps = Phone(), [0], [0]

    @dataclass(frozen=True)
    class Seen(Duties):
        def plan(self) -> int:
            looks.append(1)
            return super().plan()

        def jump(self) -> None:
            jumps.append(outside.under_way)
            super().jump()

    async def goes(outside: Phone) -> None:
        await outside.seen.wait()
        since = len(looks)
        await happens(lambda: len(looks) > since + 20)
        await all_seen(outside)
        jumped = len(jumps)
        await happens(lambda: len(jumps) > jumped)

    work(Seen(demo.database, demo.library, "test-1", QUICK, demo=True), outside, goes)

    assert sum(jumps) <= 1  # one may have been on its way already


def test_it_ends_without_a_word_whatever_tick_is_beginning(demo: World, caplog: pytest.LogCaptureFixture) -> None:
    hurried = replace(QUICK, look=0.001, settle=0.001, beat=0.001)
    for _ in range(5):
        outside = Phone()
        demo.enrol(ENROLLED, VISIT, phone=phone(demo.sids))
        demo.sids += 1
        work(duties_of(demo, pace=hurried), outside, all_seen)

    assert caplog.text == ""


def test_while_this_host_may_not_send_nothing_is_claimed(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    asked: list[None] = []

    def may_send() -> bool:
        asked.append(None)
        return False

    outside = Phone()
    work(duties_of(demo, may_send=may_send), outside, lambda _: happens(lambda: len(asked) > 3))

    assert outside.texts == []
    assert states(demo, enrolled) == ["due"]


def test_an_answer_that_says_too_fast_slows_its_sender_in_the_same_turn(demo: World) -> None:
    demo.enrol(ENROLLED, VISIT)
    duties = duties_of(demo)
    duties.plan()
    (ready,) = duties.turn([], duties.claim())
    duties.turn([(ready, SendResult(Verdict.LATER, None, 20429, Fault.THROTTLE, "HTTP 429"))], [])
    with demo.database.reading() as tx:
        assert senders.standings(tx, [ready.sender_id])[ready.sender_id].slowed == 1


def test_a_look_that_finds_nothing_due_keeps_no_writer_waiting(demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    work(duties_of(demo), Phone(), all_seen)
    assert states(demo, enrolled) == ["accepted"]
    monkeypatch.delattr(Database, "writing")
    duties = duties_of(demo)
    assert (duties.plan(), duties.claim(), duties.replan()) == (0, [], 0)


def test_what_is_claimed_already_is_given_back_when_this_host_may_not_send(demo: World) -> None:
    """A text came into the spool between the claim and the call: it may be a STOP."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    answers = iter([True])
    duties = duties_of(demo, may_send=lambda: next(answers, False))

    claimed = duties.claim()

    assert len(claimed) == 1
    assert duties.turn([], claimed) == []
    assert states(demo, enrolled) == ["due"]


def test_a_tick_that_fails_is_told_without_a_patients_data_and_the_next_one_comes(
    demo: World, caplog: pytest.LogCaptureFixture
) -> None:
    demo.enrol(ENROLLED, VISIT)
    failures = iter([ValueError("Ana Diaz +12025550143"), DatabaseDown("The database cannot be reached.")])

    def may_send() -> bool:
        if (error := next(failures, None)) is not None:
            raise error
        return True

    with caplog.at_level(logging.WARNING):
        work(duties_of(demo, may_send=may_send), Phone(), all_seen)

    assert "dispatch failed: ValueError at " in caplog.text
    assert "dispatch waits: The database cannot be reached." in caplog.text
    assert "Ana" not in caplog.text
    assert "+1202" not in caplog.text


def test_what_a_tick_waits_for_is_told_once_and_again_when_it_changes(
    demo: World, caplog: pytest.LogCaptureFixture
) -> None:
    demo.enrol(ENROLLED, VISIT)
    reasons = iter(["The disk is full."] * 3 + ["The disk reports an error."] * 3)

    def may_send() -> bool:
        if (reason := next(reasons, None)) is not None:
            raise DatabaseDown(reason)
        return True

    with caplog.at_level(logging.INFO):
        work(duties_of(demo, may_send=may_send), Phone(), all_seen)

    assert [record.getMessage() for record in caplog.records if "dispatch" in record.getMessage()] == [
        "dispatch waits: The disk is full.",
        "dispatch waits: The disk reports an error.",
        "dispatch goes on",
    ]


def test_it_says_that_it_began_on_which_database(demo: World, caplog: pytest.LogCaptureFixture) -> None:
    demo.enrol(ENROLLED, VISIT)
    with caplog.at_level(logging.INFO):
        work(duties_of(demo), Phone(), all_seen)

    assert f"test-1 sends what is due; the database is {demo.database.dialect}" in caplog.text


def test_what_a_dead_process_was_sending_becomes_unknown(demo: World, caplog: pytest.LogCaptureFixture) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    demo.begin(ENROLLED, real=demo.database.now() - timedelta(hours=1), owner="gone")

    outside = Phone()
    with caplog.at_level(logging.WARNING):
        work(duties_of(demo), outside, lambda _: happens(lambda: states(demo, enrolled) == ["unknown"]))

    assert outside.texts == []
    assert "1 texts are unknown" in caplog.text


def test_it_does_the_long_work_that_somebody_asked_for(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    second = VISIT + timedelta(days=21)
    with demo.database.writing() as tx:
        change = Close(second, second + timedelta(days=1))
        answers = Override("Dr. Quinn", "the clinic is closed")
        clinic = demo.entry.clinic
        job = closure_job.order(tx, ENROLLED, clinic, change, by="admin", reason=None, override=answers)

    def detail() -> str:
        with demo.database.reading() as tx:
            found = jobs.get_job(tx, job.id)
        return "" if found is None else found.detail

    outside = Phone()
    outside.open.set()
    work(duties_of(demo), outside, lambda _: happens(lambda: bool(detail())))

    assert detail() == "1 visits moved, 0 stayed."
    with demo.database.reading() as tx:
        assert [row.date for row in plans.events_between(tx, enrolled.plan.id, change.to, change.to)] == [change.to]


def test_it_shows_that_it_is_alive(demo: World) -> None:
    def beats() -> list[Heartbeat]:
        with demo.database.reading() as tx:
            return health.heartbeats(tx)

    work(duties_of(demo), Phone(), lambda _: happens(lambda: bool(beats())))

    (beat,) = beats()
    assert (beat.process, beat.kind) == ("test-1", "scheduler")


def test_the_demo_runs_through_a_cycle_from_one_due_moment_to_the_next(demo: World) -> None:
    """Three weeks in a moment: every text at its own time, none lost by being hurried."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    real = demo.database.now()
    with demo.database.writing() as tx:
        health.set_demo_clock(tx, DemoClock(ENROLLED - real, True))

    outside = Phone(wanted=8)
    work(duties_of(demo), outside, all_seen)

    texts = demo.texts(enrolled)[: outside.wanted]
    with demo.database.reading() as tx:
        began = {text.id: messages.history(tx, text.id)[0].at for text in texts}
    assert [text.template for text in texts[:5]] == [
        "optin_confirm",
        "visit_tomorrow_untimed",
        "visit_today_untimed",
        "between",
        "visit_before_untimed",
    ]
    assert all(timedelta() <= began[text.id] - text.due_at < timedelta(seconds=30) for text in texts if text.due_at)
    assert {text.state for text in texts} == {"accepted"}


def test_what_is_said_of_an_error_names_its_place() -> None:
    try:
        raise ValueError("secret")
    except ValueError as error:
        place = place_of(error)
    assert place.startswith(__file__)
    assert "secret" not in place
