"""The console of two clinics on one installation, and browsers that are signed in to it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.services import Services
from store import clinics, staff
from store.clinics import Clinic
from store.patients import Patient
from store.staff import Role, User
from tests.bot.clinic.planned import START, VISITS_AT, plan_of
from tests.bot.conftest import NOON, Phone, enrol

PASSWORD = "seven grey herons"
HASH = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)


def add_staff(
    services: Services, clinic_id: int, role: Role, email: str | None = None, *, password_given: bool = False
) -> User:
    """Somebody who works in a clinic, who has signed in before."""
    email = email or f"{role}.{clinic_id}@staff.example"
    with services.database.writing() as tx:
        user = staff.add_user(tx, NOON, email, f"The {role}", HASH)
        staff.add_membership(tx, user.id, clinic_id, role)
        staff.set_sign_in(
            tx,
            user.id,
            active=True,
            password_hash=HASH,
            password_given=password_given,
            session_key=f"session-of-{user.id}",
            second_factor=None,
            recovery_codes=(),
            passkey_handle=f"handle-of-{user.id}",
        )
    return user


def token_of(page: str) -> str:
    """The token with which a form of this page is sent."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


@dataclass
class Browser:
    """Somebody's browser. Forms are sent with the token of a page, as a browser does."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, object] | None = None, **options: Any) -> TestResponse:
        page = self.client.get("/account").text
        (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
        return self.client.post(path, data={**(data or {}), "csrf_token": token}, **options)


@pytest.fixture
def console_app(services: Services) -> Flask:
    """The whole web application; its console is in `extensions["console"]`."""
    return create_app(services.settings, services)


@pytest.fixture
def browse(console_app: Flask, services: Services) -> Callable[[User], Browser]:
    """A browser in which this user is signed in."""

    def open_browser(user: User) -> Browser:
        client = console_app.extensions["console"].test_client()
        with client.session_transaction() as session:
            session.update(
                {
                    "_user_id": f"session-of-{user.id}",
                    "_fresh": True,
                    "fs_cc": "set",
                    "fs_paa": time.time(),
                    "identity.id": f"session-of-{user.id}",
                }
            )
        return Browser(client)

    return open_browser


@pytest.fixture
def clinic(phone: Phone, services: Services) -> Clinic:
    """The clinic that the phone texts."""
    return next(entry.clinic for entry in services.directory.entries if entry.clinic.id == phone.clinic_id)


@pytest.fixture
def nurse(clinic: Clinic, services: Services, browse: Callable[[User], Browser]) -> Browser:
    """A nurse of the clinic."""
    return browse(add_staff(services, clinic.id, "nurse"))


@pytest.fixture
def administrator(clinic: Clinic, services: Services, browse: Callable[[User], Browser]) -> Browser:
    """An administrator of the clinic."""
    return browse(add_staff(services, clinic.id, "administrator"))


@pytest.fixture
def other_clinic(clinic: Clinic, services: Services) -> Clinic:
    """A second clinic on the same installation."""
    with services.database.writing() as tx:
        other = clinics.add_clinic(
            tx,
            NOON,
            name="Other Clinic",
            program="Other Texts",
            timezone="America/Chicago",
            country="us",
            languages=["en"],
            default_language="en",
        )
    services.directory.refresh(services.database)
    return other


@pytest.fixture
def patient(clinic: Clinic, services: Services) -> Patient:
    """A patient who begins in a week, with a visit each three weeks."""
    return enrol(services, "pembro_q3w", START, visit_time=VISITS_AT)


@pytest.fixture
def path(clinic: Clinic, services: Services, patient: Patient) -> str:
    """Where the screens of the patient's plan are."""
    return f"/c/{clinic.id}/plans/{plan_of(services, patient).id}"
