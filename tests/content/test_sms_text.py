"""What a text costs as SMS, and the folding that makes it cheaper without changing what it says."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.sms_text import fold, measure

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "sms_segments.json").read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_encoding_and_segments_agree_with_twilios_calculator(vector: dict[str, Any]) -> None:
    found = measure(vector["text"], smart_encoding=vector["smart_encoding"])
    assert (found.encoding, found.segments) == (vector["encoding"], vector["segments"])


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "units"),
    [
        ("", "GSM-7", 1, 0),
        ("x" * 160, "GSM-7", 1, 160),
        ("x" * 161, "GSM-7", 2, 161),
        ("x" * 152 + "€" + "x" * 10, "GSM-7", 2, 164),
        ("x" * 152 + "€" * 2 + "x" * 151 + "€", "GSM-7", 3, 309),
        ("ó" * 70, "UCS-2", 1, 70),
        ("ó" * 71, "UCS-2", 2, 71),
        ("\U0001f600" * 35, "UCS-2", 1, 70),
    ],
)
def test_units_count_escapes_and_surrogates(text: str, encoding: str, segments: int, units: int) -> None:
    found = measure(text)
    assert (found.encoding, found.segments, found.units) == (encoding, segments, units)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("año, mañana, señal", "año, mañana, señal"),
        ("¿Qué? ¡Más células, pingüino!", "¿Qué? ¡Mas células, pingüino!"),
        ("Clínica: envíe MÁS, ÁÉÍÓÚ", "Clinica: envie MAS, AÉIOU"),
        ("an\u0303o (decomposed)", "año (decomposed)"),
        ("\u201cquoted\u201d \u2018it\u2019s\u2019 \u2013 and\u2014so\u2026", "\"quoted\" 'it's' - and-so..."),
        ("a\u00a0b\u202fc\u200bd\ufeffe", "a b cde"),
        ("Łódź São Conceição", "Lodz Sao Conceicao"),
        ("38\u00b0", "38\u00b0"),
        ("2\u00bd", "2\u00bd"),
        ("call \U0001f600 now", "call \U0001f600 now"),
        ("Здравствуйте", "Здравствуйте"),
    ],
)
def test_folding_keeps_the_meaning(written: str, folded: str) -> None:
    assert fold(written) == folded


SPANISH = st.text(
    "abcdefghijklmnñopqrstuvwxyzáéíóúüÁÉÍÓÚÑÜ ,.;:¿?¡!0123456789\u2019\u201c\u201d\u2013\u2014\u2026\u00a0"
)


@given(SPANISH)
def test_spanish_and_english_always_fold_to_gsm_7(text: str) -> None:
    assert measure(fold(text)).encoding == "GSM-7"


@given(st.text())
def test_folding_twice_is_folding_once_and_never_adds_a_question_mark(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.count("?") == text.count("?")
    assert folded.count("ñ") >= text.count("ñ")
    assert sum(character.isdecimal() for character in folded) == sum(character.isdecimal() for character in text)


@given(st.text())
def test_a_text_always_has_an_encoding_and_a_segment(text: str) -> None:
    found = measure(text)
    room = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[found.encoding]
    assert (found.segments == 1) == (found.units <= room[0])
    assert found.segments * max(room) >= found.units
