"""What an entered date leaves out of the phases before it, where they had not come to their end."""

from collections.abc import Iterator

from scheduler.plan.intervals import TooSoon
from scheduler.plan.layout import Changed
from scheduler.plan.runs import Run
from scheduler.plan.state import PlanState


def cut_short(state: PlanState, run: Run, over: int) -> Iterator[TooSoon]:
    """A sentence for each phase of which something would still have been given, had the one that begins here waited on.

    ``run``: its first. A phase without an end goes on until then, as it is meant to. Nothing is given from ``over`` on.
    """
    segment = state.segments[run.segment]
    begin = segment.changed.entered.get(run.stage.id)
    if begin is None:
        return
    stages = [stage.id for stage in segment.course.stages]
    earlier = stages[: stages.index(run.stage.id)]
    entered = {phase: day for phase, day in segment.changed.entered.items() if phase in earlier}
    waiting = segment._replace(changed=Changed(segment.changed.edits, entered, segment.changed.until))
    runs = state.with_segment(run.segment, waiting).layouts()[run.segment].runs
    for phase in earlier:
        lost = [
            (other.plan_cycle + dose.at, dose.ordinal)
            for other in runs
            if other.stage.id == phase and not other.stage.phase.is_open
            for dose in (*other.doses_on(other.index_at(begin), begin), *other.moved_doses())
            if begin <= dose.ordinal < over
        ]
        if lost:
            yield TooSoon(_sentence(phase, sorted({cycle for cycle, _ in lost}), len({day for _, day in lost})))


def _sentence(phase: str, cycles: list[int], days: int) -> str:
    of = f"cycle {cycles[0]}" if len(cycles) == 1 else f"cycles {cycles[0]} to {cycles[-1]}"
    return f"{phase}: {days} planned treatment {'day falls' if days == 1 else 'days fall'} away ({of})"
