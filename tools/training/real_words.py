"""Writes ``bot/understanding/real_words.txt``, the words that are no slips: ``python -m tools.training.real_words``.

A word of it is never taken for a misspelt other one. They are the commoner words of the frequency lists that
pyspellchecker carries (Tyler Barrus and others, MIT licence) and those that the corpus repeats, without accents and
apostrophes, both languages together.
"""

import re
import unicodedata
from collections import Counter

from spellchecker import SpellChecker

from bot.understanding.spelling import REAL_WORDS
from tools.training.compose import templates

_OFTEN_ENOUGH = {"en": 600, "es": 100}
"""How often a word must stand in the texts that were counted; rarer ones are names and slips of the pen."""
_SHORTEST = 3
_LINES = 3
"""Lines of the corpus; what stands in so many is no slip either."""
_WORD = re.compile(r"\b[a-z]+\b")
_HEADER = """\
# Words that are no slips, English and Spanish together, without accents and apostrophes: the commoner words of the
# frequency lists of pyspellchecker (MIT licence), and what the corpus repeats. Made by tools/training/real_words.py.
"""


def main() -> None:
    """Writes the file."""
    words = _repeated()
    for language, least in _OFTEN_ENOUGH.items():
        counted: Counter[str] = Counter()
        for word, count in SpellChecker(language=language).word_frequency.items():
            counted[_plain(word)] += count
        words.update(
            word
            for word, count in counted.items()
            if count >= least and len(word) >= _SHORTEST and word.isascii() and word.isalpha()
        )
    REAL_WORDS.write_text(_HEADER + "\n".join(sorted(words)) + "\n", "utf-8")


def _repeated() -> set[str]:
    lines: Counter[str] = Counter()
    for _, _, template in templates():
        lines.update({word for word in _WORD.findall(_plain(template.lower())) if len(word) >= _SHORTEST})
    return {word for word, count in lines.items() if count >= _LINES}


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.replace("'", ""))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


if __name__ == "__main__":
    main()
