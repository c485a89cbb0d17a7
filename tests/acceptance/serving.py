"""A running `immunotext serve` with one live clinic, and a phone line to it that signs as Twilio does."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from xml.etree import ElementTree

import sqlalchemy as sa

from store import clinics
from store.database import Database
from store.migrate import migrate
from store.sealed import Sealer
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, inbound_params, signed_form

COMMAND = str(Path(sys.executable).with_name("immunotext"))
MESSAGES = "/webhooks/twilio/messages"
PATIENCE = 60.0  # seconds for a process to answer or to end, on a machine that does much else
LINE = "202-555-0111"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the words of the TwiML, "" where it has none."""

    status: int
    words: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A running `immunotext serve`."""

    port: int
    environment: dict[str, str]

    def text(self, body: str, *, token: str = AUTH_TOKEN, **fields: str) -> Answer:
        return self.post(MESSAGES, inbound_params(body, **fields), token)

    def post(self, path: str, params: list[tuple[str, str]], token: str = AUTH_TOKEN) -> Answer:
        form = signed_form(f"{self.environment['PUBLIC_URL']}{path}", params, token)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, form.body, form.headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        is_twiml = response.headers["Content-Type"] == "text/xml; charset=utf-8"
        words = ElementTree.fromstring(raw).findtext("Message/Body") if is_twiml else None
        return Answer(response.status, words or "", raw)

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def count(self, what: str) -> int:
        """Rows on the disk, seen from a connection of our own: ``what`` stands after FROM."""
        engine = sa.create_engine(self.environment["DATABASE_URL"], poolclass=sa.NullPool)
        with engine.connect() as connection:
            return int(connection.execute(sa.text(f"SELECT count(*) FROM {what}")).scalar_one())

    def rows(self) -> int:
        """Messages on the disk."""
        return self.count("message")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(happened: Callable[[], bool]) -> bool:
    """Whether it happens before our patience ends."""
    pause = threading.Event()
    last = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > last:
            return False
        pause.wait(0.05)
    return True


def set_up(url: str, data_key: str, index_key: str) -> None:
    """One live clinic in an empty database."""
    migrate(url)
    database = Database.open(url, Sealer([data_key], index_key))
    with database.writing() as tx:
        now = datetime.now(UTC)
        clinic = clinics.add_clinic(
            tx,
            now,
            name="Test Clinic",
            program="Care Texts",
            timezone="America/New_York",
            country="us",
            languages=["en", "es"],
            default_language="en",
            phone_line=LINE,
            consent_texts={"en": "I agree to texts."},
        )
        clinics.add_sender(tx, now, clinic.id, NUMBER, kind="number", rate=1000, daily_cap=0)
        clinics.sign_content(tx, now, clinic.id, "any", "Dr. Example")
        clinics.sign_regimen(tx, now, clinic.id, "pembro_q3w", 1, "any", "Dr. Example")
    database.close()


def environment_on(database: str, folder: Path) -> dict[str, str]:
    """The settings of an installation on this database, with its files in ``folder``."""
    return {
        "DEMO": "0",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "DATABASE_URL": database,
        "VAR_DIR": str(folder / "var"),
        "SECRET_KEY": "s" * 32,
        "INDEX_KEY": "i" * 32,
        "DATA_KEYS": "aW4tdGVzdHMtb25seS1hLWtleS1vZi0zMi1ieXRlcy0=",
        "PUBLIC_URL": "https://texts.example.org",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    }


@contextmanager
def serving(database: str, folder: Path) -> Iterator[Server]:
    """The program on an empty database, with one live clinic."""
    environment = environment_on(database, folder)
    set_up(database, environment["DATA_KEYS"], environment["INDEX_KEY"])
    with running(environment, folder) as server:
        yield server


@contextmanager
def running(environment: dict[str, str], folder: Path) -> Iterator[Server]:
    """`immunotext serve`, from when it listens; it must end well, and its log hold no number."""
    port = int(environment["PORT"])
    with _process("serve", environment, folder) as process:
        assert until(lambda: process.poll() is not None or listens(port)), _log(folder, "serve")
        assert process.poll() is None, _log(folder, "serve")
        yield Server(port, environment)


@contextmanager
def scheduling(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """`immunotext scheduler`, from when it says that it sends; the same holds for it."""
    with _process("scheduler", environment, folder) as process:
        assert until(lambda: process.poll() is not None or "sends what is due" in _log(folder, "scheduler"))
        assert process.poll() is None, _log(folder, "scheduler")
        yield


@contextmanager
def _process(command: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        (folder / f"{command}.log").open("wb") as log,
        subprocess.Popen([COMMAND, command], env={**os.environ, **environment}, cwd=folder, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(PATIENCE)
    assert ended == 0, _log(folder, command)
    written = _log(folder, command)
    assert "Traceback" not in written
    assert "+1202555" not in written


def _log(folder: Path, command: str) -> str:
    return (folder / f"{command}.log").read_text()
