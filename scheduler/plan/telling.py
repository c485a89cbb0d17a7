"""What is told about a plan's events, in local wall-clock time: which rule, when, and until when it is of use.

Outside the send window a text moves to the next moment inside it, as long as it is useful then; a text that is only
useful tonight goes out shortly before the window closes. What can be told at no useful moment is not told at all: a
visit before the window opens has its text the day before.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from typing import NamedTuple

from content.regimen_format.model import Route
from content.regimens import Regimen
from scheduler.plan.events import Event, Kind
from scheduler.plan.shapes import Slot, Track
from scheduler.plan.timeline import STOPPED, Timeline

# No part of any course is silent for longer: after this many days without a reminder none will come.
LONGEST_SILENCE = 1_200

# A text that is useful only on its own day and wished for after the window goes out so long before the window closes.
BEFORE_CLOSING = timedelta(minutes=15)

# How long a text is worth sending after its moment where the regimen does not say. A rule's own last moment (the visit,
# the end of the day it speaks of) may come first.
SHELF_LIVES = {
    "visit_before": timedelta(days=2),
    "visit_tomorrow": timedelta(hours=12),
    "visit_today": timedelta(hours=6),
    "hospital_before": timedelta(days=2),
    "pill_today": timedelta(hours=12),
    "cream_today": timedelta(hours=4),
    "cream_washoff": timedelta(hours=4),
    "off_first": timedelta(hours=24),
    "off_last": timedelta(hours=12),
    "between": timedelta(days=2),
    "finished": timedelta(days=7),
}

DAY = timedelta(days=1)
MIDNIGHT = time()


class Told(NamedTuple):
    """A reminder before it has a zone: when it is due and from when on it is useless, both in local time."""

    due: datetime
    order: int
    event: Event
    rule: str
    template: str
    args: dict[str, str]
    useless: datetime


class Times(NamedTuple):
    """The send window, and when visits are: of all of them, and of single events by their name."""

    opens: time
    closes: time
    visit: time | None
    visits: Mapping[str, time]

    def inside(self, wished: datetime, useless: datetime) -> datetime | None:
        """The moment inside the window for a wish; None if none is useful."""
        at = wished.time()
        due = wished
        if at < self.opens:
            due = datetime.combine(wished, self.opens)
        elif at >= self.closes:
            due = datetime.combine(wished + DAY, self.opens)
            if due >= useless:
                due = datetime.combine(wished, max(self.opens, _earlier(self.closes)))
        return due if due < useless else None


class Rule(NamedTuple):
    """A reminder rule with its defaults filled in."""

    id: str
    days: timedelta
    at: tuple[time | None, ...]
    shelf: timedelta
    shortest: int


class Rules:
    """The reminder rules of a regimen by their ids; ``lag`` and ``lead``: most days told after and before an event."""

    def __init__(self, regimen: Regimen) -> None:
        self.by_id = {
            rule.id: Rule(rule.id, rule.days * DAY, rule.at, rule.useful_for or SHELF_LIVES[rule.id], rule.shortest)
            for rule in regimen.reminders
        }
        visits = (self.by_id.get(name) for name in ("visit_before", "visit_tomorrow", "visit_today"))
        self.visits = tuple(rule for rule in visits if rule)
        between = self.by_id.get("between")
        self.lag = between.days.days - 1 if between else 0
        self.lead = max([1, *(rule.days.days for rule in self.by_id.values() if rule is not between)])


@lru_cache(maxsize=1_024)
def rules_of(regimen: Regimen) -> Rules:
    """The reminder rules of a regimen; the same regimen gives the same object."""
    return Rules(regimen)


class Teller:
    """Reads a timeline's events in order and says what is told about them."""

    def __init__(self, timeline: Timeline, rules: Rules, times: Times) -> None:
        self.timeline = timeline
        self.rules = rules.by_id
        self.visits = rules.visits
        self.lag = rules.lag
        self.lead = rules.lead
        self.times = times
        self.since = date.min
        self.given: dict[Track, int] = {}
        self.order = 0
        self.heap: list[Told] = []

    def from_day(self, day: date) -> Iterator[Told]:
        """What is told on a day and later, by local time; some of the day before."""
        if not self.rules:
            return
        heap, lead = self.heap, self.lead
        # What was wished for after yesterday's window is told today.
        self.since = day - DAY
        last = None
        for event in self.timeline.events(self.since.toordinal() - self.lag):
            begins = event.date.toordinal()
            while heap and heap[0].due.toordinal() < begins - lead:
                last = begins
                yield heappop(heap)
            if last is None:
                last = begins
            elif not heap and begins - last > LONGEST_SILENCE:
                return
            self._about(event)
        while heap:
            yield heappop(heap)

    def _about(self, event: Event) -> None:
        kind = event.kind
        if kind is Kind.TREATMENT:
            if event.slot is not None and event.date >= self.since:
                self._treatment(event, event.slot)
        elif kind is Kind.BETWEEN or kind is Kind.REST:
            if event.end_date is not None and event.next_date is not None:
                self._gap(event, event.end_date, event.next_date)
        elif kind is Kind.PAIRED:
            self._visit(event, self.times.visits.get(event.name))
        elif kind is Kind.LINKED:
            if event.route == Route.CREAM:
                self._tell("cream_washoff", event, event.date, {}, event.date + DAY)
        elif kind is Kind.FINISHED and event.name != STOPPED:
            self._tell("finished", event, event.date, {}, None)

    def _treatment(self, event: Event, slot: Slot) -> None:
        day = event.date
        if slot.is_admission and "hospital_before" in self.rules:
            lead = self.rules["hospital_before"].days
            self._tell("hospital_before", event, day - lead, {"date": day.isoformat()}, day)
        elif slot.setting == "visit" or slot.is_admission:
            self._visit(event, self.times.visits.get(event.name, self.times.visit))
        if slot.home:
            rule = "cream_today" if slot.home == "cream" else "pill_today"
            self._tell(rule, event, day, {"item": slot.called or ""}, day + DAY)
        if "off_last" in self.rules:
            for track in slot.tracks:
                if track.is_rest and self._rested(track, day.toordinal()) >= self.rules["off_last"].shortest:
                    self._tell("off_last", event, day - DAY, {"item": track.called, "date": day.isoformat()}, day)

    def _rested(self, track: Track, ordinal: int) -> int:
        """How many days a track has rested when it is given again; 0 at the first time."""
        before = self.given.get(track)
        if before is None:
            dose = self.timeline.last_dose(ordinal, track)
            before = ordinal if dose is None else dose.ordinal
        self.given[track] = ordinal
        return ordinal - before - 1

    def _visit(self, event: Event, at: time | None) -> None:
        day = event.date
        args = {"date": day.isoformat()}
        suffix = "_untimed"
        if at is not None:
            args["time"] = at.isoformat("minutes")
            suffix = ""
        for rule in self.visits:
            if rule.days:
                self._tell(rule.id, event, day - rule.days, args, day, suffix)
            else:
                # The text of the day itself is of use until the visit; without a time until the window closes.
                self._tell(rule.id, event, day, args, datetime.combine(day, at or self.times.closes), suffix)

    def _gap(self, event: Event, end: date, following: date) -> None:
        days = (end - event.date).days + 1
        if event.kind is Kind.REST:
            rule = self.rules.get("off_first")
            if rule is not None and days >= rule.shortest:
                args = {"item": event.called, "date": following.isoformat()}
                self._tell("off_first", event, event.date, args, event.date + DAY)
        else:
            rule = self.rules.get("between")
            if rule is not None and days >= max(rule.shortest, rule.days.days):
                args = {"date": following.isoformat()}
                self._tell("between", event, event.date + rule.days - DAY, args, following)

    def _tell(
        self, rule_id: str, event: Event, day: date, args: dict[str, str], over: date | None, suffix: str = ""
    ) -> None:
        """Notes a reminder for each time of a rule, wished for on a day and useless from ``over`` on."""
        rule = self.rules.get(rule_id)
        if rule is None or day < self.since:
            return
        for number, at in enumerate(rule.at, 1):
            wished = datetime.combine(day, at or self.times.opens)
            useless = wished + rule.shelf
            if over is not None:
                useless = min(useless, over if isinstance(over, datetime) else datetime.combine(over, MIDNIGHT))
            due = self.times.inside(wished, useless)
            if due is not None:
                self.order += 1
                name = rule_id if number == 1 else f"{rule_id}/{number}"
                heappush(self.heap, Told(due, self.order, event, name, rule_id + suffix, args, useless))


def _earlier(closes: time) -> time:
    return (datetime.combine(date.min + DAY, closes) - BEFORE_CLOSING).time()
