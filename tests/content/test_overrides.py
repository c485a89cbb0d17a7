"""A clinic's own words over the content: read and linted as if they stood in the files, and nothing else is touched."""

from dataclasses import dataclass, replace

import pytest

from content.check import check_rows
from content.library import Library, load


@dataclass(frozen=True)
class Row:
    kind: str
    key: str
    language: str
    text: str


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def alias(text: str, topic: str = "fever", language: str = "en") -> Row:
    return Row("alias", topic, language, text)


def wordings(library: Library, key: str, en: str = "{}", es: str = "{}") -> list[Row]:
    """The text of a key in both languages, each put into something."""
    texts = {"en": en, "es": es}
    return [
        Row("wording", key, language, form.replace("{}", library.wordings[language].texts[key].text))
        for language, form in texts.items()
    ]


def test_rows_stand_in_the_library_that_they_are_laid_over_and_leave_the_other_as_it_was(library: Library) -> None:
    rows = [alias("hot spell"), *wordings(library, "thanks", en="Noted. {}", es="Anotado. {}")]
    laid = library.with_overrides(rows)
    assert laid.topics["fever"].words("en")[-1] == "hot spell"
    assert laid.say("thanks", "es") == f"Anotado. {library.say('thanks', 'es')}"
    assert laid.say("menu", "en", phone="1", emergency="2") == library.say("menu", "en", phone="1", emergency="2")
    assert "hot spell" not in library.topics["fever"].words("en")
    assert laid.version.startswith(f"{library.version}+")
    assert laid.version != library.with_overrides(rows[:1]).version


def test_no_rows_are_no_other_library_and_the_same_rows_the_same_one(library: Library) -> None:
    assert library.with_overrides([]) is library
    assert library.with_overrides([alias("hot spell")]) is library.with_overrides([alias("hot spell")])


def test_a_topic_or_a_fact_that_is_switched_off_is_not_there_and_is_still_understood(library: Library) -> None:
    laid = library.with_overrides([Row("off", "alcohol", "", ""), Row("off", "what.2", "", "")])
    assert laid.topics["alcohol"].facts == ()
    assert laid.topics["alcohol"].words("en") == library.topics["alcohol"].words("en")
    assert [fact.id for fact in laid.topics["what"].facts] == ["what.1", "what.3"]
    assert laid.version.startswith(f"{library.version}+")


def test_a_topic_that_patients_are_told_to_write_is_not_switched_off_whole(library: Library) -> None:
    own = [
        Row("wording", "menu", row.language, row.text.replace("FOOD, ", "").replace("COMIDA, ", ""))
        for row in wordings(library, "menu")
    ]
    food = Row("off", "food", "", "")
    assert [fault.mend for fault in check_rows(library, [food])] == [
        "The text menu tells patients to write FOOD: take that out of it first."
    ]
    assert check_rows(library, [*own, food]) == []
    halves = [Row("off", "pill.1", "", ""), Row("off", "pill.2", "", "")]
    assert check_rows(library, halves[:1]) == []
    assert {fault.rule for fault in check_rows(library, halves)} == {"kept"}


def test_what_says_to_call_stays_whatever_its_topic_and_the_rest_of_the_topic_goes(library: Library) -> None:
    calls = {name for name, fact in library.facts.items() if "call" in fact.text["en"].lower()}
    kept = {name for name in library.facts if check_rows(library, [Row("off", name, "", "")])}
    # A service that has a number of its own is not who treats the patient.
    assert calls - kept == {"trials.2"}
    (fault,) = check_rows(library, [Row("off", "pregnant", "", "")])
    assert fault.mend == "What says to call cannot be switched off: pregnant.2."
    laid = library.with_overrides([Row("off", f"pregnant.{number}", "", "") for number in (1, 2, 3)])
    assert [fact.id for fact in laid.topics["pregnant"].facts] == ["pregnant.2"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (Row("off", "fever", "", ""), "kept"),
        (Row("off", "fever.2", "", ""), "kept"),
        (Row("off", "mood.1", "", ""), "kept"),
        (Row("off", "effects", "", ""), "kept"),
        (Row("off", "next.1", "", ""), "kept"),
        (Row("off", "tea", "", ""), "kept"),
        (Row("off", "what.99", "", ""), "kept"),
        (alias("stop"), "reserved"),
        (alias("alto", language="es"), "reserved"),
        (alias("more"), "reserved"),
        (alias("rash"), "alias"),
        (alias("internal bleeding"), "danger-alias"),
        (alias("f"), "alias"),
        (alias("hot\nspell"), "control"),
        (alias("  "), "empty"),
        (alias("hot spell", topic="none"), "topic"),
        (alias("hot spell", language="fr"), "language"),
        (Row("wording", "none", "en", "Text."), "wording"),
        (Row("other", "fever", "en", "hot spell"), "kind"),
    ],
)
def test_a_row_that_no_file_might_have_has_its_fault(library: Library, row: Row, rule: str) -> None:
    found = check_rows(library, [alias("warm evening"), row])
    assert (2, rule) in {(fault.line, fault.rule) for fault in found}
    assert {fault.line for fault in found} == {2}
    assert library.with_overrides([alias("warm evening"), row]) == library.with_overrides([alias("warm evening")])


@pytest.mark.parametrize(
    ("key", "en", "es", "rule"),
    [
        ("thanks", "You are probably fine. {}", "{}", "diagnosis"),
        ("thanks", "{}", "No se preocupe. {}", "reassurance"),
        ("thanks", "Hi {clinic}. {}", "{}", "placeholder"),
        ("thanks", "{} 🙂.", "{}", "gsm7"),
        ("visit_today", "Infusion. {}", "{}", "discreet"),
        ("help", "{}" + " Word after word after word." * 12, "{}", "segments"),
        ("thanks", "Reply YES. {}", "{}", "carrier-word"),
    ],
)
def test_a_wording_is_linted_as_in_its_file(library: Library, key: str, en: str, es: str, rule: str) -> None:
    assert rule in {fault.rule for fault in check_rows(library, wordings(library, key, en, es))}


def test_an_urgent_reply_keeps_all_that_it_is_filled_in_with_and_must_say(library: Library) -> None:
    crisis = [
        Row("wording", "crisis.us", "en", "Call {emergency} now. I am automated."),
        Row("wording", "crisis.us", "es", "Llame al {emergency} ya. Soy automático."),
    ]
    assert {fault.rule for fault in check_rows(library, crisis)} == {"placeholder"}
    silent = [replace(row, text=row.text.replace("Call", "Ring")) for row in wordings(library, "emergency")]
    assert "must-say" in {fault.rule for fault in check_rows(library, silent)}


def test_both_languages_move_together(library: Library) -> None:
    (fault,) = check_rows(library, wordings(library, "thanks")[:1])
    assert (fault.line, fault.rule) == (1, "languages")
    assert library.with_overrides(wordings(library, "thanks")[:1]).version == library.version


def test_every_fixed_text_as_it_stands_is_a_row_without_a_fault(library: Library) -> None:
    rows = [row for key in library.wordings["en"].texts for row in wordings(library, key)]
    assert check_rows(library, rows) == []
