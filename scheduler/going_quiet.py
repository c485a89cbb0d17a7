"""Who has gone quiet: patients who text us less than they used to. Pure.

Somebody who has texted at least three times has a habit: the time from their first text to their last, over the gaps
between. They have gone quiet once they have said nothing for three times as long, and for as many days as their clinic
has set at least. It says nothing of how they are: it says whom a nurse might ring.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.console_today import Habit

LEAST_TEXTS = 3
TIMES_AS_LONG = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A patient who has said nothing for ``days``, and used to text every ``usually`` days."""

    patient_id: int
    days: int
    usually: float


def quiet_ones(habits: Iterable[Habit], now: datetime, least_days: int, most: int) -> list[Quiet]:
    """Who has gone quiet, for ``least_days`` or longer; up to ``most``, those of the longest silence for them first."""
    found = []
    for habit in habits:
        if habit.texts < LEAST_TEXTS:
            continue
        usual = max((habit.last - habit.first) / (habit.texts - 1), _DAY)
        silence = now - habit.last
        if silence >= max(least_days * _DAY, TIMES_AS_LONG * usual):
            found.append((silence / usual, Quiet(habit.patient_id, silence // _DAY, usual / _DAY)))
    found.sort(key=lambda each: (-each[0], each[1].patient_id))
    return [each for _, each in found[:most]]
