"""The calls of a scheduler process: none is made that must not be, and no result is lost."""

import asyncio
import logging
from dataclasses import dataclass, replace
from itertools import chain, repeat

import pytest

from channels.base import Fault, Outgoing, SendResult, Verdict
from scheduler.aside import Aside
from scheduler.calls import Calls
from scheduler.delivery.dispatcher import Ready
from scheduler.duties.duties import Duties
from store.database import DatabaseDown
from tests.scheduler.loop import QUICK, Phone, all_seen, duties_of, happens, last_detail, states, work
from tests.scheduler.world import ENROLLED, VISIT, World, phone


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
