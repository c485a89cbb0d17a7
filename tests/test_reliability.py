"""Each of the 37 bugs in docs/reliability.md names a test, and the test is there."""

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reliability.md"
ROWS = re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \| (.*?) \|$", PAGE.read_text(), re.MULTILINE)


@cache
def _defined() -> set[str]:
    return {name for path in TESTS.rglob("*.py") for name in re.findall(r"def (\w+)\(", path.read_text())}


def test_there_are_37_of_them() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 38))


@pytest.mark.parametrize(("number", "bug", "why", "test"), ROWS, ids=[row[0] for row in ROWS])
def test_each_says_what_makes_it_impossible_and_by_which_test(number: str, bug: str, why: str, test: str) -> None:
    named = re.findall(r"`(\w+)`", test)
    assert {*named} <= _defined(), (number, bug)
    assert why
    assert named or test.startswith("simulation")
    assert "no test" not in test
