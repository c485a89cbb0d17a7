"""The pages for those who look after the program, and how it says that something is not there."""

import gc
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.housekeeping import PROFILES_EVERY, Housekeeping
from bot.services import Services
from bot.settings import load_settings
from bot.startup import keep_what_is_loaded
from bot.webhooks.twilio import MESSAGES
from store import health
from tests.bot.conftest import NOON, PHONE, Phone, enrol, open_clinic
from tests.bot.test_outage import database_away


@pytest.fixture
def client(services: Services) -> FlaskClient:
    open_clinic(services)
    return create_app(services.settings, services).test_client()


def beat(services: Services, ago: timedelta = timedelta(0)) -> None:
    now = services.database.now() - ago
    with services.database.writing() as tx:
        health.beat(tx, now, "one", "host", "scheduler")


def state_of(response: TestResponse) -> dict[str, object]:
    """What works; which alarms are open stands beside it."""
    assert response.json is not None
    return {name: value for name, value in response.json.items() if name != "alarms"}


def test_people_have_a_session_and_webhooks_none(services: Services) -> None:
    app = create_app(services.settings, services)
    with app.test_request_context("/healthz"):
        session["seen"] = True
    with app.test_request_context(MESSAGES), pytest.raises(RuntimeError, match="session is unavailable"):
        session["seen"] = True


def test_the_content_is_not_looked_through_again_and_again(services: Services) -> None:
    library = services.library
    assert any(each is library for each in gc.get_objects())
    keep_what_is_loaded()
    try:
        assert not any(each is library for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_it_is_up(client: FlaskClient) -> None:
    assert client.get("/healthz").text == "ok\n"


def test_it_is_ready_when_all_of_it_works(client: FlaskClient, services: Services) -> None:
    beat(services)
    response = client.get("/readyz?strict=1")
    assert response.status_code == 200
    assert state_of(response) == {"database": True, "migrations": True, "scheduler": True, "spool": True, "ok": True}


def test_without_a_scheduler_it_still_answers_danger_texts(client: FlaskClient, services: Services) -> None:
    beat(services, ago=timedelta(minutes=2))
    assert client.get("/readyz").status_code == 200
    strict = client.get("/readyz?strict=1")
    assert strict.status_code == 503
    assert state_of(strict) == {"database": True, "migrations": True, "scheduler": False, "spool": True, "ok": False}


def test_without_a_database_it_still_answers_danger_texts(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_away(services, monkeypatch):
        Phone(services).text("STOP")
        response = client.get("/readyz")
    assert response.status_code == 200
    assert state_of(response) == {
        "database": False,
        "migrations": False,
        "scheduler": False,
        "spool": False,
        "ok": False,
    }


def test_a_database_of_another_release_is_told(make_services: Callable[[str], Services], tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    services = make_services(f"sqlite:///{tmp_path}/empty.db")
    state = state_of(create_app(services.settings, services).test_client().get("/readyz"))
    assert state == {"database": True, "migrations": False, "scheduler": False, "spool": True, "ok": False}


def test_a_file_that_is_no_database_is_told(make_services: Callable[[str], Services], tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear patient, " * 100)
    services = make_services(f"sqlite:///{tmp_path}/letter.db")
    state = state_of(create_app(services.settings, services).test_client().get("/readyz"))
    assert state == {"database": False, "migrations": False, "scheduler": False, "spool": True, "ok": False}


def test_metrics_are_for_this_machine_or_for_the_token(services: Services, tmp_path: Path) -> None:
    settings = load_settings(**{**services.settings.model_dump(), "metrics_token": "secret"})
    client = create_app(settings, services).test_client()
    services.__dict__["settings"] = settings
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 403
    assert client.get("/metrics", environ_base=elsewhere, headers={"Authorization": "Bearer no"}).status_code == 403
    assert client.get("/metrics", environ_base=elsewhere, headers={"Authorization": "Bearer secret"}).status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403


def test_metrics_count_texts_by_kind_and_never_hold_a_number_of_anybody(
    client: FlaskClient, services: Services
) -> None:
    Phone(services).text("SIDE EFFECTS")
    page = client.get("/metrics").text
    assert 'immunotext_texts_total{kind="topic"} 1.0' in page
    assert "immunotext_spool_texts 0.0" in page
    assert "2025550143" not in page


def test_what_is_not_there_is_told_plainly(client: FlaskClient) -> None:
    for program in ("/webhooks/twilio/nowhere", "/simulator/nowhere"):
        response = client.get(program)
        assert (response.status_code, response.text) == (404, "404 Not Found.\n")
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert "There is no such page" in page.text


def test_a_fault_of_our_own_shows_nothing_of_itself(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> int:
        raise ZeroDivisionError(PHONE)

    monkeypatch.setattr(services.spool, "count", broken)
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (500, "500 Internal Server Error.\n")
    assert "ZeroDivisionError" in caplog.text
    assert PHONE not in caplog.text


def test_the_phone_on_the_screen_is_not_there_outside_the_demo(client: FlaskClient) -> None:
    assert client.get("/simulator").status_code == 404
    assert client.get("/").location == "/sign-in?next=/"


def test_housekeeping_follows_the_clinics_plays_the_spool_and_shows_that_it_lives(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone(services, clinic_id=open_clinic(services).id)
    with database_away(services, monkeypatch):
        phone.text("STOP")
    Housekeeping(services).round(NOON)
    assert not services.spool.holds_texts()
    assert phone.contact().opted_out_at is not None
    with services.database.reading() as tx:
        (beat,) = health.heartbeats(tx)
    assert (beat.kind, beat.ended, beat.vitals.clock, beat.vitals.spooled) == ("web", False, NOON, 0)


def test_housekeeping_keeps_in_mind_who_is_on_cell_therapy(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = Phone(services, clinic_id=open_clinic(services).id)
    housekeeping = Housekeeping(services)
    housekeeping.round(NOON)
    enrol(services, "tecli", date(2026, 5, 5))
    housekeeping.round(NOON + PROFILES_EVERY)
    with database_away(services, monkeypatch):
        assert phone.says("I have a fever of 102").startswith("This may be an emergency.")


def test_housekeeping_ends_when_it_is_told_to(services: Services) -> None:
    housekeeping = Housekeeping(services)
    housekeeping.start()
    housekeeping.stop()
    with services.database.reading() as tx:
        assert all(beat.ended for beat in health.heartbeats(tx))
