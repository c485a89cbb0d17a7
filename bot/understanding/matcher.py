"""Finds phrases in a reading: thousands of phrases in one pass, each tried only where its rarest word stands."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from content.phrases import ARTICLES, FAR, Phrase, Step, plain

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Entry = tuple[tuple[str, ...], int]
"""The words of a member of several words, and the element that it belongs to."""


class Tried(Protocol):
    """A word, with the phrases that are worth a try where it stands."""

    @property
    def tries(self) -> Sequence["Try"]:
        """The phrases whose rarest element the word is, each with the next rarest."""


class Text(Protocol):
    """What phrases are looked for in."""

    @property
    def phrases(self) -> Sequence[Sequence["Compiled[Any]"]]:
        """By matcher: the phrases of which every element stands there, as ``Lexicon.all_there`` gives them."""

    def places(self, element: int, /) -> list[tuple[int, int]]:
        """Where an element stands: first word and the word after its last, in order."""

    def distance(self, end: int, start: int, /) -> int:
        """How many counted words stand between the end of one place and the start of another."""


_MOST = 6
"""Places of one phrase that are looked at; a text that repeats itself more often says nothing new."""


class Lexicon:
    """Gives every word, group and list of alternatives a number, and knows which words belong to which."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._groups = groups
        self._ids: dict[tuple[str, ...], int] = {}
        self._members: dict[str, _Members] = {}
        self._words: dict[str, set[int]] = defaultdict(set)
        self._beginnings: dict[str, set[int]] = defaultdict(set)
        self.together: dict[str, dict[str, list[Entry]]] = {}
        """First word -> second word -> entries of several words, without articles."""
        self.together_exact: dict[str, dict[str, list[Entry]]] = {}
        """The same for the entries that would be one word without their articles."""
        self.number = self.element(("{number}",))
        self._matchers = 0
        self._rarest: dict[int, list[Try]] = {}

    def another_matcher(self) -> int:
        """The place of one more among the matchers."""
        self._matchers += 1
        return self._matchers - 1

    def enter(self, rarest: int, tried: "Try") -> None:
        """Takes in a phrase of a matcher by its rarest element."""
        self._rarest.setdefault(rarest, []).append(tried)

    def tries(self, elements: Iterable[int]) -> tuple["Try", ...]:
        """The phrases whose rarest element is one of these."""
        return tuple([one for element in sorted(self._rarest.keys() & elements) for one in self._rarest[element]])

    def all_there(
        self, words: Iterable[Tried], together: Iterable[int], present: Set[int]
    ) -> Sequence[Sequence["Compiled[Any]"]]:
        """By matcher: the phrases of which every element is present, in the order of the words they were tried for.

        ``together``: the elements that stand as several words. One pass for all matchers, since most words are the
        rarest of some phrase and few texts have the rest of it.
        """
        found: list[dict[int, Compiled[Any]]] = [{} for _ in range(self._matchers)]
        several = [self._rarest[element] for element in together if element in self._rarest]
        for tries in (*[word.tries for word in words], *several):
            for next_rarest, phrase in tries:
                if next_rarest in present and phrase.needs <= present:
                    found[phrase.matcher].setdefault(id(phrase), phrase)
        return [[*phrases.values()] for phrases in found]

    def element(self, alternatives: tuple[str, ...]) -> int:
        """The number of an element; new ones are entered."""
        if alternatives in self._ids:
            return self._ids[alternatives]
        element = self._ids[alternatives] = len(self._ids)
        for alternative in alternatives:
            members = self._members.get(alternative)
            if members is None:
                members = self._members[alternative] = _read_members(self._spelled_out(alternative))
            for word in members.words:
                self._words[word].add(element)
            for beginning in members.beginnings:
                self._beginnings[beginning].add(element)
            for entries, found in ((self.together, members.together), (self.together_exact, members.together_exact)):
                for entry in found:
                    entries.setdefault(entry[0], {}).setdefault(entry[1], []).append((entry, element))
        return element

    def _spelled_out(self, alternative: str) -> Sequence[str]:
        if alternative.startswith("{"):
            return self._groups.get(alternative.strip("{}"), ())
        return [alternative.replace("_", " ")]

    def group(self, name: str) -> int:
        """The element of a group."""
        return self.element((f"{{{name}}}",))

    def known(self) -> Iterator[str]:
        """Every word that stands in a group or phrase."""
        yield from self._words
        for following in (*self.together.values(), *self.together_exact.values()):
            for entries in following.values():
                for entry, _ in entries:
                    yield from entry

    def commonness(self) -> Mapping[int, int]:
        """How often an element may be expected to stand in a text: words that many phrases use are common words."""
        uses = {word: len(elements) for word, elements in (*self._words.items(), *self._beginnings.items())}
        common: dict[int, int] = defaultdict(int)
        for entries in (self._words, self._beginnings):
            for word, elements in entries.items():
                use = uses[word]
                for element in elements:
                    common[element] += use
        return common

    def of(self, word: str) -> tuple[int, ...]:
        """The elements that a word belongs to."""
        found = set(self._words.get(word, ()))
        for length in range(2, len(word) + 1):
            found |= self._beginnings.get(word[:length], set())
        return tuple(found)


class _Members(NamedTuple):
    """The members of a group or an alternative, by how they are looked for."""

    words: list[str]
    beginnings: list[str]
    together: list[tuple[str, ...]]
    together_exact: list[tuple[str, ...]]


def _read_members(texts: Iterable[str]) -> _Members:
    members = _Members([], [], [], [])
    for text in texts:
        words = tuple(plain(text).split())
        short = tuple(word for word in words if word not in ARTICLES)
        if len(words) > 1:
            entries, entry = (members.together, short) if len(short) > 1 else (members.together_exact, words)
            entries.append(entry)
        elif words[0].endswith("*"):
            members.beginnings.append(words[0][:-1])
        else:
            members.words.append(words[0])
    return members


class Match(NamedTuple, Generic[T_co]):
    """Where a phrase was found: what it stands for, its first word, the word after its last, and its own words."""

    what: T_co
    start: int
    end: int
    own: frozenset[int]


@dataclass(frozen=True, slots=True)
class Compiled(Generic[T]):
    """A phrase in elements: what it stands for, its runs of elements with their reach, and all that it needs."""

    what: T
    runs: tuple[tuple[tuple[int, int], ...], ...]
    needs: frozenset[int]
    matcher: int
    """The place of its matcher among the lexicon's."""


Try = tuple[int, Compiled[Any]]
"""A phrase with its next rarest element, or the rarest where there is no other."""


class Matcher(Generic[T]):
    """All phrases of one kind, compiled once, before any text is read with the lexicon."""

    def __init__(self, lexicon: Lexicon, phrases: Iterable[tuple[T, Phrase]]) -> None:
        self._place = lexicon.another_matcher()
        compiled = [_compile(lexicon, what, phrase, self._place) for what, phrase in phrases]
        often = lexicon.commonness()
        for phrase in compiled:
            rarest, *others = sorted(phrase.needs, key=lambda element: (often[element], element))
            lexicon.enter(rarest, ((others or [rarest])[0], phrase))

    def find(self, text: Text) -> list[Match[T]]:
        """Every place of every phrase, in the order of the words for which they were tried."""
        return [match for phrase in text.phrases[self._place] for match in _places(phrase, text)]


def _compile(lexicon: Lexicon, what: T, phrase: Phrase, matcher: int) -> Compiled[T]:
    runs = tuple(
        tuple((lexicon.element(_closed(step)), step.reach) for step in _without_articles(run)) for run in phrase.runs
    )
    return Compiled(what, runs, frozenset(element for run in runs for element, _ in run), matcher)


def _without_articles(run: tuple[Step, ...]) -> tuple[Step, ...]:
    short = tuple(step for step in run if not ARTICLES.issuperset(step.alternatives))
    return short or run


def _closed(step: Step) -> tuple[str, ...]:
    return tuple(sorted(step.alternatives))


def _places(phrase: Compiled[T], text: Text) -> Iterator[Match[T]]:
    first, *others = phrase.runs
    for words in _run_places(first, text):
        for run in others:
            best = min(
                (other for other in _run_places(run, text) if not _overlap(words, other)),
                key=lambda other: _apart(words, other, text),
                default=None,
            )
            if best is None or _apart(words, best, text) > FAR:
                break
            words += best
        else:
            if others:
                words.sort()
            own = frozenset([at for start, end in words for at in range(start, end)])
            yield Match(phrase.what, words[0][0], words[-1][1], own)


def _run_places(run: tuple[tuple[int, int], ...], text: Text) -> Iterator[list[tuple[int, int]]]:
    (first, _), *rest = run
    for place in text.places(first)[:_MOST]:
        words = [place]
        for element, reach in rest:
            after = words[-1][1]
            places = text.places(element)
            at = bisect_left(places, (after, 0))
            if at == len(places) or text.distance(after, places[at][0]) > reach:
                break
            words.append(places[at])
        else:
            yield words


def _overlap(words: list[tuple[int, int]], other: list[tuple[int, int]]) -> bool:
    return any(a < d and c < b for a, b in words for c, d in other)


def _apart(words: list[tuple[int, int]], other: list[tuple[int, int]], text: Text) -> int:
    left, right = (words, other) if words[0] < other[0] else (other, words)
    return max(0, text.distance(max(word[1] for word in left), right[0][0]))
