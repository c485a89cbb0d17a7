"""The database is unplugged under the running program: every text is answered, and none is lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.acceptance.serving import LINE, Server, until
from tests.postgres import Postgres


@contextmanager
def unplugged(server: Server, request: pytest.FixtureRequest) -> Iterator[None]:
    """SQLite is held by somebody who does not let go; PostgreSQL cuts every connection and takes no new one."""
    url = sa.make_url(server.environment["DATABASE_URL"])
    if url.drivername == "sqlite":
        holder = sqlite3.connect(str(url.database), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        return
    postgres: Postgres = request.getfixturevalue("postgres_server")
    postgres.run(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS false')
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.database}'")
    try:
        yield
    finally:
        postgres.run(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS true')


def test_danger_facts_and_stop_are_answered_and_each_stands_once_when_it_is_back(
    server: Server, request: pytest.FixtureRequest
) -> None:
    before = server.rows()
    with unplugged(server, request):
        danger = server.text("I have chest pain", sender="+12025550160", MessageSid="SM" + "d" * 32)
        assert danger.words.startswith("This may be an emergency. Call 911 now.")
        assert danger.words.endswith(f"Clinic: {LINE}.")
        assert server.text("I have chest pain", sender="+12025550160", MessageSid="SM" + "d" * 32) == danger
        assert "needle site" in server.text("SIDE EFFECTS", sender="+12025550161").words
        assert server.text("STOP", sender="+12025550162").words.startswith("Care Texts: you are opted out")
        assert '"spool":false' in server.get("/readyz")[1]
    assert until(lambda: '"spool":true' in server.get("/readyz")[1])
    assert server.rows() == before + 6
    assert server.count("follow_up WHERE kind = 'danger' AND state = 'open'") == 1
    assert server.count("contact WHERE opt_out_reason = 'stop'") == 1
    assert server.text("SIDE EFFECTS", sender="+12025550161").status == 200
