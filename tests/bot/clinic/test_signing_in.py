"""Signing in: the password, the second factor that is asked for outside the demo, the lock, and leaving."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from bot.clinic.accounts import LOCKED, MOST_WRONG
from bot.clinic.signing_in import too_plain
from bot.services import Services
from store import audit, staff
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import PASSWORD, Browser, add_staff
from tests.bot.conftest import Watch


@pytest.fixture
def stranger(console_app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    client: FlaskClient = console_app.extensions["console"].test_client()
    return client


@pytest.fixture
def ines(clinic: Clinic, services: Services) -> User:
    """A nurse without a second factor yet."""
    return add_staff(services, clinic.id, "nurse", "ines@harbor.example")


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, email: str, password: str) -> TestResponse:
    page = client.get("/sign-in").text
    return client.post("/sign-in", data={"email": email, "password": password, "csrf_token": token_of(page)})


def set_up_second_factor(client: FlaskClient, services: Services, user: User) -> TOTP:
    """Scans the picture, as an authenticator does, and types its first code."""
    page = client.get("/account/second-factor").text
    shown = client.post("/account/second-factor", data={"setup": "authenticator", "csrf_token": token_of(page)}).text
    key = re.search(r"([A-Z2-7]{4}(?:-[A-Z2-7]{4})+)", shown)
    assert key is not None
    authenticator = TOTP(key[1].replace("-", ""), issuer="Immunotext")
    done = client.post("/second-factor", data={"code": authenticator.generate().token, "csrf_token": token_of(shown)})
    assert done.status_code == 302, done.text
    with services.database.reading() as tx:
        kept = staff.get_user(tx, user.id)
    assert kept is not None
    assert kept.second_factor is not None
    return authenticator


def test_a_second_factor_is_set_up_at_the_first_sign_in_and_asked_for_at_the_next(
    stranger: FlaskClient, console_app: Flask, services: Services, clinic: Clinic, ines: User
) -> None:
    first = sign_in(stranger, ines.email, PASSWORD)
    assert "/account/second-factor" in first.location
    assert stranger.get(f"/c/{clinic.id}/today").status_code == 303  # half signed in is not signed in
    authenticator = set_up_second_factor(stranger, services, ines)
    assert stranger.get(f"/c/{clinic.id}/today").status_code == 200

    another: FlaskClient = console_app.extensions["console"].test_client()
    asked = sign_in(another, ines.email, PASSWORD)
    assert "/second-factor" in asked.location
    assert another.get(f"/c/{clinic.id}/today").status_code == 303
    page = another.get(asked.location).text
    wrong = another.post("/second-factor", data={"code": "000000", "csrf_token": token_of(page)})
    assert wrong.status_code == 200
    code = authenticator.generate().token
    another.post("/second-factor", data={"code": code, "csrf_token": token_of(page)})
    assert another.get(f"/c/{clinic.id}/today").status_code == 200


@pytest.mark.parametrize("email", ["ines@harbor.example", "nobody@harbor.example"])
def test_a_wrong_password_does_not_tell_who_exists(email: str, stranger: FlaskClient, ines: User) -> None:
    answer = sign_in(stranger, email, "seven blue herons")
    assert answer.status_code == 200
    assert answer.text.count("Authentication failed") == 1
    assert ines.name not in answer.text


def test_after_some_wrong_passwords_even_the_right_one_waits(
    stranger: FlaskClient, services: Services, ines: User, watch: Watch
) -> None:
    for _ in range(MOST_WRONG):
        sign_in(stranger, ines.email, "seven blue herons")
    assert sign_in(stranger, ines.email, PASSWORD).status_code == 200
    with services.database.reading() as tx:
        assert [entry.action for entry in audit.entries(tx, None) if entry.subject == "user"] == ["lock"]
    watch.forward(LOCKED + timedelta(seconds=1))
    assert sign_in(stranger, ines.email, PASSWORD).status_code == 302
    set_up_second_factor(stranger, services, ines)  # only who is in at last is known to be right
    with services.database.reading() as tx:
        kept = staff.get_user(tx, ines.id)
    assert kept is not None
    assert (kept.wrong_passwords, kept.locked_until) == (0, None)


def test_who_may_not_work_here_any_more_is_out_at_once(
    clinic: Clinic, services: Services, ines: User, browse: Callable[[User], Browser]
) -> None:
    browser = browse(ines)
    assert browser.get(f"/c/{clinic.id}/today").status_code == 200
    with services.database.writing() as tx:
        staff.set_user(tx, ines.id, active=False)
    assert browser.get(f"/c/{clinic.id}/today").status_code == 303


def test_signing_out_ends_the_session(clinic: Clinic, ines: User, browse: Callable[[User], Browser]) -> None:
    browser = browse(ines)
    assert browser.post("/sign-out").status_code == 302
    assert browser.get(f"/c/{clinic.id}/today").status_code == 303


@pytest.mark.parametrize(
    ("password", "is_fine"),
    [("seven grey herons", True), ("aaaaaaaaaaaa", False), ("ines likes herons", False), ("my password is it", False)],
)
def test_a_new_password_is_not_one_that_anybody_would_try(
    password: str, is_fine: bool, console_app: Flask, ines: User, browse: Callable[[User], Browser]
) -> None:
    data = {"password": PASSWORD, "new_password": password, "new_password_confirm": password}
    if password == PASSWORD:
        data["new_password"] = data["new_password_confirm"] = "eight grey herons"
    answer = browse(ines).post("/account/password", data)
    assert (answer.status_code == 302) is is_fine, answer.text


def test_without_an_account_only_length_and_plainness_count(console_app: Flask) -> None:
    with console_app.extensions["console"].test_request_context():
        assert too_plain("seven grey herons", None) is None
        assert too_plain("qwertyuiopqwerty", None) is not None


def test_ones_own_name_and_language_are_set(clinic: Clinic, nurse: Browser) -> None:
    assert nurse.post("/account", {"name": "  Ines   D. ", "language": "es"}).status_code == 303
    page = nurse.get("/account").text
    assert "Ines D." in page
    assert '<html lang="es">' in page
    assert nurse.post("/account", {"name": " ", "language": "es"}).status_code == 422
    assert nurse.post("/account", {"name": "Ines", "language": "xx"}).status_code == 422


def test_a_passkey_is_kept_counted_and_removed_when_the_request_is_through(console_app: Flask, ines: User) -> None:
    console = console_app.extensions["console"]
    accounts = console.extensions["security"].datastore
    with console.test_request_context():
        account = accounts.find_user(email=ines.email)
        key = {"credential_id": b"key", "public_key": b"half", "name": "phone", "usage": "first", "sign_count": 0}
        accounts.create_webauthn(account, **key, device_type="single_device", backup_state=False, transports=["usb"])
        assert accounts.find_webauthn(b"key") is None
        accounts.commit()
        found = accounts.find_webauthn(b"key")
        assert (found.user_id, found.public_key, found.transports) == (ines.id, b"half", ["usb"])
        found.sign_count = 5
        accounts.put(found)
        accounts.commit()
        assert [each.sign_count for each in accounts.find_user(email=ines.email).webauthn] == [5]
        accounts.delete(found)
        accounts.commit()
        assert accounts.find_webauthn(b"key") is None
