"""The watch of the web process: what it counts, what it tells while the database is away, and who sends."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from bot.app import create_app
from bot.around import operator_of, vitals_of
from bot.housekeeping import BEAT_EVERY, Housekeeping
from bot.outage import PATIENCE, DatabaseOutage
from bot.services import Services
from bot.settings import load_settings
from bot.watch import Watch
from bot.webhooks.twilio import MESSAGES
from store import alarms, clinics, health, notices, on_call
from store.on_call import Recipient
from tests.bot.conftest import COMMAND_ENVIRONMENT, NOON, OURS, open_clinic
from tests.bot.conftest import Watch as StandingClock
from tests.bot.test_outage import database_away
from tests.fakes.smtp import FakeSmtp
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, inbound_params, signed_form

PUBLIC_URL, ACCOUNT = COMMAND_ENVIRONMENT["PUBLIC_URL"], COMMAND_ENVIRONMENT["TWILIO_ACCOUNT_SID"]
OPERATOR_PHONE, OPERATOR_EMAIL = "+15005550110", "operator@example.org"
WHY = "The database cannot be reached."


@dataclass
class Told:
    """What the operator was told; whether anybody was reached, as the test says."""

    reached: bool = True
    subjects: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, subject: str, body: str) -> bool:
        with self.lock:
            self.subjects.append(subject)
            self.bodies.append(body)
        return self.reached


def test_a_database_that_is_away_for_a_moment_is_told_to_nobody(tmp_path: Path) -> None:
    told = Told()
    outage = DatabaseOutage(tmp_path / "away", told)
    outage.away(NOON, WHY)
    outage.away(NOON + PATIENCE - timedelta(seconds=1), WHY)
    outage.here(NOON + PATIENCE)
    outage.away(NOON + 2 * PATIENCE, WHY)
    assert told.subjects == []


def test_one_that_stays_away_is_told_once_and_that_it_is_back_once(tmp_path: Path) -> None:
    told = Told()
    outage = DatabaseOutage(tmp_path / "away", told)
    for minutes in range(30):
        outage.away(NOON + timedelta(minutes=minutes), WHY)
    for minutes in range(30, 33):
        outage.here(NOON + timedelta(minutes=minutes))
    assert told.subjects == ["database away", "database back"]
    assert told.bodies == [
        f"The database has been away since 2026-05-04 16:00 UTC. {WHY} Danger texts are answered meanwhile.",
        "The database, away since 2026-05-04 16:00 UTC, is back (16:30 UTC).",
    ]


def test_the_processes_of_a_host_tell_it_once_together(tmp_path: Path) -> None:
    told, together = Told(), threading.Barrier(4)
    processes = [DatabaseOutage(tmp_path / "away", told) for _ in range(4)]

    def see(outage: DatabaseOutage) -> None:
        outage.away(NOON, WHY)
        together.wait()
        outage.away(NOON + PATIENCE, WHY)
        together.wait()
        outage.here(NOON + 2 * PATIENCE)

    threads = [threading.Thread(target=see, args=(outage,)) for outage in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.subjects == ["database away", "database back"]


def test_while_nobody_is_reached_it_is_tried_again_every_minute(tmp_path: Path) -> None:
    told = Told(reached=False)
    outage = DatabaseOutage(tmp_path / "away", told)
    for seconds in range(0, 240, 5):
        outage.away(NOON + timedelta(seconds=seconds), WHY)
    assert told.subjects == ["database away"] * 3
    outage.here(NOON + timedelta(minutes=5))
    assert len(told.subjects) == 3


def test_without_a_disk_it_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    told = Told()
    outage = DatabaseOutage(tmp_path / "var" / "away", told)
    outage.away(NOON, WHY)
    outage.away(NOON + PATIENCE, WHY)
    outage.away(NOON + 2 * PATIENCE, WHY)
    outage.here(NOON + 3 * PATIENCE)
    outage.here(NOON + 4 * PATIENCE)
    assert told.subjects == ["database away", "database back"]


@pytest.fixture
def watched(services: Services) -> Services:
    """A clinic, and an operator with a phone and a mailbox."""
    open_clinic(services)
    return services


def with_operator(services: Services, **more: object) -> Services:
    """The same services under settings that name an operator."""
    given = services.settings.model_dump() | {"operator_phone": OPERATOR_PHONE, "operator_email": OPERATOR_EMAIL}
    given |= {"twilio_api_base": "http://127.0.0.1:9"}
    services.__dict__["settings"] = load_settings(**given | more)
    return services


def test_the_operator_is_told_from_memory_by_text_and_by_mail(
    watched: Services, monkeypatch: pytest.MonkeyPatch, watch: StandingClock
) -> None:
    with FakeTwilio(numbers=(OURS,)) as twilio, FakeSmtp() as post:
        services = with_operator(
            watched,
            twilio_api_base=twilio.url,
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=(AUTH_TOKEN,),
            smtp_url=post.url,
            mail_from="texts@example.org",
        )
        ours = Watch(services, "web-1")
        with database_away(services, monkeypatch):
            ours.round(watch.now)
            watch.forward(timedelta(minutes=1))
            ours.round(watch.now)
            watch.forward(timedelta(minutes=1))
            ours.round(watch.now)
        (text,), (letter,) = twilio.ledger, post.letters
        assert (text.to, text.sender) == (OPERATOR_PHONE, OURS)
        assert "The database has been away" in text.body
        assert "The database has been away" in letter.body
        ours.round(watch.now)
        assert len(twilio.ledger) == len(post.letters) == 2
        assert "is back" in post.letters[1].body


def test_without_a_scheduler_the_web_process_sends_and_beside_one_it_leaves_that_to_it(
    watched: Services, watch: StandingClock
) -> None:
    with FakeSmtp() as post:
        services = with_operator(watched, smtp_url=post.url, mail_from="texts@example.org")
        ours = Watch(services, "web-1")

        def add(name: str, scheduled: bool) -> None:
            now = services.database.now()
            with services.database.writing() as tx:
                health.beat(tx, now, "s1", "one", "scheduler")
                if not scheduled:
                    tx.conn.exec_driver_sql("DELETE FROM heartbeat")
                notices.add_notice(tx, now, name, None, Recipient("mail", OPERATOR_EMAIL), "alarm", name)

        add("first", True)
        ours.round(watch.now)
        assert post.letters == []
        add("second", False)
        ours.round(watch.now)
        assert sorted(letter.body for letter in post.letters) == ["first", "second"]


def test_the_people_of_a_spanish_clinic_are_told_in_spanish(watched: Services, watch: StandingClock) -> None:
    nurses = Recipient("mail", "nurses@example.org")
    with watched.database.writing() as tx:
        (entry,) = clinics.entries(tx)
        clinics.set_clinic(tx, NOON, entry.clinic.id, default_language="es")
        clinics.stop_sender(tx, NOON, entry.senders[0].id, "account")
        on_call.add(tx, NOON, entry.clinic.id, nurses)
    Watch(with_operator(watched), "web-1").round(watch.now)
    with watched.database.reading() as tx:
        told = {each.to: each for each in notices.latest(tx)}
    assert told[nurses].subject == "Immunotext: Test Clinic: alarma (sender_stopped)"
    assert told[nurses].body.startswith("Test Clinic: Números de la clínica que ya no envían nada: 1 (remitente 1).")
    assert "Numbers of the clinic" in told[Recipient("mail", OPERATOR_EMAIL)].body


def test_its_thread_ends_when_it_is_told_to(watched: Services) -> None:
    ours = Watch(watched, "web-1")
    ours.start()
    ours.stop()


@pytest.fixture
def client(watched: Services) -> FlaskClient:
    return create_app(watched.settings, watched).test_client()


def _post(client: FlaskClient, base: str, signed: bool = True) -> int:
    form = signed_form(f"{base}{MESSAGES}", inbound_params("HELP", to=OURS, AccountSid=ACCOUNT), "token-of-the-tests")
    return client.post(MESSAGES, data=form.body, headers=form.headers if signed else {}).status_code


def test_a_process_says_how_often_a_signature_did_not_fit_since_one_did(
    client: FlaskClient, watched: Services, watch: StandingClock
) -> None:
    vitals = vitals_of(watched)
    assert (vitals().refused, vitals().accepted_at) == (0, None)
    assert [_post(client, "https://another.example.org") for _ in range(3)] == [403] * 3
    assert _post(client, PUBLIC_URL, signed=False) == 403
    assert (vitals().refused, vitals().refused_at, vitals().accepted_at) == (3, NOON, None)
    watch.forward(timedelta(minutes=1))
    assert _post(client, PUBLIC_URL) == 200
    assert (vitals().refused, vitals().accepted_at) == (0, NOON + timedelta(minutes=1))


@pytest.mark.parametrize("forged", [{"AccountSid": "AC" + "f" * 32}, {"To": "+12025550199"}])
def test_what_does_not_name_our_account_and_a_number_of_ours_says_nothing_of_our_settings(
    client: FlaskClient, watched: Services, forged: dict[str, str]
) -> None:
    watched.directory.refresh(watched.database)
    fields = dict(inbound_params("HELP", to=OURS, AccountSid=ACCOUNT)) | forged
    form = signed_form(f"{PUBLIC_URL}{MESSAGES}", list(fields.items()), "another token")
    assert client.post(MESSAGES, data=form.body, headers=form.headers).status_code == 403
    assert vitals_of(watched)().refused == 0


def test_a_run_of_403_of_a_wrong_public_address_is_an_alarm_until_a_call_is_accepted(
    client: FlaskClient, watched: Services, watch: StandingClock
) -> None:
    """Whoever texts of danger is not heard then."""
    services = with_operator(watched)
    watch.now = services.database.now()
    housekeeping, ours = Housekeeping(services), Watch(services, "web-1")

    rounds = count()

    def look() -> list[str]:
        housekeeping.round(NOON + next(rounds) * BEAT_EVERY)
        ours.round(watch.now)
        with services.database.reading() as tx:
            return [alarm.kind for alarm in alarms.open_alarms(tx)]

    assert [_post(client, "https://another.example.org") for _ in range(4)] == [403] * 4
    assert look() == []
    assert _post(client, "https://another.example.org") == 403
    assert look() == ["deaf"]
    with services.database.reading() as tx:
        told = notices.latest(tx)
    assert "5 calls with a signature were turned away" in told[0].body
    watch.forward(timedelta(milliseconds=1))
    assert _post(client, PUBLIC_URL) == 200
    assert look() == []


def test_a_process_says_what_lies_in_its_spool_and_what_room_there_is(
    watched: Services, monkeypatch: pytest.MonkeyPatch, client: FlaskClient
) -> None:
    with database_away(watched, monkeypatch):
        _post(client, PUBLIC_URL)
    said = vitals_of(watched)()
    assert (said.spooled, said.spool_writable) == (1, True)
    assert said.disk_free_mb is not None


def test_ready_and_metrics_show_the_alarms_and_nobodys_number(
    client: FlaskClient, watched: Services, watch: StandingClock
) -> None:
    services = with_operator(watched)
    now = services.database.now()
    with services.database.writing() as tx:
        (entry,) = clinics.entries(tx)
        clinics.stop_sender(tx, now, entry.senders[0].id, "account")
        health.beat(tx, now - timedelta(seconds=20), "s1", "one", "scheduler")
    Watch(services, "web-1").round(watch.now)
    shown = client.get("/readyz").json
    assert shown is not None
    assert shown["alarms"] == {"sender_stopped": 1}
    page = client.get("/metrics").text
    assert 'immunotext_alarms_open{kind="sender_stopped"} 1.0' in page
    assert 'immunotext_alarms_open{kind="deaf"} 0.0' in page
    assert 'immunotext_heartbeat_age_seconds{kind="scheduler"} 20' in page
    assert "immunotext_refused_run 0.0" in page
    assert "555" not in page
    with services.database.reading() as tx:
        assert [alarm.told for alarm in alarms.open_alarms(tx)] == [1]


def test_nobody_is_the_operator_until_the_settings_say_so(services: Services) -> None:
    assert operator_of(services.settings) == ()
    assert operator_of(with_operator(services).settings) == (
        Recipient("text", OPERATOR_PHONE),
        Recipient("mail", OPERATOR_EMAIL),
    )
