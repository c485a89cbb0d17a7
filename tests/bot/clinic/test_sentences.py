"""Sentences and dates from below the console, in the reader's language."""

from calendar import day_name
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from types import SimpleNamespace

import pytest
from flask import Flask, g
from flask_babel import force_locale

from bot.clinic.dangers import danger_in_words
from bot.clinic.dates import day, first_weekday, moment, time_of_day
from bot.clinic.details import DETAILS, detail_in_words
from bot.clinic.sentences import in_words
from bot.services import Services
from channels.base import Fault
from content.plain import Plain
from scheduler import alerts
from store import alarms
from store.clinics import Clinic
from tests.bot.clinic.conftest import Browser
from tests.bot.clinic.enrolling import with_
from tests.bot.clinic.test_today import waits
from tests.bot.conftest import NOON, enrol

TUESDAY = date(2026, 11, 3)
AT = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)


@pytest.fixture
def spanish(console_app: Flask) -> Iterator[None]:
    """A request of somebody who reads Spanish."""
    with console_app.extensions["console"].test_request_context(), force_locale("es"):
        yield


@pytest.fixture
def in_spanish(nurse: Browser) -> Browser:
    """The nurse, who has chosen Spanish."""
    assert nurse.post("/account", {"name": "Ines", "language": "es"}).status_code == 303
    return nurse


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("EEE d MMM", "mar, 3 nov"),
        ("EEEE d MMMM", "martes, 3 de noviembre"),
        ("EEEE d MMMM yyyy", "martes, 3 de noviembre de 2026"),
        ("MMMM yyyy", "noviembre de 2026"),
        ("EEEE", "martes"),
    ],
)
def test_a_day_is_written_as_its_language_writes_it(form: str, expected: str) -> None:
    assert day(TUESDAY, form) == expected


@pytest.mark.usefixtures("spanish")
def test_a_moment_has_its_day_as_the_language_writes_it_and_its_clock() -> None:
    assert moment(AT, "America/New_York", "EEEE d MMMM, HH:mm") == "martes, 3 de noviembre, 9:05"


@pytest.mark.parametrize(
    ("language", "country", "expected", "weeks_begin"),
    [
        ("en", "us", "Tue, Nov 3, 9:05\u202fAM", "Sunday"),
        ("en", "ca", "Tue, Nov 3, 9:05\u202fa.m.", "Sunday"),
        ("en", "uk", "Tue 3 Nov, 09:05", "Monday"),
        ("en", "eu", "Tue 3 Nov, 09:05", "Monday"),
        ("en", "au", "Tue 3 Nov, 9:05\u202fam", "Monday"),
        ("es", "us", "mar, 3 de nov, 9:05\u202fa.m.", "Sunday"),
        ("es", "mx", "mar 3 de nov, 9:05\u202fa.m.", "Sunday"),
        ("es", "eu", "mar, 3 nov, 9:05", "Monday"),
    ],
)
def test_a_language_is_written_as_in_the_country_of_the_clinic(
    console_app: Flask, language: str, country: str, expected: str, weeks_begin: str
) -> None:
    with console_app.extensions["console"].test_request_context(), force_locale(language):
        g.here = SimpleNamespace(clinic=SimpleNamespace(country=country))
        assert moment(AT, "America/New_York") == expected
        assert time_of_day(time(9, 5)) == expected.rpartition(", ")[2]
        assert day_name[first_weekday()] == weeks_begin


@pytest.mark.usefixtures("spanish")
def test_a_sentence_is_said_with_all_that_it_is_made_of() -> None:
    why = Plain("the plan is on hold since {day} already", day=TUESDAY)
    refused = alerts.SeenAlready(Plain("The change cannot be made: {why}.", why=why))
    assert in_words(refused) == "No se puede hacer el cambio: el plan ya está en pausa desde el mar, 3 nov."
    assert in_words(Plain("{item}: two doses on one day", item="pembro")) == "pembro: dos dosis en un mismo día"
    assert in_words(Plain("it is planned for {at}.", at=[time(9), "x"])) == "está previsto para 9:00, x."
    assert in_words("Closed.") == "Closed."


@pytest.mark.usefixtures("spanish")
def test_what_a_follow_up_is_about_has_words_and_keeps_the_providers_own() -> None:
    assert {each.value for each in Fault} - {"none"} <= DETAILS.keys()
    assert detail_in_words("blocked") == "El teléfono no acepta este mensaje."
    assert detail_in_words("account suspended") == "El proveedor no acepta la cuenta. (account suspended)"
    assert detail_in_words("whatsapp_failed blocked") == "Por WhatsApp no llegó: El teléfono no acepta este mensaje."
    assert detail_in_words("its number is not known any more") == "su número ya no se conoce"
    assert detail_in_words(None) == ""
    lines = 'call_now fever: "blocked: " (fever)\nemergency : "call_now" (breath)\n...'
    said = 'Llamar ya (Fiebre o escalofríos): "blocked: "\nPeligro vital: "call_now"\n...'
    assert detail_in_words(lines, "danger") == said


def test_a_spanish_screen_has_spanish_alarms(clinic: Clinic, services: Services, in_spanish: Browser) -> None:
    waits(services, clinic)
    with services.database.writing() as tx:
        alarms.raise_alarm(tx, NOON, None, "disk_full", {"hosts": ["a", "b"], "mb": 7})
    for page in ("", "/huddle"):
        assert "Al disco de a, b le quedan 7 MB." in in_spanish.get(f"/c/{clinic.id}/today{page}").text


def test_a_spanish_screen_refuses_in_spanish(clinic: Clinic, services: Services, in_spanish: Browser) -> None:
    patient = enrol(services, "pembro_q3w", NOON.date())
    why = in_spanish.get(f"/c/{clinic.id}/why/patients/{patient.id}?date=2026-05-13").text
    assert "Ningún plan de este paciente tiene nada que decir" in why
    why = in_spanish.get(f"/c/{clinic.id}/why/patients/{patient.id}?date=2026-05-25").text
    assert "Ciclo 2 día 1: pembrolizumab del lun, 25 de may (El día de una visita)" in why
    assert "Una plantilla, no una orden" in in_spanish.get(f"/c/{clinic.id}/library/regimens/pembro_q3w").text
    page = in_spanish.post(f"/c/{clinic.id}/enrol", with_(phone="12"))
    assert page.status_code == 422
    assert "El número es demasiado corto" in page.text


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize(
    ("line", "level", "sign", "seen", "why"),
    [
        (
            'emergency breath: "I can\'t breathe" (breath: cant breathe)',
            "Peligro vital",
            "Dificultad para respirar",
            ["can't breathe"],
            ["Escribió “can't breathe”."],
        ),
        (
            'emergency breath: "\N{CIRCLED DIGIT ONE} cant breathe 10\N{SUPERSCRIPT TWO}" (breath: cant breathe)',
            "Peligro vital",
            "Dificultad para respirar",
            ["cant breathe"],
            ["Escribió “cant breathe”."],
        ),
        (
            'call_now fever: "tengo 38,5 (creo)" (fever: 38.5 as a temperature)',
            "Llamar ya",
            "Fiebre o escalofríos",
            ["38,5"],
            ["Temperatura que dio: 38.5."],
        ),
        (
            'emergency fever: "101" (fever: 101 as the temperature that was asked for; raised: cart)',
            "Peligro vital",
            "Fiebre o escalofríos",
            ["101"],
            [
                "Temperatura, como habíamos preguntado: 101.",
                "Con células CAR T, ahora o hace poco, es peligro vital; si no, sería: llamar ya.",
            ],
        ),
        (
            'emergency bleed: "urine dark, much blood" (liver: urine dark; learned: ^ much, much blood (0.98))',
            "Peligro vital",
            "Sangrado abundante o que no se detiene",
            ["urine dark", "much blood"],
            [
                "Escribió “urine dark”.",
                "También se parece a ejemplos conocidos de peligro: “much blood”.",
                "Por la frase sola sería: llamar ya. El parecido con ejemplos conocidos lo elevó.",
            ],
        ),
        (
            'overdose overdose: "they are gone, all" (learned: pills, gone (0.77))',
            "Demasiada medicación",
            "",
            ["gone"],
            ["No hay ninguna frase de las listas, pero se parece a ejemplos conocidos de peligro: “pills”, “gone”."],
        ),
    ],
)
def test_an_alert_says_in_words_what_was_seen_where_and_why(
    line: str, level: str, sign: str, seen: list[str], why: list[str]
) -> None:
    told = danger_in_words(line)
    assert told is not None
    assert (told.level, told.sign, list(told.why)) == (level, sign, why)
    assert [piece for piece, is_seen in told.words if is_seen] == seen
    assert f'"{"".join(piece for piece, _seen in told.words)}"' in line
    assert told.trace.endswith(line.rpartition('" (')[2].removesuffix(")"))
