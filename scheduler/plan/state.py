"""A plan as its changes left it: one segment for each regimen it had, holds, and whether it was stopped."""

from typing import NamedTuple

from content.regimens import Regimen
from scheduler.plan.clinic_days import ClinicDays
from scheduler.plan.layout import NOTHING_CHANGED, Changed, Layout, lay_out_from
from scheduler.plan.shapes import NONE, Course, compiled


class Segment(NamedTuple):
    """A regimen from a day (ordinal) on, with the choices made and what was changed; ends where the next one starts."""

    regimen: Regimen
    start: int
    start_cycle: int = 1
    taken: frozenset[str] = NONE
    declined: frozenset[str] = NONE
    changed: Changed = NOTHING_CHANGED

    @property
    def course(self) -> Course:
        """The regimen with these choices made."""
        return compiled(self.regimen, self.taken, self.declined)


class PlanState(NamedTuple):
    """``holds``: from the first day of each (ordinal) to the day on which treatment went on.

    ``has_tail``: of a plan that was stopped, whether late side effects are still told of. ``clinic_days``: where visits
    go that nobody has put on a day of their own; None: any day is as good.
    """

    segments: tuple[Segment, ...]
    holds: tuple[tuple[int, int], ...] = ()
    held_from: int | None = None
    stopped_on: int | None = None
    has_tail: bool = True
    clinic_days: ClinicDays | None = None

    @property
    def is_changed(self) -> bool:
        """Something is not where the regimen alone would have it."""
        return len(self.segments) > 1 or self.segments[0].changed is not NOTHING_CHANGED

    def with_segment(self, number: int, segment: Segment) -> "PlanState":
        """The same with another segment in one place."""
        return self._replace(segments=(*self.segments[:number], segment, *self.segments[number + 1 :]))

    def layouts(self) -> list[Layout]:
        """The layout of each segment. Raises NoSuchCycleError."""
        first = self.segments[0]
        found = [lay_out_from(first.course, first.start, first.start_cycle, first.changed)]
        for number, segment in enumerate(self.segments[1:], 1):
            before = found[-1]
            # The caps of a drug that goes on count from where it began, however often its interval changed.
            shared = any(item in self.segments[number - 1].regimen.items for item in segment.regimen.items)
            found.append(
                lay_out_from(
                    segment.course,
                    segment.start,
                    segment.start_cycle,
                    segment.changed,
                    number=before.next_cycle,
                    segment=number,
                    caps_from=before.caps_from if shared else None,
                )
            )
        return found
