"""The calls of a scheduler process: none is made that must not be, and no result is lost."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import TypeVar

import pytest

from channels.base import Fault, Outgoing, SendResult, Verdict, Via
from scheduler.aside import Aside
from scheduler.calls import Calls
from scheduler.delivery.dispatcher import Ready
from scheduler.duties.duties import Duties
from store.database import DatabaseDown
from tests.scheduler.loop import PATIENCE, QUICK, Phone, all_seen, duties_of, happens, last_detail, states, work
from tests.scheduler.world import ENROLLED, VISIT, World, phone

T = TypeVar("T")


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
    work(duties, outside, lambda _: happens(lambda: "a text that came in waits" in last_detail(demo, enrolled)))

    assert outside.texts == []
    assert states(demo, enrolled) == ["due"]


def test_a_process_that_stood_still_for_longer_than_its_lease_makes_no_call(demo: World) -> None:
    """Its text is unknown by then, or somebody else's; it gives it back, since it never called."""
    enrolled = demo.enrol(ENROLLED, VISIT)
    outside = Phone()
    outside.open.set()
    moments = chain([0.0], repeat(QUICK.lease))

    async def main() -> None:
        duties = duties_of(demo)
        duties.plan()
        aside = Aside(QUICK.aside)
        calls = Calls(duties, outside, aside, lambda: bool(outside.texts), lambda: next(moments))
        await calls.dispatch()
        aside.close()

    asyncio.run(main())

    assert outside.texts == []
    assert states(demo, enrolled) == ["due"]
    assert last_detail(demo, enrolled).startswith("not_sent the lease")


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
        work(duties_of(demo, pace=replace(QUICK, calls=1)), outside, all_seen)

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
        await all_seen(outside)
        await happens(lambda: bool(refused))

    work(Shaky(demo.database, demo.library, "test-1", QUICK, demo=True), outside, recorded)

    assert refused == [1]
    assert len(outside.texts) == 1
    assert states(demo, enrolled) == ["accepted"]


def test_a_call_that_breaks_its_promise_leaves_the_text_to_its_lease(
    demo: World, caplog: pytest.LogCaptureFixture
) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)

    class Broken(Phone):
        async def send(self, text: Outgoing) -> SendResult:
            self.seen.set()
            raise RuntimeError(f"no way to reach {text.to}")

    work(duties_of(demo), Broken(), lambda outside: outside.seen.wait())

    assert states(demo, enrolled) == ["sending"]
    assert "+1202" not in caplog.text


@dataclass(frozen=True)
class Forty(Duties):
    """Forty texts are due, once. ``recorded``: how many results each turn brought. Nothing is asked of the database."""

    due: list[int] = field(default_factory=lambda: list(range(40)))
    recorded: list[int] = field(default_factory=list)

    def claim(self) -> list[int]:
        claimed = list(self.due)
        self.due.clear()
        return claimed

    def turn(self, results: list[tuple[Ready, SendResult]], ids: list[int]) -> list[Ready]:
        if results:
            self.recorded.append(len(results))
        text = Outgoing("+12025550143", "A visit tomorrow.", Via.SMS, "+12025550100", None, None, "1.1")
        return [Ready(number, 1, 1, 1, None, text) for number in ids]


class AtOnce(Aside):
    """Has a duty done in the loop itself, so that the test knows when it is over."""

    async def do(self, duty: Callable[[], T]) -> T:
        return duty()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("takes_its_time", [True, False])
def test_a_slow_provider_gets_its_next_calls_when_a_few_came_back_and_a_quick_one_when_half_of_them_did(
    demo: World, takes_its_time: bool
) -> None:
    """Where a call takes long, a place that is free costs more than a commit; where it does not, the commit does."""
    duties = Forty(demo.database, demo.library, "test-1", replace(QUICK, calls=40, gather=PATIENCE, lease=1e9))
    comes_back = asyncio.Semaphore(0)
    seconds = 0.0

    class OneByOne(Phone):
        begun = 0

        async def send(self, text: Outgoing) -> SendResult:
            self.begun += 1
            await comes_back.acquire()
            return await super().send(text)

    async def main() -> None:
        nonlocal seconds
        outside = OneByOne()
        outside.open.set()
        aside = AtOnce(0)
        calls = Calls(duties, outside, aside, lambda: False, lambda: seconds)
        dispatching = asyncio.create_task(calls.dispatch())
        await happens(lambda: outside.begun == 40)
        seconds = duties.pace.gather * (2 if takes_its_time else 0.5)
        for number in range(1, 41):
            comes_back.release()
            await happens(lambda: len(outside.texts) == number)  # noqa: B023 - over before the next
            for _ in range(20):
                await asyncio.sleep(0)  # whoever is to do something now does it
        await dispatching
        aside.close()

    asyncio.run(main())

    assert sum(duties.recorded) == 40
    if takes_its_time:
        assert 1 < duties.recorded[0] <= 10
    else:
        assert duties.recorded[0] == 20
