"""What a change of plan does: every event and every text that appears, moves or disappears."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from scheduler.plan.calendar import Calendar
from scheduler.plan.events import Event
from scheduler.plan.reminders import Reminder

Thing = TypeVar("Thing")

# What a change pushes out of the days that are shown has moved, as long as it is not pushed further than this.
BEYOND = timedelta(days=400)

# The texts of a calendar that are due after one instant and up to another.
Texts = Callable[[Calendar, datetime, datetime], Iterable[Reminder]]


@dataclass(frozen=True, slots=True)
class Difference(Generic[Thing]):
    """Before and after a change: what is new, what is on another day (old, new) and what is no more."""

    appears: tuple[Thing, ...]
    moves: tuple[tuple[Thing, Thing], ...]
    disappears: tuple[Thing, ...]

    def __bool__(self) -> bool:
        return bool(self.appears or self.moves or self.disappears)


def events(before: Calendar, after: Calendar, first: date, last: date) -> Difference[Event]:
    """The events of two calendars of one plan that differ in a range of days (both included)."""
    until = last + BEYOND
    return _difference(
        list(before.events(first, until)),
        list(after.events(first, until)),
        name=lambda event: event.name,
        place=lambda event: (event.date, event.end_date, event.items),
        is_shown=lambda event: event.date <= last,
    )


def reminders(before: Calendar, after: Calendar, first: datetime, last: datetime, texts: Texts) -> Difference[Reminder]:
    """The texts of two calendars of one plan that differ, after one instant and up to another."""
    return _difference(
        list(texts(before, first, last + BEYOND)),
        list(texts(after, first, last + BEYOND)),
        name=lambda reminder: (reminder.event, reminder.rule),
        place=lambda reminder: (reminder.due_at, reminder.template, sorted(reminder.args.items())),
        is_shown=lambda reminder: reminder.due_at <= last,
    )


def _difference(
    before: list[Thing],
    after: list[Thing],
    *,
    name: Callable[[Thing], Hashable],
    place: Callable[[Thing], Any],
    is_shown: Callable[[Thing], bool],
) -> Difference[Thing]:
    old, new = {name(each): each for each in before}, {name(each): each for each in after}
    both = [(each, new[key]) for key, each in old.items() if key in new and place(each) != place(new[key])]
    return Difference(
        appears=tuple(each for key, each in new.items() if key not in old and is_shown(each)),
        moves=tuple(pair for pair in both if is_shown(pair[0]) or is_shown(pair[1])),
        disappears=tuple(each for key, each in old.items() if key not in new and is_shown(each)),
    )
