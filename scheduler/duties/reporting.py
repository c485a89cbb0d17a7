"""Counting for the reports: each local day of each clinic, anew while something of it can still change."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

from scheduler import clock
from scheduler.directory import Directory
from scheduler.plan.local_time import to_local, to_utc
from store import reporting
from store.clinics import Clinic
from store.database import Database, Tx
from store.reporting import CountedDay

SETTLES = timedelta(days=7)
"""So long after its end a day is counted anew: receipts come late, and somebody may see an alert days after."""
FRESH_FOR = timedelta(hours=1)
"""How old the numbers of today and yesterday may become; those of the other days that are not settled a day."""
_A_DAY = timedelta(days=1)


class Reporting:
    """One of these for each scheduler; two that count the same day keep the same. ``real``: the database's clock."""

    def __init__(self, database: Database, real: Callable[[], datetime], *, demo: bool) -> None:
        self._database = database
        self._real = real
        self._demo = demo
        self._directory = Directory()
        self._waiting: deque[tuple[Clinic, date]] = deque()
        self._fresh_until: dict[int, datetime] = {}
        """Of the clinics of which all is counted: to ask a hundred of them each time takes a quarter of a second."""

    def step(self) -> int:
        """Counts one day of a clinic; 0 when all are as fresh as they should be."""
        real = self._real()
        with self._database.reading() as tx:
            now = clock.at(tx, real, demo=self._demo).now
            if not self._waiting:
                for entry in self._directory.fresh(tx).values():
                    self._look_at(tx, now, entry.clinic)
            if not self._waiting:
                return 0
            clinic, day = self._waiting.popleft()
            end = _begin_of(day + _A_DAY, clinic)
            numbers = reporting.tally(tx, clinic.id, _begin_of(day, clinic), end)
        with self._database.writing() as tx:
            reporting.keep(tx, clinic.id, CountedDay(day, now, now >= end + SETTLES), numbers)
        return 1

    def _look_at(self, tx: Tx, now: datetime, clinic: Clinic) -> None:
        """Lines up the days of a clinic that are to be counted."""
        if now < self._fresh_until.get(clinic.id, now):
            return
        days = list(_stale_at(tx, now, clinic))
        stale = [day for day, since in days if since <= now]
        self._waiting.extend((clinic, day) for day in stale)
        if not stale:
            tomorrow = _begin_of(to_local(now, clinic.timezone).date() + _A_DAY, clinic)
            self._fresh_until[clinic.id] = min([tomorrow, now + FRESH_FOR, *(since for _, since in days)])


def _stale_at(tx: Tx, now: datetime, clinic: Clinic) -> Iterator[tuple[date, datetime]]:
    """Each day of a clinic that is not settled, and since or from when it is to be counted anew.

    The latest comes first: what somebody looks at is there soon.
    """
    today = to_local(now, clinic.timezone).date()
    first = _first_day(tx, clinic)
    if first is None:
        return
    known = reporting.counted_days(tx, clinic.id)
    for ago in range((today - first).days + 1):
        day = today - ago * _A_DAY
        counted = known.get(day)
        if counted is None:
            yield day, now
        elif not counted.settled:
            yield day, counted.counted_at + (FRESH_FOR if ago <= 1 else _A_DAY)


def _first_day(tx: Tx, clinic: Clinic) -> date | None:
    first = reporting.first_text_at(tx, clinic.id)
    return None if first is None else to_local(first, clinic.timezone).date()


def _begin_of(day: date, clinic: Clinic) -> datetime:
    return to_utc(day, time(), clinic.timezone)
