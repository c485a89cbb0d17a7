"""Where an absolute week of a course falls: the phase, the cycle and the day of it, before anything was changed."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from content.regimen_format.model import Phase, StartKind, includes


class Place(NamedTuple):
    """A day of a cycle of a phase; all from 1."""

    phase: str
    cycle: int
    day: int


def place_of_week(phases: Iterable[Phase], taken: frozenset[str], week: int) -> Place | None:
    """The place of the first day of a week (0 is the first) on a path of phases with these choices taken.

    None where it cannot be said: after calendar months, courses at offsets or a date that the clinic enters.
    """
    target, begin = week * 7, 0
    path: list[Phase | None] = [phase for phase in phases if phase.condition.holds(taken)]
    for phase, following in pairwise([*path, None]):
        if phase is None or not phase.cycle.days or phase.start.kind in (StartKind.DATE, StartKind.COURSES):
            return None
        length, count = phase.cycle.days, phase.cycles
        if count is None and phase.lasts is not None:
            count = -(-phase.lasts.days // length) or None
        end = None if count is None else begin + count * length
        if count is not None and following is not None and following.start.kind is StartKind.GAP:
            end = begin + (count - 1) * length + _last_day(phase, taken, count) - 1 + following.start.gap.days
        if end is None or target < end:
            cycle = (target - begin) // length + 1
            if count is not None:
                cycle = min(cycle, count)
            return Place(phase.id, cycle, target - begin - (cycle - 1) * length + 1)
        begin = end
    return None


def _last_day(phase: Phase, taken: frozenset[str], cycle: int) -> int:
    gives = [give for give in phase.gives if give.condition.holds(taken) and includes(give.in_cycles, cycle)]
    return max((give.days[-1] if give.days else phase.cycle.days for give in gives), default=1)
