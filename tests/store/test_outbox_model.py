"""The outbox against a model of the world around it: hypothesis takes steps in any order, and shortens what fails.

`HYPOTHESIS_PROFILE=explore` looks at twenty times as many runs. The model is tested itself: each of the bugs that
`tests/store/outbox_bugs.py` puts in must make it fail within `FEW` runs.
"""

import sqlite3

import hypothesis
import pytest
from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test

from content.library import Library, load
from store.database import Database
from tests.store.outbox_bugs import BUGS, Bug
from tests.store.outbox_model import Outbox
from tests.store.sample import add_sample
from tests.store.steps import guard_steps

FEW = 300


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def test_the_outbox_holds_in_whatever_order_things_happen(database: Database, library: Library) -> None:
    default = hypothesis.settings.default
    assert default is not None
    few = hypothesis.settings(max_examples=default.max_examples // 3, stateful_step_count=40)
    run_state_machine_as_test(_machine(database, library), settings=few)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_that_is_put_in_is_found(sqlite: Database, library: Library, bug: Bug) -> None:
    quick = hypothesis.settings(
        max_examples=FEW,
        stateful_step_count=40,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
    )
    with bug(), pytest.raises((AssertionError, sqlite3.IntegrityError)):
        run_state_machine_as_test(_machine(sqlite, library), settings=quick)


def _machine(database: Database, library: Library) -> type[Outbox]:
    guard_steps(database)
    with database.writing() as tx:
        sample = add_sample(tx)
    return type("OutboxHere", (Outbox,), {"database": database, "sample": sample, "library": library})
