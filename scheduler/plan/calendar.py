"""A plan's calendar: a regimen, a start and its changes, read as dated events."""

from collections.abc import Iterator
from datetime import date

from content.regimens import Regimen
from scheduler.plan.events import DayState, Event, Kind
from scheduler.plan.layout import NoSuchCycleError, lay_out_from
from scheduler.plan.shapes import compiled
from scheduler.plan.timeline import Timeline

__all__ = ["Calendar", "DayState", "Event", "Kind", "NoSuchCycleError"]


class Calendar:
    """The course of one plan. Making one costs little; nothing is worked out that is not asked for.

    ``start`` is day 1 of cycle ``start_cycle``; earlier cycles are not part of the calendar. Raises NoSuchCycleError
    when the regimen has fewer cycles.
    """

    def __init__(self, regimen: Regimen, start: date, start_cycle: int = 1) -> None:
        self.regimen = regimen
        self.start = start
        self.timeline = Timeline([lay_out_from(compiled(regimen), start.toordinal(), start_cycle)])

    @property
    def is_open(self) -> bool:
        """The plan goes on for ever."""
        return self.timeline.last.is_open

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
        place = self.timeline.place(ordinal)
        previous = self.timeline.last_dose(ordinal)
        coming = self.timeline.doses(ordinal)
        at = following = next(coming, None)
        kind = None
        if at is not None and at.ordinal == ordinal:
            kind, following = Kind.TREATMENT, next(coming, None)
        elif previous is not None:
            kind = self.timeline.gap(ordinal)
        return DayState(
            phase=place[0].stage.id if place else None,
            cycle=place[0].plan_cycle + place[1] if place else None,
            cycle_in_phase=place[0].cycle + place[1] if place else None,
            day=place[2] if place else None,
            kind=kind,
            next=None if following is None else date.fromordinal(following.ordinal),
            previous=None if previous is None else date.fromordinal(previous.ordinal),
        )
