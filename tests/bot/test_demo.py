"""The demo: one clinic, a patient of each kind of plan, reminders soon, and nothing twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot import demo
from bot.cli import main
from bot.services import Services
from bot.settings import load_settings
from channels.phone import read_number
from content.library import Library
from content.regimens import Regimen
from scheduler import clock
from store import clinics, health, patients, plans
from tests.bot.conftest import NOON


@pytest.fixture
def demo_services(migrated_sqlite_url: str, library: Library, tmp_path: Path) -> Services:
    services = Services(load_settings(demo=True, database_url=migrated_sqlite_url, var_dir=tmp_path / "var"))
    services.__dict__["library"] = library
    return services


def test_it_has_one_patient_of_each_kind_of_plan(demo_services: Services) -> None:
    with demo_services.database.writing() as tx:
        assert demo.fill(tx, NOON, demo_services.library, fast=True) == 4
    with demo_services.database.reading() as tx:
        (entry,) = clinics.entries(tx)
        enrolled = patients.list_patients(tx, entry.clinic.id)
        on = [Regimen.from_json(plans.all_plans_of(tx, person.id)[0].regimen_json) for person, _ in enrolled]
    assert entry.missing() == ()
    assert any(len(regimen.phases) > 1 for regimen in on)
    assert any(item.at_home for regimen in on for item in regimen.items.values())
    assert any(regimen.phases[-1].is_open and not regimen.stops for regimen in on)
    assert any(regimen.stops for regimen in on)
    assert {contact.language for _, contact in enrolled} == {"en", "es"}
    assert len(entry.signed_regimens) < len(demo_services.library.regimens)


def test_every_number_is_kept_for_fiction(demo_services: Services) -> None:
    with demo_services.database.writing() as tx:
        demo.fill(tx, NOON, demo_services.library, fast=False)
        (entry,) = clinics.entries(tx)
        numbers = [contact.phone or "" for _, contact in patients.list_patients(tx, entry.clinic.id)]
    for number in [*numbers, demo.NUMBER]:
        assert number[5:10] == "55501"
        assert read_number(number).can_text


def test_the_first_texts_are_soon(demo_services: Services) -> None:
    with demo_services.database.writing() as tx:
        demo.fill(tx, NOON, demo_services.library, fast=True)
        due = clock.next_due(tx)
        (entry,) = clinics.entries(tx)
        reminders = [person.next_text_at for person, _ in patients.list_patients(tx, entry.clinic.id)]
    assert due == NOON
    assert all(at is not None and at < NOON + timedelta(days=3) for at in reminders)


def test_its_clock_runs_only_when_it_is_to(demo_services: Services) -> None:
    with demo_services.database.writing() as tx:
        demo.fill(tx, NOON, demo_services.library, fast=True)
        assert health.get_demo_clock(tx) == health.DemoClock(timedelta(), running=True)


def test_the_command_adds_it_once(
    monkeypatch: pytest.MonkeyPatch, migrated_sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO", "1")
    monkeypatch.setenv("DATABASE_URL", migrated_sqlite_url)
    assert main(["demo", "--fast"]) == 0
    assert main(["demo", "--fast"]) == 0
    assert capsys.readouterr().out == "Added the demo clinic and 4 patients.\nThe demo is there already.\n"
