"""The way to a PostgreSQL server: short transactions, each with its own deadline."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from psycopg.types.array import ListBinaryDumper

from store.errors import DatabaseBusy

_CONNECTIONS = 16
_READING_TAKES_AT_MOST_MS = 30_000
_CONNECT = {
    "connect_timeout": 3,
    # A server that vanished is noticed within seconds, not after the two hours of the system's own setting.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c timezone=UTC",
    "application_name": "immunotext",
}


class Postgres:
    """Transactions on one PostgreSQL database. Nothing is opened before the first of them."""

    dialect: Final = "postgresql"

    def __init__(self, url: sa.URL) -> None:
        self._engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            # The driver begins and ends nothing by itself; the statements below do.
            isolation_level="AUTOCOMMIT",
            pool_size=_CONNECTIONS,
            max_overflow=0,
            connect_args=_CONNECT,
        )
        self.lost = 0
        """How many connections broke so far, in use or idle; one that broke idle is replaced without an error."""
        sa.event.listen(self._engine, "connect", _set_up)
        sa.event.listen(self._engine, "handle_error", self._count_lost)
        # The pool's own wait has one length for all; ours is the caller's deadline.
        self._free = threading.Semaphore(_CONNECTIONS)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One view of the data, which nobody's writing changes while it lasts."""
        limit = _READING_TAKES_AT_MOST_MS
        begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {limit}"
        with self._transaction(begin, limit / 1000) as connection:
            yield connection

    @contextmanager
    def writing(self, deadline: float) -> Iterator[sa.Connection]:
        """A transaction at READ COMMITTED in which neither a lock nor a statement takes over ``deadline`` seconds."""
        limit = max(math.ceil(deadline * 1000), 1)
        begin = f"BEGIN; SET LOCAL lock_timeout = {limit}; SET LOCAL statement_timeout = {limit}"
        with self._transaction(begin, deadline) as connection:
            yield connection

    def ask(self, question: str) -> Any:
        """The one value that a question has for an answer: one journey to the server, and no transaction."""
        with self._place(_READING_TAKES_AT_MOST_MS / 1000):
            connection, answer = self._first(question)
            with connection:
                return answer.scalar_one()

    def close(self) -> None:
        """Closes every connection. Nobody may be inside a transaction any more."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str, deadline: float) -> Iterator[sa.Connection]:
        with self._place(deadline):
            connection, _ = self._first(begin)
            with connection:
                yield connection
                connection.commit()

    @contextmanager
    def _place(self, deadline: float) -> Iterator[None]:
        if not self._free.acquire(timeout=max(deadline, 0)):
            raise DatabaseBusy(f"The database is busy: all {_CONNECTIONS} connections of this process are in use.")
        try:
            yield
        finally:
            self._free.release()

    def _count_lost(self, error: sa.engine.ExceptionContext) -> None:
        # Called before the pool gives up all other connections too, so that whoever gets a new one finds it counted.
        if error.is_disconnect:
            self.lost += 1

    def _first(self, statement: str) -> tuple[sa.Connection, sa.CursorResult[Any]]:
        """A connection, and what its first statement gives; one that died while it lay idle is replaced once."""
        try:
            return self._first_once(statement)
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return self._first_once(statement)

    def _first_once(self, statement: str) -> tuple[sa.Connection, sa.CursorResult[Any]]:
        connection = self._engine.connect()
        try:
            # SQLAlchemy must know of the transaction too: to one that it did not begin, its commit() does nothing.
            connection.begin()
            return connection, connection.exec_driver_sql(statement)
        except BaseException:
            connection.close()
            raise


def _set_up(connection: Any, _record: object) -> None:
    # As text, with a look for quotes in each value, a list of sealed words takes the driver 17 times as long.
    connection.adapters.register_dumper(list, ListBinaryDumper)
