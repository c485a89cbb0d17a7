"""The days on which something is given, by date: as planned, with visits moved alone, and on the clinic's days."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from heapq import merge as merge_sorted
from itertools import chain
from operator import itemgetter

from scheduler.plan.clinic_days import FURTHEST, ClinicDays
from scheduler.plan.runs import UNCHANGED, Dose, Run
from scheduler.plan.shapes import Slot, Track

# No gap of a regimen is longer; what does not come back within it has ended.
LONGEST_GAP = 800


class Doses:
    """The runs of a plan in order, read as days of giving from any day on.

    ``entered``: days, ascending, on which somebody had treatment begin or go on: for the clinic's days no visit that is
    planned from such a day on comes before it.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        clinic_days: ClinicDays | None = None,
        entered: Sequence[int] = (),
        *,
        is_edited: bool = True,
    ) -> None:
        self.runs = runs
        self.clinic_days = clinic_days
        self._entered = entered
        self._starts = [run.start for run in runs]
        self._moved: list[Dose] = []
        if is_edited:
            moved = (dose for run in runs if run.edit is not UNCHANGED for dose in run.moved_doses())
            self._moved = sorted(moved, key=itemgetter(0))

    def from_day(self, first: int) -> Iterator[Dose]:
        """Every day on which something is given, from a day on."""
        if self.clinic_days is None and not self._moved:
            return self._planned(first)
        return self._final(first)

    def last(self, before: int, track: Track | None = None, item: str | None = None) -> Dose | None:
        """The last dose before a day; of a track or of an item, the last within the longest gap."""
        if self.clinic_days is None and not self._moved:
            return self._last_planned(before, track, item)
        found = None
        for back in (FURTHEST, 4 * FURTHEST, LONGEST_GAP, before):
            for dose in self._final(before - back):
                if dose.ordinal >= before:
                    break
                if _is_wanted(dose.slot, track, item):
                    found = dose
            if found is not None or (back == LONGEST_GAP and (track is not None or item is not None)):
                break
        return found

    def place(self, ordinal: int) -> tuple[Run, int, int] | None:
        """The run, the place of the cycle in it and the day of that cycle; None before the first cycle."""
        number = bisect_right(self._starts, ordinal) - 1
        if number < 0:
            return None
        run = self.runs[number]
        at = run.index_at(ordinal)
        return run, at, ordinal - run.start_of(at) + 1

    def _planned(self, first: int) -> Iterator[Dose]:
        at = bisect_right(self._starts, first) - 1
        if at >= 0 and at + 1 == len(self.runs):
            # Mostly the last run is on, which needs nothing around it.
            run = self.runs[at]
            return run.doses_on(run.index_at(first), first)
        runs = self.runs[max(at, 0) :]
        return chain.from_iterable(run.doses_on(run.index_at(first), first) for run in runs)

    def _last_planned(self, before: int, track: Track | None, item: str | None) -> Dose | None:
        is_bounded = track is not None or item is not None
        for number in range(bisect_right(self._starts, before - 1) - 1, -1, -1):
            run = self.runs[number]
            for at in range(run.index_at(before - 1), -1, -1):
                for dose in run.doses_before(at, before):
                    if _is_wanted(dose.slot, track, item):
                        return dose
                if is_bounded and run.start_of(at) < before - LONGEST_GAP:
                    return None
        return None

    def _final(self, first: int) -> Iterator[Dose]:
        planned: Iterable[Dose] = self._planned(first)
        if self.clinic_days is not None:
            planned = _in_order(self._snapped(self.clinic_days, first - FURTHEST))
        moved = [dose for dose in self._moved if dose.ordinal >= first]
        merged = merge_sorted((dose for dose in planned if dose.ordinal >= first), moved, key=itemgetter(0))
        return _one_a_day(merged)

    def _snapped(self, clinic_days: ClinicDays, first: int) -> Iterator[Dose]:
        """The planned doses with visits on the clinic's days; a day may give two, and they may be out of order."""
        for dose in self._planned(first):
            ordinal, slot = dose.ordinal, dose.slot
            there = ordinal
            if slot.setting == "visit":
                known = bisect_right(self._entered, ordinal)
                there = clinic_days.place(ordinal, self._entered[known - 1] if known else 0)
            if there == ordinal:
                yield dose
            elif slot.parts:
                yield dose._replace(slot=slot.parts[1])
                yield dose._replace(ordinal=there, slot=slot.parts[0])
            else:
                yield dose._replace(ordinal=there)


def joined(visit: Slot, other: Slot) -> Slot:
    """What two slots give together on one day; the first one leads."""
    items = tuple(dict.fromkeys((*visit.items, *other.items)))
    return replace(
        visit,
        items=items,
        home=visit.home or other.home,
        called=visit.called or other.called,
        tracks=tuple(dict.fromkeys((*visit.tracks, *other.tracks))),
        labels=(*visit.labels, *other.labels),
        doubled=tuple(item for item in other.items if item in visit.items),
        parts=None,
    )


def _is_wanted(slot: Slot, track: Track | None, item: str | None) -> bool:
    return (track is None or track in slot.tracks) and (item is None or item in slot.items)


def _in_order(doses: Iterable[Dose]) -> Iterator[Dose]:
    """Doses that may be out of order by up to the furthest way to a clinic day, by date."""
    heap: list[tuple[int, int, Dose]] = []
    planned = 0
    for number, dose in enumerate(doses):
        planned = max(planned, dose.ordinal)
        heappush(heap, (dose.ordinal, number, dose))
        while heap and heap[0][0] < planned - 2 * FURTHEST:
            yield heappop(heap)[2]
    while heap:
        yield heappop(heap)[2]


def _one_a_day(doses: Iterable[Dose]) -> Iterator[Dose]:
    held: Dose | None = None
    for dose in doses:
        if held is None or held.ordinal != dose.ordinal:
            if held is not None:
                yield held
            held = dose
            continue
        lead, other = (held, dose) if held.slot.setting else (dose, held)
        held = lead._replace(slot=joined(lead.slot, other.slot))
    if held is not None:
        yield held
