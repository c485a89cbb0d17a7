"""A database at this release's migration, once of each kind, and its keys."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from store.database import Database
from store.migrate import head, migrate
from store.schema import metadata
from store.sealed import Sealer
from tests.postgres import Postgres
from tests.store.sample import DATA_KEY, INDEX_KEY

# As a copy of the template leaves it. Emptying one database takes a tenth of the time that copying another does.
EMPTY = "; ".join(
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table.name}" for table in metadata.sorted_tables),
        *(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)"
            for table in metadata.sorted_tables
            if table.c.get("id") is not None
        ),
        f"UPDATE alembic_version SET version_num = '{head()}'",
    ]
)


@pytest.fixture(scope="session")
def emptied_postgres(postgres_server: Postgres) -> Iterator[sa.Engine]:
    url = postgres_server.create()
    migrate(url)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()
    postgres_server.drop(url)


@pytest.fixture
def migrated_postgres_url(emptied_postgres: sa.Engine) -> Iterator[str]:
    """A PostgreSQL database at this release's migration, empty, and for one test at a time."""
    yield emptied_postgres.url.render_as_string(hide_password=False)
    with emptied_postgres.connect() as connection:
        connection.exec_driver_sql(EMPTY)


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
