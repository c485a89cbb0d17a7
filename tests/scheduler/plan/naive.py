"""The calendar a second time, slow and obvious: day by day over the rules, with nothing counted ahead."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from content.regimen_format.model import Give, OffDays, Phase, Span, StartKind, includes
from content.regimens import Regimen

DAY = timedelta(days=1)


class Given(NamedTuple):
    """What is given on one day."""

    date: date
    phase: str
    cycle: int
    cycle_in_phase: int
    day: int
    items: frozenset[str]


class Gap(NamedTuple):
    """A row of days off."""

    first: date
    last: date
    is_rest: bool


def later(day: date, span: Span, times: int = 1) -> date:
    """So many spans after a day; months keep the day of the month where they can."""
    if span.days:
        return day + span.days * times * DAY
    year, month = day.year, day.month
    for _ in range(span.months * times):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def treatments(regimen: Regimen, start: date, horizon: date) -> list[Given]:
    """Every treatment day of a course without choices, before a horizon."""
    stops = list(regimen.stops)
    over = min(
        [horizon, *(later(start, stop.lasts) for stop in stops if stop.lasts), *(s.before for s in stops if s.before)]
    )
    most = min((stop.cycles for stop in stops if stop.cycles), default=None)
    found: list[Given] = []
    number = 0
    last = cycle_end = start
    first_days: dict[str, date] = {}
    last_days: dict[str, date] = {}
    for phase in regimen.phases:
        begin = start
        if phase.start.kind is StartKind.GAP:
            begin = later(last, phase.start.gap)
        elif phase.start.kind is StartKind.CYCLE_END:
            begin = cycle_end
        for place, cycle, day_one, following in _cycles(phase, begin, cycle_end, first_days, last_days):
            if phase.lasts and day_one >= later(begin, phase.lasts):
                break
            if day_one >= over or number == most:
                return found
            number += 1
            first_days.setdefault(phase.id, day_one)
            day = day_one
            while day < following:
                if day < over and not (phase.lasts and day >= later(begin, phase.lasts)):
                    items = frozenset(
                        give.item for give in phase.gives if _is_given(give, phase, cycle, day, day_one, place)
                    )
                    if items:
                        found.append(Given(day, phase.id, number, cycle, (day - day_one).days + 1, items))
                        last = day
                day += DAY
            cycle_end = following
        if phase.lasts:
            cycle_end = min(cycle_end, later(begin, phase.lasts))
        last_days[phase.id] = last
    return found


def _cycles(
    phase: Phase, begin: date, free: date, first_days: dict[str, date], last_days: dict[str, date]
) -> Iterator[tuple[date, int, date, date]]:
    """Where the cycles of a phase lie: the day they count from, the number, day 1 and day 1 of the next one.

    No course begins before the day on which the cycles before it are over.
    """
    if phase.courses:
        cycle = 0
        anchors = last_days if phase.courses.from_end else first_days
        for offset in phase.courses.offsets:
            origin = max(later(anchors[phase.courses.anchor], offset), free)
            free = later(origin, phase.cycle, phase.courses.cycles)
            for within in range(phase.courses.cycles):
                cycle += 1
                yield origin, cycle, later(origin, phase.cycle, within), later(origin, phase.cycle, within + 1)
        return
    cycle = 0
    while phase.cycles is None or cycle < phase.cycles:
        cycle += 1
        yield begin, cycle, later(begin, phase.cycle, cycle - 1), later(begin, phase.cycle, cycle)


def _is_given(give: Give, phase: Phase, cycle: int, day: date, day_one: date, origin: date) -> bool:
    if not includes(give.in_cycles, cycle):
        return False
    if give.weekdays:
        return day.weekday() in give.weekdays
    if give.every:
        begin = day_one - (cycle - 1) * phase.cycle.days * DAY
        since = (day - begin).days - (give.days[0] - 1)
        return since >= 0 and since % give.every == 0
    return (day - day_one).days + 1 in give.days


def gaps(regimen: Regimen, given: list[Given]) -> list[Gap]:
    """The days off between treatments: of all visits together, and of each resting word alone."""
    words: dict[str, set[str]] = {}
    for item in regimen.items.values():
        if item.off_days is not OffDays.UNTOLD:
            words.setdefault("" if item.off_days is OffDays.BETWEEN else item.called or "", set()).add(item.name)
    found = []
    for word, items in words.items():
        days = sorted({row.date for row in given if row.items & items})
        for day, after in pairwise(days):
            if after - day > DAY:
                found.append(Gap(day + DAY, after - DAY, bool(word)))
    return sorted(found)


def on_open_days(
    regimen: Regimen, given: list[Given], is_open: Callable[[date], bool], snap: str, start: date
) -> dict[date, frozenset[str]]:
    """What is given on which day when visits go to open ones; what is taken at home stays where it is."""
    found: dict[date, frozenset[str]] = {}
    for row in given:
        visit = frozenset(item for item in row.items if not regimen.items[item].at_home)
        for day, items in ((_open_day(row.date, is_open, snap, start), visit), (row.date, row.items - visit)):
            if items:
                found[day] = found.get(day, frozenset()) | items
    return found


def _open_day(planned: date, is_open: Callable[[date], bool], snap: str, start: date) -> date:
    if snap == "none":
        return planned
    around = [planned + days * DAY for days in range(-31, 32)]
    if snap == "on_or_after":
        around = [day for day in around if day >= planned]
    around = [day for day in around if day >= start and is_open(day)]
    # Of two equally near the later one.
    return min(around, key=lambda day: (abs(day - planned), day < planned), default=planned)


class Course:
    """An open-ended course of one phase as a list of its treatment days, changed by hand."""

    def __init__(self, regimen: Regimen, start: date, horizon: date) -> None:
        self.rows = self._planned = treatments(regimen, start, horizon)
        (phase,) = regimen.phases
        cycles = {row.cycle for row in self.rows}
        self.alone: set[int] = set()
        self.starts = {cycle: later(start, phase.cycle, cycle - 1) for cycle in [*cycles, max(cycles) + 1]}

    def delay(self, cycle: int, days: int) -> None:
        """This cycle and all that follow come later."""
        self._shift(lambda row: row.cycle >= cycle, days)
        self._shift_starts(cycle, days)

    def delay_alone(self, cycle: int, days: int) -> None:
        """This cycle comes later, and ends where the next one starts."""
        self._shift(lambda row: row.cycle == cycle, days)
        self.alone.add(cycle)
        following = self.starts[cycle + 1]
        self.rows = [row for row in self.rows if row.cycle != cycle or row.date < following]

    def pause(self, held: date, on: date, *, is_new: bool) -> None:
        """Nothing from one day to another, and then the same cycle or a new one."""
        missed = min((row for row in self.rows if row.date >= held), key=lambda row: row.date)
        is_first = missed.day == min(row.day for row in self._planned if row.cycle == missed.cycle)
        if not is_new:
            if missed.date < on:
                self._shift(lambda row: row.date >= missed.date, (on - missed.date).days)
                self._shift_starts(missed.cycle + (not is_first), (on - missed.date).days)
            return
        following = missed.cycle if is_first else missed.cycle + 1
        self.rows = [row for row in self.rows if row.date < missed.date or row.cycle >= following]
        days = (on - self.starts[following]).days
        self._shift(lambda row: row.cycle >= following, days)
        self._shift_starts(following, days)

    def skip(self, day: date) -> None:
        """Nothing on this day."""
        self.rows = [row for row in self.rows if row.date != day]

    def move(self, day: date, to: date) -> None:
        """What was on one day is on another."""
        self.rows = [row._replace(date=to) if row.date == day else row for row in self.rows]

    def _shift(self, is_meant: Callable[[Given], bool], days: int) -> None:
        self.rows = [row._replace(date=row.date + days * DAY) if is_meant(row) else row for row in self.rows]

    def _shift_starts(self, cycle: int, days: int) -> None:
        for number in self.starts:
            if number >= cycle:
                self.starts[number] += days * DAY
