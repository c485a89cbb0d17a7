"""Each bench at its smallest: it runs, and its verdict is that nothing was lost or doubled."""

import json
from collections import Counter

import pytest

from bench.__main__ import main
from bench.day import differing

SMALLEST = {
    "sending": ["--reminders", "12", "--rounds", "1", "--latency", "0", "--schedulers", "2", "--on", "sqlite"],
    "outage": ["--due", "12", "--schedulers", "1", "--on", "sqlite"],
    "idle": ["--idle-plans", "12", "--ticks", "1", "--on", "sqlite"],
    "day": ["--enrolled", "60"],
    "console": ["--clinics", "1", "--console-patients", "40", "--history", "400", "--asked", "1"],
}


@pytest.mark.parametrize("which", SMALLEST)
def test_a_bench_that_plays_the_program_finds_nothing_wrong(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([which, *SMALLEST[which]]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines
    assert all(line["bench"] == which for line in lines)
    assert which == "idle" or any(line.get("agree") for line in lines)


def test_what_the_calendars_have_and_no_text_told_is_named() -> None:
    due, by_hand = Counter({("a", "today"): 2, ("b", "today"): 1}), Counter({("a", "today"): 2, ("c", "today"): 0})

    assert differing(Counter(due), due, by_hand) == {}
    assert differing(Counter({("a", "today"): 1, ("c", "today"): 3}), due, by_hand) == {
        "a today": (1, 2),
        "b today": (0, 1),
        "c today": (3, 0),
    }
