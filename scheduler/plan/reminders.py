"""What a calendar gives to text: events and the regimen's reminder rules -> reminders with a due time and a shelf life.

What is told and when is decided in local time (`telling.py`); here it meets the zone.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import NamedTuple

from content.regimen_format.rules import Overrides
from scheduler.plan.calendar import Calendar
from scheduler.plan.local_time import instant, next_window_open, resolved, to_local, within_window, zone_of
from scheduler.plan.telling import DAY, Teller, Times, minute_of, rules_of

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
    overrides: Overrides | None = None,
) -> Iterator[Reminder]:
    """The reminders due after one instant and up to another, in due order, worked out one by one as they are asked for.

    ``visit_time``: the time of treatment visits, None where it is not known; ``visit_times``: that of single events by
    their name; both by the clock of ``clinic_timezone`` (None: the patient's own zone). All else is local to the
    patient: the window, from ``window_from`` on and before ``window_until``, too. ``overrides``: rules in place of the
    regimen's. An open-ended plan goes on for ever without ``until``. Raises UnknownZoneError.
    """
    zone = zone_of(timezone)
    zones = (zone_of(clinic_timezone), zone) if clinic_timezone and clinic_timezone != timezone else None
    times = Times(_first_minute(window_from), minute_of(window_until), visit_time, visit_times or {}, zones)
    rules = rules_of(calendar.regimen, tuple(overrides.items())) if overrides else rules_of(calendar.regimen)
    teller = Teller(calendar.timeline, rules, times)
    for told in teller.from_day(after.astimezone(zone).toordinal()):
        local = _moment(told.due)
        due, is_leapt_over = resolved(local, zone)
        if is_leapt_over:
            if not within_window(due, timezone, window_from, window_until):
                due = next_window_open(due, timezone, window_from, window_until)
            local = to_local(due, timezone)
        if until is not None and due > until:
            return
        if due <= after or due >= (expires := instant(_moment(told.useless), zone)):
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


def _moment(minutes: int) -> datetime:
    day, minute = divmod(minutes, DAY)
    return datetime.combine(date.fromordinal(day), time(minute // 60, minute % 60))


def _first_minute(opens: time) -> int:
    """The first whole minute inside a window."""
    return minute_of(opens) + bool(opens.second or opens.microsecond)
