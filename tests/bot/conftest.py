"""A clinic that is live, on a database of the test's own, and a phone to text it with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

from bot.conversation.answer import Answer
from bot.services import Services
from bot.settings import Settings, load_settings
from bot.understanding.engine import Engine
from channels.base import Incoming, Via
from content.library import Library, load
from scheduler import enrolment
from store import clinics, contacts, follow_ups, messages
from store.clinics import Clinic
from store.contacts import Contact
from store.follow_ups import FollowUp
from store.messages import Message
from store.patients import Patient

OptOutType = Literal["START", "STOP", "HELP"]

NOON = datetime(2026, 5, 4, 16, tzinfo=UTC)  # Monday, noon in New York
OURS = "+12025550100"
PHONE = "+12025550143"
TOKENS = ("token-of-the-tests", "the-token-before")
PUBLIC_URL = "https://texts.example.org"
COMMAND_ENVIRONMENT = {
    "SECRET_KEY": "s" * 32,
    "DATA_KEYS": "aW4tdGVzdHMtb25seS1hLWtleS1vZi0zMi1ieXRlcy0=",
    "INDEX_KEY": "i" * 32,
    "PUBLIC_URL": PUBLIC_URL,
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": ",".join(TOKENS),
}
"""What a command needs in its environment outside the demo."""


@dataclass
class Watch:
    """A clock that stands until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture(autouse=True)
def _settings_from_nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def library() -> Library:
    return load()


@pytest.fixture(scope="session")
def engine(library: Library) -> Engine:
    return Engine(library)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def make_services(
    tmp_path: Path, library: Library, engine: Engine, watch: Watch
) -> Iterator[Callable[[str], Services]]:
    """Services on a database, as a process of its own would have them."""
    made = []

    def make(url: str) -> Services:
        settings = load_settings(
            database_url=url,
            **{name.lower(): value for name, value in COMMAND_ENVIRONMENT.items()},
            var_dir=tmp_path / "var",
        )
        services = Services(settings, watch)
        services.__dict__.update(library=library, engine=engine)  # made once, for all tests
        made.append(services)
        return services

    yield make
    for services in made:
        services.database.close()


@pytest.fixture
def services(make_services: Callable[[str], Services], migrated_sqlite_url: str) -> Services:
    """The services of one process, on SQLite."""
    return make_services(migrated_sqlite_url)


@pytest.fixture
def services_on_both(make_services: Callable[[str], Services], migrated_url: str) -> Services:
    """The same once on each kind of database, for what the kind may matter to."""
    return make_services(migrated_url)


def open_clinic(services: Services, *, live: bool = True, opt_out_by: clinics.OptOutBy = "us") -> Clinic:
    """A clinic with one number; unless it is to be live, it lacks its sign-offs and its phone line."""
    with services.database.writing() as tx:
        clinic = clinics.add_clinic(
            tx,
            NOON,
            name="Test Clinic",
            program="Care Texts",
            timezone="America/New_York",
            country="us",
            languages=["en", "es"],
            default_language="en",
            phone_line="202-555-0111" if live else None,
            consent_texts={"en": "I agree to texts.", "es": "Acepto los mensajes."} if live else None,
            max_texts_per_week=20,
        )
        clinics.add_sender(tx, NOON, clinic.id, OURS, kind="number", opt_out_by=opt_out_by)
        if live:
            clinics.sign_content(tx, NOON, clinic.id, services.library.version, "Dr. Example")
            for regimen in services.library.regimens.values():
                clinics.sign_regimen(tx, NOON, clinic.id, regimen.id, regimen.version, regimen.digest(), "Dr. Example")
    services.directory.refresh(services.database)
    return clinic


_numbers = count(1)


@dataclass
class Phone:
    """A phone that texts the clinic, and what the store then knows."""

    services: Services
    number: str = PHONE
    via: Via = Via.SMS
    clinic_id: int = 1
    sent: list[Incoming] = field(default_factory=list)

    def text(
        self, body: str, *, media: int = 0, opt_out_type: OptOutType | None = None, provider_id: str | None = None
    ) -> Answer:
        incoming = Incoming(
            provider_id or f"SM{next(_numbers):032x}", self.number, OURS, None, self.via, body, media, opt_out_type
        )
        self.sent.append(incoming)
        return self.services.desk.take(incoming)

    def says(self, body: str) -> str:
        """The words of the answer; fails where there is none."""
        answer = self.text(body).body
        assert answer is not None
        return answer

    def contact(self) -> Contact:
        with self.services.database.reading() as tx:
            found = contacts.find_contact(tx, self.clinic_id, self.number)
        assert found is not None
        return found

    def follow_ups(self) -> list[FollowUp]:
        """What the clinic's staff have to do."""
        with self.services.database.reading() as tx:
            return follow_ups.open_ones(tx, self.clinic_id)

    def messages(self) -> list[Message]:
        contact = self.contact()
        with self.services.database.reading() as tx:
            return messages.conversation(tx, contact.id)


@pytest.fixture
def phone(services: Services) -> Phone:
    """A phone, and the live clinic that it texts."""
    return Phone(services, clinic_id=open_clinic(services).id)


@pytest.fixture
def phone_on_both(services_on_both: Services) -> Phone:
    """The same once on each kind of database."""
    return Phone(services_on_both, clinic_id=open_clinic(services_on_both).id)


def enrol(
    services: Services, regimen_id: str, start: date, *, visit_time: time | None = None, phone: str = PHONE
) -> Patient:
    """A patient of the one clinic, in New York."""
    (entry,) = services.directory.entries
    with services.database.writing() as tx:
        return enrolment.enrol(
            tx,
            NOON,
            services.library,
            entry,
            enrolment.NewPatient(
                phone=phone,
                name="Pat Example",
                language="en",
                timezone="America/New_York",
                regimen_id=regimen_id,
                start=start,
                visit_time=visit_time,
                consent_how="signed form",
                by="test",
            ),
        ).patient
