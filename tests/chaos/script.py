"""What is done in a run, drawn from a seed: the same seed gives the same steps in the same order."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

DANGER = ("I have chest pain", "I cant breathe", "my throat is swelling shut")
HARMLESS = ("SIDE EFFECTS", "NEXT", "FEVER", "HELP", "thank you", "EFECTOS", "C", "hello is anybody there")
FAULTS = (
    "reset",
    "reset_after_taking",
    "error_500_after_taking",
    "bad_gateway_after_taking",
    "hang_in_body",
    "empty",
    "throttled",
    "queue_full",
)
"""What goes wrong at Twilio meanwhile: calls that it never took, and calls that it took without our knowing."""
SCHEDULERS = WEBS = 2
_TEXTS_BETWEEN = 4
_KILLS_BETWEEN_OUTAGES = 20

Part = Literal["scheduler", "web", "web's worker", "web's parent"]


@dataclass(frozen=True, slots=True)
class Say:
    """A person, by number, texts; Twilio hands the form over again afterwards where it comes ``twice``."""

    person: int
    words: str
    twice: bool


@dataclass(frozen=True, slots=True)
class Kill:
    """A process is killed with SIGKILL after so many seconds, and started anew."""

    part: Part
    number: int
    after: float


@dataclass(frozen=True, slots=True)
class Restart:
    """A process is told to end (SIGTERM), as when a release is rolled out; it has to end well, and starts anew."""

    part: Literal["scheduler", "web"]
    number: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """A process stands still for so many seconds (SIGSTOP, SIGCONT), in whatever it was doing."""

    part: Literal["scheduler", "web"]
    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Fail:
    """The next calls to Twilio meet a fault."""

    kind: str
    times: int


@dataclass(frozen=True, slots=True)
class Outage:
    """The database goes away for so many seconds; a PostgreSQL of our own is restarted as after a crash."""

    seconds: float


Step = Say | Kill | Restart | Freeze | Fail | Outage


def script(seed: int, kills: int, people: int) -> Iterator[Step]:
    """The steps of a run with so many kills. Of every four people one texts STOP at some time, and nothing after it."""
    chance = Random(seed)
    stops = {person: chance.randrange(kills) for person in range(0, people, 4)}
    for turn in range(kills):
        yield from (Say(person, "STOP", chance.random() < 0.5) for person, when in stops.items() if when == turn)
        for _ in range(chance.randrange(_TEXTS_BETWEEN + 1)):
            person = chance.randrange(people)
            if person in stops and stops[person] <= turn:
                continue
            words = chance.choice(DANGER if chance.random() < 0.3 else HARMLESS)
            yield Say(person, words, chance.random() < 0.3)
        if chance.random() < 0.3:
            yield Fail(chance.choice(FAULTS), chance.randint(1, 3))
        if turn % _KILLS_BETWEEN_OUTAGES == min(kills, _KILLS_BETWEEN_OUTAGES) // 4:
            yield Outage(chance.uniform(3.5, 5))
        if chance.random() < 0.1:
            yield Restart(chance.choice(("scheduler", "web")), chance.randrange(SCHEDULERS))
        if chance.random() < 0.1:
            yield Freeze(chance.choice(("scheduler", "web")), chance.randrange(SCHEDULERS), chance.uniform(0.5, 4))
        yield _kill(chance)


def _kill(chance: Random) -> Kill:
    after = chance.uniform(0.05, 1.5)
    if chance.random() < 0.6:
        return Kill("scheduler", chance.randrange(SCHEDULERS), after)
    part: Part = chance.choice(("web", "web's worker", "web's parent"))
    return Kill(part, chance.randrange(WEBS), after)
