"""The loop around the steps: that it goes on, stops in good order, and never sends when it must not.

The worker runs on the real clock here, at a pace that no test waits for; what it sends is due by the demo's clock.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain, repeat

import pytest

from channels.base import Fault, Outgoing, SendResult, Verdict
from scheduler import closure_job
from scheduler.aside import Aside, place_of
from scheduler.calls import Calls
from scheduler.changing import Override
from scheduler.delivery.dispatcher import Ready
from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.enrolment import Enrolled
from scheduler.plan.changes import Close
from scheduler.worker import Worker
from store import health, jobs, messages, plans
from store.database import DatabaseDown
from store.health import DemoClock, Heartbeat
from tests.scheduler.world import ENROLLED, VISIT, World, phone

QUICK = Pace(look=0.01, beat=0.01, jump=0.01, settle=0.01, gather=0.01)
PATIENCE = 20.0


@dataclass
class Phone:
    """A channel whose calls come back when the test lets them."""

    wanted: int = 1
    open: asyncio.Event = field(default_factory=asyncio.Event)
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    texts: list[Outgoing] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    closed: bool = False

    async def send(self, text: Outgoing) -> SendResult:
        self.texts.append(text)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if len(self.texts) == self.wanted:
            self.seen.set()
        await self.open.wait()
        self.under_way -= 1
        return SendResult(Verdict.ACCEPTED, f"SM{len(self.texts):032x}{text.attempt}", None, Fault.NONE, "")

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def demo(world: World) -> World:
    """The demo's clock stands at the moment of enrolment, so that the first texts are due."""
    real = world.database.now()
    with world.database.writing() as tx:
        health.set_demo_clock(tx, DemoClock(ENROLLED - real, False))
    return world


def _duties(world: World, **more: object) -> Duties:
    return replace(Duties(world.database, world.library, "test-1", QUICK, demo=True), **more)  # type: ignore[arg-type]


def _run(duties: Duties, phone: Phone, until: Callable[[Phone], Awaitable[object]]) -> Worker:
    """Lets a worker work until something has happened, then stops it."""

    async def main() -> Worker:
        made = Worker(duties, phone)
        running = asyncio.create_task(made.run())
        async with asyncio.timeout(PATIENCE):
            await until(phone)
            made.stop()
            await running
        return made

    return asyncio.run(main())


async def _all_seen(phone: Phone) -> None:
    phone.open.set()
    await phone.seen.wait()


async def _until(condition: Callable[[], bool]) -> None:
    """Lets the loop turn until something is so that no event tells of."""
    while not condition():  # noqa: ASYNC110 - the database has no event for it
        await asyncio.sleep(0)


def _states(world: World, enrolled: Enrolled) -> list[str]:
    return [text.state for text in world.texts(enrolled)]


def test_it_sends_what_is_due_and_records_what_came_back(demo: World) -> None:
    people = [demo.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(7)]

    outside = Phone(wanted=7)
    _run(_duties(demo), outside, _all_seen)

    assert len(outside.texts) == 7
    assert [_states(demo, enrolled) for enrolled in people] == [["accepted"]] * 7
    assert outside.closed


def test_never_more_calls_at_once_than_the_pace_allows(demo: World) -> None:
    people = [demo.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(12)]
    outside = Phone(wanted=12)

    async def slowly(outside: Phone) -> None:
        await _until(lambda: outside.under_way == 3)
        await _all_seen(outside)

    _run(_duties(demo, pace=replace(QUICK, calls=3, claim=5)), outside, slowly)

    assert outside.most == 3
    assert len(outside.texts) == 12
    assert [_states(demo, enrolled) for enrolled in people] == [["accepted"]] * 12


def test_told_to_end_it_finishes_the_call_under_way_and_gives_back_the_rest(demo: World) -> None:
    people = [demo.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(3)]
    outside = Phone()

    async def interrupted(outside: Phone) -> None:
        await outside.seen.wait()
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        outside.open.set()

    _run(_duties(demo, pace=replace(QUICK, calls=1)), outside, interrupted)

    assert len(outside.texts) == 1
    assert sorted(state for enrolled in people for state in _states(demo, enrolled)) == ["accepted", "due", "due"]


def test_it_ends_without_a_word_whatever_tick_is_beginning(demo: World, caplog: pytest.LogCaptureFixture) -> None:
    hurried = replace(QUICK, look=0.001, settle=0.001, beat=0.001)
    for _ in range(5):
        outside = Phone()
        demo.enrol(ENROLLED, VISIT, phone=phone(demo.sids))
        demo.sids += 1
        _run(_duties(demo, pace=hurried), outside, _all_seen)

    assert caplog.text == ""


def test_while_this_host_may_not_send_nothing_is_claimed(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    asked: list[None] = []

    def may_send() -> bool:
        asked.append(None)
        return False

    outside = Phone()
    _run(_duties(demo, may_send=may_send), outside, lambda _: _until(lambda: len(asked) > 3))

    assert outside.texts == []
    assert _states(demo, enrolled) == ["due"]


def test_what_is_claimed_already_is_given_back_when_this_host_may_not_send(demo: World) -> None:
    """A text came into the spool between the claim and the call: it may be a STOP."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    answers = iter([True])
    duties = _duties(demo, may_send=lambda: next(answers, False))

    claimed = duties.claim()

    assert len(claimed) == 1
    assert duties.turn([], claimed) == []
    assert _states(demo, enrolled) == ["due"]


def test_a_stop_that_is_put_away_while_a_text_is_made_ready_keeps_its_call_from_being_made(demo: World) -> None:
    """The turn waited for its locks; so did a STOP, for as long as it could, and went into the spool."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    outside = Phone()
    outside.open.set()
    spool: list[str] = []

    @dataclass(frozen=True)
    class Kept(Duties):
        def turn(self, results: list[tuple[Ready, SendResult]], ids: list[int]) -> list[Ready]:
            ready = super().turn(results, ids)
            spool.append("STOP")
            return ready

    duties = Kept(demo.database, demo.library, "test-1", QUICK, demo=True, may_call=lambda: not spool)
    _run(duties, outside, lambda _: _until(lambda: "a text that came in waits" in _last_detail(demo, enrolled)))

    assert outside.texts == []
    assert _states(demo, enrolled) == ["due"]


def test_a_process_that_stood_still_for_longer_than_its_lease_makes_no_call(demo: World) -> None:
    """Its text is unknown by then, or somebody else's; it gives it back, since it never called."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    outside = Phone()
    outside.open.set()
    moments = chain([0.0], repeat(QUICK.lease))

    async def main() -> None:
        duties = _duties(demo)
        duties.plan()
        aside = Aside(QUICK.aside)
        calls = Calls(duties, outside, aside, lambda: bool(outside.texts), lambda: next(moments))
        await calls.dispatch()
        aside.close()

    asyncio.run(main())

    assert outside.texts == []
    assert _states(demo, enrolled) == ["due"]
    assert _last_detail(demo, enrolled).startswith("not_sent the lease")


def _last_detail(world: World, enrolled: Enrolled) -> str:
    texts = world.texts(enrolled)
    with world.database.reading() as tx:
        changes = [change for text in texts for change in messages.history(tx, text.id)]
    return changes[-1].detail if changes else ""


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
        _run(_duties(demo, may_send=may_send), Phone(), _all_seen)

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
        _run(_duties(demo, may_send=may_send), Phone(), _all_seen)

    assert [record.getMessage() for record in caplog.records if "dispatch" in record.getMessage()] == [
        "dispatch waits: The disk is full.",
        "dispatch waits: The disk reports an error.",
        "dispatch goes on",
    ]


def test_it_says_that_it_began_on_which_database(demo: World, caplog: pytest.LogCaptureFixture) -> None:
    demo.enrol(ENROLLED, VISIT)
    with caplog.at_level(logging.INFO):
        _run(_duties(demo), Phone(), _all_seen)

    assert f"test-1 sends what is due; the database is {demo.database.dialect}" in caplog.text


def test_that_no_call_can_be_made_is_told_once_and_that_one_can_again(
    demo: World, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        demo.enrol(ENROLLED, VISIT, phone=phone(number))

    class CutOff(Phone):
        async def send(self, text: Outgoing) -> SendResult:
            result = await super().send(text)
            if len(self.texts) <= 3:
                return SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, "no connection")
            return result

    outside = CutOff(wanted=5)
    outside.open.set()
    with caplog.at_level(logging.INFO):
        _run(_duties(demo, pace=replace(QUICK, calls=1)), outside, _all_seen)

    told = [(record.levelname, record.getMessage()) for record in caplog.records if "text " in record.getMessage()]
    failed, accepted = (outside.texts[number].attempt.split(".")[0] for number in (0, 3))
    assert told == [
        ("WARNING", f"text {failed} waits, and others may: no connection"),
        ("INFO", f"text {accepted} was accepted: calls can be made again"),
    ]
    assert "55501" not in caplog.text


def test_results_that_the_database_cannot_take_are_recorded_when_it_is_back(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    refused: list[int] = []

    @dataclass(frozen=True)
    class Shaky(Duties):
        def turn(self, results: list[tuple[Ready, SendResult]], ids: list[int]) -> list[Ready]:
            if results and not refused:
                refused.append(len(results))
                raise DatabaseDown("The disk is full.")
            return super().turn(results, ids)

    outside = Phone()

    async def recorded(outside: Phone) -> None:
        await _all_seen(outside)
        await _until(lambda: bool(refused))

    _run(Shaky(demo.database, demo.library, "test-1", QUICK, demo=True), outside, recorded)

    assert refused == [1]
    assert len(outside.texts) == 1
    assert _states(demo, enrolled) == ["accepted"]


def test_a_call_that_breaks_its_promise_leaves_the_text_to_its_lease(
    demo: World, caplog: pytest.LogCaptureFixture
) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)

    class Broken(Phone):
        async def send(self, text: Outgoing) -> SendResult:
            self.seen.set()
            raise RuntimeError(f"no way to reach {text.to}")

    _run(_duties(demo), Broken(), lambda outside: outside.seen.wait())

    assert _states(demo, enrolled) == ["sending"]
    assert "+1202" not in caplog.text


def test_what_a_dead_process_was_sending_becomes_unknown(demo: World, caplog: pytest.LogCaptureFixture) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    demo.begin(ENROLLED, real=demo.database.now() - timedelta(hours=1), owner="gone")

    outside = Phone()
    with caplog.at_level(logging.WARNING):
        _run(_duties(demo), outside, lambda _: _until(lambda: _states(demo, enrolled) == ["unknown"]))

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
    _run(_duties(demo), outside, lambda _: _until(lambda: bool(detail())))

    assert detail() == "1 visits moved, 0 stayed."
    with demo.database.reading() as tx:
        assert [row.date for row in plans.events_between(tx, enrolled.plan.id, change.to, change.to)] == [change.to]


def test_it_shows_that_it_is_alive(demo: World) -> None:
    def beats() -> list[Heartbeat]:
        with demo.database.reading() as tx:
            return health.heartbeats(tx)

    _run(_duties(demo), Phone(), lambda _: _until(lambda: bool(beats())))

    (beat,) = beats()
    assert (beat.process, beat.kind) == ("test-1", "scheduler")


def test_the_demo_runs_through_a_cycle_from_one_due_moment_to_the_next(demo: World) -> None:
    """Three weeks in a moment: every text at its own time, none lost by being hurried."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    real = demo.database.now()
    with demo.database.writing() as tx:
        health.set_demo_clock(tx, DemoClock(ENROLLED - real, True))

    outside = Phone(wanted=8)
    _run(_duties(demo), outside, _all_seen)

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
