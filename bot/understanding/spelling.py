"""Finds the word that was meant: a slip of the thumb, spelling by ear, letters repeated, words run together."""

import re
from collections.abc import Iterable
from copy import copy
from itertools import dropwhile
from pathlib import Path

from rapidfuzz.distance import OSA

REAL_WORDS = Path(__file__).with_name("real_words.txt")
SHORTEST = 4
"""Shorter words are never corrected: too many real words lie one letter apart."""
_TWO_SLIPS = 7
"""From this length on two slips are forgiven, when the word sounds the same or begins and ends the same."""

_DIGITS = str.maketrans("013457890@$", "oleast" + "bgoas")
_REPEATED = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1")
_SOUNDS = ((re.compile("ph"), "f"), (re.compile("qu|ck|q|c(?![eih])"), "k"), (re.compile("ch|sh|x"), "s"),
           (re.compile("z|c"), "s"), (re.compile("v|w"), "b"), (re.compile("ll|y|j|g(?=[eiy])"), "y"),
           (re.compile("[aeiouhy]"), ""))  # fmt: skip


class Spelling:
    """Knows a vocabulary, and which of its words are worth guessing at."""

    def __init__(self, targets: Iterable[str], others: Iterable[str], small: frozenset[str]) -> None:
        """``targets`` may be guessed; ``others`` are real words too and are left as they are.

        ``small``: short words that may stand in a run of words typed without spaces.
        """
        self._small = small
        self._targets = {word for word in targets if len(word) >= SHORTEST and word.isalpha()}
        self._known = {*targets, *others}
        self._one_less: dict[str, str] = {}
        """A word, or one without one of its letters -> the words that it may have been, with blanks between."""
        self._sound: dict[str, list[str]] = {}
        for word in sorted(self._targets):
            for shorter in {word, *_one_less(word)}:
                before = self._one_less.get(shorter)
                self._one_less[shorter] = f"{before} {word}" if before else word
            if len(word) >= _TWO_SLIPS - 1:
                self._sound.setdefault(_sound(word), []).append(word)

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
        candidates: dict[str, int] = {}
        for shorter in (word, *_one_less(word)):
            for target in self._one_less.get(shorter, "").split():
                candidates[target] = OSA.distance(word, target, score_cutoff=1)
        near = [target for target, slips in candidates.items() if slips <= 1 and _plausible(word, target)]
        if not near and len(word) >= _TWO_SLIPS - 1:
            near = [
                target
                for target in self._sound.get(_sound(word), ())
                if OSA.distance(word, target, score_cutoff=3) <= (3 if len(word) >= _TWO_SLIPS + 2 else 2)
            ]
        return min(near, key=lambda target: (_rank(word, target), target), default=None)

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
    yield _REPEATED.sub(r"\1\1", letters)
    yield _REPEATED.sub(r"\1", letters)
    yield _DOUBLED.sub(r"\1", _REPEATED.sub(r"\1", letters))


def _one_less(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _plausible(word: str, target: str) -> bool:
    return word[0] == target[0] or word[:2] == target[1::-1] or (len(word) >= 6 and word[-3:] == target[-3:])


def _rank(word: str, target: str) -> tuple[int, int, int]:
    return (
        OSA.distance(word, target),
        _sound(word) != _sound(target),
        (word[0] != target[0]) + (word[-1] != target[-1]) + abs(len(word) - len(target)),
    )


def _sound(word: str) -> str:
    for letters, sound in _SOUNDS:
        word = letters.sub(sound, word)
    return _DOUBLED.sub(r"\1", word)


def read_real_words() -> frozenset[str]:
    """The words of ``real_words.txt``."""
    lines = REAL_WORDS.read_text("utf-8").splitlines()
    return frozenset(dropwhile(lambda line: line.startswith("#"), lines))
