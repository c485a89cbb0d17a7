"""Brings a database to this release's tables, and tells whether it stands there."""

import os

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from store.backends import backend_for
from store.errors import TOO_OLD, DatabaseDown, DatabaseTooNew, DatabaseTooOld, driver_errors_told_plainly
from store.sqlite import Sqlite

_WAITS_FOR_WRITERS = 60.0
_ADVISORY_LOCK = 0x696D6D756E6F


def head() -> str:
    """The newest revision that this release knows."""
    (revision,) = ScriptDirectory.from_config(_config()).get_heads()
    return revision


def migrate(url: str) -> str:
    """Brings the database to this release, all of it or nothing, and returns the revision reached.

    Makes a SQLite file and its folder where there is none. Any number of processes may call it at once. Raises
    DatabaseTooNew where a newer release was here before, DatabaseDown where the database cannot be reached.
    """
    backend = backend_for(url, foreign_keys=False)
    if isinstance(backend, Sqlite):
        _create(backend)
    try:
        with driver_errors_told_plainly(), backend.writing(_WAITS_FOR_WRITERS) as connection:
            if backend.dialect == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            _refuse_newer(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if backend.dialect == "sqlite":
                _refuse_orphans(connection)
    finally:
        backend.close()
    return head()


def check_release(connection: sa.Connection) -> None:
    """Raises DatabaseTooOld or DatabaseTooNew, with what to do, unless the database stands at this release."""
    _refuse_newer(connection)
    if _current(connection) != head():
        raise DatabaseTooOld(TOO_OLD)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    return config


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: sa.Connection) -> None:
    current = _current(connection)
    if current is None:
        return
    try:
        ScriptDirectory.from_config(_config()).get_revision(current)
    except CommandError:
        raise DatabaseTooNew(
            "The database was brought to a newer release than this program. "
            "Install that release again, or restore the backup made before it."
        ) from None


def _refuse_orphans(connection: sa.Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        tables = ", ".join(sorted({str(row[0]) for row in orphans}))
        raise DatabaseDown(f"The migration would leave rows of {tables} without what they refer to. Nothing was done.")


def _create(backend: Sqlite) -> None:
    try:
        backend.path.parent.mkdir(parents=True, exist_ok=True)
        # Patients' data: whoever runs the program may read the file, and nobody else.
        os.close(os.open(backend.path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseDown(f"The database file {backend.path} cannot be made: {error.strerror}.") from error
