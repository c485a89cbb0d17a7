"""A run: cycles of one phase that follow each other at equal distance, and what each day of them gives."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import NamedTuple

from scheduler.plan.dates import step, steps_before
from scheduler.plan.shapes import Slot, Stage

FOREVER = 3_652_059  # 9999-12-31


@dataclass(frozen=True, slots=True)
class CycleEdit:
    """What changes did to one cycle.

    ``before``: it and all that follows come so many days later. ``alone``: only it does, and it ends where the next one
    starts. ``inner``: from that day of the cycle on, everything comes so many days later. ``cut``: from that day of the
    cycle on nothing is given. ``skipped``: days not given. ``moved``: days whose visit alone comes so many days later
    (or earlier). ``uncounted``: the phase gets one more cycle for it.
    """

    before: int = 0
    alone: int = 0
    inner: tuple[tuple[int, int], ...] = ()
    cut: int | None = None
    skipped: frozenset[int] = frozenset()
    moved: tuple[tuple[int, int], ...] = ()
    uncounted: bool = False

    @property
    def later(self) -> int:
        """By how many days the following cycle comes later because of what happened within this one."""
        return sum(days for _, days in self.inner)

    def shifted(self, days: int) -> "CycleEdit":
        """The same, and the cycle and all that follows so many days later."""
        return replace(self, before=self.before + days)


UNCHANGED = CycleEdit()


class Dose(NamedTuple):
    """One day's giving: its ordinal, the cycle by its place in a run (``at``, from 0), its day, and what is given."""

    ordinal: int
    run: "Run"
    at: int
    day: int
    slot: Slot


class Run:
    """Cycles of one phase at equal distance, counted from an origin.

    ``cycle`` and ``plan_cycle``: the number of its first cycle in the phase and in the plan, which is ``first`` cycles
    after ``origin``. ``length``: how many, None for ever. Nothing is given on the day ``until`` or later. ``segment``:
    how many switches of the regimen came before.
    """

    __slots__ = (
        "cycle",
        "days",
        "edit",
        "first",
        "length",
        "next_start",
        "origin",
        "plan_cycle",
        "prefix",
        "segment",
        "stage",
        "start",
        "until",
    )

    def __init__(
        self,
        stage: Stage,
        cycle: int,
        plan_cycle: int,
        origin: int,
        first: int,
        length: int | None,
        until: int,
        edit: CycleEdit,
        segment: int,
    ) -> None:
        self.stage = stage
        self.cycle = cycle
        self.plan_cycle = plan_cycle
        self.origin = origin
        self.first = first
        self.length = length
        self.until = until
        self.edit = edit
        self.segment = segment
        self.prefix = f"s{segment}." if segment else ""
        self.days = stage.cycle.days  # the length of a cycle; 0 where it is counted in months
        self.start = step(origin, stage.cycle, first)  # as planned: a delay of this cycle alone moves no boundary
        self.next_start = FOREVER  # where the following run takes over

    @property
    def begin(self) -> int:
        """Day 1 of the first cycle."""
        return min(self.start_of(0), self.next_start)

    def start_of(self, index: int) -> int:
        """Day 1 of a cycle by its index in the run."""
        if self.days:
            return self.start + self.days * index + self.edit.alone
        return step(self.origin, self.stage.cycle, self.first + index) + self.edit.alone

    def index_at(self, ordinal: int) -> int:
        """The cycle that is running on a day; the first one before it, the last one after it."""
        if ordinal <= self.start or self.length == 1:
            return 0
        if self.days:
            index = (ordinal - self.start) // self.days
        else:
            index = steps_before(self.origin, self.stage.cycle, ordinal + 1) - 1 - self.first
        return index if self.length is None else min(index, self.length - 1)

    def without(self, cycles: int) -> "Run":
        """The run without its first cycles."""
        if not cycles:
            return self
        run = Run(
            self.stage,
            self.cycle + cycles,
            self.plan_cycle + cycles,
            self.origin,
            self.first + cycles,
            None if self.length is None else self.length - cycles,
            self.until,
            self.edit,
            self.segment,
        )
        run.next_start = self.next_start
        return run

    def doses(self, index: int, first: int = 0) -> Iterator[Dose]:
        """What a cycle gives from a day on, day by day; visits that were moved to another day are not among them."""
        return takewhile(lambda dose: dose.at == index, self.doses_on(index, first))

    def doses_on(self, index: int, first: int) -> Iterator[Dose]:
        """As `doses`, of a cycle and of all that follow it in the run."""
        if self.edit is not UNCHANGED:
            start = self.start_of(index)
            doses = self._edited(start, *self.stage.shape(self.cycle + index, start))
            yield from (dose for dose in doses if dose.ordinal >= first)
            return
        stage, cycle, length, until = self.stage, self.cycle, self.length, self.until
        while length is None or index < length:
            start = self.start_of(index)
            before = start - 1
            days, slots = stage.shape(cycle + index, start)
            for at in range(bisect_left(days, first - before), len(days)):
                ordinal = before + days[at]
                if ordinal >= until:
                    return
                yield Dose(ordinal, self, index, days[at], slots[at])
            index += 1

    def doses_before(self, index: int, before: int) -> Iterator[Dose]:
        """What a cycle gives before a day, the last one first; visits that were moved are not among them."""
        start = self.start_of(index)
        days, slots = self.stage.shape(self.cycle + index, start)
        if self.edit is not UNCHANGED:
            yield from (dose for dose in reversed(self._edited(start, days, slots)) if dose.ordinal < before)
            return
        for at in range(bisect_left(days, min(before, self.until) - start + 1) - 1, -1, -1):
            yield Dose(start - 1 + days[at], self, index, days[at], slots[at])

    def moved_doses(self) -> list[Dose]:
        """The visits of an edited cycle that were moved alone."""
        days, slots = self.stage.shape(self.cycle, self.start_of(0))
        shifts = dict(self.edit.moved)
        doses = []
        for day, slot in zip(days, slots, strict=True):
            if day in shifts and self._is_given(day):
                ordinal = self.planned_on(0, day) + shifts[day]
                if ordinal < self.until:
                    doses.append(Dose(ordinal, self, 0, day, slot.parts[0] if slot.parts else slot))
        return doses

    def planned_on(self, index: int, day: int) -> int:
        """Where a day of a cycle is before its visit is moved alone, or goes to a day on which the clinic is open."""
        return self.start_of(index) - 1 + day + self._inner(day)

    def last_planned(self) -> int | None:
        """The day of the last dose as planned: where it would be had it not been skipped or moved alone."""
        if self.length is None:
            return None
        for index in range(self.length - 1, max(-1, self.length - 1 - self.stage.classes), -1):
            start = step(self.origin, self.stage.cycle, self.first + index)
            for day in reversed(self.stage.shape(self.cycle + index, start).days):
                ordinal = start - 1 + day + self._inner(day)
                if ordinal < self.until:
                    return ordinal
        return None

    def _inner(self, day: int) -> int:
        return sum(later for since, later in self.edit.inner if day >= since)

    def _is_given(self, day: int) -> bool:
        return day not in self.edit.skipped and (self.edit.cut is None or day < self.edit.cut)

    def _edited(self, start: int, days: tuple[int, ...], slots: tuple[Slot, ...]) -> list[Dose]:
        last = min(self.until, self.next_start if self.edit.alone else FOREVER)
        moved = dict(self.edit.moved)
        doses = []
        for day, slot in zip(days, slots, strict=True):
            ordinal = start - 1 + day + self._inner(day)
            if ordinal >= last or not self._is_given(day):
                continue
            if day not in moved:
                doses.append(Dose(ordinal, self, 0, day, slot))
            elif slot.parts:
                doses.append(Dose(ordinal, self, 0, day, slot.parts[1]))
        return doses
