"""The events of a laid-out course in the order of their dates, from any day on, as lazily as they are asked for."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date
from heapq import merge
from operator import itemgetter

from scheduler.plan.attached import attached_events
from scheduler.plan.events import Event, Kind
from scheduler.plan.layout import Layout
from scheduler.plan.runs import Dose, Run
from scheduler.plan.shapes import Track

# No gap of a regimen is longer; what does not come back within it has ended.
LONGEST_GAP = 800


class Timeline:
    """Runs of one plan in order, read as doses, gaps and events."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.runs: list[Run] = [run for layout in layouts for run in layout.runs]
        self.begins: list[Run] = [run for layout in layouts for run in layout.begins]
        self.last = layouts[-1]
        self._starts = [run.start for run in self.runs]

    def doses(self, first: int) -> Iterator[Dose]:
        """Every day on which something is given, from a day on."""
        runs = self.runs
        for number in range(max(bisect_right(self._starts, first) - 1, 0), len(runs)):
            run = runs[number]
            index, length = run.index_at(first), run.length
            while length is None or index < length:
                for dose in run.doses(index):
                    if dose.ordinal >= first:
                        yield dose
                index += 1

    def last_dose(self, before: int, track: Track | None = None) -> Dose | None:
        """The last dose before a day; of a track, the last within the longest gap."""
        for number in range(bisect_right(self._starts, before - 1) - 1, -1, -1):
            run = self.runs[number]
            for index in range(run.index_at(before - 1), -1, -1):
                for dose in reversed(run.doses(index)):
                    if dose.ordinal < before and (track is None or track in dose.slot.tracks):
                        return dose
                if track is not None and run.start_of(index) < before - LONGEST_GAP:
                    return None
        return None

    def gap(self, ordinal: int) -> Kind | None:
        """What a day without treatment is told to be: rest where anything rests, between visits, or nothing."""
        place = self.place(ordinal)
        kinds = set()
        for track in place[0].stage.course.tracks if place else ():
            if self.last_dose(ordinal, track) is not None and self._comes(track, ordinal):
                kinds.add(Kind.REST if track.is_rest else Kind.BETWEEN)
        return Kind.REST if Kind.REST in kinds else next(iter(kinds), None)

    def _comes(self, track: Track, ordinal: int) -> bool:
        for dose in self.doses(ordinal):
            if track in dose.slot.tracks:
                return True
            if dose.ordinal > ordinal + LONGEST_GAP:
                break
        return False

    def place(self, ordinal: int) -> tuple[Run, int, int] | None:
        """The run, the cycle's index in it and the day of that cycle; None before the first cycle."""
        number = bisect_right(self._starts, ordinal) - 1
        if number < 0:
            return None
        run = self.runs[number]
        index = run.index_at(ordinal)
        return run, index, ordinal - run.start_of(index) + 1

    def events(self, first: int) -> Iterator[Event]:
        """Every event that begins on a day or later, by date."""
        streams = [self._main(first), *attached_events(self, first)]
        return streams[0] if len(streams) == 1 else merge(*streams, key=itemgetter(2))

    def _main(self, first: int) -> Iterator[Event]:
        """Treatments, gaps, the starts of phases, and how it ends."""
        begins = deque(run for run in self.begins if run.start >= first)
        for ordinal, event in self._rows(first):
            while begins and begins[0].start <= ordinal:
                yield _phase(begins.popleft())
            yield event
        yield from map(_phase, begins)
        yield from self._end(first)

    def _rows(self, first: int) -> Iterator[tuple[int, Event]]:
        # From the day before: a gap that begins on the first day belongs to the dose before it.
        stream = self.doses(first - 1)
        ahead: deque[Dose] = deque()
        while True:
            dose = ahead.popleft() if ahead else next(stream, None)
            if dose is None:
                return
            if dose.ordinal >= first:
                yield dose.ordinal, treatment(dose)
            for track in dose.slot.tracks:
                after = _next_in(track, dose, ahead, stream)
                if after is not None and after - dose.ordinal > 1:
                    yield dose.ordinal + 1, self._gap(track, dose, after)

    def _gap(self, track: Track, dose: Dose, after: int) -> Event:
        run, index, begin = dose.run, dose.at, dose.ordinal + 1
        if (run.length is None or index + 1 < run.length) and begin >= run.start_of(index + 1):
            index += 1
        cycle = run.cycle + index
        day = begin - run.start_of(index) + 1
        kind = Kind.REST if track.is_rest else Kind.BETWEEN
        return Event(
            f"{run.prefix}{run.stage.id}/c{cycle}/d{day}/{kind}{'-' if track.called else ''}{track.called}",
            kind,
            date.fromordinal(begin),
            date.fromordinal(after - 1),
            run.stage.id,
            run.plan_cycle + index,
            cycle,
            day,
            track.items if track.is_rest else (),
            called=track.called,
            next_date=date.fromordinal(after),
        )

    def _end(self, first: int) -> Iterator[Event]:
        last = self.last
        dose = None if last.is_open else self.last_dose(LAST_DAY)
        if dose is None or dose.ordinal + 1 < first:
            return
        run, cycle = dose.run, dose.run.cycle + dose.at
        when = date.fromordinal(dose.ordinal + 1)
        numbers = (run.plan_cycle + dose.at, cycle, dose.day + 1)
        if last.waiting:
            waits = last.waiting.id
            yield Event(f"{run.prefix}{waits}/waiting", Kind.WAITING, when, None, waits, *numbers)
        else:
            yield Event("finished", Kind.FINISHED, when, None, run.stage.id, *numbers)


LAST_DAY = 3_652_059


def treatment(dose: Dose) -> Event:
    """The event of a day on which something is given."""
    ordinal, run, index, day, slot = dose
    cycle = run.cycle + index
    return Event(
        f"{run.prefix}{run.stage.id}/c{cycle}/d{day}/{slot.suffix}",
        Kind.TREATMENT,
        date.fromordinal(ordinal),
        None,
        run.stage.id,
        run.plan_cycle + index,
        cycle,
        day,
        slot.items,
        slot.route,
        (),
        slot,
    )


def _phase(run: Run) -> Event:
    phase = run.stage.id
    when = date.fromordinal(run.start)
    return Event(f"{run.prefix}{phase}/start", Kind.PHASE, when, None, phase, run.plan_cycle, run.cycle, 1)


def _next_in(track: Track, dose: Dose, ahead: "deque[Dose]", stream: Iterator[Dose]) -> int | None:
    """The next day on which a track is given, looking ahead as far as a gap may be long."""
    for other in ahead:
        if track in other.slot.tracks:
            return other.ordinal
    latest = dose.ordinal + LONGEST_GAP
    for other in stream:
        ahead.append(other)
        if track in other.slot.tracks:
            return other.ordinal
        if other.ordinal > latest:
            break
    return None
