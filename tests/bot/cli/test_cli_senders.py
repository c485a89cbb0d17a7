"""Commands about senders, networks and the forecast."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.data import open_services
from scheduler.duties.watchdog import RULES
from store import audit, clinics
from tests.bot.cli.commands import Run

START = (datetime.now(UTC) + timedelta(days=10)).date()


@pytest.fixture
def enrolled(clinic: Run) -> Run:
    clinic(
        *("patient", "add", "+12025550157", "--name", "A. Patient", "--regimen", "pembro_q3w"),
        *("--start", START.isoformat(), "--consent", "signed form", "--time", "09:30"),
    )
    return clinic


def test_a_sender_has_the_limits_of_its_kind_until_others_are_set(clinic: Run) -> None:
    clinic("sender", "add", "+18885550108")
    clinic("sender", "set", "+18885550108", "--rate", "25", "--daily-cap", "5000")
    (found,) = [row for row in clinic.rows("sender", "list") if row["address"] == "+18885550108"]
    assert (found["kind"], found["of"], found["daily_cap"]) == ("toll-free", 25.0, 5000)


def test_a_sender_that_an_alarm_names_is_found_and_sends_again_and_the_audit_says_so(clinic: Run) -> None:
    database = open_services().database
    now = database.now()
    with database.writing() as tx:
        assert clinics.stop_sender(tx, now, 1, "account 20003")
    (found,) = clinic.rows("sender", "list")
    assert (found["sender"], found["stopped"]) == (1, "account 20003")
    mend = RULES["sender_stopped"].mend
    assert "`immunotext sender list`" in mend
    assert "`immunotext sender set ADDRESS --resume`" in mend
    clinic("sender", "set", str(found["address"]), "--resume")
    (found,) = clinic.rows("sender", "list")
    assert found["stopped"] is None
    with database.reading() as tx:
        assert (audit.entries(tx, 1)[0].action, audit.entries(tx, 1)[0].fields) == ("change", ("stopped_at",))


def test_a_template_is_handed_in_with_numbers_and_set_with_its_id(enrolled: Run) -> None:
    name = str(enrolled.rows("clinic", "list")[0]["name"])
    (shown,) = enrolled.rows("clinic", "whatsapp-template", name, "optin_confirm")
    assert "{{1}}" in str(shown["hand_in"])
    enrolled("clinic", "whatsapp-template", name, "optin_confirm", "--content-sid", "HX" + "a" * 32)
    (stands,) = enrolled.rows("clinic", "whatsapp-template", name)
    assert (stands["key"], stands["language"], stands["content_sid"]) == ("optin_confirm", "en", "HX" + "a" * 32)


def test_a_patient_moves_to_whatsapp_only_where_the_clinic_has_it(enrolled: Run) -> None:
    enrolled("patient", "set", "1", "--via", "whatsapp", status=1)
    enrolled("sender", "add", "whatsapp:+12025550108")
    enrolled("patient", "set", "1", "--via", "whatsapp", "--fallback", "no")


def test_the_forecast_counts_the_texts_of_a_day(enrolled: Run) -> None:
    day_before = (START - timedelta(days=1)).isoformat()
    assert sum(int(str(row["texts"])) for row in enrolled.rows("forecast", "--day", day_before)) == 1
