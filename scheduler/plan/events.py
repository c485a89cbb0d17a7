"""What a calendar tells: dated events, and where a day stands in the course."""

import datetime
from enum import StrEnum
from typing import NamedTuple

from scheduler.plan.shapes import Slot


class Kind(StrEnum):
    """The kinds of events (docs/regimens.md)."""

    PHASE = "phase"
    REST = "rest"
    BETWEEN = "between"
    TREATMENT = "treatment"
    LINKED = "linked"
    PAIRED = "paired"
    WAITING = "waiting"
    FINISHED = "finished"


class Event(NamedTuple):
    """One dated event of a plan.

    ``name`` never changes, its date may. ``end_date``: the last day of a rest, a gap between visits or a period.
    ``cycle`` counts through the whole plan, ``cycle_in_phase`` and ``day`` (of the cycle) from 1. ``slot``: more about
    a treatment day. ``called``: the discreet word for what rests. ``next_date``: the treatment that ends a gap.
    """

    name: str
    kind: Kind
    date: datetime.date
    end_date: datetime.date | None
    phase: str
    cycle: int
    cycle_in_phase: int
    day: int
    items: tuple[str, ...] = ()
    route: str | None = None
    warnings: tuple[str, ...] = ()
    slot: Slot | None = None
    called: str = ""
    next_date: datetime.date | None = None


class DayState(NamedTuple):
    """Where a day stands. Phase and numbers are None before the first cycle.

    ``kind``: treatment, rest, between, or None where the plan says nothing about the day. ``next`` and ``previous``:
    the nearest treatment days after and before it.
    """

    phase: str | None
    cycle: int | None
    cycle_in_phase: int | None
    day: int | None
    kind: Kind | None
    next: datetime.date | None
    previous: datetime.date | None

    @property
    def treatment(self) -> bool:
        """Something is given on this day."""
        return self.kind is Kind.TREATMENT
