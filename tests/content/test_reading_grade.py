"""The reading grade: plain texts score low, hard ones high, and named terms do not count."""

import pytest

from content.reading_grade import grade


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("Call us now.", -3, 1),
        ("Take the pills with you when you go to the clinic today.", 1, 4),
        ("Missed a visit? Call your team as soon as you can to set a new one.", 0, 3),
        ("Immunotherapy is a cancer treatment that helps your own immune system fight cancer.", 5, 8),
        ("Pharmaceutical immunomodulatory medications necessitate continuous laboratory surveillance.", 25, 50),
        ("", 0, 0),
        ("1-800-555-0143", -4, 0),
    ],
)
def test_the_grade_rises_with_long_words_and_sentences(text: str, lowest: float, highest: float) -> None:
    assert lowest <= grade(text) <= highest


def test_named_terms_count_as_short_words() -> None:
    text = "Monoclonal antibodies are proteins."
    assert grade(text, ["monoclonal", "antibodies"]) < grade(text) - 10
    assert grade("Immunotherapy helps.") < grade("Immunologically helps.")


@pytest.mark.parametrize(
    ("short", "long"),
    [("take", "taking"), ("times", "timing"), ("called", "calling"), ("whole", "table"), ("free", "agree")],
)
def test_silent_endings_say_no_syllable(short: str, long: str) -> None:
    assert grade(f"We {short} it.") < grade(f"We {long} it.")
