"""The calendar engine: the next reminder after an instant for many plans of mixed regimens, and a year of one plan.

Time is that of this process alone, so that what else the machine does weighs little. Courses of very different age show
that a plan costs the same however long it has run.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from time import process_time

from content.regimens import Regimen, load_regimens
from scheduler.plan import show
from scheduler.plan.calendar import Calendar
from scheduler.plan.reminders import upcoming

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/Madrid", "Australia/Sydney")
OPEN_FOR_EVER = "len_maint"
_YEAR = 365

Plan = tuple[Regimen, date, str]


def measure(*, plans: int, rounds: int) -> Iterator[dict[str, object]]:
    """A line for the mix, one for each age of a course that goes on for ever, and one for a year's preview."""
    regimens = list(load_regimens().values())
    chance = random.Random(1)
    # People begin on any weekday of the last two years, on any regimen.
    mixed = [
        (
            chance.choice(regimens),
            _weekday(NOW.date() - timedelta(days=chance.randrange(2 * _YEAR))),
            chance.choice(ZONES),
        )
        for _ in range(plans)
    ]
    yield {"bench": "planning", "of": "next reminder, mixed regimens", "plans": plans, **_next(mixed, rounds)}
    regimen = next(each for each in regimens if each.id == OPEN_FOR_EVER)
    for years in (0, 1, 10, 50):
        begins = [
            NOW.date() - timedelta(days=years * _YEAR + chance.randrange(1, 200)) for _ in range(min(plans, 10_000))
        ]
        aged = [(regimen, begin, ZONES[0]) for begin in begins]
        yield {
            "bench": "planning", "of": f"next reminder, {OPEN_FOR_EVER} begun {years} years ago", "plans": len(aged),
            **_next(aged, rounds),
        }  # fmt: skip
    for name in ("pembro_q3w", "avelumab"):
        one = next(each for each in regimens if each.id == name)
        texts, milliseconds = _year(one, rounds)
        yield {"bench": "planning", "of": f"a year's preview, {name}", "texts": texts, "ms": round(milliseconds, 2)}


def _next(plans: Sequence[Plan], rounds: int) -> dict[str, object]:
    """Microseconds a plan, the median of the rounds and the best."""
    taken = []
    found = 0
    for _ in range(rounds):
        began = process_time()
        found = sum(_next_of(*plan) is not None for plan in plans)
        taken.append((process_time() - began) / len(plans) * 1e6)
    return {"with_next": found, "us_a_plan": round(statistics.median(taken), 1), "us_best": round(min(taken), 1)}


def _next_of(regimen: Regimen, start: date, zone: str) -> datetime | None:
    coming = upcoming(
        Calendar(regimen, start),
        timezone=zone,
        window_from=time(9),
        window_until=time(20),
        visit_time=time(10, 30),
        after=NOW,
    )
    first = next(coming, None)
    return None if first is None else first.due_at


def _year(regimen: Regimen, rounds: int) -> tuple[int, float]:
    """How many texts a year of a plan has, and milliseconds to work them out."""
    taken = []
    texts = 0
    start = NOW.date()
    for number in range(max(rounds, 5)):
        began = process_time()
        calendar = Calendar(regimen, start + timedelta(days=number))
        texts = len(show.preview(calendar, timezone=ZONES[0], visit_time=None, until=start + timedelta(days=_YEAR)))
        taken.append((process_time() - began) * 1e3)
    return texts, statistics.median(taken)


def _weekday(day: date) -> date:
    return day - timedelta(days=max(day.weekday() - 4, 0))
