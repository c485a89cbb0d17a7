"""The library: everything loaded once, said with its blanks filled in, and plain errors otherwise."""

import json
from datetime import date, time
from pathlib import Path

import pytest

from content.library import Library, UnknownWording, load
from content.sms_text import fold
from content.wording_keys import REMINDERS, REPLIES
from tests.content.conftest import Copy


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def test_it_has_every_topic_in_both_languages(library: Library) -> None:
    assert library.languages == ("en", "es")
    assert len(library.topics) == 56
    assert list(library.topics)[:3] == ["what", "types", "used"]
    assert all(set(fact.text) == {"en", "es"} for fact in library.facts.values())


def test_all_41_claims_of_the_source_text_are_covered(library: Library) -> None:
    covered = {claim for fact in library.facts.values() for claim in fact.seed_claims}
    assert covered == {f"S{number}" for number in range(1, 42)} == set(library.seed_claims)


def test_a_text_is_said_with_its_blanks_filled_in(library: Library) -> None:
    said = library.say("info_plus", "en", phone="202-555-0143", emergency="911", unused="x")
    assert said == "Symptoms? Call 202-555-0143. Emergency: 911."


def test_spanish_is_kept_with_its_accents(library: Library) -> None:
    assert "cáncer" in library.say_fact("what.1", "es")
    assert fold(library.say_fact("what.1", "es")).endswith("a combatir el cancer.")


@pytest.mark.parametrize(
    ("key", "language", "values", "said"),
    [
        ("no_such_key", "en", {}, "there is no such text"),
        ("thanks", "fr", {}, "there is no such language"),
        ("info_plus", "en", {"phone": "1"}, "nothing was given for {emergency}"),
    ],
)
def test_what_cannot_be_said_is_a_plain_error(
    library: Library, key: str, language: str, values: dict[str, str], said: str
) -> None:
    with pytest.raises(UnknownWording) as caught:
        library.say(key, language, **values)
    assert said in str(caught.value)


def test_a_fact_that_is_not_there_is_a_plain_error(library: Library) -> None:
    with pytest.raises(UnknownWording, match="there is no such fact"):
        library.say_fact("what.99", "en")


@pytest.mark.parametrize("key", [*REPLIES, *REMINDERS])
def test_every_key_says_what_it_needs(library: Library, key: str) -> None:
    needed = {**REPLIES, **REMINDERS}[key]
    assert library.placeholders(key) == needed
    values = dict.fromkeys(needed, "x")
    assert all("{" not in library.say(key, language, **values) for language in library.languages)


@pytest.mark.parametrize("country", ["us", "uk", "eu", "mx", "au", "ca", "nowhere"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_country_has_its_crisis_and_overdose_reply(library: Library, country: str, language: str) -> None:
    values = library.country_values(country, language)
    for key in ("crisis", "overdose"):
        assert values["emergency"] in library.say(library.pack_key(key, country), language, **values)


@pytest.mark.parametrize("country", ["us", "uk", "eu", "mx", "au", "ca"])
def test_every_topic_has_a_fact_that_can_be_said_in_every_country(library: Library, country: str) -> None:
    values = {"clinic": "Lakeside", "phone": "202-555-0143", "date": "Sep 30"}
    for topic in library.topics.values():
        facts = topic.facts_in(country)
        assert facts
        for fact in facts:
            assert "{" not in library.say_fact(fact.id, "es", **values, **library.country_values(country, "es"))


def test_a_number_that_nobody_checked_is_never_said(library: Library) -> None:
    assert library.countries["mx"].emergency is None
    assert library.country_values("mx", "en")["emergency"] == "your local emergency number"
    assert library.country_values("mx", "es")["emergency"] == "número local de emergencias"
    unchecked = [line for pack in library.countries.values() for line in pack.lines.values() if not line.verified]
    assert {line.number for line in unchecked} == {"911", "800 911 2000", "13 11 14", "988"}
    for country in ("mx", "au", "ca", "eu"):
        assert "crisis" not in library.country_values(country, "en")


def test_a_fact_about_one_countrys_service_is_kept_from_the_others(library: Library) -> None:
    support = library.topics["support"]
    assert [fact.id for fact in support.facts_in("us")] == ["support.1"]
    assert [fact.id for fact in support.facts_in("au")] == ["support.2"]


def test_temperatures_and_the_emergency_department_are_the_countrys_own(library: Library) -> None:
    assert library.country_values("us", "en") == {
        "emergency": "911",
        "er": "the ER",
        "feverC": "38",
        "feverF": "100.4",
        "crisis": "988",
        "poison": "1-800-222-1222",
        "stools": "4",
    }
    assert library.country_values("uk", "en")["er"] == "A&E"
    assert library.country_values("uk", "en")["feverC"] == "37.5"


def test_every_country_knows_its_opt_out_words(library: Library) -> None:
    assert "stop" in library.countries["us"].opt_out_words
    assert "arret" in library.countries["ca"].opt_out_words


def test_a_fact_is_cited_by_title_and_organisation(library: Library) -> None:
    assert library.citation("bladder.2") == "BCG treatment for bladder cancer. Macmillan Cancer Support."
    assert library.citation("tests.3") is None


def test_days_and_times_are_written_as_the_language_does(library: Library) -> None:
    day = date(2026, 9, 30)
    assert library.day_values("en", day) == {"dow": "Wed", "date": "Sep 30"}
    assert library.day_values("es", day) == {"dow": "miércoles", "date": "30 de septiembre"}
    assert [library.time_text("en", time(hour, 5)) for hour in (0, 9, 12, 23)] == [
        "12:05 AM",
        "9:05 AM",
        "12:05 PM",
        "11:05 PM",
    ]
    assert library.time_text("es", time(14, 30)) == "2:30 p.m."
    assert library.language_name("es") == "español"


def test_keywords_are_written_as_patients_should_read_them(library: Library) -> None:
    assert library.topics["kidney"].keyword["es"] == "RIÑÓN"
    assert library.topics["kidney"].words("es")[0] == "RIÑÓN"
    assert library.topics["allergyshot"].words("en")[0] == "allergy shots"


def test_the_version_moves_with_any_byte_of_the_content(library: Library, whole_copy: Copy) -> None:
    assert len(library.version) == 12
    assert load(whole_copy.directory).version == library.version
    whole_copy.edit("topics/fever.toml", "# keyword", "# Keyword")
    assert load(whole_copy.directory).version != library.version


def test_two_readings_are_the_same(library: Library) -> None:
    again = load()
    assert (again.version, again.facts, again.wordings) == (library.version, library.facts, library.wordings)


def test_ids_are_those_that_other_programs_use(library: Library) -> None:
    ids = json.loads((Path(__file__).parents[1] / "data" / "topic_ids.json").read_text("utf-8"))
    assert list(library.topics) == ids
