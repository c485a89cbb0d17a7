"""The running program, once on each kind of database."""

from collections.abc import Iterator

import pytest

from tests.acceptance.serving import Server, serving
from tests.conftest import DIALECTS
from tests.postgres import Postgres


@pytest.fixture(scope="module", params=DIALECTS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server on a database of its own."""
    folder = tmp_path_factory.mktemp("server")
    if request.param == "sqlite":
        with serving(f"sqlite:///{folder}/texts.db", folder) as running:
            yield running
        return
    postgres: Postgres = request.getfixturevalue("postgres_server")
    url = postgres.create()
    try:
        with serving(url, folder) as running:
            yield running
    finally:
        postgres.drop(url)
