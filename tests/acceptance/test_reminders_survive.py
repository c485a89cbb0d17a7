"""Real scheduler processes on one database: they share the work, and being killed neither loses nor doubles a text."""

import contextlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from content.library import Library, load
from scheduler.enrolment import Enrolled
from store import health
from store.database import Database
from store.health import DemoClock
from tests.fakes.twilio.server import FakeTwilio
from tests.scheduler.world import World, at, open_database, phone

ENROLLED = at(2026, 1, 2, 15)
VISIT = date(2026, 1, 5)
PATIENCE = 60.0
LEASE = 2.0
"""Of the schedulers that these tests start, in seconds."""


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database, library: Library) -> World:
    world = World.build(database, library, ENROLLED)
    real = database.now()
    with database.writing() as tx:
        health.set_demo_clock(tx, DemoClock(ENROLLED - real, False))
    return world


@pytest.fixture
def start(migrated_url: str) -> Iterator["Starter"]:
    starter = Starter(migrated_url)
    yield starter
    starter.end()


class Starter:
    """Starts schedulers, and leaves none behind."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, fake: FakeTwilio, owner: str, contacts: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.scheduler.process", self.url, fake.url, owner]
        process = subprocess.Popen([*command, "--contacts", str(contacts)])
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def _enrol(world: World, count: int) -> list[Enrolled]:
    return [world.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(count)]


def _states(world: World, people: list[Enrolled]) -> Counter[str]:
    return Counter(text.state for enrolled in people for text in world.texts(enrolled))


def test_two_schedulers_at_once_send_each_text_once(world: World, start: Starter) -> None:
    people = _enrol(world, 60)
    with FakeTwilio(latency=0.05) as fake:
        processes = [start(fake, owner, len(people)) for owner in ("one", "two")]
        assert [process.wait(PATIENCE) for process in processes] == [0, 0]
        sent = Counter(message.to for message in fake.ledger)

    assert sent == Counter({phone(number): 1 for number in range(60)})
    assert _states(world, people) == Counter(accepted=60)


def test_a_scheduler_killed_in_the_middle_of_a_call_leaves_the_text_unknown_and_nobody_repeats_it(
    world: World, start: Starter
) -> None:
    """Twilio has taken the text, its answer has not come: nobody but a receipt can tell."""
    people = _enrol(world, 1)
    with FakeTwilio() as fake:
        fake.fail("hang_after_taking")
        first = start(fake, "one", 1)
        fake.wait_for(1, PATIENCE)
        first.kill()
        first.wait()
        assert _states(world, people) == Counter(sending=1)

        second = start(fake, "two", 1)
        assert second.wait(PATIENCE) == 0
        assert len(fake.ledger) == 1

    assert _states(world, people) == Counter(unknown=1)


def test_a_scheduler_killed_at_work_loses_nothing_that_another_cannot_take_over(world: World, start: Starter) -> None:
    """Each person has the text once, or it stands as unknown: at most as many as there were calls under way."""
    people = _enrol(world, 60)
    with FakeTwilio(latency=0.1) as fake:
        first = start(fake, "one", len(people))
        fake.wait_for(15, PATIENCE)
        first.kill()
        first.wait()
        second = start(fake, "two", len(people))
        assert second.wait(PATIENCE) == 0
        sent = Counter(message.to for message in fake.ledger)

    states = _states(world, people)
    assert set(sent.values()) == {1}
    assert states["accepted"] + states["unknown"] == 60
    assert states["unknown"] <= 8
    assert len(sent) >= states["accepted"]


def test_a_rolling_restart_of_the_schedulers_loses_nothing_and_leaves_nothing_unknown(
    world: World, start: Starter
) -> None:
    """Each is told to end in the middle of its work, when the one that takes its place has begun."""
    people = _enrol(world, 60)
    with FakeTwilio(latency=0.1) as fake:
        old = [start(fake, owner, len(people)) for owner in ("one", "two")]
        new = []
        for place, process in enumerate(old):
            fake.wait_for(10 * (place + 1), PATIENCE)
            new.append(start(fake, f"new {place}", len(people)))
            process.terminate()
            # One that has not come so far as to listen is simply gone: it has claimed nothing yet.
            assert process.wait(PATIENCE) in {0, -signal.SIGTERM}
        assert [process.wait(PATIENCE) for process in new] == [0, 0]
        sent = Counter(message.to for message in fake.ledger)

    assert sent == Counter({phone(number): 1 for number in range(60)})
    assert _states(world, people) == Counter(accepted=60)


def test_a_scheduler_that_stood_still_for_longer_than_its_lease_repeats_nothing(world: World, start: Starter) -> None:
    """What it had claimed is another's by then, and what it was sending is unknown; then it goes on where it was."""
    people = _enrol(world, 60)
    with FakeTwilio(latency=0.1) as fake:
        frozen = start(fake, "one", len(people))
        fake.wait_for(15, PATIENCE)
        frozen.send_signal(signal.SIGSTOP)
        second = start(fake, "two", len(people))
        # It may stand still in a transaction for which the other waits: then both end after it goes on.
        with contextlib.suppress(subprocess.TimeoutExpired):
            second.wait(4 * LEASE)
        frozen.send_signal(signal.SIGCONT)
        assert [process.wait(PATIENCE) for process in (frozen, second)] == [0, 0]
        sent = Counter(message.to for message in fake.ledger)

    states = _states(world, people)
    assert set(sent.values()) == {1}
    assert states["accepted"] + states["unknown"] == 60
