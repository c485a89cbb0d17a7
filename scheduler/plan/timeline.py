"""The events of a plan in the order of their dates, from any day on, as lazily as they are asked for."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from heapq import merge
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from content.plain import Plain
from scheduler.plan.attached import attached_events
from scheduler.plan.clinic_days import FURTHEST, ClinicDays
from scheduler.plan.cut_short import cut_short
from scheduler.plan.doses import LONGEST_GAP, Doses
from scheduler.plan.events import Event, Kind
from scheduler.plan.intervals import warnings
from scheduler.plan.layout import Layout
from scheduler.plan.runs import FOREVER, Dose, Run
from scheduler.plan.shapes import Track
from scheduler.plan.state import PlanState

STOPPED = "stopped"
CLOSED = Plain("the clinic has no visits on this day")


class Gap(NamedTuple):
    """Days off, as ordinals: the first, the last, the treatment that ends them (None: it is not to come)."""

    begin: int
    end: int
    after: int | None
    track: Track
    dose: Dose


class Timeline:
    """A plan's state laid out and read as doses, gaps and events. Raises NoSuchCycleError."""

    def __init__(self, state: PlanState, clinic_days: ClinicDays | None = None) -> None:
        layouts = state.layouts()
        self.state = state
        self.runs: Sequence[Run] = [run for layout in layouts for run in layout.runs]
        self.begins: Sequence[Run] = [run for layout in layouts for run in layout.begins]
        for run, after in pairwise(self.runs):
            run.next_start = after.start
        self.final: Layout = layouts[-1]
        entered = _entered(state, self.runs) if clinic_days is not None else ()
        self.planned = Doses(self.runs, clinic_days, entered, is_edited=state.is_changed)
        self.has_attached = any(run.stage.course.attached for run in self.runs)
        self._is_checked = state.is_changed or clinic_days is not None
        # From this day on nothing is given.
        ends = (day for day in (state.held_from, state.stopped_on) if day is not None)
        self.over = min(ends, default=FOREVER)

    @property
    def is_open(self) -> bool:
        """It goes on for ever."""
        return self.final.is_open and self.over == FOREVER

    def doses(self, first: int) -> Iterator[Dose]:
        """Every day on which something is given, from a day on."""
        for dose in self.planned.from_day(first):
            if dose.ordinal >= self.over:
                return
            yield dose

    def last_dose(self, before: int, track: Track | None = None) -> Dose | None:
        """The last dose before a day; of a track, the last within the longest gap."""
        return self.planned.last(min(before, self.over), track)

    def gap(self, ordinal: int) -> Kind | None:
        """What a day without treatment is told to be: rest where anything rests, between visits, or nothing."""
        place = self.planned.place(ordinal)
        if place is None or ordinal >= self.over or any(begin <= ordinal < end for begin, end in self.state.holds):
            return None
        kinds = set()
        for track in place[0].stage.course.tracks:
            if self.last_dose(ordinal, track) is not None and self._comes(track, ordinal):
                kinds.add(Kind.REST if track.is_rest else Kind.BETWEEN)
        return Kind.REST if Kind.REST in kinds else next(iter(kinds), None)

    def events(self, first: int) -> Iterator[Event]:
        """Every event that begins on a day or later, by date."""
        streams = [self._main(first), *attached_events(self, first)]
        return streams[0] if len(streams) == 1 else merge(*streams, key=itemgetter(2))

    def later_phases(self, first: int) -> Iterator[Event]:
        """The starts of phases from a day on, but for the one with which the plan begins."""
        return (_phase(run, begin) for begin, run in self._phases[1:] if first <= begin < self.over)

    def rows(self, first: int) -> Iterator[Dose | Gap]:
        """Days of giving, and the gaps after them, from a day on and by their first day."""
        over, holds = self.over, self.state.holds
        # From the day before: a gap that begins on the first day belongs to the dose before it.
        stream = self.planned.from_day(min([first - 1, *self._before_holds(first)]) if holds else first - 1)
        ahead: deque[Dose] = deque()
        while (dose := ahead.popleft() if ahead else next(stream, None)) is not None:
            ordinal = dose[0]
            if ordinal >= over:
                return
            if ordinal >= first:
                yield dose
            for track in dose[4].tracks:
                after = _next_in(track, ordinal, ahead, stream)
                if after <= ordinal + 1:
                    continue
                if not holds and ordinal + 1 >= first and after <= over:
                    yield Gap(ordinal + 1, after - 1, after if after < over else None, track, dose)
                    continue
                for begin, end in self._outside_holds(ordinal + 1, after - 1):
                    if begin >= first:
                        yield Gap(begin, end, after if after < over else None, track, dose)

    def _before_holds(self, first: int) -> Iterator[int]:
        """The last doses before the holds that reach a day: the gap after one may go on when its hold is over."""
        for hold, goes_on in self.state.holds:
            place = self.planned.place(hold) if goes_on >= first else None
            for track in place[0].stage.course.tracks if place else ():
                if (dose := self.last_dose(hold, track)) is not None:
                    yield dose.ordinal

    def end(self) -> Event | None:
        """How it ends: finished, stopped, or waiting for the clinic."""
        return self._ending

    @cached_property
    def _ending(self) -> Event | None:
        if self.final.is_open and self.over == FOREVER:
            return None
        dose = self.last_dose(FOREVER)
        if dose is None:
            return None
        over = dose.ordinal + 1
        name, kind, phase = "finished", Kind.FINISHED, dose.run.stage.id
        if self.over < FOREVER and self._goes_on():
            if self.state.stopped_on is None:
                return None
            over, name = self.state.stopped_on, STOPPED
        elif self.final.waiting:
            phase = self.final.waiting.id
            name, kind = f"{dose.run.prefix}{phase}/waiting", Kind.WAITING
        run, day = dose.run, dose.day + over - dose.ordinal
        return Event(
            name, kind, date.fromordinal(over), None, phase, run.plan_cycle + dose.at, run.cycle + dose.at, day
        )

    @cached_property
    def last_day(self) -> int:
        """No event is of a later day; FOREVER where there is no end yet."""
        end = self.end()
        if end is None:
            return FOREVER
        # A cycle may begin after the last dose, and other events follow either.
        starts = (run.start_of(run.length - 1) for run in self.runs if run.length is not None)
        offsets = (offset for run in self.runs for each in run.stage.course.attached for offset in each.offsets)
        return max([end.date.toordinal(), *starts]) + max([0, *offsets])

    def _main(self, first: int) -> Iterator[Event]:
        """Treatments, gaps, the starts of phases, and how it ends."""
        begins = deque((begin, run) for begin, run in self._phases if first <= begin < self.over)
        check = _Check(self.planned, first) if self._is_checked else None
        for row in self.rows(first):
            while begins and begins[0][0] <= row[0]:
                begin, run = begins.popleft()
                yield _phase(run, begin, tuple(cut_short(self.state, run, self.over)))
            if isinstance(row, Dose):
                yield _treatment(row, check.warnings(row) if check else ())
            else:
                yield _gap(row)
        # A phase of which nothing is left, because a cap or a skip came first, does not begin.
        end = self.end()
        if end is not None and end.date.toordinal() >= first:
            yield end

    @cached_property
    def _phases(self) -> Sequence[tuple[int, Run]]:
        """The first day and the first run of each phase: none begins later than the one after it."""
        found = []
        following = FOREVER
        for run in reversed(self.begins):
            following = min(following, self._begin(run))
            found.append((following, run))
        return found[::-1]

    def _begin(self, run: Run) -> int:
        """The first day of a phase: day 1 of its first cycle, or a visit of it that was put before that."""
        begin = run.begin
        if self._is_checked:
            for dose in self.planned.from_day(begin - FURTHEST):
                if dose.ordinal >= begin:
                    break
                if dose.run.stage is run.stage and dose.run.segment == run.segment:
                    return dose.ordinal
        return begin

    def _outside_holds(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """What is left of a gap when the days on hold, or after the end, are taken out."""
        end = min(end, self.over - 1)
        for hold, goes_on in self.state.holds:
            if begin <= end and hold <= end and begin < goes_on:
                if begin < hold:
                    yield begin, hold - 1
                begin = max(begin, goes_on)
        if begin <= end:
            yield begin, end

    def _goes_on(self) -> bool:
        """Without the hold or the stop there would be more."""
        return self.final.waiting is not None or next(self.planned.from_day(self.over), None) is not None

    def _comes(self, track: Track, ordinal: int) -> bool:
        for dose in self.planned.from_day(ordinal):
            if track in dose.slot.tracks:
                return True
            if dose.ordinal > ordinal + LONGEST_GAP:
                break
        return False


class _Check:
    """Reads doses in order from a day on, and says what is too close or too far apart."""

    def __init__(self, doses: Doses, first: int) -> None:
        self.doses = doses
        self.first = first
        self.clinic_days = doses.clinic_days
        self.previous: dict[str, Dose] = {}
        self.last = doses.last(first)

    def warnings(self, dose: Dose) -> tuple[str, ...]:
        """What staff must know about a dose."""
        for item in dose.slot.items:
            if item not in self.previous and (before := self.doses.last(self.first, item=item)) is not None:
                self.previous[item] = before
        told = tuple(warnings(dose, self.previous, self.last))
        if self.clinic_days is not None and dose.slot.setting == "visit" and not self.clinic_days.is_open(dose.ordinal):
            told = (*told, CLOSED)
        self.previous.update(dict.fromkeys(dose.slot.items, dose))
        self.last = dose
        return told


def _entered(state: PlanState, runs: Iterable[Run]) -> list[int]:
    """The days, ascending, on which somebody had treatment begin or go on."""
    dates = [day for segment in state.segments for day in (segment.start, *segment.changed.entered.values())]
    dates += [goes_on for _, goes_on in state.holds]
    return sorted([*dates, *(run.start_of(0) for run in runs if run.edit.before or run.edit.alone)])


def dose_name(dose: Dose) -> str:
    """The name of a treatment: it never changes, its date may."""
    run = dose.run
    return f"{run.prefix}{run.stage.id}/c{run.cycle + dose.at}/d{dose.day}/{dose.slot.suffix}"


def gap_name(gap: Gap) -> str:
    """The name of days off."""
    at, day = _place_of(gap)
    run, called = gap.dose.run, gap.track.called
    kind = f"{Kind.REST}-{called}" if gap.track.is_rest else Kind.BETWEEN
    return f"{run.prefix}{run.stage.id}/c{run.cycle + at}/d{day}/{kind}"


def _place_of(gap: Gap) -> tuple[int, int]:
    """The cycle, by its place in the run of the dose before, and the day of it on which days off begin."""
    run, at = gap.dose.run, gap.dose.at
    if (run.length is None or at + 1 < run.length) and gap.begin >= run.start_of(at + 1):
        return at + 1, gap.begin - run.start_of(at + 1) + 1
    return at, gap.dose.day + gap.begin - gap.dose.ordinal


def _gap(gap: Gap) -> Event:
    at, day = _place_of(gap)
    run, track = gap.dose.run, gap.track
    return Event(
        gap_name(gap),
        Kind.REST if track.is_rest else Kind.BETWEEN,
        date.fromordinal(gap.begin),
        date.fromordinal(gap.end),
        run.stage.id,
        run.plan_cycle + at,
        run.cycle + at,
        day,
        track.items if track.is_rest else (),
        called=track.called,
        next_date=None if gap.after is None else date.fromordinal(gap.after),
    )


def _treatment(dose: Dose, told: tuple[str, ...]) -> Event:
    ordinal, run, at, day, slot = dose
    return Event(
        dose_name(dose),
        Kind.TREATMENT,
        date.fromordinal(ordinal),
        None,
        run.stage.id,
        run.plan_cycle + at,
        run.cycle + at,
        day,
        slot.items,
        slot.route,
        told,
        slot,
    )


def _phase(run: Run, begin: int, told: tuple[str, ...] = ()) -> Event:
    phase = run.stage.id
    when = date.fromordinal(begin)
    name = f"{run.prefix}{phase}/start"
    return Event(name, Kind.PHASE, when, None, phase, run.plan_cycle, run.cycle, 1, warnings=told)


def _next_in(track: Track, ordinal: int, ahead: deque[Dose], stream: Iterator[Dose]) -> int:
    """The next day on which a track is given, looking ahead as far as a gap may be long; 0 where there is none."""
    for other in ahead:
        if track in other[4].tracks:
            return other[0]
    latest = ordinal + LONGEST_GAP
    for other in stream:
        ahead.append(other)
        if track in other[4].tracks:
            return other[0]
        if other[0] > latest:
            break
    return 0
