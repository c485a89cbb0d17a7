"""Reads a text into words with their places: what is counted, and where sentences and clauses end."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.understanding.characters import small
from bot.understanding.matcher import Lexicon, Spots
from bot.understanding.spelling import Spelling
from bot.understanding.wordlists import WordLists
from content.phrases import ARTICLES

SENTENCE = 50
"""What the end of a sentence costs a phrase that would cross it: more than any phrase may pay."""
_MOST_REMEMBERED = 50_000
_MOST_WORDS = 330

_TOKEN = re.compile(r"[a-z0-9@$]+(?:[.,/:](?=\d)[a-z0-9]+)*|[^\sa-z0-9]+|\n")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_SPELLED = re.compile(r"\b[a-z](?:[ .\-*_][a-z]){2,}\b")
_WRITTEN = re.compile(r"\ba ?& ?e\b|\ba and e\b(?! )|\bw/o\b|\bw/|\bb/c\b|\bn/a\b|(?<=[a-z])-(?=[a-z])|\bo2\b")
_WRITTEN_AS = {"w/o": "without", "w/": "with ", "b/c": "because", "n/a": "none", "-": " ", "o2": "oxygen"}
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER_UNIT = re.compile(r"(\d+(?:[.,:/]\d+)*)([a-z]+)")
_NOT = {"can": "cant", "do": "dont", "does": "doesnt", "did": "didnt", "is": "isnt", "are": "arent", "was": "wasnt",
        "were": "werent", "will": "wont", "would": "wouldnt", "could": "couldnt", "should": "shouldnt",
        "have": "havent", "has": "hasnt", "had": "hadnt", "am": "aint"}  # fmt: skip
_JOINED = {("i", "am"): "im", ("he", "is"): "hes", ("she", "is"): "shes", ("it", "is"): "its", ("what", "is"): "whats",
           ("can", "t"): "cant", ("don", "t"): "dont", ("won", "t"): "wont", ("i", "m"): "im", ("i", "ve"): "ive",
           ("doesn", "t"): "doesnt", ("didn", "t"): "didnt", ("isn", "t"): "isnt", ("he", "s"): "hes",
           ("she", "s"): "shes", ("it", "s"): "its", ("there", "is"): "theres", ("they", "are"): "theyre"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was understood, the elements it belongs to, and whether it stands in a phrase's way."""

    text: str
    elements: tuple[int, ...]
    counted: bool
    known: bool


@dataclass(slots=True)
class Reading:
    """What was read. Positions are those of ``words``; ``spots`` says where every element stands."""

    raw: str
    words: list[str] = field(default_factory=list)
    spots: Spots = field(default_factory=dict)
    before: list[int] = field(default_factory=lambda: [0])
    """Cost up to a word, breaks right before it left out."""
    until: list[int] = field(default_factory=list)
    """Cost up to a word, breaks right before it counted."""
    sentence: list[int] = field(default_factory=list)
    clause: list[int] = field(default_factory=list)
    asks: set[int] = field(default_factory=set)
    """Sentences that end with a question mark."""
    unknown: int = 0
    shouted: bool = False
    typed: list[str] = field(default_factory=list)
    """The words as they were typed, small and plain, before any correction."""

    def distance(self, end: int, start: int) -> int:
        """What stands between the word before ``end`` and the word at ``start``: counted words and breaks."""
        return self.until[start] - self.before[end]

    def has(self, element: int, start: int = 0, end: int | None = None) -> bool:
        """Whether an element stands within these words."""
        places = self.spots.get(element)
        if not places:
            return False
        last = len(self.words) if end is None else end
        return any(start <= a and b <= last for a, b in places)


class Reader:
    """Reads texts with one vocabulary; safe to share between threads."""

    def __init__(self, lexicon: Lexicon, also_known: Iterable[str], lists: WordLists) -> None:
        self._lists = lists
        self._lexicon = lexicon
        self._shorthand = _read_shorthand(Path(__file__).with_name("shorthand.txt"))
        known = set(lexicon.known())
        self._spelling = Spelling(known, {*also_known, *known}, lists["small_words"])
        self._filler = lexicon.group("filler")
        self._words: dict[str, tuple[Word, ...]] = {}

    def read(self, text: str) -> Reading:
        """The reading of any text whatever; time is bounded by the length that is looked at."""
        reading = Reading(text)
        letters = [c for c in text[:200] if c.isalpha()]
        reading.shouted = len(letters) > 3 and all(c.isupper() for c in letters)
        plain_text = _WRITTEN.sub(_written, small(text))
        if "." in plain_text:
            plain_text = _INITIALS.sub(lambda found: found.group().replace(".", ""), plain_text)
        plain_text = _SPELLED.sub(lambda found: re.sub(r"[^a-z]", "", found.group()), plain_text)
        self._place(reading, _TOKEN.findall(plain_text))
        self._find_together(reading)
        return reading

    def _place(self, reading: Reading, tokens: list[str]) -> None:
        sentence = clause = pending = cost = 0
        words, spots = reading.words, reading.spots
        for token in tokens:
            first = token[0]
            if not (first.isalnum() or first in "@$"):
                if "?" in token:
                    reading.asks.add(sentence)
                if token in ("+", "&") or not words:
                    continue
                if _ends_sentence(token, abbreviated=words[-1] in self._lists["abbreviated"]):
                    sentence, clause, pending = sentence + 1, clause + 1, SENTENCE
                elif pending == 0:
                    clause, pending = clause + 1, 1
                continue
            reading.typed.append(token)
            for word in self._understood(token):
                at = len(words)
                if at and (joined := _joined(words[-1], word.text)):
                    self._replace_last(reading, joined)
                    continue
                if at >= _MOST_WORDS:
                    return
                if word.text in self._lists["clause_words"] and not pending:
                    clause, pending = clause + 1, 1
                words.append(word.text)
                reading.until.append(cost + pending)
                cost += pending + word.counted
                pending = 0
                reading.before.append(cost)
                reading.sentence.append(sentence)
                reading.clause.append(clause)
                reading.unknown += not word.known
                for element in word.elements:
                    spots.setdefault(element, []).append((at, at + 1))

    def _replace_last(self, reading: Reading, joined: str) -> None:
        at = len(reading.words) - 1
        for element in self._understood(reading.words[-1])[-1].elements:
            places = reading.spots.get(element, [])
            if places and places[-1] == (at, at + 1):
                places.pop()
                if not places:
                    del reading.spots[element]
        reading.words[-1] = joined
        for element in self._understood(joined)[0].elements:
            reading.spots.setdefault(element, []).append((at, at + 1))

    def _find_together(self, reading: Reading) -> None:
        words, together, exact = reading.words, self._lexicon.together, self._lexicon.together_exact
        short = [i for i, word in enumerate(words) if word not in ARTICLES]
        found: list[tuple[int, int, int]] = []
        for number, at in enumerate(short):
            for entry, element in together.get(words[at], ()):
                places = short[number : number + len(entry)]
                if len(places) == len(entry) and all(words[p] == e for p, e in zip(places, entry, strict=True)):
                    found.append((at, places[-1] + 1, element))
        for at, word in enumerate(words):
            for entry, element in exact.get(word, ()):
                if tuple(words[at : at + len(entry)]) == entry:
                    found.append((at, at + len(entry), element))
        for start, end, element in found:
            if reading.sentence[start] == reading.sentence[end - 1]:
                reading.spots.setdefault(element, []).append((start, end))
        for element in {element for _, _, element in found}:
            if element in reading.spots:
                reading.spots[element].sort()

    def _understood(self, token: str) -> tuple[Word, ...]:
        words = self._words.get(token)
        if words is None:
            words = tuple(self._word(text) for text in self._spelled(token))
            if len(self._words) < _MOST_REMEMBERED and len(token) <= 40:
                self._words[token] = words
        return words

    def _spelled(self, token: str) -> tuple[str, ...]:
        if token in self._shorthand:
            return self._shorthand[token]
        if _NUMBER.fullmatch(token) or self._spelling.knows(token):
            return (token,)
        unit = _NUMBER_UNIT.fullmatch(token)
        if unit and unit[2] in self._lists["number_units"]:
            return (unit[1], unit[2])
        if self._lexicon.of(token):
            return (token,)
        return self._spelling.meant(token) or (token,)

    def _word(self, text: str) -> Word:
        if _NUMBER.fullmatch(text):
            return Word(text, (*self._lexicon.of(text), self._lexicon.number), True, True)
        elements = self._lexicon.of(text)
        return Word(text, elements, self._filler not in elements, bool(elements) or self._spelling.knows(text))


def _ends_sentence(mark: str, *, abbreviated: bool) -> bool:
    if mark == "." and abbreviated:
        return False
    return any(c in ".!?;\n" for c in mark)


def _joined(last: str, word: str) -> str | None:
    if word == "not":
        return _NOT.get(last)
    return _JOINED.get((last, word))


def _written(found: re.Match[str]) -> str:
    return _WRITTEN_AS.get(found.group(), " er ")


def _read_shorthand(path: Path) -> Mapping[str, tuple[str, ...]]:
    lines = (line.split() for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {short: tuple(meant) for short, *meant in lines}
