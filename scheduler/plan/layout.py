"""A course laid out over the days: runs of cycles at equal distance, and the few dates between them.

Everything is counted, nothing is walked: a run of a thousand cycles costs as much as a run of one. All days here are
ordinals (``date.toordinal``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from content.plain import Plain
from content.regimen_format.model import Courses, StartKind
from scheduler.plan.dates import step, steps_before
from scheduler.plan.runs import FOREVER, UNCHANGED, CycleEdit, Run
from scheduler.plan.shapes import Course, Stage

Place = tuple[str, int]  # the id of a phase, and the number of a cycle in it


@dataclass(frozen=True, slots=True)
class Changed:
    """How a course departs from its regimen: edits of cycles, entered dates, and the day from which it is over."""

    edits: Mapping[Place, CycleEdit] = field(default_factory=dict)
    entered: Mapping[str, int] = field(default_factory=dict)
    until: int = FOREVER


NOTHING_CHANGED = Changed()


class Layout(NamedTuple):
    """The runs of a course in order, and the first run of each stage.

    ``waiting``: the stage that waits for the clinic. ``is_open``: it goes on for ever. ``next_cycle``: the number after
    that of the last cycle; of no meaning where it is open. ``caps_from``: the day from which the course's caps count.
    """

    runs: list[Run]
    begins: list[Run]
    waiting: Stage | None
    is_open: bool
    next_cycle: int
    caps_from: int


class NoSuchCycleError(ValueError):
    """A plan that should start in a cycle that its regimen does not have."""


def lay_out(
    course: Course,
    start: int,
    changed: Changed = NOTHING_CHANGED,
    *,
    first_cycle: int = 1,
    segment: int = 0,
    caps_from: int | None = None,
) -> Layout:
    """The layout of a course whose first cycle starts on a day and is numbered ``first_cycle`` in the plan.

    ``segment``: how many switches came before. ``caps_from``: the day from which the caps of the whole course count
    (default: its start).
    """
    return _Builder(course, start, changed, first_cycle=first_cycle, segment=segment, caps_from=caps_from).build()


def lay_out_from(
    course: Course,
    start: int,
    start_cycle: int,
    changed: Changed = NOTHING_CHANGED,
    *,
    number: int | None = None,
    segment: int = 0,
    caps_from: int | None = None,
) -> Layout:
    """The layout of a course joined in the middle: cycle ``start_cycle`` begins on ``start``, none before it is there.

    What counts from the beginning (caps, courses at offsets) counts from where the beginning would have been. Phases
    before that wait for a date are taken to have started at once. ``number``: that of this cycle in the plan (default:
    its own); ``segment`` and ``caps_from`` as for `lay_out`. Raises NoSuchCycleError.
    """
    joined = start_cycle if number is None else number
    first_cycle = joined - start_cycle + 1
    if start_cycle == 1:
        return lay_out(course, start, changed, first_cycle=first_cycle, segment=segment, caps_from=caps_from)
    begin, place, off = _beginning(course, start, start_cycle)
    if off:
        edits = {**changed.edits, place: changed.edits.get(place, UNCHANGED).shifted(off)}
        changed = Changed(edits, changed.entered, changed.until)
    builder = _Builder(
        course, begin, changed, first_cycle=first_cycle, segment=segment, caps_from=caps_from, assumed=joined
    )
    return _joined(builder.build(), joined)


@lru_cache(maxsize=1_024)
def _beginning(course: Course, start: int, start_cycle: int) -> tuple[int, Place, int]:
    """Where a course would have begun whose cycle starts on a day: that day, the cycle, and how many days it is off."""

    def cycle_of(begin: int) -> tuple[Run, int]:
        return _find(_Builder(course, begin, NOTHING_CHANGED, assumed=start_cycle).build(), start_cycle)

    run, index = cycle_of(start)
    guess = 2 * start - run.start_of(index)
    best = (guess, ("", 0), FOREVER)
    # Months are not all equally long, so that the beginning may lie a few days off the guess.
    for nudge in (0, 1, -1, 2, -2, 3, -3):
        run, index = cycle_of(guess + nudge)
        off = start - run.start_of(index)
        if abs(off) < abs(best[2]):
            best = (guess + nudge, (run.stage.id, run.cycle + index), off)
    return best


def _find(layout: Layout, plan_cycle: int) -> tuple[Run, int]:
    for run in layout.runs:
        index = plan_cycle - run.plan_cycle
        if index >= 0 and (run.length is None or index < run.length):
            return run, index
    cycles = layout.next_cycle - 1
    raise NoSuchCycleError(
        Plain("This plan has {cycles} cycles: it cannot start in cycle {cycle}.", cycles=cycles, cycle=plan_cycle)
    )


def _joined(layout: Layout, plan_cycle: int) -> Layout:
    """Without the cycles before one of the plan."""
    run, index = _find(layout, plan_cycle)
    at = layout.runs.index(run)
    runs = [run.without(index), *layout.runs[at + 1 :]]
    begins = [begin for begin in layout.begins if begin in runs]
    return layout._replace(runs=runs, begins=begins)


class _Anchor(NamedTuple):
    """The first day and the last planned dose of a phase, and by how many days changes had moved each."""

    start: int
    start_moved: int
    end: int
    end_moved: int


class _Builder:
    def __init__(
        self,
        course: Course,
        start: int,
        changed: Changed,
        *,
        first_cycle: int = 1,
        segment: int = 0,
        caps_from: int | None = None,
        assumed: int = 0,
    ) -> None:
        self.course = course
        self.start = start
        self.changed = changed
        self.segment = segment
        self.assumed = assumed  # phases before this cycle are taken to start as soon as they can
        self.runs: list[Run] = []
        self.begins: list[Run] = []
        self.first_cycle = self.next_cycle = first_cycle
        self.cycle_end = start
        self.moved = 0
        self.is_over = False
        self.phase_ends = FOREVER  # of the present one, by its own weeks
        self.anchors: dict[str, _Anchor] = {}
        self.until = changed.until
        self.caps_from = start if caps_from is None else caps_from
        for cap in course.caps:
            self.until = min(self.until, step(self.caps_from, cap, 1))
        if course.before is not None:
            self.until = min(self.until, course.before)

    def build(self) -> Layout:
        waiting = None
        is_open = False
        for number, stage in enumerate(self.course.stages):
            begin = self._begin(stage)
            if begin is None:
                if not is_open and self.last_dose + 1 < self.until:
                    waiting = stage
                break
            runs = len(self.runs)
            until = self.until
            if self.changed.entered:
                until = min(until, self._next_entered(number))
            is_open = self._stage(stage, begin, until)
            self.begins.extend(self.runs[runs : runs + 1])
            if self.is_over:
                break
        return Layout(self.runs, self.begins, waiting, is_open, self.next_cycle, self.caps_from)

    def _begin(self, stage: Stage) -> int | None:
        """The first day of a stage, as far as it does not depend on courses; None if it waits."""
        start = stage.phase.start
        entered = self.changed.entered.get(stage.id)
        if self.assumed > self.next_cycle and start.kind is StartKind.DATE and entered is None:
            return self.last_dose + max(start.minimum_wait, 1)
        if stage.is_pending and entered is None:
            return None
        if start.kind is StartKind.PLAN:
            return self.start
        if start.kind is StartKind.GAP:
            return step(self.last_dose, start.gap, 1)
        if start.kind is StartKind.DATE:
            return entered
        return self.cycle_end

    def _next_entered(self, number: int) -> int:
        """An entered date ends the phases before it, an open one too."""
        later = (self.changed.entered.get(stage.id) for stage in self.course.stages[number + 1 :])
        return min((date for date in later if date is not None), default=FOREVER)

    def _stage(self, stage: Stage, begin: int, until: int) -> bool:
        """Lays out a stage from its first day; True when it goes on for ever."""
        phase, start_moved = stage.phase, self.moved
        most = phase.cycles
        self.phase_ends = step(begin, phase.lasts, 1) if phase.lasts else FOREVER
        if phase.courses:
            begin = self._courses(stage, phase.courses, until)
        else:
            until = min(until, self.phase_ends)
            self._lay(stage, begin, 1, most, until)
            self.cycle_end = until if most is None else min(self.cycle_end, until)
        if self.course.has_anchors:
            self.anchors[stage.id] = _Anchor(begin, start_moved, self.last_dose, self.moved)
        return phase.is_open and until == FOREVER and self.course.most_cycles is None

    def _courses(self, stage: Stage, courses: Courses, until: int) -> int:
        anchor = self.anchors[courses.anchor]
        base, moved = (anchor.end, anchor.end_moved) if courses.from_end else (anchor.start, anchor.start_moved)
        cycle = 1
        for offset in courses.offsets:
            origin = max(step(base, offset, 1) + self.moved - moved, self.cycle_end)
            cycle = self._lay(stage, origin, cycle, courses.cycles, until)
        return step(base, courses.offsets[0], 1)

    def _lay(self, stage: Stage, origin: int, cycle: int, count: int | None, until: int) -> int:
        """Adds ``count`` cycles from ``origin`` on, fewer where a cap comes first; gives the number that follows."""
        end = FOREVER if count is None else cycle + count
        if (most := self.course.most_cycles) is not None:
            end = min(end, cycle + most - (self.next_cycle - self.first_cycle))
        first = 0
        for at in self._edited_cycles(stage.id, cycle) if self.changed.edits else ():
            if at >= end:
                break
            if at > cycle:
                self._add(stage, cycle, origin, first, at - cycle, until)
                first += at - cycle
            edit = self.changed.edits[stage.id, at]
            if edit.before:
                origin, first = step(origin, stage.cycle, first) + edit.before, 0
            self._add(stage, at, origin, first, 1, until, edit)
            first += 1
            if edit.later:
                origin, first = step(origin, stage.cycle, first) + edit.later, 0
            self.moved += edit.before + edit.later
            end += edit.uncounted
            cycle = at + 1
        if cycle < end:
            self._add(stage, cycle, origin, first, None if end >= FOREVER else end - cycle, until)
            first += end - cycle
        if end < FOREVER:
            self.cycle_end = step(origin, stage.cycle, first)
        return end

    def _edited_cycles(self, phase: str, cycle: int) -> list[int]:
        return sorted(at for edited, at in self.changed.edits if edited == phase and at >= cycle)

    def _add(
        self,
        stage: Stage,
        cycle: int,
        origin: int,
        first: int,
        length: int | None,
        until: int,
        edit: CycleEdit = UNCHANGED,
    ) -> None:
        if until < FOREVER:
            room = steps_before(origin, stage.cycle, until) - first
            if length is None or room < length:
                length = room
                # What the phase's own weeks leave out ends the phase alone.
                left_out = until == self.until and step(origin, stage.cycle, first + room) < self.phase_ends
                self.is_over = self.is_over or left_out
            if length <= 0:
                return
        run = Run(stage, cycle, self.next_cycle, origin, first, length, until, edit, self.segment)
        self.runs.append(run)
        if length is not None:
            self.next_cycle += length

    @property
    def last_dose(self) -> int:
        """The last planned dose so far; the first day before there is any."""
        planned = (run.last_planned() for run in reversed(self.runs))
        return next((dose for dose in planned if dose is not None), self.start)
