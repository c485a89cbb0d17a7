"""The demo's clock: where it stands, and how it jumps from one due moment to the next."""

from datetime import date, datetime, timedelta

from scheduler import clock
from scheduler.clock import Moment
from store import health
from store.health import DemoClock
from tests.scheduler.world import ENROLLED, World, at

REAL = at(2026, 6, 1, 12)


def _set(world: World, offset: timedelta, *, running: bool = True) -> None:
    with world.database.writing() as tx:
        health.set_demo_clock(tx, DemoClock(offset, running))


def _now(world: World, *, demo: bool = True) -> Moment:
    with world.database.reading() as tx:
        return clock.at(tx, REAL, demo=demo)


def _jump(world: World) -> object:
    with world.database.writing() as tx:
        return clock.jump(tx, REAL)


def test_outside_the_demo_both_clocks_are_one(world: World) -> None:
    assert _now(world) == Moment(REAL, REAL)
    _set(world, timedelta(days=3))

    assert _now(world, demo=False) == Moment(REAL, REAL)


def test_the_demo_is_ahead_of_the_real_time_by_its_offset(world: World) -> None:
    _set(world, timedelta(days=3))

    assert _now(world) == Moment(REAL + timedelta(days=3), REAL)


def test_a_running_clock_jumps_to_each_due_moment_and_never_past_one(world: World) -> None:
    _set(world, ENROLLED - REAL)
    enrolled = world.enrol(ENROLLED, date(2026, 1, 5))
    moments: list[datetime] = []
    while len(moments) < 8:
        now = _now(world).now
        world.send(now)
        assert _jump(world) is not None
        moments.append(_now(world).now)

    assert moments[:3] == [at(2026, 1, 4, 16), at(2026, 1, 5, 9), at(2026, 1, 10, 11)]
    assert {text.state for text in world.texts(enrolled)} == {"accepted"}


def test_nothing_moves_while_something_is_due(world: World) -> None:
    """The confirmation is due now: to hurry would let it expire."""
    _set(world, ENROLLED - REAL)
    world.enrol(ENROLLED, date(2026, 1, 5))

    assert _jump(world) is None
    world.begin(ENROLLED)
    assert _jump(world) == at(2026, 1, 4, 16)
    assert _jump(world) is None


def test_a_clock_that_stands_or_was_never_set_does_not_jump(world: World) -> None:
    world.enrol(ENROLLED, date(2026, 1, 5))
    world.begin(ENROLLED)
    assert _jump(world) is None
    _set(world, ENROLLED - REAL, running=False)

    assert _jump(world) is None
    assert _now(world).now == ENROLLED


def test_when_nothing_will_ever_be_due_time_stands(world: World) -> None:
    _set(world, timedelta())

    assert _jump(world) is None
