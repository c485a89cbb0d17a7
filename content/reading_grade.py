"""How many years of school an English text asks for: the Flesch-Kincaid grade, with a syllable counter of our own."""

import re
from collections.abc import Collection

NAMED_TERMS = frozenset({"immunotherapy", "immunotherapies", "lenalidomide", "imiquimod"})
"""Words that patients meet at every visit and that have no plainer twin; they count as one syllable."""

_SENTENCE_END = re.compile(r"[.?!]+(?=\s|$)")
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|\d[\d.,-]*")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_VOWELS = re.compile(r"[aeiouy]+")
# The end of "take", "times" and "called", which says no vowel; that of "table", "nurses" and "treated" does.
_SILENT_END = re.compile(r"(?<=[^aeiouy])(?:(?<![^aeiouy]l)e|(?<![scgxz])(?<![sc]h)es|(?<![td])ed)$")


def grade(text: str, named_terms: Collection[str] = ()) -> float:
    """The Flesch-Kincaid grade of a text (0.39 words a sentence + 11.8 syllables a word - 15.59).

    A placeholder, a number and a named term, of NAMED_TERMS or given, count as a word of one syllable.
    """
    text = _PLACEHOLDER.sub("x", text)
    sentences = [part for part in _SENTENCE_END.split(text) if _WORD.search(part)]
    words = _WORD.findall(text)
    if not words:
        return 0.0
    named = NAMED_TERMS.union(named_terms)
    syllables_per_word = sum(1 if word.lower() in named else _syllables(word) for word in words) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables_per_word - 15.59


def _syllables(word: str) -> int:
    word = word.lower().replace("'", "")
    if not word.isalpha():
        return 1
    return max(len(_VOWELS.findall(word)) - bool(_SILENT_END.search(word)), 1)
