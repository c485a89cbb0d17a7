"""A live clinic on a database of each kind."""

from collections.abc import Iterator

import pytest

from content.library import Library, load
from store import health
from store.database import Database
from store.health import DemoClock
from tests.conftest import DIALECTS
from tests.postgres import Postgres
from tests.scheduler.door import Opens, opener
from tests.scheduler.world import ENROLLED, World, at, open_database
from tests.store.conftest import EMPTY

NEW_YEAR = at(2026, 1, 1, 12)


@pytest.fixture(scope="session")
def library() -> Library:
    """The packaged content."""
    return load()


@pytest.fixture(scope="session")
def one_postgres(postgres_server: Postgres, migrated_postgres: str) -> Iterator[Database]:
    """A PostgreSQL database that these tests use one after another: to make one for each takes longer than the test."""
    url = postgres_server.create(migrated_postgres)
    opened = open_database(url)
    yield opened
    opened.close()
    postgres_server.drop(url)


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database at this release's migration, once of each kind."""
    if request.param == "sqlite":
        opened = open_database(request.getfixturevalue("migrated_sqlite_url"))
        yield opened
        opened.close()
        return
    shared: Database = request.getfixturevalue("one_postgres")
    yield shared
    with shared.writing() as tx:
        tx.conn.exec_driver_sql(EMPTY)


@pytest.fixture
def world(database: Database, library: Library) -> World:
    """A clinic that went live on New Year's Day."""
    return World.build(database, library, NEW_YEAR)


@pytest.fixture
def opens(world: World) -> Opens:
    """Doors to plans of the clinic."""
    return opener(world)


@pytest.fixture
def demo(world: World) -> World:
    """The demo's clock stands at the moment of enrolment, so that the first texts are due."""
    real = world.database.now()
    with world.database.writing() as tx:
        health.set_demo_clock(tx, DemoClock(ENROLLED - real, False))
    return world
