"""A live clinic on a database of each kind."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from content.library import Library, load
from store.database import Database
from store.sealed import Sealer
from tests.scheduler.world import World, at

KEY = Fernet.generate_key().decode()
NEW_YEAR = at(2026, 1, 1, 12)


@pytest.fixture(scope="session")
def library() -> Library:
    """The packaged content."""
    return load()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """An empty database at this release's migration, of each kind."""
    opened = Database.open(migrated_url, Sealer([KEY], "an index key that only tests use"))
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database, library: Library) -> World:
    """A clinic that went live on New Year's Day."""
    return World.build(database, library, NEW_YEAR)
