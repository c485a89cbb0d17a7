"""An installation of the test's own, and a live clinic on it, made by the commands themselves."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.cli import main
from bot.understanding.engine import Engine
from content.library import Library
from tests.bot.cli.commands import CONSENT, NUMBER, Run
from tests.bot.conftest import COMMAND_ENVIRONMENT


@pytest.fixture(scope="session")
def riverside(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, library: Library) -> Path:
    """A database with a live clinic called Riverside, made by the commands, to be copied."""
    path = tmp_path_factory.mktemp("riverside") / "template.db"
    shutil.copy(migrated_sqlite, path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATABASE_URL", f"sqlite:///{path}")
        for name, value in COMMAND_ENVIRONMENT.items():
            patched.setenv(name, value)
        patched.setattr("bot.services.load", lambda: library)
        for command in (
            ["clinic", "add", "Riverside", "--timezone", "America/New_York", "--country", "us"],
            ["clinic", "set", "Riverside", "--phone-line", "202-555-0143", *CONSENT],
            ["sender", "add", NUMBER],
            ["clinic", "approve", "Riverside", "--by", "Dr A. Person", "--content", "--regimen", "pembro_q3w"],
        ):
            assert main(command) == 0
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, migrated_sqlite_url: str, library: Library, engine: Engine) -> None:
    for name, value in COMMAND_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", migrated_sqlite_url)
    # Each command loads them anew; the tests load them once.
    monkeypatch.setattr("bot.services.load", lambda: library)
    monkeypatch.setattr("bot.services.Engine", lambda _: engine)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


@pytest.fixture
def clinic(run: Run, riverside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A live clinic called Riverside."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{shutil.copy(riverside, tmp_path / 'riverside.db')}")
    return run
