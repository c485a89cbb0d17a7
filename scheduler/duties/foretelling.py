"""Every afternoon: what tomorrow will ask of each clinic's senders, and a task for staff where it cannot be done."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from content.library import Library
from scheduler import clock
from scheduler.delivery.capacity import Counting, cannot_be_done
from scheduler.directory import Directory
from scheduler.plan.local_time import to_local
from store import follow_ups, forecasts
from store.clinics import ClinicEntry
from store.database import Database, Tx
from store.forecasts import Forecast

FROM = time(15)
"""The clinic's local time from which on tomorrow is foretold: late enough to know it, early enough to act."""


class Foretelling:
    """One of these for each scheduler; of two that count the same one is kept. ``real``: the database's clock."""

    def __init__(self, database: Database, library: Library, real: Callable[[], datetime], *, demo: bool) -> None:
        self._database = database
        self._library = library
        self._real = real
        self._demo = demo
        self._directory = Directory()
        self._counting: Counting | None = None

    def step(self) -> int:
        """Counts some more patients of a clinic; 0 when every clinic has its forecast."""
        real = self._real()
        with self._database.reading() as tx:
            now = clock.at(tx, real, demo=self._demo).now
            counting = self._counting = self._counting or self._next(tx, now)
            if counting is None:
                return 0
            if counting.count_some(tx):
                return 1
        with self._database.writing() as tx:
            for made in counting.made():
                if forecasts.add_forecast(tx, now, made) and cannot_be_done(made):
                    _tell_staff(tx, now, made)
        self._counting = None
        return 1

    def _next(self, tx: Tx, now: datetime) -> Counting | None:
        for entry in self._directory.fresh(tx).values():
            local = to_local(now, entry.clinic.timezone)
            tomorrow = local.date() + timedelta(days=1)
            if local.time() >= FROM and _sends(entry) and not forecasts.forecasts(tx, entry.clinic.id, tomorrow):
                return Counting(self._library, entry, tomorrow)
        return None


def _sends(entry: ClinicEntry) -> bool:
    return not entry.missing() and any(sender.stopped_at is None for sender in entry.senders)


def _tell_staff(tx: Tx, now: datetime, made: Forecast) -> None:
    detail = f"forecast {made.day}: {made.texts} texts, {made.late} too late, {made.over_cap} segments over the cap"
    follow_ups.open_follow_up(
        tx,
        now,
        clinic_id=made.clinic_id,
        kind="sender",
        urgency=2,
        due_by=now + timedelta(hours=4),
        detail=detail,
    )
