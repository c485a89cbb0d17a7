"""The databases that are measured: a SQLite file, and a PostgreSQL of our own that flushes what it commits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from tests import postgres
from tests.postgres import Postgres

KINDS = ("sqlite", "postgresql")


@contextmanager
def server(kinds: Collection[str]) -> Iterator[Postgres | None]:
    """A running PostgreSQL where ``kinds`` has it, for as long as the block runs."""
    if "postgresql" not in kinds:
        yield None
        return
    with postgres.running() as running:
        # The tests switch it off.
        running.run("ALTER SYSTEM SET fsync = on")
        running.run("SELECT pg_reload_conf()")
        yield running


@contextmanager
def new(kind: str, running: Postgres | None) -> Iterator[str | None]:
    """The address of a new, empty database; None: a SQLite file, wherever that is put."""
    if kind == "sqlite" or running is None:
        yield None
        return
    url = running.create()
    try:
        yield url
    finally:
        running.drop(url)
