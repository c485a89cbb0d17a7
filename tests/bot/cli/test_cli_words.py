"""How many people change a clinic's words, and words that a release left behind, on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.services import Services
from store import overrides
from tests.bot.cli.commands import Run
from tests.bot.conftest import NOON


def test_how_many_people_approve_is_a_setting(clinic: Run) -> None:
    assert clinic.rows("clinic", "list")[0]["approvals"] == 2
    assert clinic("clinic", "set", "Riverside", "--approvals", "1") == "Changed Riverside: approvals.\n"
    assert clinic.rows("clinic", "list")[0]["approvals"] == 1
    clinic("clinic", "set", "Riverside", "--approvals", "3", status=2)
    clinic("user", "add", "one@x.example", "--name", "One", "--role", "administrator")
    clinic("user", "add", "viewer@x.example", "--name", "Viewer", "--role", "viewer")
    assert clinic.rows("clinic", "list")[0]["approvals"] == 1


def test_who_is_no_clinic_of_one_any_more_needs_two_people_again(clinic: Run) -> None:
    clinic("user", "add", "one@x.example", "--name", "One", "--role", "administrator")
    clinic("clinic", "set", "Riverside", "--approvals", "1")
    told = clinic("user", "add", "two@x.example", "--name", "Two")
    assert told.endswith("From now on it takes two people there to change what patients read.\n")
    assert clinic.rows("clinic", "list")[0]["approvals"] == 2
    refused = clinic("clinic", "set", "Riverside", "--approvals", "1", status=2)
    assert "2 people here may propose" in refused


def test_a_whatsapp_template_is_handed_in_in_the_clinics_own_words(
    clinic: Run, make_services: Callable[[str], Services], tmp_path: Path
) -> None:
    services = make_services(f"sqlite:///{tmp_path}/riverside.db")
    theirs = {
        "en": "{program}: Your visit is today at {time}. Call {phone}.",
        "es": "{program}: Su cita es hoy a las {time}. Llame al {phone}.",
    }
    with services.database.writing() as tx:
        made = overrides.propose(tx, NOON, 1, "wording", "visit_today", theirs, "one@x.example")
        overrides.publish(tx, NOON, made, "two@x.example")
    (row,) = clinic.rows("clinic", "whatsapp-template", "Riverside", "visit_today")
    assert row["hand_in"] == "{{1}}: Your visit is today at {{2}}. Call {{3}}."


def test_doctor_names_words_of_a_clinic_that_the_linter_refuses_by_now(
    clinic: Run,
    make_services: Callable[[str], Services],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services = make_services(f"sqlite:///{tmp_path}/riverside.db")
    with services.database.writing() as tx:
        for topic, word in (("tired", "zoombugs"), ("fever", "rash")):
            made = overrides.propose(tx, NOON, 1, "alias", topic, {"en": word}, "one@x.example")
            overrides.publish(tx, NOON, made, "two@x.example")
    for name in ("TWILIO_API_BASE", "PUBLIC_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert main(["doctor", "--json"]) == 1
    found = {row["check"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert not found["words of Riverside"]["ok"]
    assert found["words of Riverside"]["what"].startswith("fever: 'rash' belongs to the topic skin too")
