"""A live clinic with enrolled patients on a database of its own, and the settings of the processes that serve it."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path

from bench.signed import phone
from bot.services import Services
from bot.settings import Settings, load_settings
from scheduler.duties.pace import Pace
from scheduler.enrolment import NewPatient, enrol
from store import clinics
from store.database import Database
from store.migrate import migrate

OURS = "+14025550100"  # in no area code that patients have
ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
REGIMEN = "pembro_q3w"
_SLICE = 25


class ClockedDatabase(Database):
    """A database whose clock is set by hand."""

    at: datetime

    def now(self) -> datetime:
        return self.at


class ClockedServices(Services):
    """The parts of a process whose clock is set by hand."""

    @cached_property
    def database(self) -> ClockedDatabase:
        return ClockedDatabase.open(self.settings.database_url, self.sealer)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a database, and the environment of every process that works on it."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def services(self) -> Services:
        """The parts of this process, as the environment would make them."""
        return Services(self.settings)

    def clocked(self) -> ClockedServices:
        """The same on a database whose clock is set by hand."""
        return ClockedServices(self.settings)

    @property
    def settings(self) -> Settings:
        """The settings of that environment."""
        return load_settings(_env_file=None, **{name.lower(): value for name, value in self.environment.items()})


def place(folder: Path, port: int, database_url: str | None = None, api_base: str | None = None) -> Place:
    """A new, empty database in ``folder`` (or at ``database_url``), at this release."""
    environment = {
        "DATABASE_URL": database_url or f"sqlite:///{folder}/bench.db",
        "SECRET_KEY": "bench-only-" + "s" * 32,
        "DATA_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "INDEX_KEY": "bench-only-" + "i" * 32,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PORT": str(port),
        "VAR_DIR": str(folder / "var"),
    }
    if api_base:
        environment["TWILIO_API_BASE"] = api_base
    migrate(environment["DATABASE_URL"])
    return Place(folder, environment)


def open_clinic(
    services: Services,
    now: datetime,
    name: str = "Riverside",
    address: str = OURS,
    hours: tuple[time, time] = (time(0), time(23, 59, 59)),
) -> int:
    """A live clinic that may text at these local hours, from this number and on every regimen; its id."""
    with services.database.writing() as tx:
        clinic = clinics.add_clinic(
            tx, now, name=name, program="Riverside Care", timezone="America/New_York", country="us",
            languages=("en", "es"), default_language="en", phone_line="202-555-0199",
            consent_texts={"en": "We may text you about your treatment."}, window_from=hours[0], window_until=hours[1],
            max_texts_per_week=100,
        )  # fmt: skip
        clinics.add_sender(tx, now, clinic.id, address, kind="number", rate=1_000_000, daily_cap=0)
        clinics.sign_content(tx, now, clinic.id, services.library.version, "Dr. Quinn")
        for regimen in services.library.regimens.values():
            clinics.sign_regimen(tx, now, clinic.id, regimen.id, regimen.version, regimen.digest(), "Dr. Quinn")
    return clinic.id


def enrol_patients(services: Services, now: datetime, clinic_id: int, count: int) -> None:
    """Enrols ``count`` patients on a three-week cycle, through the one door, a few in each transaction."""
    with services.database.reading() as tx:
        entry = next(entry for entry in clinics.entries(tx) if entry.clinic.id == clinic_id)
    today = now.date()
    for first in range(0, count, _SLICE):
        with services.database.writing(deadline=30) as tx:
            for number in range(first, min(first + _SLICE, count)):
                new = NewPatient(
                    phone=phone(number), name=f"Patient {number}", language="en", timezone="America/New_York",
                    regimen_id=REGIMEN, start=today + timedelta(days=10), visit_time=time(10, 30),
                    consent_how="signed form", by="bench",
                )  # fmt: skip
                enrol(tx, now, services.library, entry, new)


def pace(calls: int) -> Pace:
    """The scheduler's usual pace with so many calls under way at once."""
    return Pace(calls=calls)
