"""Finds phrases in a reading: thousands of phrases in one pass, each tried only where its rarest word stands."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from content.phrases import ARTICLES, FAR, Phrase, Step, plain

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Run = tuple[tuple[int, int], ...]
"""Elements in order, each with how many counted words may stand before it."""
Entry = tuple[tuple[str, ...], int]
"""The words of a member of several words, and the element that it belongs to."""


class Tried(Protocol):
    """A word, with the phrases that are worth a try where it stands."""

    @property
    def tries(self) -> Sequence["Tries"]:
        """The phrases whose rarest element the word is."""


class Text(Protocol):
    """What phrases are looked for in."""

    @property
    def phrases(self) -> Sequence[Iterable["Compiled[Any]"]]:
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
        self._words: dict[str, list[int]] = defaultdict(list)
        self._beginnings: dict[str, list[int]] = defaultdict(list)
        self._of_element: list[tuple[Sequence[str], Sequence[str]]] = []
        """By element: its words and its beginnings."""
        self.together: dict[str, dict[str, list[Entry]]] = {}
        """First word -> second word -> entries of several words, without articles."""
        self.together_exact: dict[str, dict[str, list[Entry]]] = {}
        """The same for the entries that would be one word without their articles."""
        self.number = self.element(("{number}",))
        self._matchers = 0
        self._rarest: dict[int, Tries] = {}

    def another_matcher(self) -> int:
        """The place of one more among the matchers."""
        self._matchers += 1
        return self._matchers - 1

    def enter(self, rarest: int, next_rarest: int, phrase: "Compiled[Any]") -> None:
        """Takes in a phrase of a matcher by its rarest elements, which may be the same."""
        elements, phrases = self._rarest.setdefault(rarest, (set(), []))
        elements.add(next_rarest)
        phrases.append((next_rarest, phrase))

    def tries(self, elements: Iterable[int]) -> tuple["Tries", ...]:
        """The phrases whose rarest element is one of these."""
        return tuple([self._rarest[element] for element in sorted(self._rarest.keys() & elements)])

    def all_there(
        self, words: Iterable[Tried], together: Iterable[int], present: Set[int]
    ) -> Sequence[Iterable["Compiled[Any]"]]:
        """By matcher: the phrases of which every element is present, in the order of the words they were tried for.

        ``together``: the elements that stand as several words. One pass for all matchers, since most words are the
        rarest of some phrase and few texts have the rest of it.
        """
        found: list[dict[Compiled[Any], None]] = [{} for _ in range(self._matchers)]
        several = [self._rarest[element] for element in together if element in self._rarest]
        for next_rarest, phrases in chain(*[word.tries for word in words], several):
            if not next_rarest.isdisjoint(present):
                for element, phrase in phrases:
                    if element in present and phrase.needs <= present:
                        found[phrase.matcher][phrase] = None
        return found

    def element(self, alternatives: tuple[str, ...]) -> int:
        """The number of an element; new ones are entered."""
        element = self._ids.setdefault(alternatives, len(self._ids))
        if element < len(self._of_element):
            return element
        members = [self._members_of(alternative) for alternative in alternatives]
        if len(members) == 1:
            words, beginnings = members[0].words, members[0].beginnings
        else:
            words = _each_once([word for one in members for word in one.words])
            beginnings = _each_once([beginning for one in members for beginning in one.beginnings])
        self._of_element.append((words, beginnings))
        for word in words:
            self._words[word].append(element)
        for beginning in beginnings:
            self._beginnings[beginning].append(element)
        for one in members:
            for entry in one.together:
                self.together.setdefault(entry[0], {}).setdefault(entry[1], []).append((entry, element))
            for entry in one.together_exact:
                self.together_exact.setdefault(entry[0], {}).setdefault(entry[1], []).append((entry, element))
        return element

    def _members_of(self, alternative: str) -> "_Members":
        members = self._members.get(alternative)
        if members is None and alternative.isalnum():
            # Most are a word and nothing else.
            members = self._members[alternative] = _Members((alternative,), (), (), ())
        elif members is None:
            members = self._members[alternative] = _read_members(self._spelled_out(alternative))
        return members

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

    def commonness(self, elements: Iterable[int]) -> Mapping[int, int]:
        """By element: how often it may be expected to stand in a text.

        Words that many phrases use are common words.
        """
        uses = {word: len(elements) for word, elements in (*self._words.items(), *self._beginnings.items())}
        use = uses.__getitem__
        parts = {element: self._of_element[element] for element in elements}
        return {element: sum(map(use, words)) + sum(map(use, starts)) for element, (words, starts) in parts.items()}

    def of(self, word: str) -> set[int]:
        """The elements that a word belongs to."""
        found, beginnings = set(self._words.get(word, ())), self._beginnings
        for length in range(2, len(word) + 1):
            if word[:length] in beginnings:
                found.update(beginnings[word[:length]])
        return found


class _Members(NamedTuple):
    """The members of a group or an alternative, by how they are looked for."""

    words: Sequence[str]
    beginnings: Sequence[str]
    together: Sequence[tuple[str, ...]]
    together_exact: Sequence[tuple[str, ...]]


def _each_once(words: Sequence[str]) -> Sequence[str]:
    return [*dict.fromkeys(words)] if len(words) > 1 else words


def _read_members(texts: Iterable[str]) -> _Members:
    alone: list[str] = []
    beginnings: list[str] = []
    together: list[tuple[str, ...]] = []
    together_exact: list[tuple[str, ...]] = []
    for text in texts:
        words = tuple(plain(text).split())
        if len(words) > 1:
            short = tuple([word for word in words if word not in ARTICLES])
            entries, entry = (together, short) if len(short) > 1 else (together_exact, words)
            entries.append(entry)
        elif words[0].endswith("*"):
            beginnings.append(words[0][:-1])
        else:
            alone.append(words[0])
    return _Members(_each_once(alone), _each_once(beginnings), together, together_exact)


class Match(NamedTuple, Generic[T_co]):
    """Where a phrase was found: what it stands for, its first word, the word after its last, and its own words."""

    what: T_co
    start: int
    end: int
    own: frozenset[int]


@dataclass(slots=True, eq=False)
class Compiled(Generic[T]):
    """A phrase in elements: what it stands for, its runs of elements with their reach, and all that it needs."""

    what: T
    runs: tuple[Run, ...]
    needs: frozenset[int]
    matcher: int
    """The place of its matcher among the lexicon's."""


Tries = tuple[set[int], list[tuple[int, Compiled[Any]]]]
"""The phrases of which one element is the rarest, each with its next rarest, or the rarest again where there is no
other; and before them all these: where none of them stands, none of the phrases does."""


class Matcher(Generic[T]):
    """All phrases of one kind, compiled once, before any text is read with the lexicon."""

    def __init__(self, lexicon: Lexicon, phrases: Iterable[tuple[T, Phrase]]) -> None:
        self._place = lexicon.another_matcher()
        compiled = [_compile(lexicon, what, phrase, self._place) for what, phrase in phrases]
        often = lexicon.commonness({element for phrase in compiled for element in phrase.needs})
        for phrase in compiled:
            rarest, *others = sorted([(often[element], element) for element in phrase.needs])
            lexicon.enter(rarest[1], (others or [rarest])[0][1], phrase)

    def find(self, text: Text) -> list[Match[T]]:
        """Every place of every phrase, in the order of the words for which they were tried."""
        found: list[Match[T]] = []
        for phrase in text.phrases[self._place]:
            found += _places(phrase, text)
        return found


def _compile(lexicon: Lexicon, what: T, phrase: Phrase, matcher: int) -> Compiled[T]:
    runs = tuple([_elements(lexicon, run) for run in phrase.runs])
    return Compiled(what, runs, frozenset([element for run in runs for element, _ in run]), matcher)


def _elements(lexicon: Lexicon, run: tuple[Step, ...]) -> Run:
    short = [step for step in run if not ARTICLES.issuperset(step.alternatives)]
    return tuple([(lexicon.element(_closed(step)), step.reach) for step in short or run])


def _closed(step: Step) -> tuple[str, ...]:
    return tuple(sorted(step.alternatives)) if len(step.alternatives) > 1 else step.alternatives


def _places(phrase: Compiled[T], text: Text) -> list[Match[T]]:
    first, *others = phrase.runs
    found = _run_places(first, text)
    if others:
        found = [words for words in found if _take_in(others, words, text)]
    return [
        Match(
            phrase.what,
            words[0][0],
            words[-1][1],
            frozenset([at for start, end in words for at in range(start, end)]),
        )
        for words in found
    ]


def _take_in(runs: Sequence[Run], words: list[tuple[int, int]], text: Text) -> bool:
    """Adds the nearest place of each further run to the words of the first; False where one is too far."""
    for run in runs:
        best = min(
            (other for other in _run_places(run, text) if not _overlap(words, other)),
            key=lambda other: _apart(words, other, text),
            default=None,
        )
        if best is None or _apart(words, best, text) > FAR:
            return False
        words += best
    words.sort()
    return True


def _run_places(run: Run, text: Text) -> list[list[tuple[int, int]]]:
    (first, _), *rest = run
    found = []
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
            found.append(words)
    return found


def _overlap(words: list[tuple[int, int]], other: list[tuple[int, int]]) -> bool:
    return any(a < d and c < b for a, b in words for c, d in other)


def _apart(words: list[tuple[int, int]], other: list[tuple[int, int]], text: Text) -> int:
    left, right = (words, other) if words[0] < other[0] else (other, words)
    return max(0, text.distance(max(word[1] for word in left), right[0][0]))
