"""What is told about a plan's events, in local wall-clock time: which rule, when, and until when it is of use.

Outside the send window a text moves to the next moment inside it, as long as it is useful then; a text that is only
useful tonight goes out shortly before the window closes. What can be told at no useful moment is not told at all: a
visit before the window opens has its text the day before.

Moments are local minutes: the ordinal of the day times 1440 and the minute of that day.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush, merge
from itertools import chain
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from content.regimen_format.model import Route
from content.regimen_format.model import Rule as Written
from content.regimen_format.rules import merged
from content.regimens import Regimen
from scheduler.plan.attached import attached_events
from scheduler.plan.events import Event, Kind
from scheduler.plan.local_time import instant
from scheduler.plan.runs import Dose
from scheduler.plan.shapes import Track
from scheduler.plan.timeline import STOPPED, Gap, Timeline, dose_name, gap_name

# No part of any course is silent for longer: after this many days without a reminder none will come.
LONGEST_SILENCE = 1_200

# A text that is useful only on its own day and wished for after the window goes out so many minutes before it closes.
BEFORE_CLOSING = 15

DAY = 1_440
MINUTE = timedelta(minutes=1)

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
    "phase_before": timedelta(days=2),
    "finished": timedelta(days=7),
    "late_effects": timedelta(days=7),
}

# What a visit is told as where it is of another kind; where nothing stands here it is a visit like any other.
VISITS_OF = {
    ("visit_before", str(Route.PUMP)): "pump_before",
    ("visit_tomorrow", str(Route.BLADDER)): "bladder_tomorrow",
    ("visit_tomorrow", str(Route.PUMP)): "pump_tomorrow",
}


class Told(NamedTuple):
    """A reminder before it has a zone: the moment it is due and the one from which it is useless, in local minutes.

    The order of its fields is the order in which reminders are told.
    """

    due: int
    event_date: int
    event: str
    rule: str
    template: str
    args: dict[str, str]
    useless: int


class Times(NamedTuple):
    """The send window in minutes of the day, and when visits are: all of them, and single ones by their name.

    ``zones``: the clinic's, by whose clock visits are, and the patient's; None where they are the same.
    """

    opens: int
    closes: int
    visit: time | None
    visits: Mapping[str, time]
    zones: tuple[ZoneInfo, ZoneInfo] | None = None

    def inside(self, wished: int, useless: int) -> int | None:
        """The moment inside the window for a wish; None if none is useful."""
        day, minute = divmod(wished, DAY)
        due = wished
        if minute < self.opens:
            due = day * DAY + self.opens
        elif minute >= self.closes:
            due = (day + 1) * DAY + self.opens
            if due >= useless:
                due = day * DAY + max(self.opens, self.closes - BEFORE_CLOSING)
        return due if due < useless else None


class Rule(NamedTuple):
    """A reminder rule with its defaults; ``at``: names and minutes of the day, None for when the window opens."""

    id: str
    days: int
    at: tuple[tuple[str, int | None], ...]
    shelf: int
    shortest: int
    days_after: tuple[int, ...]


class Rules:
    """Reminder rules by their ids.

    ``lag`` and ``lead``: most days told after and before an event; ``tail``: most days told after the end.
    """

    def __init__(self, rules: tuple[Written, ...]) -> None:
        self.by_id = {
            rule.id: Rule(
                rule.id,
                rule.days,
                tuple(
                    (f"{rule.id}/{number}" if number > 1 else rule.id, None if at is None else minute_of(at))
                    for number, at in enumerate(rule.at, 1)
                ),
                (rule.useful_for or SHELF_LIVES[rule.id]) // MINUTE,
                rule.shortest,
                rule.days_after,
            )
            for rule in rules
        }
        visits = (self.by_id.get(name) for name in ("visit_before", "visit_tomorrow", "visit_today"))
        self.visits = tuple(rule for rule in visits if rule)
        self._visits_by: dict[tuple[str | None, str], tuple[tuple[Rule, str], ...]] = {}
        between = self.by_id.get("between")
        self.lag = between.days - 1 if between else 0
        leads = [rule.days for rule in self.by_id.values() if rule is not between]
        self.lead = max([int("off_last" in self.by_id), *leads])
        # The latest minute of a day for which anything is wished.
        self.latest = max((at or 0 for rule in self.by_id.values() for _, at in rule.at), default=0)
        late = self.by_id.get("late_effects")
        self.tail = max(late.days_after) if late else 0
        # Whether anything is told about paired and linked events.
        self.attached = bool(self.visits) or "cream_washoff" in self.by_id

    def visits_by(self, route: str | None, suffix: str) -> tuple[tuple[Rule, str], ...]:
        """The rules of a visit by this route, each with its template, of which there are several by their suffix."""
        found = self._visits_by.get((route, suffix))
        if found is None:
            named = ((rule, VISITS_OF.get((rule.id, route or ""), rule.id)) for rule in self.visits)
            found = self._visits_by[route, suffix] = tuple((rule, name + suffix) for rule, name in named)
        return found


@lru_cache(maxsize=4_096)
def rules_of(regimen: Regimen, overrides: tuple[tuple[str, Written | None], ...] = ()) -> Rules:
    """The reminder rules of a regimen with others in place of some; the same arguments give the same object."""
    return Rules(merged(regimen.reminders, dict(overrides)))


def minute_of(at: time | datetime) -> int:
    """The minute of the day; seconds do not count."""
    return at.hour * 60 + at.minute


class Teller:
    """Reads a timeline in order and says what is told about it."""

    def __init__(self, timeline: Timeline, rules: Rules, times: Times) -> None:
        self.timeline = timeline
        self.rules = rules
        self.by_id = rules.by_id
        self.times = times
        self.since = self.earliest = 0
        self.given: dict[Track, int] = {}
        self.heap: list[Told] = []

    def from_day(self, day: int) -> Iterator[Told]:
        """What is told on a day (ordinal) and later, by local time."""
        if not self.by_id:
            return
        heap = self.heap
        # What was wished for after yesterday's window is told today.
        self.since = day - 1 if self.rules.latest >= self.times.closes else day
        self.earliest = day * DAY
        first = self.since - self.rules.lag
        if self._last_day() < first:
            return
        lead = self.rules.lead
        last = None
        rows: Iterator[Dose | Gap | tuple[int, Event]] = chain(self.timeline.rows(first), self._end(first))
        others = self._others(first)
        if others:
            rows = merge(rows, *others, key=itemgetter(0))
        for row in rows:
            ahead = (row[0] - lead) * DAY
            while heap and heap[0][0] < ahead:
                last = row[0]
                yield heappop(heap)
            if last is None:
                last = row[0]
            elif not heap and row[0] - last > LONGEST_SILENCE:
                return
            if isinstance(row, Dose):
                if row[0] >= self.since:
                    self._dose(row)
                # The row after a dose is of a later day, unless it is another's. It takes a look as far as the next
                # dose, so that what can be told is told before.
                if not others:
                    ahead += DAY
                    while heap and heap[0][0] < ahead:
                        last = None
                        yield heappop(heap)
            elif isinstance(row, Gap):
                self._gap(row)
            else:
                self._event(row[1], row[0])
        while heap:
            yield heappop(heap)

    def _last_day(self) -> int:
        """After this day nothing happens of which a reminder could be, and the tail after the end is told."""
        end = self.timeline.end()
        has_tail = end is not None and end.kind is Kind.FINISHED
        return self.timeline.last_day + (self.rules.tail if has_tail else 0)

    def _others(self, first: int) -> list[Iterator[tuple[int, Event]]]:
        """What is told beside treatments and gaps, by their days."""
        others = []
        if self.rules.attached and self.timeline.has_attached:
            others += [_by_day(stream) for stream in attached_events(self.timeline, first)]
        if "phase_before" in self.by_id and (later := list(_by_day(self.timeline.later_phases(first)))):
            others.append(iter(later))
        return others

    def _end(self, first: int) -> Iterator[tuple[int, Event]]:
        end = self.timeline.end()
        if end is not None and end.date.toordinal() + self.rules.tail >= first:
            yield end.date.toordinal(), end

    def _dose(self, dose: Dose) -> None:
        slot, day = dose.slot, dose.ordinal
        if slot.is_admission and "hospital_before" in self.by_id:
            rule = self.by_id["hospital_before"]
            self._tell(rule, dose_name(dose), day, day - rule.days, {"date": _iso(day)}, day * DAY)
        elif slot.setting == "visit" or slot.is_admission:
            name = dose_name(dose)
            self._visit(name, day, self.times.visits.get(name, self.times.visit), slot.route)
        if slot.home and (home := self.by_id.get("cream_today" if slot.home == "cream" else "pill_today")):
            self._tell(home, dose_name(dose), day, day, {"item": slot.called or ""}, (day + 1) * DAY)
        off_last = self.by_id.get("off_last")
        if off_last:
            for track in slot.tracks:
                if track.is_rest and self._rested(track, day) >= off_last.shortest:
                    args = {"item": track.called, "date": _iso(day)}
                    self._tell(off_last, dose_name(dose), day, day - 1, args, day * DAY)

    def _rested(self, track: Track, day: int) -> int:
        """How many days a track has rested when it is given again; 0 at the first time."""
        before = self.given.get(track)
        if before is None:
            dose = self.timeline.last_dose(day, track)
            before = day if dose is None else dose.ordinal
        self.given[track] = day
        return day - before - 1

    def _visit(self, name: str, day: int, at: time | None, route: str | None = None) -> None:
        args = {"date": _iso(day)}
        suffix = "_untimed"
        # The text of the day itself is of use until the visit; without a time until the window closes.
        begins = day * DAY + self.times.closes
        if at is not None:
            args["time"] = at.isoformat("minutes")
            suffix = ""
            begins = day * DAY + minute_of(at)
            if self.times.zones is not None and (here := _here(day, at, *self.times.zones)) != begins:
                args["clock"] = "clinic"
                begins = here
        for rule, template in self.rules.visits_by(route, suffix):
            if day - rule.days >= self.since:
                self._tell(rule, name, day, day - rule.days, args, day * DAY if rule.days else begins, template)

    def _gap(self, gap: Gap) -> None:
        if gap.after is None:
            return
        days = gap.end - gap.begin + 1
        rule = self.by_id.get("off_first" if gap.track.is_rest else "between")
        if rule is None or days < max(rule.shortest, rule.days):
            return
        args = {"date": _iso(gap.after)}
        if gap.track.is_rest:
            args["item"] = gap.track.called
            self._tell(rule, gap_name(gap), gap.begin, gap.begin, args, (gap.begin + 1) * DAY)
        else:
            self._tell(rule, gap_name(gap), gap.begin, gap.begin + rule.days - 1, args, gap.after * DAY)

    def _event(self, event: Event, day: int) -> None:
        if event.kind is Kind.PAIRED:
            self._visit(event.name, day, self.times.visits.get(event.name))
        elif event.kind is Kind.FINISHED:
            self._finish(event.name, day)
        elif event.kind is Kind.PHASE:
            rule = self.by_id["phase_before"]
            self._tell(rule, event.name, day, day - rule.days, {"date": _iso(day)}, day * DAY)
        elif event.route == Route.CREAM and (washoff := self.by_id.get("cream_washoff")):
            self._tell(washoff, event.name, day, day, {}, (day + 1) * DAY)

    def _finish(self, name: str, day: int) -> None:
        state, last = self.timeline.state, self.timeline.last_dose(day)
        if last is None or not (state.stopped_on is None or state.has_tail):
            return
        # Of a course that was stopped staff know why, and tell of it themselves.
        if name != STOPPED and (finished := self.by_id.get("finished")):
            self._tell(finished, name, day, day, {}, None)
        late = self.by_id.get("late_effects")
        if late is None:
            return
        for days in late.days_after:
            # The last treatment may be long ago when it is decided that it was the last.
            if last.ordinal + days >= day:
                self._tell(late, name, day, last.ordinal + days, {}, None, part=f"/{days}")

    def _tell(
        self,
        rule: Rule,
        name: str,
        date_of: int,
        day: int,
        args: dict[str, str],
        over: int | None,
        template: str | None = None,
        part: str = "",
    ) -> None:
        """Notes a reminder for each time of a rule, wished for on a day and useless from ``over`` on."""
        if day < self.since:
            return
        for told_as, at in rule.at:
            wished = day * DAY + (self.times.opens if at is None else at)
            useless = wished + rule.shelf
            if over is not None and over < useless:
                useless = over
            due = self.times.inside(wished, useless)
            if due is not None and due >= self.earliest:
                heappush(self.heap, Told(due, date_of, name, told_as + part, template or rule.id, args, useless))


def _here(day: int, at: time, clinic: ZoneInfo, patient: ZoneInfo) -> int:
    """A time by the clinic's clock in local minutes of the patient."""
    local = instant(datetime.combine(date.fromordinal(day), at), clinic).astimezone(patient)
    return local.toordinal() * DAY + minute_of(local)


def _by_day(events: Iterator[Event]) -> Iterator[tuple[int, Event]]:
    return ((event.date.toordinal(), event) for event in events)


# Many plans have something on one day.
@lru_cache(maxsize=4_096)
def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
