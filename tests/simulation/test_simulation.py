"""Some seeds of the simulation: nothing is found, and a seed goes the same way whenever it is played."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.house import ROOT
from tests.simulation.bugs import BUGS, Bug
from tests.simulation.play import in_quiet, play
from tests.simulation.run import Stage

SEEDS = range(3)
"""Few; `make simulate` plays a thousand."""
MOST_SEEDS = 12
"""Within so many a bug must be caught."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with in_quiet(), Stage.built() as built:
        yield built


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_found_in_a_run(stage: Stage, seed: int) -> None:
    played = play(stage, seed)
    assert not played.findings, str(played)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_that_is_put_in_is_caught(stage: Stage, bug: Bug) -> None:
    caught, found = BUGS[bug], set()
    for seed in range(caught.first, caught.first + MOST_SEEDS):
        found |= {finding.rule for finding in play(stage, seed, bug=bug, troubles=caught.troubles).findings}
        if found & caught.rules:
            return
    pytest.fail(f"{MOST_SEEDS} seeds did not show it; other rules found: {sorted(found)}")


def test_a_seed_goes_the_same_way_whatever_order_python_gives_its_sets() -> None:
    one, other = (_trace_of_a_run(order) for order in ("1", "2"))
    assert one == other
    assert len(one) > 20


def _trace_of_a_run(order: str) -> list[str]:
    command = [sys.executable, "-m", "tests.simulation", "--seed", "3", "--days", "2", "--trace"]
    environment = {**os.environ, "PYTHONHASHSEED": order}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return ended.stdout.splitlines()[:-1]  # the last line says how long it took
