"""What can go wrong between us and the database, each as one plain sentence that says what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa


class StoreError(Exception):
    """The store could not do what was asked. The message is for people."""


class DatabaseDown(StoreError):
    """The database cannot take or give anything just now. What was asked is done whole or not at all."""


class DatabaseBusy(DatabaseDown):
    """The database is up, but others held it until the deadline."""


class NotADatabase(StoreError):
    """DATABASE_URL names a file that is something else: waiting does not help."""


class DatabaseTooOld(StoreError):
    """The database stands at an older migration than this release."""


class DatabaseTooNew(StoreError):
    """The database was brought to a newer release than this program."""


class WrongKey(StoreError):
    """DATA_KEYS or INDEX_KEY is not what this database was sealed with, or is no key at all."""


TOO_OLD = "The database is not at this release's migration. Run: immunotext migrate"

_FULL = "The disk that holds the database is full. Free some space; nothing else needs to be done."
_READ_ONLY = "The database cannot be written. Check who owns the file and its folder, and that the disk is writable."
_UNOPENED = (
    "The database file cannot be opened. If there is none yet, run: immunotext migrate. "
    "Otherwise check DATABASE_URL, and who owns the file and its folder."
)
_BUSY = "The database is busy: others held it until the deadline. The same may be tried again."
_PROVIDER_ID = "uq_message_provider_id"
_UNREACHABLE = "The database cannot be reached. Check DATABASE_URL, and that the server is up."

# By the beginning of the name of SQLite's error code, which extended codes share (SQLITE_IOERR_WRITE, ...).
_SQLITE: tuple[tuple[str, type[StoreError], str], ...] = (
    ("SQLITE_FULL", DatabaseDown, _FULL),
    ("SQLITE_BUSY", DatabaseBusy, _BUSY),
    ("SQLITE_LOCKED", DatabaseBusy, _BUSY),
    ("SQLITE_READONLY", DatabaseDown, _READ_ONLY),
    ("SQLITE_CANTOPEN", DatabaseDown, _UNOPENED),
    ("SQLITE_IOERR", DatabaseDown, "The disk that holds the database reports an error. Check the disk."),
    ("SQLITE_CORRUPT", DatabaseDown, "The database file is damaged. Restore it from a backup."),
    ("SQLITE_NOTADB", NotADatabase, "DATABASE_URL names a file that is no SQLite database. Name another file."),
)

# By the beginning of PostgreSQL's SQLSTATE (appendix A of its manual).
_POSTGRES: tuple[tuple[str, type[DatabaseDown], str], ...] = (
    ("53100", DatabaseDown, _FULL),
    ("53", DatabaseBusy, "The database server has no room for one more connection. Raise max_connections."),
    ("55P03", DatabaseBusy, _BUSY),
    ("57014", DatabaseBusy, _BUSY),
    ("40", DatabaseBusy, _BUSY),
    ("25006", DatabaseDown, "The database server takes no writes just now. Check that it is the primary."),
    ("28", DatabaseDown, "The database server refuses our user or password. Check DATABASE_URL."),
    ("3D000", DatabaseDown, "The database server has no database of that name. Check DATABASE_URL."),
    ("57P", DatabaseDown, _UNREACHABLE),
    ("58", DatabaseDown, "The database server reports an error of its disk. Check the disk."),
    ("08", DatabaseDown, _UNREACHABLE),
)


def plainly(error: sa.exc.DBAPIError | sqlite3.Error | psycopg.Error) -> StoreError | None:
    """The plain error for one of the driver; None for what is a mistake in our own statements or data."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause)
    if isinstance(cause, psycopg.Error):
        return _postgres(cause)
    return None


def _sqlite(error: sqlite3.Error) -> StoreError | None:
    name: str = getattr(error, "sqlite_errorname", "")
    for beginning, kind, sentence in _SQLITE:
        if name.startswith(beginning):
            return kind(sentence)
    if str(error).startswith(("no such table", "no such column")):
        return DatabaseTooOld(TOO_OLD)
    return None


def _postgres(error: psycopg.Error) -> StoreError | None:
    state = error.sqlstate or ""
    for beginning, kind, sentence in _POSTGRES:
        if state.startswith(beginning):
            return kind(sentence)
    if state == "23505" and error.diag.constraint_name == _PROVIDER_ID:
        # Two gave one of the provider's ids to two texts at once. Whoever tries again finds where it stands.
        return DatabaseBusy(_BUSY)
    if state in {"42P01", "42703"}:
        return DatabaseTooOld(TOO_OLD)
    # Without a state it never reached the server, or lost it on the way.
    if not state and isinstance(error, psycopg.OperationalError):
        return DatabaseDown(_UNREACHABLE)
    return None


@contextmanager
def driver_errors_told_plainly() -> Iterator[None]:
    """Raises the plain error for one of the driver; lets through what is a mistake of our own."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, psycopg.Error) as error:
        plain = plainly(error)
        if plain is None:
            raise
        raise plain from error
