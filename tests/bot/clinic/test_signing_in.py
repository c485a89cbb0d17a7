"""Signing in: the password, the second factor that is asked for outside the demo, the lock, and leaving."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.recoverable import update_password
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from bot.clinic.accounts import LOCKED, MOST_WRONG
from bot.clinic.console import FRESH
from bot.clinic.signing_in import too_plain
from bot.services import Services
from bot.settings import load_settings
from store import audit, staff
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import PASSWORD, Browser, add_staff, token_of
from tests.bot.conftest import Watch
from tests.fakes.smtp import FakeSmtp


@pytest.fixture
def stranger(console_app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    client: FlaskClient = console_app.extensions["console"].test_client()
    return client


@pytest.fixture
def ines(clinic: Clinic, services: Services) -> User:
    """A nurse without a second factor yet."""
    return add_staff(services, clinic.id, "nurse", "ines@harbor.example")


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


def test_who_has_lost_the_phone_signs_in_with_a_recovery_code_and_with_each_but_once(
    stranger: FlaskClient, console_app: Flask, services: Services, clinic: Clinic, ines: User
) -> None:
    sign_in(stranger, ines.email, PASSWORD)
    set_up_second_factor(stranger, services, ines)
    page = stranger.get("/account/recovery-codes").text
    assert "You have none." in page
    made = stranger.post("/account/recovery-codes", data={"generate_new_codes": "1", "csrf_token": token_of(page)}).text
    codes = re.findall(r"<li><code>([^<]+)</code>", made)
    assert len(set(codes)) > 1
    assert codes[0] not in stranger.get("/account/recovery-codes").text
    assert re.findall(r"<li><code>([^<]+)</code>", stranger.get("/account/recovery-codes?show_codes=1").text) == codes

    def without_the_phone(code: str) -> int:
        client: FlaskClient = console_app.extensions["console"].test_client()
        sign_in(client, ines.email, PASSWORD)
        page = client.get("/recovery-code").text
        client.post("/recovery-code", data={"code": code, "csrf_token": token_of(page)})
        return client.get(f"/c/{clinic.id}/today").status_code

    assert [without_the_phone(code) for code in (codes[0], codes[0], "no such code", codes[1])] == [200, 303, 303, 200]


def test_who_signed_in_long_ago_says_their_password_again_before_they_change_how_they_sign_in(
    ines: User, browse: Callable[[User], Browser]
) -> None:
    browser = browse(ines)
    assert browser.get("/account/recovery-codes").status_code == 200
    with browser.client.session_transaction() as session:
        session["fs_paa"] -= FRESH.total_seconds() + 1
    asked = browser.get("/account/recovery-codes").location
    assert asked.startswith("/verify")
    page = browser.get(asked).text
    assert "Is it still you?" in page

    def say(password: str) -> TestResponse:
        return browser.client.post(asked, data={"password": password, "csrf_token": token_of(page)})

    assert say("seven blue herons").status_code == 200
    assert "/verify" in browser.get("/account/recovery-codes").location
    assert say(PASSWORD).location.endswith("/account/recovery-codes")
    assert browser.get("/account/recovery-codes").status_code == 200


def test_a_password_that_somebody_else_gave_is_good_for_choosing_ones_own_and_for_nothing_else(
    services: Services, clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    new = add_staff(services, clinic.id, "nurse", "new@harbor.example", password_given=True)
    today, browser = f"/c/{clinic.id}/today", browse(new)
    assert browser.get(today).location == "/account/password"
    asked = browser.get("/account/password").text
    assert "Somebody else gave you this password" in asked

    def change(wanted: str) -> TestResponse:
        typed = {"password": PASSWORD, "new_password": wanted, "new_password_confirm": wanted}
        return browser.client.post("/account/password", data=typed | {"csrf_token": token_of(asked)})

    assert "must be different" in change(PASSWORD).text
    assert browser.get(today).status_code == 303
    assert change("eight blue herons").status_code == 302
    assert browser.get(today).status_code == 200
    assert "Somebody else" not in browser.get("/account/password").text
    with services.database.reading() as tx:
        kept = staff.get_user(tx, new.id)
    assert kept is not None
    assert not kept.password_given


def test_who_sets_a_password_by_the_link_of_a_mail_has_chosen_it(
    console_app: Flask, services: Services, clinic: Clinic
) -> None:
    new = add_staff(services, clinic.id, "nurse", "new@harbor.example", password_given=True)
    console = console_app.extensions["console"]
    accounts = console.extensions["security"].datastore
    with console.test_request_context():
        update_password(accounts.find_user(email=new.email), "eight blue herons")  # type: ignore[no-untyped-call]
        accounts.commit()
        assert not accounts.find_user(email=new.email).password_given


@pytest.fixture
def post(services: Services) -> Iterator[FakeSmtp]:
    """The mail server of an installation whose address is https://texts.example.org."""
    with FakeSmtp() as server:
        more = {"smtp_url": server.url, "mail_from": "texts@example.org", "public_url": "https://texts.example.org"}
        services.__dict__["settings"] = load_settings(**services.settings.model_dump() | more)
        yield server


def test_the_link_to_another_password_is_under_our_address_whatever_address_was_asked(
    post: FakeSmtp, stranger: FlaskClient, services: Services, clinic: Clinic, ines: User
) -> None:
    elsewhere = "https://elsewhere.example"
    page = stranger.get("/forgot", base_url=elsewhere).text
    assert "I forgot my password" in page
    for email in (ines.email, "nobody@harbor.example"):
        typed = {"email": email, "csrf_token": token_of(page)}
        referred = {"Accept-Language": "es", "Referer": f"{elsewhere}/forgot"}
        stranger.post("/forgot", data=typed, base_url=elsewhere, headers=referred)
    (letter,) = post.letters
    assert letter.to == ines.email
    assert "Alguien pidió otra contraseña" in letter.body
    (link,) = re.findall(r"\S+://\S+", letter.body)
    assert link.startswith("https://texts.example.org/forgot/")

    path = link.removeprefix("https://texts.example.org")
    form = stranger.get(path).text
    wanted = {"password": "eight blue herons", "password_confirm": "eight blue herons"}
    assert stranger.post(path, data=wanted | {"csrf_token": token_of(form)}).status_code == 302
    assert "Authentication failed" in sign_in(stranger, ines.email, PASSWORD).text
    assert "/account/second-factor" in sign_in(stranger, ines.email, "eight blue herons").location


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
