"""What a calendar gives to text: events and the regimen's reminder rules -> reminders with a due time and a shelf life.

What is told and when is decided in local time (`telling.py`); here it meets the zone.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush, merge
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from content.regimen_format.rules import Overrides
from scheduler.plan.calendar import Calendar
from scheduler.plan.local_time import (
    Away,
    next_open_for,
    next_window_open,
    resolved,
    to_local,
    within_window,
    zone_at,
    zone_of,
)
from scheduler.plan.telling import DAY, MINUTE, Rules, Teller, Times, minute_of, rules_of

_FIRST_DAY = datetime.combine(date.min, time())
# Two clocks are never further apart, nor is a window longer closed.
_SEAM = timedelta(days=2)
# Clocks are never moved back by more (minutes).
LONGEST_FOLD = 180
# The smaller goes first.
SOON, LATER = 1, 2
SAME_DAY = frozenset({"visit_today", "visit_today_untimed", "pill_today", "cream_today", "cream_washoff"})


class Reminder(NamedTuple):
    """A text that a plan intends.

    ``event``, ``rule`` and ``event_date`` tell what it is about; ``template`` is a wording key; ``args`` has dates as
    2026-01-31, times as 14:30 and for ``item`` the word that the regimen file chose for it; ``clock`` is "clinic" where
    the patient's own clock shows another time. ``local_date`` and
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
    clinic_timezone: str | None = None,
    away: Away | None = None,
    overrides: Overrides | None = None,
) -> Iterator[Reminder]:
    """The reminders due after one instant and up to another, in due order, worked out one by one as they are asked for.

    ``visit_time``: the time of treatment visits, None where it is not known; ``visit_times``: that of single events by
    their name; both by the clock of ``clinic_timezone`` (None: the patient's own zone). All else is local to the
    patient, where they are ``away`` to the zone there: the window, from ``window_from`` on and before
    ``window_until``, too. ``overrides``: rules in place of the regimen's. An open-ended plan goes on for ever without
    ``until``. Raises UnknownZoneError.
    """
    rules = rules_of(calendar.regimen, tuple(overrides.items())) if overrides else rules_of(calendar.regimen)
    times = _times(window_from, window_until, visit_time)
    if visit_times:
        times = times._replace(visits=visit_times)
    window = (window_from, window_until)
    clinic = clinic_timezone or timezone
    if away is None:
        return _in_zone(calendar, rules, times, window, timezone, clinic, after, until)
    return _on_the_way(calendar, rules, times, window, timezone, clinic, after, until, away)


def _on_the_way(
    calendar: Calendar,
    rules: Rules,
    times: Times,
    window: tuple[time, time],
    home: str,
    clinic: str,
    after: datetime,
    until: datetime | None,
    away: Away,
) -> Iterator[Reminder]:
    """The reminders of somebody who is away for a while: those of the days before, there, and after.

    Where two clocks show different days, a text meant for a day at home may fall into the journey, or the other way
    round: it goes then by the clock of where they are.
    """
    first, last = away.first.toordinal(), away.last.toordinal()
    pieces = ((home, None, first - 1), (away.timezone, first, last), (home, last + 1, None))
    begin, end = after - _SEAM, None if until is None else until + _SEAM
    found = merge(
        *(_in_zone(calendar, rules, times, window, zone, clinic, begin, end, *days) for zone, *days in pieces),
        key=attrgetter("due_at"),
    )
    waiting: list[tuple[datetime, int, Reminder]] = []
    for number, each in enumerate(found):
        while waiting and waiting[0][0] <= each.due_at:
            yield heappop(waiting)[2]
        due = next_open_for(each.due_at, home, away, *window)
        if after < due < each.expires_at and (until is None or due <= until):
            local = to_local(due, zone_at(due, home, away))
            moved = each._replace(due_at=due, local_date=local.date(), local_time=local.time())
            heappush(waiting, (due, number, moved))
    while waiting:
        yield heappop(waiting)[2]


def _in_zone(
    calendar: Calendar,
    rules: Rules,
    times: Times,
    window: tuple[time, time],
    timezone: str,
    clinic_timezone: str,
    after: datetime,
    until: datetime | None,
    first: int | None = None,
    last: int | None = None,
) -> Iterator[Reminder]:
    """The reminders that arrive on the local days of a zone from one (ordinal, None: any) to another."""
    zone = zone_of(timezone)
    if clinic_timezone != timezone:
        times = times._replace(zones=(zone_of(clinic_timezone), zone))
    begin, minute = _local(after, zone)
    # What is so long before by the clock on the wall is before, whatever the clocks did meanwhile.
    soonest = begin * DAY + minute - LONGEST_FOLD
    for told in Teller(calendar.timeline, rules, times).from_day(begin if first is None else max(begin, first)):
        if told.due < soonest:
            continue
        if last is not None and told.due >= (last + 1) * DAY:
            return
        local, due, is_leapt_over = _resolved(told.due, zone)
        if is_leapt_over:
            if not within_window(due, timezone, *window):
                due = next_window_open(due, timezone, *window)
            local = to_local(due, timezone)
        if until is not None and due > until:
            return
        if due <= after or due >= (expires := _resolved(told.useless, zone)[1]):
            continue
        yield Reminder(
            told.event,
            date.fromordinal(told.event_date),
            told.rule,
            told.template,
            told.args,
            local.date(),
            local.time(),
            due,
            expires,
            SOON if told.template in SAME_DAY else LATER,
        )


# Of a tick's plans most share their zone, their hours and the moments for which texts are wished.
@lru_cache(maxsize=1_024)
def _local(after: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """The local day (ordinal) of an instant, and the minute of it."""
    here = after.astimezone(zone)
    return here.toordinal(), minute_of(here)


@lru_cache(maxsize=16_384)
def _resolved(minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime, bool]:
    """A moment in local minutes as a local time, its instant, and whether the clocks leap over it."""
    local = _FIRST_DAY + MINUTE * (minutes - DAY)
    return local, *resolved(local, zone)


@lru_cache(maxsize=1_024)
def _times(opens: time, closes: time, visit_time: time | None) -> Times:
    # The first whole minute inside the window.
    first = minute_of(opens) + bool(opens.second or opens.microsecond)
    return Times(first, minute_of(closes), visit_time, {})
