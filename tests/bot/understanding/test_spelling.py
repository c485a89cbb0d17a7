"""The word that was meant is found wherever in it the thumb slipped."""

from string import ascii_lowercase

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from bot.understanding.spelling import Spelling

WORDS = (
    "fever",
    "never",
    "rash",
    "cough",
    "breath",
    "breathing",
    "diarrhea",
    "infusion",
    "stop",
    "tired",
    "pain",
    "paint",
)
SPELLING = Spelling(WORDS, (), frozenset())


@st.composite
def _slips(draw: st.DrawFn) -> str:
    word = draw(st.sampled_from(WORDS))
    at, letter = draw(st.integers(0, len(word) - 1)), draw(st.sampled_from(ascii_lowercase))
    left, right = word[:at], word[at:]
    return draw(
        st.sampled_from(
            [
                left + right[1:],
                left + letter + right,
                left + letter + right[1:],
                left + right[1:2] + right[:1] + right[2:],
            ]
        )
    )


def _may_be_meant(typed: str, word: str) -> bool:
    begins = typed[0] == word[0] or typed[:2] == word[1] + word[0]
    return begins or (len(typed) >= 6 and typed[-3:] == word[-3:])


@given(typed=_slips())
def test_a_word_one_slip_away_is_meant_where_it_begins_or_ends_the_same(typed: str) -> None:
    near = [word for word in WORDS if OSA.distance(typed, word) <= 1 and _may_be_meant(typed, word)]
    meant = SPELLING.meant(typed)
    if len(typed) >= 4 and near:
        assert len(meant) == 1
        assert meant[0] in near
