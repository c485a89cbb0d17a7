"""On which days a clinic gives treatment, and where a visit goes that would fall on another."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# A visit is looked for no further away than this, in days.
FURTHEST = 31


class Snap(StrEnum):
    """Where a visit goes that falls on a closed day."""

    ON_OR_AFTER = "on_or_after"
    NEAREST = "nearest"  # the later one of two equally near
    NONE = "none"


@dataclass(frozen=True)
class ClinicDays:
    """The weekdays (Monday 0) on which a clinic is open, its closed days, and where visits go then."""

    weekdays: frozenset[int]
    closed: frozenset[date] = frozenset()
    snap: Snap = Snap.ON_OR_AFTER

    @classmethod
    def of(cls, weekdays: Iterable[int], closed: Iterable[date] = (), snap: Snap = Snap.ON_OR_AFTER) -> "ClinicDays":
        """Clinic days; raises ValueError where there is no weekday, or one that does not exist."""
        read = frozenset(weekdays)
        if not read or not read <= set(range(7)):
            raise ValueError("a clinic is open on at least one weekday: 0 (Monday) to 6 (Sunday)")
        return cls(read, frozenset(closed), snap)

    @classmethod
    def where_told(
        cls, weekdays: Iterable[int] | None, closed: Collection[date], snap: Snap = Snap.ON_OR_AFTER
    ) -> "ClinicDays | None":
        """The days of a clinic that may have said nothing of its weekdays (None: all), or of either."""
        if weekdays is None and not closed:
            return None
        return cls.of(range(7) if weekdays is None else weekdays, closed, snap)

    @classmethod
    def from_json(cls, stored: str) -> "ClinicDays":
        """The clinic days of a `to_json`; raises ValueError where they cannot be read."""
        try:
            read = json.loads(stored)
            closed = [date.fromisoformat(day) for day in read["closed"]]
            return cls.of(read["weekdays"], closed, Snap(read["snap"]))
        except (KeyError, TypeError) as error:
            raise ValueError("the stored days of the clinic cannot be read") from error

    def to_json(self) -> str:
        """The clinic days in one stable line."""
        closed = [day.isoformat() for day in sorted(self.closed)]
        return json.dumps({"weekdays": sorted(self.weekdays), "closed": closed, "snap": self.snap})

    def place(self, ordinal: int, first: int = 0) -> int:
        """The day of a visit planned on a day, not before ``first``; the planned day itself where none near is open."""
        if self.snap is Snap.NONE or self.is_open(ordinal):
            return ordinal
        for days in range(1, FURTHEST + 1):
            if self.is_open(ordinal + days):
                return ordinal + days
            if self.snap is Snap.NEAREST and ordinal - days >= first and self.is_open(ordinal - days):
                return ordinal - days
        return ordinal

    def is_open(self, ordinal: int) -> bool:
        """Whether there are visits on a day."""
        return (ordinal + 6) % 7 in self.weekdays and date.fromordinal(ordinal) not in self.closed
