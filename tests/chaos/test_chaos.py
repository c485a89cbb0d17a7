"""A few kills of each kind; `make chaos` has many more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from content.library import load
from tests import postgres
from tests.chaos.clinic import PEOPLE
from tests.chaos.run import chaos
from tests.chaos.script import Kill, Outage, Say, script
from tests.conftest import DIALECTS
from tests.postgres import Postgres


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that no other test has a connection to: it goes down in the middle."""
    with postgres.running() as server:
        yield server


@pytest.mark.parametrize("dialect", DIALECTS)
def test_whatever_is_killed_no_text_is_lost_or_doubled_and_every_danger_is_answered(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("own_postgres") if dialect == "postgresql" else None
    steps: list[str] = []
    evidence, faults, kills = chaos(tmp_path, load(), server, script(5, 3, PEOPLE), steps.append)
    assert not faults, "\n".join([*faults, "after", *steps])
    assert kills > 3
    assert evidence.taken
    assert len(evidence.ledger) > PEOPLE


def test_the_same_seed_gives_the_same_steps_with_as_many_kills_as_asked_for() -> None:
    steps = list(script(7, 30, PEOPLE))
    assert steps == list(script(7, 30, PEOPLE))
    assert steps != list(script(8, 30, PEOPLE))
    assert sum(isinstance(step, Kill) for step in steps) == 30
    assert sum(isinstance(step, Outage) for step in steps) == 2


def test_who_texted_stop_in_a_script_texts_nothing_after_it() -> None:
    stopped: set[int] = set()
    for step in script(7, 40, PEOPLE):
        if isinstance(step, Say):
            assert step.person not in stopped
            if step.words == "STOP":
                stopped.add(step.person)
    assert len(stopped) == PEOPLE // 4
