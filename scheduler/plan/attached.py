"""Events that belong to others at a fixed distance: cell collections, blood tests, scans, the wash-off next morning."""

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

from content.regimen_format.model import Attached, includes
from scheduler.plan.events import Event, Kind
from scheduler.plan.runs import Run

if TYPE_CHECKING:
    from scheduler.plan.timeline import Timeline

# The day an attached event counts from, and where it stands: run, index of the cycle in it, day of the cycle.
Cause = tuple[int, Run, int, int]


def attached_events(timeline: "Timeline", first: int) -> Iterator[Iterator[Event]]:
    """One stream, by date, for each attached event of the plan and each of its offsets."""
    seen = set()
    for run in timeline.runs:
        course = run.stage.course
        if (course, run.prefix) not in seen:
            seen.add((course, run.prefix))
            for attached in course.attached:
                for offset in attached.offsets:
                    yield _stream(timeline, attached, offset, first, run.prefix)


def _stream(timeline: "Timeline", attached: Attached, offset: int, first: int, prefix: str) -> Iterator[Event]:
    for ordinal, run, index, day in _causes(timeline, attached, first - offset, prefix):
        yield _event(attached, offset, ordinal + offset, run, index, day)


def _causes(timeline: "Timeline", attached: Attached, first: int, prefix: str) -> Iterator[Cause]:
    """What an attached event belongs to, from a day on."""
    if attached.item is not None:
        return _doses(timeline, attached, attached.item, first, prefix)
    if attached.edge == "cycle":
        return _cycles(timeline, attached, first, prefix)
    return _edge(timeline, attached, first, prefix)


def _doses(timeline: "Timeline", attached: Attached, item: str, first: int, prefix: str) -> Iterator[Cause]:
    final = timeline.runs[-1]
    last = _last_cycle(attached, final.stage.last_cycle_with(item))
    for ordinal, run, index, day, slot in timeline.doses(first):
        if run is final and last is not None and run.cycle + index > last:
            return
        if item in slot.items and run.prefix == prefix and _has(attached, run.cycle + index):
            yield ordinal, run, index, day


def _cycles(timeline: "Timeline", attached: Attached, first: int, prefix: str) -> Iterator[Cause]:
    for run in timeline.runs:
        if run.prefix != prefix:
            continue
        last = _last_cycle(attached, None)
        for index in count(run.index_at(first)) if run.length is None else range(run.index_at(first), run.length):
            if last is not None and run.cycle + index > last:
                break
            start = run.start_of(index)
            if start >= timeline.over:
                return
            if start >= first and _has(attached, run.cycle + index):
                yield start, run, index, 1


def _edge(timeline: "Timeline", attached: Attached, first: int, prefix: str) -> Iterator[Cause]:
    """The first day or the last dose of a phase, or of the whole course."""
    runs = [run for run in timeline.runs if run.prefix == prefix and attached.phase in (None, run.stage.id)]
    if not runs or runs[0].begin >= timeline.over:
        return
    if attached.edge == "start":
        if runs[0].cycle == 1 and runs[0].begin >= first:
            yield runs[0].begin, runs[0], 0, 1
    elif _ends(timeline, runs[-1], is_whole=attached.phase is None):
        dose = timeline.last_dose(runs[-1].next_start)
        if dose is not None and dose.ordinal >= first:
            yield dose.ordinal, dose.run, dose.at, dose.day


def _ends(timeline: "Timeline", last: Run, *, is_whole: bool) -> bool:
    """Whether a phase, or the whole course, is over after its last run: not on hold, and waiting for nothing more."""
    if timeline.state.stopped_on is not None:
        return True
    if last.length is None or (is_whole and timeline.final.waiting is not None):
        return False
    return timeline.state.held_from is None or last.next_start <= timeline.state.held_from


def _has(attached: Attached, cycle: int) -> bool:
    return includes(attached.in_cycles, cycle) and (cycle - attached.in_cycles[0][0]) % attached.every == 0


def _last_cycle(attached: Attached, last_given: int | None) -> int | None:
    """After this cycle of the phase it does not come again; None where it goes on."""
    return min((end for end in (attached.in_cycles[-1][1], last_given) if end is not None), default=None)


def _event(attached: Attached, offset: int, ordinal: int, run: Run, index: int, day: int) -> Event:
    kind = Kind.PAIRED if attached.is_paired else Kind.LINKED
    cycle = run.cycle + index
    name = attached.name.replace(" ", "-")
    if len(attached.offsets) > 1:
        name = f"{name}{offset:+d}"
    end = None if attached.lasts is None else date.fromordinal(ordinal + attached.lasts - 1)
    return Event(
        f"{run.prefix}{run.stage.id}/c{cycle}/d{day}/{kind}/{name}",
        kind,
        date.fromordinal(ordinal),
        end,
        run.stage.id,
        run.plan_cycle + index,
        cycle,
        day + offset,
        (attached.name,),
        None if attached.item is None else str(run.stage.course.regimen.items[attached.item].route),
    )
