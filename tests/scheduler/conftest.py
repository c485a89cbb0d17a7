"""A live clinic on a database of each kind."""

from collections.abc import Iterator

import pytest

from content.library import Library, load
from store.database import Database
from tests.scheduler.world import World, at, open_database

NEW_YEAR = at(2026, 1, 1, 12)


@pytest.fixture(scope="session")
def library() -> Library:
    """The packaged content."""
    return load()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """An empty database at this release's migration, of each kind."""
    opened = open_database(migrated_url)
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database, library: Library) -> World:
    """A clinic that went live on New Year's Day."""
    return World.build(database, library, NEW_YEAR)
