"""The database is unplugged when the program starts: what stood in var/clinics.json is enough for what cannot wait."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.directory import Directory
from store import clinics, contacts, outbox, patients
from store.database import Database
from store.sealed import Sealer
from tests.acceptance.serving import LINE, Server, environment_on, running, scheduling, set_up, until
from tests.fakes.twilio.server import FakeTwilio
from tests.postgres import Postgres

STAYS, LEAVES, ENDANGERED = "+12025550161", "+12025550162", "+12025550163"
LONDON, LONDON_LINE = "+447700900100", "020 7946 0111"


@contextmanager
def without_database(environment: dict[str, str], request: pytest.FixtureRequest) -> Iterator[None]:
    """SQLite's file is not there; PostgreSQL takes no connection. Before any process has one open."""
    url = sa.make_url(environment["DATABASE_URL"])
    if url.drivername == "sqlite":
        file = Path(str(url.database))
        elsewhere = file.parent / "unplugged"
        elsewhere.mkdir()
        for part in file.parent.glob(f"{file.name}*"):
            part.rename(elsewhere / part.name)
        try:
            yield
        finally:
            for part in elsewhere.iterdir():
                part.rename(file.parent / part.name)
        return
    postgres: Postgres = request.getfixturevalue("postgres_server")
    postgres.run(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS false')
    try:
        yield
    finally:
        postgres.run(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS true')


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """An installation with two clinics and two patients, each with a text that is due; it has run before."""
    environment = environment_on(database_url, tmp_path)
    set_up(database_url, environment["DATA_KEYS"], environment["INDEX_KEY"])
    database = Database.open(database_url, Sealer([environment["DATA_KEYS"]], environment["INDEX_KEY"]))
    now = datetime.now(UTC)
    with database.writing() as tx:
        (entry,) = clinics.entries(tx)
        clinics.set_clinic(tx, now, entry.clinic.id, window_from=time(0), window_until=time.max)
        london = clinics.add_clinic(
            tx,
            now,
            name="London Clinic",
            program="Thames Texts",
            timezone="Europe/London",
            country="uk",
            languages=["en"],
            default_language="en",
            phone_line=LONDON_LINE,
            consent_texts={"en": "I agree to texts."},
        )
        clinics.add_sender(tx, now, london.id, LONDON, kind="number")
        clinics.sign_content(tx, now, london.id, "any", "Dr. Example")
        clinics.sign_regimen(tx, now, london.id, "pembro_q3w", 1, "any", "Dr. Example")
        for number in (STAYS, LEAVES):
            contact = contacts.open_contact(tx, now, entry.clinic.id, number, "en", "sms")
            patient = patients.add_patient(
                tx, now, clinic_id=entry.clinic.id, contact_id=contact.id, name="Pat", timezone="America/New_York"
            )
            outbox.add_text(
                tx,
                now,
                clinic_id=entry.clinic.id,
                contact_id=contact.id,
                patient_id=patient.id,
                kind="welcome",
                template="optin_confirm",
                args={},
                due_at=now,
                expires_at=now + timedelta(days=1),
                priority=0,
            )
    Directory(tmp_path / "var" / "clinics.json").refresh(database)
    database.close()
    return environment


def test_everybody_is_answered_and_when_it_is_back_each_text_stands_once_and_who_left_is_texted_nothing(
    environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with FakeTwilio() as twilio, ExitStack() as stack:
        environment |= {"TWILIO_API_BASE": twilio.url}
        away = stack.enter_context(ExitStack())
        away.enter_context(without_database(environment, request))
        server = stack.enter_context(running(environment, tmp_path))
        stack.enter_context(scheduling(environment, tmp_path))
        _answers(server)
        assert server.text("STOP", sender=LEAVES).words.startswith("Care Texts: you are opted out")
        assert '"spool":false' in server.get("/readyz")[1]
        away.close()
        assert until(lambda: '"spool":true' in server.get("/readyz")[1])
        assert until(lambda: bool(twilio.ledger))
        assert until(lambda: server.count("message WHERE kind = 'welcome' AND state = 'accepted'") == 1)
        assert [message.to for message in twilio.ledger] == [STAYS]
        assert server.count("message WHERE direction = 'in'") == 4
        assert server.count("message WHERE kind = 'reply'") == 4
        assert server.count("follow_up WHERE kind = 'danger' AND state = 'open'") == 2
        assert server.count("contact WHERE opt_out_reason = 'stop'") == 1
        assert server.count("message WHERE kind = 'welcome' AND state = 'cancelled' AND gate = 'opted_out'") == 1


def test_with_the_spool_unwritable_too_a_stop_is_sent_back_and_danger_and_facts_are_answered(
    environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "var" / "spool").write_text("a file where the folder should be")
    with without_database(environment, request), running(environment, tmp_path) as server:
        _answers(server)
        for words in ("STOP", "START", "NEXT", "C"):
            assert server.text(words, sender=LEAVES).status == 503


def _answers(server: Server) -> None:
    danger = server.text("I have chest pain", sender=ENDANGERED)
    assert danger.words.startswith("This may be an emergency. Call 911 now.")
    assert danger.words.endswith(f"Clinic: {LINE}.")
    british = server.text("I have chest pain", sender="+447700900163", to=LONDON)
    assert british.words.startswith("This may be an emergency. Call 999 now.")
    assert british.words.endswith(f"Clinic: {LONDON_LINE}.")
    assert "needle site" in server.text("SIDE EFFECTS", sender=STAYS).words
