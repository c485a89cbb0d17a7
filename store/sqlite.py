"""The way to a SQLite file: many readers beside one writer.

SQLite lets waiting writers ask again and again, which serves them unfairly: beside a busy process some waited over a
second. So writers take turns before they come to it (`store.turns`), with a lock beside the file, `<database>.lock`.
"""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from store.errors import DatabaseDown
from store.turns import Turns

_PRAGMAS = (
    "busy_timeout = 2000",
    "journal_mode = WAL",
    "synchronous = FULL",
    # Only macOS knows a difference: there, without it, a flush stops at the disk's own cache.
    "fullfsync = ON",
    "cache_size = -16384",
    "journal_size_limit = 67108864",
)
# The wait is set anew only when it differs, and it differs rarely when it is rounded.
_ROUNDED_TO_MS = 50


class Sqlite:
    """Transactions on one SQLite file. Nothing is opened before the first of them."""

    dialect: Final = "sqlite"
    lost: Final = 0
    """Connections that broke: a file has no server that could be started anew."""

    def __init__(self, url: sa.URL, *, foreign_keys: bool = True) -> None:
        """``foreign_keys`` is off only while migrations rebuild tables."""
        self.path = _path(url)
        self._readers = _engine(self.path, "query_only = ON")
        self._writers = _engine(self.path, f"foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        self._turns = Turns(self.path.with_name(f"{self.path.name}.lock"))
        self._writer: sa.Connection | None = None
        self._writer_waits_ms = 0

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One view of the data, which nobody's writing changes while it lasts."""
        with self._readers.connect() as connection, _transaction(connection, "BEGIN"):
            yield connection

    @contextmanager
    def writing(self, deadline: float) -> Iterator[sa.Connection]:
        """The one writer of the file, or DatabaseBusy after ``deadline`` seconds."""
        until = time.monotonic() + deadline
        self._turns.take(until)
        try:
            with self._write(until) as connection:
                yield connection
        finally:
            self._turns.give()

    def ask(self, question: str) -> Any:
        """The one value that a question has for an answer, in no transaction."""
        with self._readers.connect() as connection:
            return connection.exec_driver_sql(question).scalar_one()

    def close(self) -> None:
        """Closes every connection. Nobody may be inside a transaction any more."""
        self._drop_writer()
        self._readers.dispose()
        self._writers.dispose()
        self._turns.close()

    @contextmanager
    def _write(self, until: float) -> Iterator[sa.Connection]:
        connection = self._writer = self._writer or self._writers.connect()
        try:
            self._wait_no_longer_than(connection, until)
            with _transaction(connection, "BEGIN IMMEDIATE"):
                yield connection
        except (sa.exc.DBAPIError, sqlite3.Error):
            # A connection that met a full disk or a lost file is not trusted again.
            self._drop_writer()
            raise

    def _wait_no_longer_than(self, connection: sa.Connection, until: float) -> None:
        """Programs that do not know our lock (a shell, a backup) are waited for by SQLite itself."""
        left_ms = max(until - time.monotonic(), 0) * 1000
        waits_ms = math.ceil(left_ms / _ROUNDED_TO_MS) * _ROUNDED_TO_MS
        if waits_ms != self._writer_waits_ms:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {waits_ms}")
            connection.rollback()
            self._writer_waits_ms = waits_ms

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.invalidate()
            self._writer.close()
        self._writer, self._writer_waits_ms = None, 0


def _path(url: sa.URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise DatabaseDown("DATABASE_URL must name a file, such as sqlite:///var/immunotext.db")
    return Path(url.database).absolute()


def _engine(path: Path, *pragmas: str) -> sa.Engine:
    engine = sa.create_engine(
        # mode=rw: a mistyped path is an error, not a new and empty database.
        sa.URL.create("sqlite+pysqlite", database=f"file:{quote(str(path))}", query={"uri": "true", "mode": "rw"}),
        # The driver begins and ends nothing by itself; our own statements do.
        isolation_level="AUTOCOMMIT",
        max_overflow=-1,
        connect_args={"cached_statements": 512},
    )

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    return engine


@contextmanager
def _transaction(connection: sa.Connection, begin: str) -> Iterator[None]:
    """Everything in the block, or nothing. SQLAlchemy is not told: its own begin() and commit() cost more than both."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute(begin)
    try:
        yield
        driver.commit()
    except BaseException:
        driver.rollback()
        raise
