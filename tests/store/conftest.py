"""A database at this release's migration, once of each kind, and its keys."""

from collections.abc import Iterator

import pytest

from store.database import Database
from store.sealed import Sealer
from tests.store.sample import DATA_KEY, INDEX_KEY


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([DATA_KEY], INDEX_KEY)


@pytest.fixture
def database(migrated_url: str, sealer: Sealer) -> Iterator[Database]:
    opened = Database.open(migrated_url, sealer)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(migrated_sqlite_url: str, sealer: Sealer) -> Iterator[Database]:
    opened = Database.open(migrated_sqlite_url, sealer)
    yield opened
    opened.close()


@pytest.fixture
def postgres(migrated_postgres_url: str, sealer: Sealer) -> Iterator[Database]:
    opened = Database.open(migrated_postgres_url, sealer)
    yield opened
    opened.close()
