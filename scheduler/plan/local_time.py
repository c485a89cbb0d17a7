"""From a wall-clock intent (local date, local time, zone) to an instant in UTC, and the send windows of a patient.

A local time that does not exist (clocks go forward) means the first moment after the gap; one that exists twice (clocks
go back) means the first of the two. Zones are names of the IANA database.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from content.plain import Plain

_SECOND = timedelta(seconds=1)
_NONE = timedelta()
# The clocks were never moved forward by more than a day.
_LONGEST_GAP = timedelta(hours=26)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)


class Away(NamedTuple):
    """A journey: the zone somebody is in on the local dates from ``first`` to ``last``, both included."""

    timezone: str
    first: date
    last: date


class UnknownZoneError(ValueError):
    """A time zone that the zone database does not have."""


@lru_cache(maxsize=1_024)
def zone_of(name: str) -> ZoneInfo:
    """The zone with this name; raises UnknownZoneError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(
            Plain(
                'The time zone "{zone}" is not known: use a name such as America/New_York or Europe/Madrid.', zone=name
            )
        ) from error


def to_utc(day: date, at: time, zone: str) -> datetime:
    """The instant of a local date and time in a zone (aware, UTC). Raises UnknownZoneError."""
    return instant(datetime.combine(day, at), zone_of(zone))


def to_local(moment: datetime, zone: str) -> datetime:
    """An aware instant as the local time of a zone, without its zone. Raises UnknownZoneError."""
    return moment.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)


def zone_at(moment: datetime, home: str, away: Away | None) -> str:
    """The zone in which somebody is at an instant. Raises UnknownZoneError."""
    if away is not None and away.first <= to_local(moment, away.timezone).date() <= away.last:
        return away.timezone
    return home


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a naive local time."""
    return resolved(local, zone)[0]


def resolved(local: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The instant of a naive local time, and whether the clocks leap over that time."""
    # `zone.utcoffset` of a naive time is thirty times quicker than attaching the zone to it.
    offset = zone.utcoffset(local) or _NONE
    since = local - _NAIVE_EPOCH
    if zone.utcoffset(local + _LONGEST_GAP) == offset or offset >= (
        other := zone.utcoffset(local.replace(fold=1)) or _NONE
    ):
        return _EPOCH + (since - offset), False
    # In a gap the two offsets are the ones before and after it: look for the change between the two readings.
    early, late = _EPOCH + (since - other), _EPOCH + (since - offset)
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == other:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0), True


def within_window(moment: datetime, zone: str, opens: time, closes: time) -> bool:
    """Whether an instant is inside the send window of its local day: from ``opens`` on, before ``closes``."""
    return opens <= moment.astimezone(zone_of(zone)).time() < closes


def next_window_open(moment: datetime, zone: str, opens: time, closes: time) -> datetime:
    """The first instant, not before ``moment``, inside the send window (aware, UTC)."""
    local = to_local(moment, zone)
    if opens <= local.time() < closes:
        return moment.astimezone(UTC)
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    opening = to_utc(day, opens, zone)
    while not within_window(opening, zone, opens, closes):
        # The clocks leap over the whole window.
        day += timedelta(days=1)
        opening = to_utc(day, opens, zone)
    return opening


def next_open_for(moment: datetime, home: str, away: Away | None, opens: time, closes: time) -> datetime:
    """As `next_window_open`, by the clock of where somebody is at that instant (aware, UTC)."""
    zone = zone_at(moment, home, away)
    opening = next_window_open(moment, zone, opens, closes)
    while (there := zone_at(opening, home, away)) != zone:
        # By then they have left, or have come home.
        zone, opening = there, next_window_open(opening, there, opens, closes)
    return opening
