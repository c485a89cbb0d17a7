"""When a person may be texted: the hours of their local day, their own or their clinic's."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

from scheduler.plan.local_time import next_window_open, to_local, to_utc
from store.clinics import Clinic

WEEK = timedelta(days=7)


class HasHours(Protocol):
    """A patient, or a text to one: what is None is the clinic's."""

    @property
    def timezone(self) -> str | None: ...
    @property
    def window_from(self) -> time | None: ...
    @property
    def window_until(self) -> time | None: ...


@dataclass(frozen=True, slots=True)
class SendWindow:
    """From ``opens`` on and before ``closes``, in the local time of an IANA zone."""

    timezone: str
    opens: time
    closes: time

    @classmethod
    def of(cls, person: HasHours, clinic: Clinic) -> "SendWindow":
        """The window of a patient."""
        timezone = person.timezone or clinic.timezone
        if person.window_from is None or person.window_until is None:
            return cls(timezone, clinic.window_from, clinic.window_until)
        return cls(timezone, person.window_from, person.window_until)

    def next_open(self, moment: datetime) -> datetime:
        """The first instant, not before ``moment``, at which a text may go (UTC)."""
        return _next_open(self.timezone, self.opens, self.closes, moment)

    def opens_tomorrow(self, moment: datetime) -> datetime:
        """When the window opens on the local day after the one of ``moment`` (UTC)."""
        tomorrow = to_local(moment, self.timezone).date() + timedelta(days=1)
        return self.next_open(to_utc(tomorrow, time.min, self.timezone))

    def week_began(self, moment: datetime) -> datetime:
        """When the seven local days that end with the day of ``moment`` began (UTC)."""
        first = to_local(moment, self.timezone).date() - (WEEK - timedelta(days=1))
        return to_utc(first, time.min, self.timezone).astimezone(UTC)


# Of a batch that is judged at one moment most have the same hours.
@lru_cache(maxsize=256)
def _next_open(timezone: str, opens: time, closes: time, moment: datetime) -> datetime:
    return next_window_open(moment, timezone, opens, closes)
