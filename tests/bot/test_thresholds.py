"""A clinic's own thresholds: what is understood and what texts say go by the same number, with no database as well."""

from types import SimpleNamespace

import pytest

from bot.directory import Directory
from bot.understanding.engine import Engine
from content.library import Library
from content.thresholds import FEVER_C, LOW_C, celsius, fahrenheit
from store import clinics
from tests.bot.conftest import NOON, Phone
from tests.bot.test_outage import database_away


def set_thresholds(phone: Phone, **fields: object) -> None:
    with phone.services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, phone.clinic_id, **fields)  # type: ignore[arg-type]
    phone.services.directory.refresh(phone.services.database)


def kind(phone: Phone, body: str) -> str:
    outcome = phone.text(body).outcome
    assert outcome is not None
    return outcome.kind


def test_a_lower_fever_is_understood_and_said_and_known_to_a_process_without_a_database(
    phone_on_both: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = phone_on_both
    assert kind(phone, "my temp is 99.7") == "info"
    assert "100.4F (38C) or more" in phone.says("FEVER")
    set_thresholds(phone, fever_c=celsius(99.6), stools=3)

    assert kind(phone, "my temp is 99.7") == "call_now"
    assert kind(phone, "my temp is 99.5") == "info"
    assert "99.6F (37.6C) or more" in phone.says("FEVER")
    phone.text("DIARRHEA")
    assert "3 or more loose stools" in phone.says("MORE")
    assert kind(phone, "he tenido diarrea 3 veces hoy") == "call_now"

    remembered = Directory(phone.services.settings.var_dir / "clinics.json")
    assert remembered.remember()
    assert remembered.entries == phone.services.directory.entries
    with database_away(phone.services, monkeypatch):
        assert phone.says("my temp is 99.7").startswith("Please do not wait. Call Test Clinic now")
        assert "99.6F (37.6C) or more" in phone.says("FEVER")


def test_a_number_that_was_asked_for_is_judged_by_the_clinics_thresholds_too(phone: Phone) -> None:
    set_thresholds(phone, fever_c=38.3, low_c=35.5)
    assert "Is that your temperature?" in phone.says("101")
    assert kind(phone, "100.6") == "info"
    assert "Is that your temperature?" in phone.says("101")
    assert kind(phone, "35.4") == "call_now"


@pytest.mark.parametrize(
    ("text", "own", "expected"),
    [
        ("temp 35.7", {"low_c": 35.5}, "info"),
        ("temp 35.4", {"low_c": 35.5}, "call_now"),
        ("tengo 38,2 de fiebre", {"fever_c": 38.3}, "info"),
        ("temp 100.9", {"fever_c": 38.3}, "call_now"),
        ("chills and shaking", {"fever_c": 38.3}, "call_now"),
        ("blood in my stool", {"stools": 5}, "call_now"),
        ("went to the bathroom 5 times with diarrhea", {"stools": 5}, "call_now"),
    ],
)
def test_numbers_go_by_the_clinic_and_words_stay_what_they_are(
    engine: Engine, text: str, own: dict[str, float], expected: str
) -> None:
    clinic = SimpleNamespace(**({"fever_c": None, "low_c": None, "stools": None} | own))
    assert engine.understand(text, own=clinic).kind == expected


@pytest.mark.parametrize(("lowest", "highest"), [FEVER_C, LOW_C])
def test_a_temperature_comes_back_in_the_unit_in_which_it_was_written(lowest: float, highest: float) -> None:
    for tenth in range(round(fahrenheit(lowest) * 10), round(fahrenheit(highest) * 10) + 1):
        stored = celsius(tenth / 10)
        assert stored is not None
        assert fahrenheit(stored) == tenth / 10
        assert celsius(stored) == stored
    assert celsius(20) is celsius(60) is celsius(500) is None


def test_where_a_clinic_says_nothing_its_country_pack_does(library: Library) -> None:
    clinic = SimpleNamespace(fever_c=None, low_c=None, stools=None)
    for code, pack in library.countries.items():
        found = library.thresholds(code, clinic)
        assert (found.fever_c, found.fever_f, found.low_c, found.low_f) == (
            pack.fever_c,
            pack.fever_f,
            pack.low_c,
            pack.low_f,
        )
        assert found.stools == 4
