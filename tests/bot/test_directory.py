"""Whose number was texted is known from memory, follows every change, and survives a start without a database."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.directory import Directory
from bot.services import Services
from store import clinics
from store.errors import StoreError
from tests.bot.conftest import NOON, OURS, open_clinic


def test_a_clinic_is_found_by_its_number_and_by_its_service(services: Services) -> None:
    clinic = open_clinic(services)
    with services.database.writing() as tx:
        clinics.add_sender(tx, NOON, clinic.id, "MG" + "1" * 32, kind="service")
    assert services.directory.reached("+12025550177", "MG" + "1" * 32) is None
    assert services.directory.refresh(services.database)
    by_number = services.directory.reached(OURS, None)
    by_service = services.directory.reached("+12025550177", "MG" + "1" * 32)
    assert by_number is not None
    assert by_service is not None
    assert by_number.entry == by_service.entry
    assert (by_number.sender.kind, by_service.sender.kind) == ("number", "service")
    assert services.directory.reached("+12025550177", None) is None


def test_it_is_read_anew_only_when_something_changed(services: Services) -> None:
    clinic = open_clinic(services)
    assert not services.directory.refresh(services.database)
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, phone_line="202-555-0122")
    assert services.directory.refresh(services.database)
    reached = services.directory.reached(OURS, None)
    assert reached is not None
    assert reached.entry.clinic.phone_line == "202-555-0122"


def test_a_stopped_sender_still_answers(services: Services) -> None:
    open_clinic(services)
    with services.database.writing() as tx:
        clinics.stop_sender(tx, NOON, 1, "21610")
    services.directory.refresh(services.database)
    reached = services.directory.reached(OURS, None)
    assert reached is not None
    assert reached.sender.stopped_at == NOON


def test_the_file_holds_all_of_it_and_is_for_us_alone(services: Services, tmp_path: Path) -> None:
    open_clinic(services)
    file = tmp_path / "var" / "clinics.json"
    remembered = Directory(file)
    assert remembered.remember()
    assert remembered.entries == services.directory.entries
    assert not remembered.is_fresh
    assert file.stat().st_mode & 0o077 == 0


def test_the_file_holds_a_clinics_days_too(services: Services, tmp_path: Path) -> None:
    clinic = open_clinic(services)
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, open_weekdays=[0, 2], closed_on=[date(2026, 12, 25)], snap="none")
    assert services.directory.refresh(services.database)
    remembered = Directory(tmp_path / "var" / "clinics.json")
    assert remembered.remember()
    assert remembered.entries == services.directory.entries


def test_a_file_of_an_older_or_newer_release_still_tells_whose_number_it_is(services: Services, tmp_path: Path) -> None:
    clinic = open_clinic(services)
    file = tmp_path / "var" / "clinics.json"
    (row,) = json.loads(file.read_text())
    del row["clinic"]["quiet_hours"], row["clinic"]["open_weekdays"], row["clinic"]["closed_on"], row["clinic"]["snap"]
    row["clinic"]["consent_text"] = row["clinic"].pop("consent_texts")["en"]
    del row["clinic"]["danger_minutes"], row["clinic"]["switched_off"], row["clinic"]["fever_c"]
    row["clinic"]["colour"] = row["senders"][0]["colour"] = row["signed_regimens"][0]["colour"] = "blue"
    file.write_text(json.dumps([row]))
    remembered = Directory(file)
    assert remembered.remember()
    (entry,) = remembered.entries
    # Such a release had what patients agree to in one language.
    assert entry.clinic.consent_texts == {"en": "I agree to texts."}
    assert [replace(entry, clinic=replace(entry.clinic, consent_texts=clinic.consent_texts))] == [
        *services.directory.entries
    ]


@pytest.mark.parametrize("written", ["", "{", "[{}]", "[1]", '[{"clinic": {}}]', '{"a": 1}', "\ufffd"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, written: str) -> None:
    file = tmp_path / "clinics.json"
    file.write_text(written)
    directory = Directory(file)
    assert not directory.remember()
    assert directory.entries == ()


def test_a_folder_that_cannot_be_written_does_not_stop_it(
    make_services: Callable[[str], Services], migrated_sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    services = make_services(migrated_sqlite_url)
    open_clinic(services)
    assert services.directory.reached(OURS, None) is not None


def test_without_a_database_it_keeps_what_it_knew(services: Services, tmp_path: Path) -> None:
    open_clinic(services)
    services.database.close()
    for path in tmp_path.glob("immunotext.sqlite3*"):
        path.unlink()
    with pytest.raises(StoreError):
        services.directory.refresh(services.database)
    assert services.directory.reached(OURS, None) is not None
