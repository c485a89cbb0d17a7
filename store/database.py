"""The two ways in: `reading()` and `writing(deadline)`, the same on SQLite and PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import sqlalchemy as sa

from store import migrate
from store.backends import Backend, Dialect, backend_for
from store.errors import (
    DatabaseBusy,
    DatabaseDown,
    DatabaseTooNew,
    DatabaseTooOld,
    NotADatabase,
    StoreError,
    WrongKey,
    driver_errors_told_plainly,
)
from store.sealed import Sealer

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseDown",
    "DatabaseTooNew",
    "DatabaseTooOld",
    "NotADatabase",
    "StoreError",
    "Tx",
    "WrongKey",
]

_CLOCK: dict[Dialect, str] = {
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    "postgresql": "SELECT clock_timestamp()",
}


@dataclass(frozen=True, slots=True)
class Tx:
    """A transaction: what every function of the store takes. All of it is done, or nothing."""

    conn: sa.Connection
    sealer: Sealer
    dialect: Dialect


class _Thread(threading.local):
    inside = False


class Database:
    """One database and its keys. Any number of threads share one; each holds one transaction at a time."""

    def __init__(self, backend: Backend, sealer: Sealer) -> None:
        self._backend = backend
        self._sealer = sealer
        self._thread = _Thread()
        self.about_to_commit: Callable[[], None] = lambda: None
        """Called at the end of each transaction that writes, before its thread waits until all is on the disk."""
        self.dialect: Dialect = backend.dialect

    @classmethod
    def open(cls, url: str, sealer: Sealer) -> Self:
        """The database of a DATABASE_URL. Nothing is connected before the first transaction.

        Raises DatabaseDown where the URL is neither SQLite's nor PostgreSQL's.
        """
        return cls(backend_for(url), sealer)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """One view of the data, unmoved by others' writing. Raises DatabaseDown, NotADatabase."""
        with self._once(), driver_errors_told_plainly(), self._backend.reading() as connection:
            yield Tx(connection, self._sealer, self.dialect)

    @contextmanager
    def writing(self, deadline: float = 3.0) -> Iterator[Tx]:
        """Commits when the block ends, and takes all back when it raises.

        ``deadline``: seconds to wait for others who write. Raises DatabaseBusy after that, DatabaseDown where the
        database cannot take it (full disk, unreachable). When the block has ended without an error, all of it is on
        the disk. On SQLite every other writer waits meanwhile: keep it under 50 ms.
        """
        with self._once(), driver_errors_told_plainly(), self._backend.writing(deadline) as connection:
            yield Tx(connection, self._sealer, self.dialect)
            self.about_to_commit()

    @property
    def lost(self) -> int:
        """How many connections broke so far. Where it is more than before, the server may have been away meanwhile.

        Inside a transaction it holds whatever broke before that began.
        """
        return self._backend.lost

    def now(self) -> datetime:
        """The database's clock, UTC: on PostgreSQL one clock for all hosts, on SQLite this machine's."""
        with self._once(), driver_errors_told_plainly():
            moment = self._backend.ask(_CLOCK[self.dialect])
        return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)

    def check_release(self) -> None:
        """Raises DatabaseTooOld or DatabaseTooNew, with what to do, unless the database is at this release."""
        with self.reading() as tx:
            migrate.check_release(tx.conn)

    def close(self) -> None:
        """Closes every connection. Nobody may be inside a transaction any more."""
        self._backend.close()

    @contextmanager
    def _once(self) -> Iterator[None]:
        # A second transaction inside the first would wait for it for ever, or not see what it wrote.
        if self._thread.inside:
            raise RuntimeError("this thread is already inside a transaction: pass its Tx on")
        self._thread.inside = True
        try:
            yield
        finally:
            self._thread.inside = False
