"""What the time is: the real one, and in the demo the one that its clock has been put forward to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from store import health
from store.database import Database
from store.errors import StoreError

Clock = Callable[[], datetime]
"""Gives the time now, aware and UTC."""


def real_now() -> datetime:
    """The machine's time: what leases, heartbeats and sessions go by, in the demo too."""
    return datetime.now(UTC)


class DemoClock:
    """The demo's time: the machine's and an offset that is one row, so that every process has the same."""

    def __init__(self, database: Database, real_clock: Clock) -> None:
        self._database = database
        self._real_clock = real_clock
        self._offset = timedelta()

    def __call__(self) -> datetime:
        """The time now; while the database is away, by the last offset that was seen."""
        try:
            with self._database.reading() as tx:
                clock = health.get_demo_clock(tx)
        except StoreError:
            clock = None
        if clock is not None:
            self._offset = clock.offset
        return self._real_clock() + self._offset
