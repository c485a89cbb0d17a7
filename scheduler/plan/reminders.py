"""What a calendar gives to text: events and the regimen's reminder rules -> reminders with a due time and a shelf life.

A reminder is first a wish in local wall-clock time. Outside the send window it moves to the next moment inside it, as
long as it is useful then; a text that is only useful tonight goes out shortly before the window closes. What can be
told at no useful moment is not told at all: a visit before the window opens has its text the day before.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from typing import NamedTuple

from content.regimen_format.model import Route, Rule
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar
from scheduler.plan.events import Event, Kind
from scheduler.plan.local_time import instant, next_window_open, to_local, within_window, zone_of
from scheduler.plan.shapes import Track

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

SOON, LATER = 1, 2
SAME_DAY = frozenset({"visit_today", "pill_today", "cream_today", "cream_washoff"})
VISIT_RULES = ("visit_before", "visit_tomorrow", "visit_today")
DAY = timedelta(days=1)


class Reminder(NamedTuple):
    """A text that a plan intends.

    ``event``, ``rule`` and ``event_date`` tell what it is about; ``template`` is a wording key; ``args`` has dates as
    2026-01-31, times as 14:30 and for ``item`` the word of a wording key ``item.<word>``. ``local_date`` and
    ``local_time`` are when it is meant to arrive in the patient's zone, ``due_at`` the same in UTC; from ``expires_at``
    (UTC) on it is of no use. ``priority``: the smaller goes first.
    """

    event: str
    event_date: date
    rule: str
    template: str
    args: dict[str, str]
    local_date: date
    local_time: time
    due_at: datetime
    expires_at: datetime
    priority: int


class Meant(NamedTuple):
    """A reminder before it has a zone: when it is due and from when on it is useless, both in local time."""

    due: datetime
    order: int
    event: Event
    rule: str
    template: str
    args: dict[str, str]
    useless: datetime


def upcoming(
    calendar: Calendar,
    *,
    timezone: str,
    window_from: time,
    window_until: time,
    visit_time: time | None,
    after: datetime,
    until: datetime | None = None,
    visit_times: Mapping[str, time] | None = None,
) -> Iterator[Reminder]:
    """The reminders due after one instant and up to another, in due order, worked out one by one as they are asked for.

    ``visit_time``: the local time of treatment visits, None where it is not known; ``visit_times``: that of single
    events by their name. The window is local, from ``window_from`` on and before ``window_until``. An open-ended plan
    goes on for ever without ``until``. Raises UnknownZoneError.
    """
    zone = zone_of(timezone)
    times = _Times(window_from, window_until, visit_time, visit_times or {})
    for meant in _Teller(calendar, times).from_day(to_local(after, timezone).date()):
        due = instant(meant.due, zone)
        if not within_window(due, timezone, window_from, window_until):
            # The clocks leapt over the moment and out of the window.
            due = next_window_open(due, timezone, window_from, window_until)
        local = to_local(due, timezone)
        if until is not None and due > until:
            return
        expires = instant(meant.useless, zone)
        if due <= after or due >= expires:
            continue
        yield Reminder(
            event=meant.event.name,
            event_date=meant.event.date,
            rule=meant.rule,
            template=meant.template,
            args=meant.args,
            local_date=local.date(),
            local_time=local.time(),
            due_at=due,
            expires_at=expires,
            priority=SOON if meant.rule in SAME_DAY else LATER,
        )


class _Times(NamedTuple):
    """The send window, and when visits are."""

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


class _Teller:
    """Reads a calendar's events in order and says what is told about them."""

    def __init__(self, calendar: Calendar, times: _Times) -> None:
        self.timeline = calendar.timeline
        self.rules, self.lag, self.lead = _rules(calendar.regimen)
        self.times = times
        self.given: dict[Track, int] = {}
        self.order = 0

    def from_day(self, day: date) -> Iterator[Meant]:
        """What is told on a day and later, by local time; some of the day before."""
        heap: list[Meant] = []
        first = day.toordinal() - self.lag - 1
        last = None
        for event in self.timeline.events(first) if self.rules else ():
            begins = event.date.toordinal()
            last = begins if last is None else last
            while heap and heap[0].due.toordinal() < begins - self.lead:
                meant = heappop(heap)
                last = meant.due.toordinal()
                yield meant
            if begins - last > LONGEST_SILENCE and not heap:
                return
            for meant in self._about(event):
                heappush(heap, meant)
        while heap:
            yield heappop(heap)

    def _about(self, event: Event) -> Iterator[Meant]:
        kind = event.kind
        if kind is Kind.TREATMENT:
            yield from self._treatment(event)
        elif kind is Kind.PAIRED:
            yield from self._visit(event, self.times.visits.get(event.name))
        elif kind is Kind.LINKED and event.route == Route.CREAM:
            yield from self._tell(event, "cream_washoff", event.date, {}, event.date + DAY)
        elif kind is Kind.FINISHED:
            yield from self._tell(event, "finished", event.date, {}, None)
        elif event.end_date is not None and event.next_date is not None:
            yield from self._gap(event, event.end_date, event.next_date)

    def _treatment(self, event: Event) -> Iterator[Meant]:
        slot, day = event.slot, event.date
        if slot is None:
            return
        if slot.is_admission and "hospital_before" in self.rules:
            lead = timedelta(days=self.rules["hospital_before"].days)
            yield from self._tell(event, "hospital_before", day - lead, {"date": day.isoformat()}, day)
        elif slot.setting == "visit" or slot.is_admission:
            yield from self._visit(event, self.times.visits.get(event.name, self.times.visit))
        if slot.home:
            rule = "cream_today" if slot.home == "cream" else "pill_today"
            yield from self._tell(event, rule, day, {"item": slot.called or ""}, day + DAY)
        if "off_last" in self.rules:
            for track in slot.tracks:
                if track.is_rest and self._rested(track, day.toordinal()) >= self.rules["off_last"].shortest:
                    args = {"item": track.called, "date": day.isoformat()}
                    yield from self._tell(event, "off_last", day - DAY, args, day)

    def _rested(self, track: Track, ordinal: int) -> int:
        """How many days a track has rested when it is given again; 0 at the first time."""
        before = self.given.get(track)
        if before is None:
            dose = self.timeline.last_dose(ordinal, track)
            before = ordinal if dose is None else dose.ordinal
        self.given[track] = ordinal
        return ordinal - before - 1

    def _visit(self, event: Event, at: time | None) -> Iterator[Meant]:
        day = event.date
        args = {"date": day.isoformat()}
        suffix = "_untimed"
        # The text of the day itself is of use until the visit; without a time until the window closes.
        over = datetime.combine(day, at or self.times.closes)
        if at is not None:
            args["time"] = at.strftime("%H:%M")
            suffix = ""
        for rule in VISIT_RULES:
            if rule in self.rules:
                lead = timedelta(days=self.rules[rule].days)
                yield from self._tell(event, rule, day - lead, args, day if lead else over, suffix)

    def _gap(self, event: Event, end: date, following: date) -> Iterator[Meant]:
        days = (end - event.date).days + 1
        args = {"date": following.isoformat()}
        if event.kind is Kind.REST:
            rule = self.rules.get("off_first")
            if rule is not None and days >= rule.shortest:
                yield from self._tell(event, "off_first", event.date, {"item": event.called, **args}, event.date + DAY)
        else:
            rule = self.rules.get("between")
            if rule is not None and days >= max(rule.shortest, rule.days):
                yield from self._tell(event, "between", event.date + timedelta(days=rule.days - 1), args, following)

    def _tell(
        self,
        event: Event,
        rule_id: str,
        day: date,
        args: dict[str, str],
        over: date | datetime | None,
        suffix: str = "",
    ) -> Iterator[Meant]:
        """One reminder for each time of a rule, wished for on a day and useless from ``over`` on."""
        rule = self.rules.get(rule_id)
        for number, at in enumerate(rule.at if rule else (), 1):
            wished = datetime.combine(day, at or self.times.opens)
            useless = wished + (rule.useful_for or SHELF_LIVES[rule_id]) if rule else wished
            if over is not None:
                useless = min(useless, over if isinstance(over, datetime) else datetime.combine(over, time()))
            due = self.times.inside(wished, useless)
            if due is not None:
                self.order += 1
                name = rule_id if number == 1 else f"{rule_id}/{number}"
                yield Meant(due, self.order, event, name, rule_id + suffix, args, useless)


@lru_cache(maxsize=1_024)
def _rules(regimen: Regimen) -> tuple[dict[str, Rule], int, int]:
    """A regimen's rules by their ids, how many days after its event the latest is told, and before it the earliest."""
    rules = {rule.id: rule for rule in regimen.reminders}
    lag = rules["between"].days - 1 if "between" in rules else 0
    lead = max([1, *(rule.days for name, rule in rules.items() if name != "between")])
    return rules, lag, lead


def _earlier(closes: time) -> time:
    return (datetime.combine(date.min + DAY, closes) - BEFORE_CLOSING).time()
