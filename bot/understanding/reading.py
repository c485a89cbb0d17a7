"""Reads a text into words with their places: what is counted, and where sentences and clauses end."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from copy import copy
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

from bot.understanding.characters import small
from bot.understanding.matcher import Compiled, Entry, Lexicon, Tries
from bot.understanding.numbers import Number, may_begin, numbers
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
_WRITTEN = re.compile(r"\ba ?& ?e\b|\ba and e\b(?! )|\bw/o\b|\bw/|\bb/c\b|\bn/a\b|(?<=[a-z])-(?=[a-z])|\bo2\b|\bno ?\+")
_MAY_BE_WRITTEN = re.compile("[-/&+2]")
_WRITTEN_AS = {
    "w/o": "without",
    "w/": "with ",
    "b/c": "because",
    "n/a": "none",
    "-": " ",
    "o2": "oxygen",
    "no+": "no mas",
    "no +": "no mas",
}
_ENDS = frozenset(".!?;\n")
"""Marks that end a sentence."""
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER_UNIT = re.compile(r"(\d+(?:[.,:/]\d+)*)([a-z]+)")
_TIMES = re.compile(r"x(\d{1,2})")
_NOT = {"can": "cant", "do": "dont", "does": "doesnt", "did": "didnt", "is": "isnt", "are": "arent", "was": "wasnt",
        "were": "werent", "will": "wont", "would": "wouldnt", "could": "couldnt", "should": "shouldnt",
        "have": "havent", "has": "hasnt", "had": "hadnt", "am": "aint"}  # fmt: skip
_JOINED = {("i", "am"): "im", ("he", "is"): "hes", ("she", "is"): "shes", ("it", "is"): "its", ("what", "is"): "whats",
           ("can", "t"): "cant", ("don", "t"): "dont", ("won", "t"): "wont", ("i", "m"): "im", ("i", "ve"): "ive",
           ("doesn", "t"): "doesnt", ("didn", "t"): "didnt", ("isn", "t"): "isnt", ("he", "s"): "hes",
           ("she", "s"): "shes", ("it", "s"): "its", ("there", "is"): "theres", ("they", "are"): "theyre"}  # fmt: skip
_MAY_BEGIN_NUMBER = attrgetter("may_begin_number")
_SECOND_HALVES = frozenset(second for _, second in _JOINED) | {"not"}


class Following(Protocol):
    """The features that begin with one word."""

    def get(self, second: str, /) -> int | None:
        """The number of the one whose second word this is, if there is one."""


@dataclass(slots=True, eq=False)
class Word:
    """A word as it was understood, the elements it belongs to, and whether it stands in a phrase's way."""

    text: str
    plain: str
    """The text, "#" for a number, "" for an article."""
    elements: frozenset[int]
    counted: bool
    known: bool
    features: frozenset[int]
    """What the learned layer sees in it wherever it stands."""
    after: Following
    """What the learned layer sees in the pairs that begin with it."""
    tries: Sequence[Tries]
    """The phrases that are worth a try where it stands."""
    opens_clause: bool
    may_begin_number: bool
    second_half: bool
    """Whether the word before it may be joined to it."""
    begins: Mapping[str, Sequence[Entry]]
    """Entries of several words that begin with it, without articles, by their second word."""
    begins_exact: Mapping[str, Sequence[Entry]]
    """The same of the entries that would be one word without their articles."""


class Reading:
    """What was read. Positions are those of ``words``; ``places`` says where an element stands."""

    __slots__ = (
        *("_found", "_numbers", "_together", "asks", "before", "clause", "kinds", "phrases", "plain"),
        *("present", "sentence", "together", "until", "words"),
    )

    def __init__(self, plain: str) -> None:
        self.plain = plain
        """The text in small plain letters."""
        self.kinds: list[Word] = []
        self.words: list[str] = []
        self.before: list[int] = [0]
        """Cost up to a word, breaks right before it left out."""
        self.until: list[int] = []
        """Cost up to a word, breaks right before it counted."""
        self.sentence: list[int] = []
        self.clause: list[int] = []
        self.asks: set[int] = set()
        """Sentences that end with a question mark."""
        self.present: frozenset[int] = frozenset()
        """Every element that stands anywhere."""
        self.together: frozenset[int] = frozenset()
        """Those that stand as several words."""
        self.phrases: Sequence[Iterable[Compiled[Any]]] = ()
        """By matcher: the phrases of which every element is present."""
        self._found: dict[int, list[tuple[int, int]]] = {}
        self._together: Mapping[int, list[tuple[int, int]]] = {}
        self._numbers: list[Number] | None = None

    def numbers(self) -> list[Number]:
        """Every number, in order."""
        if self._numbers is None:
            self._numbers = numbers(self.words) if any(map(_MAY_BEGIN_NUMBER, self.kinds)) else []
        return self._numbers

    def places(self, element: int) -> list[tuple[int, int]]:
        """Where an element stands: first word and the word after its last, in order."""
        if element not in self.present:
            return []
        found = self._found.get(element)
        if found is None:
            found = [(at, at + 1) for at, word in enumerate(self.kinds) if element in word.elements]
            if element in self._together:
                found = sorted(self._together[element] + found)
            self._found[element] = found
        return found

    def settle(self, together: Iterable[tuple[int, int, int]], lexicon: Lexicon) -> None:
        """Enters where entries of several words stand, once all words are known."""
        groups: dict[int, list[tuple[int, int]]] = {}
        sentence = self.sentence
        for start, end, element in together:
            if sentence[start] == sentence[end - 1]:
                groups.setdefault(element, []).append((start, end))
        self.together = frozenset(groups)
        self._together = groups
        self.present = self.together.union(*[word.elements for word in self.kinds])
        self.phrases = lexicon.all_there(self.kinds, self.together, self.present)

    def distance(self, end: int, start: int) -> int:
        """What stands between the word before ``end`` and the word at ``start``: counted words and breaks."""
        return self.until[start] - self.before[end]

    def has(self, element: int, start: int = 0, end: int | None = None) -> bool:
        """Whether an element stands within these words."""
        if element not in self.present:
            return False
        if start == 0 and end is None:
            return True
        last = len(self.words) if end is None else end
        return any(start <= a and b <= last for a, b in self.places(element))


class Reader:
    """Reads texts with one vocabulary; safe to share between threads."""

    def __init__(
        self,
        lexicon: Lexicon,
        also_known: Iterable[str],
        real_words: Set[str],
        lists: WordLists,
        features: Callable[[str, Iterable[int]], frozenset[int]],
        after: Callable[[str], Following],
    ) -> None:
        """``real_words`` are never corrected.

        ``features``: those of a word, by its plain text and its elements; ``after``: the pairs that begin with it.
        """
        self._lists = lists
        self._lexicon = lexicon
        self._features, self._after = features, after
        self._shorthand = _read_shorthand(Path(__file__).with_name("shorthand.txt"))
        self._spelling = Spelling({*lexicon.known(), *also_known}, real_words, lists["small_words"])
        self._filler = lexicon.group("filler")
        self._words: dict[str, tuple[Word, ...]] = {}
        self._joined: dict[str, Word] = {}

    def knowing(self, words: Iterable[str]) -> "Reader":
        """The same, which takes these words for what they are and corrects none of them."""
        other = copy(self)
        other._spelling = self._spelling.knowing(words)
        other._words, other._joined = {}, {}
        return other

    def read(self, text: str) -> Reading:
        """The reading of any text whatever; time is bounded by the length that is looked at."""
        plain = small(text)
        reading = Reading(plain)
        if _MAY_BE_WRITTEN.search(plain) or " and e" in plain:
            plain = _WRITTEN.sub(_written, plain)
        if "." in plain:
            plain = _INITIALS.sub(lambda found: found.group().replace(".", ""), plain)
        plain = _SPELLED.sub(lambda found: re.sub(r"[^a-z]", "", found.group()), plain)
        self._place(reading, _TOKEN.findall(plain))
        reading.settle(_together(reading), self._lexicon)
        return reading

    def _place(self, reading: Reading, tokens: list[str]) -> None:
        sentence = clause = pending = cost = 0
        words, kinds, known = reading.words, reading.kinds, self._words
        until, before, sentences, clauses = reading.until, reading.before, reading.sentence, reading.clause
        for token in tokens:
            understood = known.get(token)
            if understood is None:
                understood = self._understood(token)
            if not understood:
                if "?" in token:
                    reading.asks.add(sentence)
                if words and token not in ("+", "&"):
                    if _ends_sentence(token, abbreviated=words[-1] in self._lists["abbreviated"]):
                        sentence, clause, pending = sentence + 1, clause + 1, SENTENCE
                    elif pending == 0:
                        clause, pending = clause + 1, 1
                continue
            for word in understood:
                text = word.text
                if word.second_half and words and (joined := _joined(words[-1], text)):
                    words[-1] = joined
                    kinds[-1] = self._as_one(joined)
                    continue
                if len(words) >= _MOST_WORDS:
                    return
                if pending == 0 and word.opens_clause:
                    clause, pending = clause + 1, 1
                words.append(text)
                kinds.append(word)
                cost += pending
                until.append(cost)
                cost += word.counted
                before.append(cost)
                pending = 0
                sentences.append(sentence)
                clauses.append(clause)

    def _understood(self, token: str) -> tuple[Word, ...]:
        """The words of a token; none when it is punctuation."""
        words = self._words.get(token)
        if words is None:
            is_word = token[0].isalnum() or token[0] in "@$"
            texts = self._spelled(token) if is_word else ()
            words = tuple([self._word(text, self._elements(text)) for text in texts])
            if len(self._words) < _MOST_REMEMBERED and len(token) <= 40:
                self._words[token] = words
        return words

    def _spelled(self, token: str) -> tuple[str, ...]:
        if token in self._shorthand:
            return self._shorthand[token]
        if self._spelling.knows(token) or _NUMBER.fullmatch(token):
            return (token,)
        unit = _NUMBER_UNIT.fullmatch(token)
        if unit and unit[2] in self._lists["number_units"]:
            return (unit[1], unit[2])
        times = _TIMES.fullmatch(token)
        if times:
            return (times[1], "times")
        if self._lexicon.of(token):
            return (token,)
        return self._spelling.meant(token) or (token,)

    def _as_one(self, joined: str) -> Word:
        """A word that was written as two: what it is written for, "what is" for "whats", stays with it."""
        if joined not in self._joined:
            self._joined[joined] = self._word(joined, self._understood(joined)[0].elements)
        return self._joined[joined]

    def _elements(self, text: str) -> frozenset[int]:
        elements = self._lexicon.of(text)
        if text[0].isdigit() and _NUMBER.fullmatch(text):
            elements.add(self._lexicon.number)
        return frozenset(elements)

    def _word(self, text: str, elements: frozenset[int]) -> Word:
        plain = "" if text in ARTICLES else "#" if text[0].isdigit() else text
        counted = self._lexicon.number in elements or self._filler not in elements
        known = bool(elements) or self._spelling.knows(text)
        return Word(
            text,
            plain,
            elements,
            counted,
            known,
            self._features(plain, elements),
            self._after(plain),
            self._lexicon.tries(elements),
            text in self._lists["clause_words"],
            may_begin(text),
            text in _SECOND_HALVES,
            self._lexicon.together.get(text, _NONE),
            self._lexicon.together_exact.get(text, _NONE),
        )


_NONE: Mapping[str, Sequence[Entry]] = {}


def _together(reading: Reading) -> list[tuple[int, int, int]]:
    """Where entries of several words stand: first word, the word after the last, element."""
    words, kinds = reading.words, reading.kinds
    short = [at for at, word in enumerate(kinds) if word.plain]
    found: list[tuple[int, int, int]] = []
    for number in [number for number, at in enumerate(short[:-1]) if kinds[at].begins]:
        entries = kinds[short[number]].begins.get(words[short[number + 1]])
        if entries:
            _enter(found, words, short, number, entries)
    for at in [at for at, word in enumerate(kinds[:-1]) if word.begins_exact]:
        entries = kinds[at].begins_exact.get(words[at + 1])
        if entries:
            _enter(found, words, range(len(words)), at, entries)
    return found


def _enter(
    found: list[tuple[int, int, int]], words: Sequence[str], places: Sequence[int], first: int, entries: Sequence[Entry]
) -> None:
    """Enters those whose words stand at these places, from the ``first`` of them on, where their first two do."""
    for entry, element in entries:
        run = places[first : first + len(entry)]
        if len(entry) == 2 or tuple([words[at] for at in run]) == entry:
            found.append((run[0], run[-1] + 1, element))


def _ends_sentence(mark: str, *, abbreviated: bool) -> bool:
    if mark == "." and abbreviated:
        return False
    return not _ENDS.isdisjoint(mark)


def _joined(last: str, word: str) -> str | None:
    if word == "not":
        return _NOT.get(last)
    return _JOINED.get((last, word))


def _written(found: re.Match[str]) -> str:
    return _WRITTEN_AS.get(found.group(), " er ")


def _read_shorthand(path: Path) -> Mapping[str, tuple[str, ...]]:
    lines = (line.split() for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {short: tuple(meant) for short, *meant in lines}
