"""The language of a text is told by words that only one language has."""

import pytest

from bot.conversation.tongue import Tongues
from content.library import Library
from tests.bot.conftest import Phone


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("EFECTOS", "es"),
        ("me duele el pecho", "es"),
        ("¿Cuándo es mi próxima cita?", "es"),
        ("no puedo respirar", "es"),
        ("side effects", "en"),
        ("I can't breathe", "en"),
        ("STOP", None),
        ("START", None),
        ("cancer", None),
        ("qwrtp", None),
        ("", None),
    ],
)
def test_a_text_is_in_the_language_whose_words_it_has(library: Library, text: str, language: str | None) -> None:
    assert Tongues(library).of(text) == language


def test_a_stranger_is_answered_in_the_language_of_the_text(phone: Phone) -> None:
    assert phone.says("FIEBRE").startswith("¿Su temperatura es")
    assert phone.contact().language == "es"


def test_a_known_person_is_answered_in_their_own_language_where_the_text_tells_nothing(phone: Phone) -> None:
    phone.text("FIEBRE")
    assert phone.says("qwrtp").startswith("Perdon")
    assert phone.says("MENU").startswith("Envie")
    assert "Puede haber cargos" in phone.says("HELP")


def test_a_text_about_health_is_answered_in_its_own_language(phone: Phone) -> None:
    phone.text("FIEBRE")
    assert phone.says("I have chest pain").startswith("This may be an emergency.")
    assert phone.contact().language == "es"
