"""A plan's calendar: a regimen, a start and its changes, read as dated events."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from content.regimens import Regimen
from scheduler.plan.changes import Change
from scheduler.plan.clinic_days import ClinicDays
from scheduler.plan.events import DayState, Event, Kind
from scheduler.plan.layout import NoSuchCycleError
from scheduler.plan.replay import replay, timeline_of
from scheduler.plan.state import PlanState, Segment
from scheduler.plan.timeline import Timeline

__all__ = ["Calendar", "DayState", "Event", "Kind", "NoSuchCycleError"]


class Calendar:
    """The course of one plan. Making one costs little; nothing is worked out that is not asked for.

    ``start`` is day 1 of cycle ``start_cycle``; earlier cycles are not part of the calendar. ``changes`` are replayed
    in their order; visits that no change has put on a day go to ``clinic_days``, where they are given. Raises
    NoSuchCycleError when the regimen has fewer cycles, ChangeError when a change cannot be made.
    """

    def __init__(
        self,
        regimen: Regimen,
        start: date,
        start_cycle: int = 1,
        changes: Sequence[Change] = (),
        clinic_days: ClinicDays | None = None,
    ) -> None:
        self.start = start
        if changes:
            self.timeline = timeline_of(replay(_state(regimen, start.toordinal(), start_cycle, clinic_days), changes))
        else:
            self.timeline = _as_planned(regimen, start.toordinal(), start_cycle, clinic_days)

    @property
    def regimen(self) -> Regimen:
        """The regimen that the plan follows now: after a switch the one switched to."""
        return self.timeline.state.segments[-1].regimen

    @property
    def is_open(self) -> bool:
        """The plan goes on for ever."""
        return self.timeline.is_open

    def end(self) -> Event | None:
        """How the plan ends: finished, stopped, or waiting for the clinic; None while it goes on or is on hold."""
        return self.timeline.end()

    def events(self, first: date | None = None, last: date | None = None) -> Iterator[Event]:
        """The events whose ``date`` is in a range (both days included, None: no limit), in the order of their dates.

        Without ``last`` an open-ended plan goes on for ever.
        """
        for event in self.timeline.events(date.min.toordinal() if first is None else first.toordinal()):
            if last is not None and event.date > last:
                return
            yield event

    def on(self, day: date) -> DayState:
        """Where a day stands: phase, cycle, day of the cycle, and the treatments around it."""
        ordinal = day.toordinal()
        place = self.timeline.planned.place(ordinal)
        previous = self.timeline.last_dose(ordinal)
        coming = self.timeline.doses(ordinal)
        at = following = next(coming, None)
        kind = None
        if at is not None and at.ordinal == ordinal:
            kind, following = Kind.TREATMENT, next(coming, None)
        elif previous is not None:
            kind = self.timeline.gap(ordinal)
        run, in_run, day_of_cycle = place or (None, 0, 0)
        last = at if kind is Kind.TREATMENT else previous
        if last is not None and run is not None and last.run.plan_cycle + last.at >= run.plan_cycle + in_run:
            # After a pause within the cycle its days are counted on from the last dose; the first may have come early.
            run, in_run, day_of_cycle = last.run, last.at, last.day + ordinal - last.ordinal
        return DayState(
            phase=run.stage.id if run else None,
            cycle=run.plan_cycle + in_run if run else None,
            cycle_in_phase=run.cycle + in_run if run else None,
            day=day_of_cycle if run else None,
            kind=kind,
            next=None if following is None else date.fromordinal(following.ordinal),
            previous=None if previous is None else date.fromordinal(previous.ordinal),
        )


# A plan is looked at with every reminder, and most are as planned: who began on one day has the same timeline. Each
# takes two kilobytes; forty regimens have so many in three years.
@lru_cache(maxsize=32_768)
def _as_planned(regimen: Regimen, start: int, start_cycle: int, clinic_days: ClinicDays | None) -> Timeline:
    return timeline_of(_state(regimen, start, start_cycle, clinic_days))


def _state(regimen: Regimen, start: int, start_cycle: int, clinic_days: ClinicDays | None) -> PlanState:
    return PlanState((Segment(regimen, start, start_cycle),), clinic_days=clinic_days)
