"""A clinic's own words for an urgent reply say to call each number in it, and nothing beside it takes that back."""

from dataclasses import dataclass

import pytest

from content.check import check_rows
from content.checks.urgent import why_fixed
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


def rules(library: Library, key: str, swaps: dict[str, tuple[str, str]]) -> set[str]:
    """The rules that a reply breaks with something in it replaced, by language."""
    rows = []
    for language, wording in library.wordings.items():
        text = wording.texts[key].text
        before, after = swaps.get(language, (text, text))
        assert before in text
        rows.append(Row("wording", key, language, text.replace(before, after)))
    return {fault.rule for fault in check_rows(library, rows)}


@pytest.mark.parametrize(
    ("key", "language", "before", "after"),
    [
        ("emergency", "en", "Call {emergency} now.", "Do not call {emergency} now."),
        ("emergency", "en", "Call {emergency} now.", "Call your nurse; only then {emergency}, now."),
        ("emergency", "en", "Call {emergency} now.", "You may call {emergency}."),
        ("emergency", "es", "Llame al {emergency} ya.", "No llame al {emergency} ya."),
        ("crisis.us", "en", "Call or text {crisis} now", "Text {crisis} now"),
        ("overdose.us", "en", "call {emergency} or", "wait before you call {emergency} or"),
        ("unknown", "en", "If you feel unwell call {phone}", "If you feel unwell: {phone}, after 9"),
    ],
)
def test_what_may_take_back_that_a_number_is_called_is_refused(
    library: Library, key: str, language: str, before: str, after: str
) -> None:
    assert "urgent" in rules(library, key, {language: (before, after)})


def test_other_words_that_say_the_same_may_stand(library: Library) -> None:
    assert rules(library, "emergency", {"en": ("This may be an emergency.", "Get help.")}) == set()


def test_pieces_of_other_texts_cannot_be_changed(library: Library) -> None:
    assert rules(library, "info_plus", {"en": ("Symptoms?", "Ill?")}) == {"fixed"}
    assert rules(library, "item.pills", {"en": ("pills", "tablets")}) == {"fixed"}
    assert why_fixed("crisis.us") is None
    assert why_fixed("seen") is not None
