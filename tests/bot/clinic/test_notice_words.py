"""What staff are told by text and mail: in every language of the console, and as short as it is in English."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time

import pytest
from babel.messages.extract import extract_from_dir

from bot.around import surroundings
from bot.clinic.languages import LANGUAGES
from bot.clinic.notice_words import in_language
from bot.services import Services
from content.plain import Plain
from content.sms_text import fold, measure
from scheduler.duties.telling import Reader
from scheduler.duties.watchdog import RULES, with_moments, written, wrong
from tests.house import ROOT

SINCE = written(datetime(2026, 12, 30, 22, 55, tzinfo=UTC))
FOUND = {
    "since": SINCE,
    "oldest": SINCE,
    "count": 1000,
    "minutes": 60,
    "seconds": -86400,
    "mb": 480,
    "senders": [12],
    "hosts": ["texts-1.riverside.example"],
    "processes": ["texts-1.riverside.example:4711"],
}
CLINIC = "Riverside Treatment Center W"
WAITS = Plain(
    "A danger alert waits since {time}. Open the console: {link}",
    time=time(12, 30),
    link="https://texts.riverside.example/c/12/alerts",
)


def templates() -> Iterator[str]:
    """Every sentence of the duties that tell staff something."""
    found = extract_from_dir(ROOT / "scheduler" / "duties", [("**.py", "python")], {}, {"Plain": None})
    for _file, _line, message, _comments, _context in found:
        assert isinstance(message, str)
        yield message


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
def test_whatever_staff_are_told_has_its_words_with_the_same_names_filled_in(language: str) -> None:
    known = [*templates()]
    assert {WAITS.template, *(each.mend.template for each in RULES.values())} <= {*known}
    for template in known:
        said = in_language(Plain(template), Reader(language, "us"))
        assert said != template
        assert sorted(re.findall(r"\{\w+\}|`[^`]+`", said)) == sorted(re.findall(r"\{\w+\}|`[^`]+`", template))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_to_staff_is_gsm_7_and_no_longer_than_three_sms(language: str) -> None:
    for kind, rule in RULES.items():
        found = wrong(kind, with_moments(FOUND))
        said = " ".join(in_language(each, Reader(language, "us")) for each in (found, rule.mend))
        cost = measure(fold(f"Immunotext: {CLINIC}: {said}"))
        assert (cost.encoding, cost.segments <= 3) == ("GSM-7", True), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_an_alert_waits_is_one_sms(language: str) -> None:
    cost = measure(fold(f"Immunotext: {CLINIC}: {in_language(WAITS, Reader(language, 'us'))}"))
    assert (cost.encoding, cost.segments) == ("GSM-7", 1)


@pytest.mark.parametrize(
    ("language", "country", "expected"),
    [("en", "us", "2:05\u202fPM"), ("en", "uk", "14:05"), ("en", "eu", "14:05"), ("es", "eu", "14:05")],
)
def test_a_time_is_written_as_in_the_country_of_the_clinic(language: str, country: str, expected: str) -> None:
    assert expected in in_language(Plain(WAITS.template, time=time(14, 5), link="-"), Reader(language, country))


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (Reader("en", "us", "America/New_York"), "since Wed, Dec 30, 2026, 5:55\u202fPM."),
        (Reader("en", "uk", "Europe/London"), "since Wed, 30 Dec 2026, 22:55."),
        (Reader("es", "us", "America/New_York"), "desde mié, 30 de dic de 2026, 5:55\u202fp.m."),
        (Reader("es", "eu", "Europe/Madrid"), "desde mié, 30 dic 2026, 23:55."),
    ],
)
def test_the_moment_of_an_alarm_is_the_readers_by_the_clock_of_the_clinic(reader: Reader, expected: str) -> None:
    assert in_language(wrong("overdue", with_moments(FOUND)), reader).endswith(expected)


def test_what_another_release_noted_as_a_moment_is_told_as_it_is() -> None:
    assert with_moments({"oldest": "yesterday", "count": 2}) == {"oldest": "yesterday", "count": 2}


def test_what_has_no_translation_is_as_it_is() -> None:
    for sentence in ("ghost", Plain("a sentence of another release")):
        assert in_language(sentence, Reader("es", "us")) == sentence
        assert in_language(sentence, Reader("fr", "us")) == sentence


def test_the_scheduler_is_given_these_words(services: Services) -> None:
    assert surroundings(services).say is in_language
