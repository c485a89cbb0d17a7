"""That no layer takes a danger back: whatever stands beside it, and whatever the learned layer thinks of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.engine import URGENT, Engine
from content.library import load
from tools.training.compose import Example, compose

ENGINE = Engine(load())
RULES_ALONE = Engine(load(), learned=None)


def _rank(text: str, language: str = "en") -> int:
    """0: not urgent; 1: a call; 2: an emergency, a crisis or an overdose."""
    kind = ENGINE.understand(text, language=language).kind
    return 0 if kind not in URGENT else 1 if kind == "call_now" else 2


# Every seventh of the corpus: as people write them.
URGENT_TEXTS = [one for one in compose() if one.label.partition(".")[0] in URGENT][::7]
ASIDES = [
    "see you friday",
    "thanks so much for everything",
    "my sister is visiting from ohio with the kids",
    "what time is my appointment",
    "nos vemos el lunes",
    "gracias por todo",
]
KEYWORDS = ["STOP", "HELP", "SIDE EFFECTS", "NEXT", "MENU", "ALTO", "AYUDA", "CICLO"]


@given(
    danger=st.sampled_from(URGENT_TEXTS),
    aside=st.sampled_from([*ASIDES, *KEYWORDS]),
    first=st.booleans(),
    between=st.sampled_from([". ", "! ", "\n"]),
)
@settings(max_examples=400)
def test_another_sentence_or_a_keyword_never_lowers_a_danger(
    danger: Example, aside: str, first: bool, between: str
) -> None:
    alone = _rank(danger.text, danger.language)
    ended = danger.text.rstrip(" .!?")
    together = f"{aside}{between}{danger.text}" if first else f"{ended}{between}{aside}"
    assert _rank(together, danger.language) >= min(alone, _rank(ended, danger.language))


@given(
    danger=st.sampled_from(URGENT_TEXTS),
    polite=st.sampled_from(
        ["{} 🙏", "{} 😟😟", "🚨 {}", "hi {}", "hello {}", "{} please", "{} thanks", "hola {}", "{} gracias"]
    ),
)
@settings(max_examples=400)
def test_an_emoji_or_a_polite_word_never_lowers_a_danger(danger: Example, polite: str) -> None:
    alone = _rank(danger.text, danger.language)
    assert _rank(polite.format(danger.text), danger.language) >= alone


@given(st.sampled_from(compose()[::11]))
@settings(max_examples=300)
def test_the_learned_layer_only_raises(example: Example) -> None:
    by_rules = RULES_ALONE.understand(example.text, language=example.language).kind
    if by_rules in URGENT:
        learned = ENGINE.understand(example.text, language=example.language).kind
        assert learned in URGENT
        assert learned != "call_now" or by_rules == "call_now"


@pytest.mark.parametrize(
    "text", ["what if i get a fever. also i cant breathe", "no fever. but there is blood in my stool"]
)
def test_a_harmless_sentence_does_not_excuse_the_next(text: str) -> None:
    assert _rank(text) > 0
