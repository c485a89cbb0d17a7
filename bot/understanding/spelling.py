"""Finds the word that was meant: a slip of the thumb, spelling by ear, letters repeated, words run together."""

import re
from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from itertools import dropwhile
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

REAL_WORDS = Path(__file__).with_name("real_words.txt")
SHORTEST = 4
"""Shorter words are never corrected: too many real words lie one letter apart."""
_TWO_SLIPS = 7
"""From this length on two slips are forgiven, when the word sounds the same or begins and ends the same."""

_LONG, _SAME_END = 6, 3
"""From this length on a slip at the beginning is forgiven where so many last letters are the same."""

_DIGITS = str.maketrans("013457890@$", "oleast" + "bgoas")
_REPEATED = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1")
_HARD_C, _SOFT_G = re.compile("c(?![eih])"), re.compile("g(?=[eiy])")
_SOUNDS = (("ph", "f"), ("ck", "k"), ("qu", "k"), ("q", "k"), (_HARD_C, "k"), ("ch", "s"), ("sh", "s"), ("x", "s"),
           (_SOFT_G, ""), ("ll", ""))  # fmt: skip
_SAME_LETTERS = (("qu", "k"), ("ll", "y"), (re.compile("c(?=[ei])"), "s"), (re.compile("(?<!c)c(?!h)"), "k"),
                 (re.compile("g(?=[ei])"), "j"), (re.compile("(?<![cps])h"), ""), ("z", "s"), ("v", "b"))  # fmt: skip
_SAME_SOUND = str.maketrans("zcvw", "ssbb", "aeiouhyj")


class Spelling:
    """Knows a vocabulary, and which of its words are worth guessing at."""

    def __init__(self, targets: Iterable[str], others: Iterable[str], small: frozenset[str]) -> None:
        """``targets`` may be guessed; ``others`` are real words too and are left as they are.

        ``small``: short words that may stand in a run of words typed without spaces.
        """
        self._small = small
        self._targets = {word for word in targets if len(word) >= SHORTEST and word.isalpha()}
        self._known = {*targets, *others}
        self._beginning: dict[tuple[str, int], list[str]] = defaultdict(list)
        """By the first letter and the length, and by the first two letters and the length."""
        self._end: dict[str, list[str]] = defaultdict(list)
        """By the last three letters."""
        self._sound: dict[str, list[str]] = defaultdict(list)
        for word in self._targets:
            self._beginning[word[:1], len(word)].append(word)
            self._beginning[word[:2], len(word)].append(word)
            self._end[word[-_SAME_END:]].append(word)
            if len(word) >= _TWO_SLIPS - 1:
                self._sound[sound(word)].append(word)

    def knowing(self, words: Iterable[str]) -> "Spelling":
        """The same, to which these words are real ones too; it guesses at no others."""
        other = copy(self)
        other._known = self._known.union(words)
        return other

    def knows(self, word: str) -> bool:
        """Whether this is a word as it stands."""
        return word in self._known

    def meant(self, word: str) -> tuple[str, ...]:
        """The word or words that were meant; () when nobody can tell."""
        for simpler in _simpler(word):
            if simpler in self._known:
                return (simpler,)
        word = _REPEATED.sub(r"\1", word)
        if not word.isalpha() or len(word) < SHORTEST:
            return ()
        near = self._near(word)
        if near:
            return (near,)
        return self._run_together(word)

    def _near(self, word: str) -> str | None:
        near = self._one_slip_away(word)
        if not near and len(word) >= _TWO_SLIPS - 1:
            near = [
                target
                for target in self._sound.get(sound(word), ())
                if OSA.distance(word, target, score_cutoff=3) <= (3 if len(word) >= _TWO_SLIPS + 2 else 2)
            ]
        return min(near, key=lambda target: (_rank(word, target), target), default=None)

    def _one_slip_away(self, word: str) -> list[str]:
        """Targets that begin the same, with their first two letters changed over, or, of longer words, end the same."""
        length, changed_over = len(word), word[1] + word[0]
        likely = [
            target
            for target in {changed_over + word[2:], word[1] + word, word[1:]} & self._targets
            if target.startswith(changed_over)
        ]
        begins_same = word[:1]
        if length >= _LONG:
            likely += self._end.get(word[-_SAME_END:], ())
            # What ends otherwise has its slip there, and two letters before it.
            begins_same = word[:2]
        for long in (length - 1, length, length + 1):
            likely += self._beginning.get((begins_same, long), ())
        found = process.extract(word, likely, scorer=OSA.distance, score_cutoff=1, limit=None)
        return [target for target, _, _ in found]

    def _run_together(self, word: str) -> tuple[str, ...]:
        if len(word) < _TWO_SLIPS:
            return ()
        whole: list[tuple[str, ...] | None] = [()] + [None] * len(word)
        for end in range(1, min(len(word), 40) + 1):
            for start in range(max(0, end - 14), end):
                before, piece = whole[start], word[start:end]
                if before is None or (piece not in self._targets and piece not in self._small):
                    continue
                if len(piece) < 3 and piece not in self._small:
                    continue
                if whole[end] is None or len(before) + 1 < len(whole[end] or ()):
                    whole[end] = (*before, piece)
        found = whole[-1]
        return found if found and len(found) <= 1 + len(word) // 3 and any(len(p) > 3 for p in found) else ()


def _simpler(word: str) -> Iterable[str]:
    letters = word.translate(_DIGITS) if not word.isalpha() else word
    if letters != word:
        yield letters
    if letters.endswith("in"):
        yield f"{letters}g"  # "runnin", "comin"
    yield _REPEATED.sub(r"\1\1", letters)
    yield _REPEATED.sub(r"\1", letters)
    yield _DOUBLED.sub(r"\1", _REPEATED.sub(r"\1", letters))


def _rank(word: str, target: str) -> tuple[int, int, int]:
    return (
        OSA.distance(word, target),
        sound(word) != sound(target),
        (word[0] != target[0]) + (word[-1] != target[-1]) + abs(len(word) - len(target)),
    )


def sound(word: str) -> str:
    """What is left of a word when what sounds alike is written alike, in either language, and no vowel is."""
    return _DOUBLED.sub(r"\1", _alike(word, _SOUNDS).translate(_SAME_SOUND))


def by_ear(words: str) -> str:
    """Words as somebody writes Spanish who goes by the ear alone, vowels and all."""
    return _DOUBLED.sub(r"\1", _alike(words, _SAME_LETTERS))


def _alike(word: str, letters_alike: Iterable[tuple[str | re.Pattern[str], str]]) -> str:
    for letters, one in letters_alike:
        word = word.replace(letters, one) if isinstance(letters, str) else letters.sub(one, word)
    return word


def read_real_words() -> frozenset[str]:
    """The words of ``real_words.txt``."""
    lines = REAL_WORDS.read_text("utf-8").splitlines()
    return frozenset(dropwhile(lambda line: line.startswith("#"), lines))
