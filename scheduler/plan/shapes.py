"""A regimen with its choices made, compiled for counting: which days of which cycle give what.

Compiled once for each regimen and set of choices and then shared by every plan. A phase becomes a `Stage`; what a cycle
of it gives is a `Shape` of `Slot`s, one for each day. Cycles repeat sooner or later, so shapes are kept by their class.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from content.regimen_format.model import (
    Attached,
    Extra,
    Give,
    Item,
    OffDays,
    Phase,
    Route,
    Stay,
    includes,
)
from content.regimen_format.weeks import place_of_week
from content.regimens import Regimen

NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Track:
    """Items whose days off are told together: rest (one track for each word they are called by) or between visits.

    Tracks of two regimens are equal when they would be told alike, so that a gap goes on over a switch.
    """

    is_rest: bool
    called: str
    items: tuple[str, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Slot:
    """What one day of a cycle gives.

    ``setting``: "visit", "pump" or "hospital" where something is given by a professional; ``home``: "pill" or "cream"
    where the patient takes something alone, and ``called`` their word for it. ``gaps``: item, least and most days since
    its last dose, where the regimen says so. ``doubled``: items of which two doses fell on the day. ``parts``: where
    both happen on one day, the visit alone and the rest alone; None else.
    """

    items: tuple[str, ...]
    route: str
    setting: str | None
    home: str | None
    called: str | None
    tracks: tuple[Track, ...]
    is_admission: bool
    watch_hours: float | None
    premedication: bool
    labels: tuple[str, ...]
    gaps: tuple[tuple[str, int, int | None], ...] = ()
    doubled: tuple[str, ...] = ()
    parts: "tuple[Slot, Slot] | None" = None

    @property
    def suffix(self) -> str:
        """The last part of the event's name."""
        return self.setting or self.home or ""


class Shape(NamedTuple):
    """The days of a cycle, ascending, with what each gives."""

    days: tuple[int, ...]
    slots: tuple[Slot, ...]


class Stage:
    """A phase with its choices made; ``is_pending``: whether it comes at all is still to be decided."""

    def __init__(self, course: "Course", phase: Phase, *, is_pending: bool) -> None:
        self.course = course
        self.phase = phase
        self.is_pending = is_pending
        self.id = phase.id
        self.cycle = phase.cycle
        self.gives = [give for give in phase.gives if give.condition.holds(course.taken)]
        self._stays = [stay for stay in phase.stays if stay.condition.holds(course.taken)]
        self.extras: list[tuple[int, int, Extra]] = []
        self._has_weekdays = any(give.weekdays for give in self.gives)
        self._shapes: dict[int, Shape] = {}
        self._gaps: dict[str, int] = {}
        self._settled = 0
        self._period = 1
        self._classify()

    def add_extra(self, cycle: int, day: int, extra: Extra) -> None:
        """One more dose on a day of a cycle of this phase."""
        self.extras.append((cycle, day, extra))
        self._classify()

    def shape(self, cycle: int, start: int) -> Shape:
        """What a cycle of the phase, from 1, gives when its day 1 has this ordinal."""
        kind = cycle if cycle <= self._settled else self._settled + 1 + (cycle - self._settled - 1) % self._period
        weekday = (start + 6) % 7 if self._has_weekdays else 0
        key = kind * 7 + weekday
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = self._make(cycle, weekday)
        return shape

    def last_cycle_with(self, item: str) -> int | None:
        """The last cycle that gives an item as far as the regimen says; None where no cycle is the last, 0 for none."""
        edges = [last for give in self.gives if give.item == item for _, last in give.in_cycles]
        edges += [cycle for cycle, _, extra in self.extras if extra.item == item]
        return None if None in edges else max((edge for edge in edges if edge is not None), default=0)

    def least_gap(self, item: str) -> int:
        """The fewest days that the phase itself plans between two doses of an item; months are taken as short ones."""
        gap = self._gaps.get(item)
        if gap is None:
            length = self.cycle.days or 30 * self.cycle.months - 2
            days = [
                cycle * length + day
                for cycle in range(self.classes + 2)
                for day, slot in zip(*self.shape(cycle + 1, cycle * length + 1), strict=True)
                if item in slot.items
            ]
            gap = self._gaps[item] = min((after - day for day, after in pairwise(days)), default=length)
        return gap

    @property
    def classes(self) -> int:
        """After so many cycles every shape of the phase has been seen."""
        return self._settled + self._period

    def _classify(self) -> None:
        ranges = [give.in_cycles for give in self.gives] + [stay.in_cycles for stay in self._stays]
        named = [edge for pairs in ranges for pair in pairs for edge in pair if edge is not None]
        self._settled = max([0, *named, *(cycle for cycle, _, _ in self.extras)])
        clocks = [give.every // gcd(give.every, self.cycle.days) for give in self.gives if give.every]
        self._period = lcm(*clocks) if clocks else 1

    def _make(self, cycle: int, weekday: int) -> Shape:
        given: dict[int, list[Give]] = {}
        for give in self.gives:
            if includes(give.in_cycles, cycle):
                for day in self._days(give, cycle, weekday):
                    given.setdefault(day, []).append(give)
        for at, day, extra in self.extras:
            if at == cycle:
                given.setdefault(day, []).append(Give(extra.item, label=extra.label))
        days = tuple(sorted(given))
        stays = [stay for stay in self._stays if includes(stay.in_cycles, cycle)]
        return Shape(days, tuple(self._slot(day, given, stays) for day in days))

    def _slot(self, day: int, given: dict[int, list[Give]], stays: list[Stay]) -> Slot:
        """A whole day, with its parts where a visit and something taken at home meet."""
        items = self.course.regimen.items
        home = [give for give in given[day] if items[give.item].at_home]
        visit = [give for give in given[day] if not items[give.item].at_home]
        whole = self._part(day, given, stays, given[day])
        if not (home and visit):
            return whole
        return replace(whole, parts=(self._part(day, given, stays, visit), self._part(day, given, stays, home)))

    def _days(self, give: Give, cycle: int, weekday: int) -> Iterable[int]:
        length = self.cycle.days
        if give.weekdays:
            return [day for day in range(1, length + 1) if (weekday + day - 1) % 7 in give.weekdays]
        if give.every:
            # Days of the phase are counted from 0; the item's own clock ticks at first, first + every, ...
            first, begin = give.days[0] - 1, (cycle - 1) * length
            tick = begin + (first - begin) % give.every
            return [day - begin + 1 for day in range(tick, begin + length, give.every) if day >= first]
        return give.days

    def _part(self, day: int, given: dict[int, list[Give]], stays: list[Stay], gives: list[Give]) -> Slot:
        course = self.course
        names = {give.item for give in gives}
        items = [item for name, item in course.regimen.items.items() if name in names]
        visit = [item for item in items if not item.at_home]
        home = [item for item in items if item.at_home]
        in_hospital = any(day in stay.days for stay in stays)
        pump_goes_on = all(
            item.route is Route.PUMP and any(give.item == item.name for give in given.get(day - 1, ()))
            for item in visit
        )
        setting = None
        if visit:
            setting = "hospital" if in_hospital else "pump" if pump_goes_on else "visit"
        return Slot(
            items=tuple(item.name for item in (*visit, *home)),
            route=str(next((give.route for give in gives if give.route), (visit or home)[0].route)),
            setting=setting,
            home=_home(home),
            called=home[0].called if home else None,
            tracks=tuple(track for track in course.tracks if names & set(track.items)),
            is_admission=any(day in stay.days and day - 1 not in stay.days for stay in stays),
            watch_hours=max((give.watch_hours for give in gives if give.watch_hours), default=None),
            premedication=any(give.premedication for give in gives),
            labels=tuple(give.label for give in gives if give.label),
            gaps=tuple((give.item, *give.gap) for give in gives if give.gap),
        )


class Course:
    """A regimen with its choices made: its stages in order, its tracks, its attached events, its caps.

    ``most_cycles``, ``caps`` (spans from its start) and ``before`` (an ordinal) end it, whichever comes first.
    """

    def __init__(self, regimen: Regimen, taken: frozenset[str], declined: frozenset[str]) -> None:
        self.regimen = regimen
        self.taken = taken
        self.tracks = _tracks(regimen.items.values())
        asked = {choice.id for choice in regimen.choices if choice.waits} - taken - declined
        self.stages = tuple(
            Stage(self, phase, is_pending=phase.condition.only_if in asked)
            for phase in regimen.phases
            if phase.condition.holds(taken) or phase.condition.only_if in asked
        )
        self.attached: tuple[Attached, ...] = tuple(each for each in regimen.attached if each.condition.holds(taken))
        self.has_anchors = any(stage.phase.courses for stage in self.stages)
        stops = [stop for stop in regimen.stops if stop.condition.holds(taken)]
        self.most_cycles = min((stop.cycles for stop in stops if stop.cycles), default=None)
        self.caps = tuple(stop.lasts for stop in stops if stop.lasts)
        self.before = min((stop.before.toordinal() for stop in stops if stop.before), default=None)
        for extra in regimen.extras:
            place = place_of_week(regimen.phases, taken, extra.week)
            for stage in self.stages:
                if place is not None and stage.id == place.phase:
                    stage.add_extra(place.cycle, place.day, extra)


@lru_cache(maxsize=1_024)
def compiled(regimen: Regimen, taken: frozenset[str] = NONE, declined: frozenset[str] = NONE) -> Course:
    """The course of a regimen with these choices taken and declined; the same arguments give the same object."""
    return Course(regimen, taken, declined)


def _home(items: list[Item]) -> str | None:
    if not items:
        return None
    return "cream" if items[0].route is Route.CREAM else "pill"


def _tracks(items: Iterable[Item]) -> tuple[Track, ...]:
    visits = tuple(item.name for item in items if item.off_days is OffDays.BETWEEN)
    resting: dict[str, list[str]] = {}
    for item in items:
        if item.off_days is OffDays.REST:
            resting.setdefault(item.called or "", []).append(item.name)
    between = [Track(False, "", visits)] if visits else []
    return (*between, *(Track(True, called, tuple(names)) for called, names in resting.items()))
