"""The running program, on each kind of database: signed forms come over HTTP as from Twilio."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
import sqlalchemy as sa

from store import clinics
from store.database import Database
from store.migrate import migrate
from store.sealed import Sealer
from tests.conftest import DIALECTS
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, inbound_params, signed_form
from tests.postgres import Postgres

COMMAND = str(Path(sys.executable).with_name("immunotext"))
MESSAGES = "/webhooks/twilio/messages"
STATUS = "/webhooks/twilio/status"
PATIENCE = 20.0  # seconds for a process to answer or to end
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
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

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

    def rows(self) -> int:
        """Messages on the disk, seen from a connection of our own."""
        url = self.environment["DATABASE_URL"]
        if url.startswith("sqlite"):
            engine = sa.create_engine(url)
            with engine.connect() as connection:
                return int(connection.execute(sa.text("SELECT count(*) FROM message")).scalar_one())
        with psycopg.connect(url.replace("+psycopg", "")) as plain:
            row = plain.execute("SELECT count(*) FROM message").fetchone()
        return int(row[0]) if row else 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    pause = threading.Event()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        pause.wait(0.05)
    return False


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
            consent_text="I agree to texts.",
        )
        clinics.add_sender(tx, now, clinic.id, NUMBER, kind="number")
        clinics.sign_content(tx, now, clinic.id, "any", "Dr. Example")
        clinics.sign_regimen(tx, now, clinic.id, "pembro_q3w", 1, "any", "Dr. Example")
    database.close()


@pytest.fixture(scope="module", params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/texts.db"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The program on that database, with one live clinic."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    environment = {
        "DEMO": "0",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": database,
        "VAR_DIR": str(folder / "var"),
        "SECRET_KEY": "s" * 32,
        "INDEX_KEY": "i" * 32,
        "DATA_KEYS": "aW4tdGVzdHMtb25seS1hLWtleS1vZi0zMi1ieXRlcy0=",
        "PUBLIC_URL": "https://texts.example.org",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    }
    set_up(database, environment["DATA_KEYS"], environment["INDEX_KEY"])
    with subprocess.Popen(
        [COMMAND, "serve"], env={**os.environ, **environment}, cwd=folder, stderr=(folder / "log").open("wb")
    ) as process:
        try:
            assert answers(port, process), (folder / "log").read_text()
            yield Server(port, folder, environment, process)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
    log = (folder / "log").read_text()
    assert "Traceback" not in log
    assert "+1202555" not in log


def test_a_signed_form_gets_a_fact_and_its_repeat_the_same_and_one_row(server: Server) -> None:
    before = server.rows()
    sid = "SM" + "a" * 32
    first = server.text("SIDE EFFECTS", MessageSid=sid)
    assert first.status == 200
    assert "needle site" in first.words
    assert first.words.endswith(f"Call {LINE}. Emergency: 911.")
    assert server.text("SIDE EFFECTS", MessageSid=sid) == first
    assert server.rows() == before + 2


def test_a_forged_form_gets_403_and_leaves_no_row(server: Server) -> None:
    before = server.rows()
    assert server.text("STOP", token="forged").status == 403
    assert server.rows() == before


def test_one_text_delivered_eight_times_at_once_is_one_text(server: Server) -> None:
    before = server.rows()
    with ThreadPoolExecutor(8) as threads:
        came = list(threads.map(lambda _: server.text("FEVER", MessageSid="SM" + "b" * 32), range(8)))
    assert len({answer.raw for answer in came}) == 1
    assert came[0].status == 200
    assert server.rows() == before + 2


def test_stop_start_and_help(server: Server) -> None:
    sender = "+12025550150"
    assert server.text("STOP", sender=sender).words.startswith("Care Texts: you are opted out")
    assert server.text("STOP", sender=sender).words == ""
    assert server.text("START", sender=sender).words.startswith("Care Texts: you are signed up")
    assert server.text("HELP", sender=sender).words.startswith("Care Texts: ")


def test_spanish_comes_in_the_plain_alphabet_and_on_whatsapp_with_its_accents(server: Server) -> None:
    assert "¿Sintomas?" in server.text("EFECTOS", sender="+12025550151").words
    whatsapp = server.text("EFECTOS", sender="whatsapp:+12025550152", to=f"whatsapp:{NUMBER}")
    assert "¿Síntomas?" in whatsapp.words


def test_danger_is_answered_first(server: Server) -> None:
    assert server.text("STOP I cant breathe").words.startswith("This may be an emergency. Call 911 now.")


def test_a_receipt_is_taken(server: Server) -> None:
    params = [("MessageSid", "SM" + "c" * 32), ("MessageStatus", "delivered")]
    assert server.post(f"{STATUS}?attempt=2.1", params).status == 204


def test_it_says_how_it_is(server: Server) -> None:
    assert server.get("/healthz") == (200, "ok\n")
    status, page = server.get("/readyz")
    assert status == 200
    assert '"database":true' in page
    assert server.get("/readyz?strict=1")[0] == 503
    assert server.get("/metrics")[0] == 200
    assert server.get("/simulator")[0] == 404
