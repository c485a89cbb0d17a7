"""When a person may be texted: the hours of their local day, their own or their clinic's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

from scheduler.plan.local_time import Away, next_open_for, next_window_open, to_local, to_utc, zone_at
from store.clinics import Clinic

WEEK = timedelta(days=7)


class HasHours(Protocol):
    """A patient, or a text to one: what is None is the clinic's, or no journey."""

    @property
    def timezone(self) -> str | None: ...
    @property
    def window_from(self) -> time | None: ...
    @property
    def window_until(self) -> time | None: ...
    @property
    def travel_timezone(self) -> str | None: ...
    @property
    def travel_from(self) -> date | None: ...
    @property
    def travel_until(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class SendWindow:
    """From ``opens`` on and before ``closes``, in the local time of where the person is.

    ``timezone`` is their home's IANA zone, ``away`` a journey; visits are by the clock of ``clinic_timezone``.
    """

    timezone: str
    opens: time
    closes: time
    clinic_timezone: str
    away: Away | None = None

    @classmethod
    def of(cls, person: HasHours, clinic: Clinic) -> "SendWindow":
        """The window of a patient."""
        opens, closes = person.window_from, person.window_until
        if opens is None or closes is None:
            opens, closes = clinic.window_from, clinic.window_until
        away = None
        if person.travel_timezone and person.travel_from and person.travel_until:
            away = Away(person.travel_timezone, person.travel_from, person.travel_until)
        return cls(person.timezone or clinic.timezone, opens, closes, clinic.timezone, away)

    def zone(self, moment: datetime) -> str:
        """The zone in which the person is at an instant."""
        return zone_at(moment, self.timezone, self.away)

    def local_day(self, moment: datetime) -> date:
        """The local date of an instant."""
        return to_local(moment, self.zone(moment)).date()

    def next_open(self, moment: datetime) -> datetime:
        """The first instant, not before ``moment``, at which a text may go (UTC)."""
        if self.away is not None:
            return next_open_for(moment, self.timezone, self.away, self.opens, self.closes)
        return _next_open(self.timezone, self.opens, self.closes, moment)

    def opens_tomorrow(self, moment: datetime) -> datetime:
        """When the window opens on the local day after the one of ``moment`` (UTC)."""
        tomorrow = self.local_day(moment) + timedelta(days=1)
        return self.next_open(to_utc(tomorrow, time.min, self.zone(moment)))

    def week_began(self, moment: datetime) -> datetime:
        """When the seven local days that end with the day of ``moment`` began (UTC)."""
        first = self.local_day(moment) - (WEEK - timedelta(days=1))
        return to_utc(first, time.min, self.zone(moment)).astimezone(UTC)


# Of a batch that is judged at one moment most have the same hours.
@lru_cache(maxsize=256)
def _next_open(timezone: str, opens: time, closes: time, moment: datetime) -> datetime:
    return next_window_open(moment, timezone, opens, closes)
