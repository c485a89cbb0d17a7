"""Fixtures for every room: databases of both kinds, a browser, and how hypothesis looks for examples."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import make_url

from store.migrate import migrate
from tests import postgres, whats_here
from tests.postgres import Postgres

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

DIALECTS = ("sqlite", "postgresql")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes of a run hands on what it left out to the one that tells of it."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = whats_here.left_out()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """`node` is the `WorkerController` of pytest-xdist, which has no types."""
    whats_here.add_left_out(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in whats_here.left_out().values():
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A running PostgreSQL on which a test may make databases."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return _sqlite(tmp_path / "empty.sqlite3")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at this release's migration, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite3"
    migrate(_sqlite(path))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Postgres) -> Iterator[str]:
    """The name of a PostgreSQL database at this release's migration, to be copied."""
    url = postgres_server.create()
    migrate(url)
    yield str(make_url(url).database)
    postgres_server.drop(url)


@pytest.fixture
def migrated_sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A SQLite database of the test's own, at this release's migration."""
    return _sqlite(Path(shutil.copy(migrated_sqlite, tmp_path / "immunotext.sqlite3")))


@pytest.fixture
def migrated_postgres_url(postgres_server: Postgres, migrated_postgres: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own, at this release's migration."""
    url = postgres_server.create(migrated_postgres)
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=DIALECTS)
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own at this release's migration, once of each kind."""
    url: str = request.getfixturevalue(f"migrated_{'sqlite' if request.param == 'sqlite' else 'postgres'}_url")
    return url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The program of a real Chromium."""
    return whats_here.require(whats_here.CHROMIUM)


def _sqlite(path: Path) -> str:
    return f"sqlite:///{path}"
