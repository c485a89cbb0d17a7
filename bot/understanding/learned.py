"""The learned layer: linear classifiers whose weights are a text file that can be read and compared.

Three of them look at a text: whether it is urgent at all, of which kind if it is, and what it wants if it is not.
``tools/training`` makes the file and says in its first lines how it is read. Weights are whole numbers, so that a sum
is the same in whatever order.
"""

import math
import re
import struct
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import pairwise, repeat
from operator import add, truediv
from pathlib import Path
from typing import TypeVar

from bot.understanding.reading import Following

K = TypeVar("K")
V = TypeVar("V")

WEIGHTS = Path(__file__).with_name("weights.txt")
DANGER_UNIT, KIND_UNIT = 100, 10
"""Into how many parts a weight is counted."""
PAIR = "b="
"""How the name of a pair of words begins: ``b=no fever``."""
_STRONG, _TWICE = ("d=", "r=", "p=", "t="), 2
"""Features of the other layers, and how much they count: a word counts once."""
_WORD = "w="

_LANE = 16
"""Bits of a lane. The weights of a feature for all kinds are one number, a lane for each kind, so that adding the
numbers of a text's features adds every kind at once."""
MOST_WEIGHT, _TOGETHER = 327, 50
"""How heavy a weight for a kind may be, and so many features, even if all count twice, cannot fill a lane."""
_DANGER_LANE = 32
"""Bits of the two lanes below those of the kinds: how much a feature speaks for danger, and how much it counts,
squared, which keeps both together from being less than nothing."""
_DANGER_HALF, _DANGER_ONE = 1 << (_DANGER_LANE - 1), (1 << _DANGER_LANE) - 1
_HALF = 1 << (_LANE - 1)
_ONE = (1 << _LANE) - 1
_MOST_TOTAL = 500.0
"""More than this a text's words never come to; far above it no exponential can be told."""
_CELL = re.compile("([A-Za-z]+)(-?[0-9]+)")


def strength(feature: str) -> int:
    """How much a feature counts."""
    return _TWICE if feature.startswith(_STRONG) else 1


class Lanes:
    """How many lanes there are, and how their sums are read."""

    def __init__(self, below: int = 0) -> None:
        """``below``: bits under the first lane that hold something else, never less than nothing."""
        self._below = below
        self._many = 0
        self._lifts = 0
        """Half of what fits into a lane, in each: added, it keeps every lane from being less than nothing."""

    def another(self) -> int:
        """The place of one more."""
        self._lifts |= _HALF << self.bits_below(self._many)
        self._many += 1
        return self._many - 1

    def bits_below(self, place: int) -> int:
        """How many bits stand below a lane."""
        return self._below + _LANE * place

    def sums(self, added: Sequence[int], first: int, size: int) -> Sequence[int]:
        """What stands in ``size`` lanes from the ``first`` on, all that was ``added`` together."""
        parts = [self._read(one, first, size) for one in added]
        return parts[0] if len(parts) == 1 else [sum(lane) for lane in zip([0] * size, *parts, strict=True)]

    def _read(self, added: int, first: int, size: int) -> tuple[int, ...]:
        lanes = (added + self._lifts ^ self._lifts).to_bytes(self.bits_below(self._many) // 8, "little")
        return struct.unpack_from(f"<{size}h", lanes, self.bits_below(first) // 8)

    def each(self, numbers: Iterable[int], place: int) -> list[int]:
        """What stands in one lane of each."""
        # Rounded to the nearest: a sum below nothing in the lanes below has borrowed one from this.
        half, lift = self.bits_below(place) - 1, 1 + 2 * _HALF
        return [((number >> half) + lift >> 1 & _ONE) - _HALF for number in numbers]


def added(numbers: Sequence[int]) -> list[int]:
    """The numbers added in lanes, in as many parts as are needed for no lane to run over."""
    if len(numbers) <= _TOGETHER:
        return [sum(numbers)]
    return [sum(numbers[at : at + _TOGETHER]) for at in range(0, len(numbers), _TOGETHER)]


class Kinds:
    """The kinds that one classifier tells apart, and what each has before any feature speaks."""

    def __init__(self, lanes: Lanes) -> None:
        """``lanes``: of this and other classifiers; those of one stand side by side."""
        self.labels: list[str] = []
        self.places: dict[str, int] = {}
        """Their lanes."""
        self._starts: list[float] = []
        """Not in tenths."""
        self._lanes = lanes

    def add(self, label: str, start: float) -> int:
        """Enters one more, and gives back its lane, which is the next."""
        place = self.places[label] = self._lanes.another()
        self.labels.append(label)
        self._starts.append(start / KIND_UNIT)
        return place

    def chances(self, parts: Sequence[int], length: float) -> "Chances":
        """How likely each is; ``parts``: the numbers of all features, ``added``, ``length``: theirs together."""
        labels = self.labels
        sums = self._lanes.sums(parts, self.places[labels[0]], len(labels))
        return Chances(labels, [*map(add, self._starts, map(truediv, sums, repeat(length * KIND_UNIT)))])


class Chances:
    """How likely each of some kinds is, from 0 to 1, all together 1."""

    __slots__ = ("_every", "_labels", "_most", "_totals")

    def __init__(self, labels: Sequence[str], totals: Sequence[float]) -> None:
        """``totals``: what speaks for each, the logarithm of its chance but for what is common to all."""
        most = max(totals)
        if most > _MOST_TOTAL:
            totals, most = [total - most for total in totals], 0.0
        self._labels, self._totals, self._most = labels, totals, most
        self._every = sum(map(math.exp, totals))

    def of(self, label: str) -> float:
        """That of one kind."""
        return math.exp(self._totals[self._labels.index(label)]) / self._every

    def likeliest(self) -> tuple[str, float]:
        """The likeliest kind, of equal ones the first, and how likely it is."""
        return self._labels[self._totals.index(self._most)], math.exp(self._most) / self._every

    def each(self) -> dict[str, float]:
        """All of them."""
        return {label: math.exp(total) / self._every for label, total in zip(self._labels, self._totals, strict=True)}


class _ReadWhenAsked(dict[K, V]):
    """Values by what they are read from: reading all of them would take longer than loading all else."""

    def __init__(self, read: Callable[[K], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: K) -> V:
        found = self[key] = self._read(key)
        return found


class Learned:
    """The trained classifiers; made once, and shared by threads.

    The number of a feature is that of its line in the file.
    """

    def __init__(self, path: Path, says_little: frozenset[str]) -> None:
        """``says_little``: words that stand everywhere, which no reason names."""
        head, _, body = path.read_text("utf-8").partition("\n\n")
        self.danger_start = 0
        self._lanes = Lanes(below=2 * _DANGER_LANE)
        self.urgent, self.calm = Kinds(self._lanes), Kinds(self._lanes)
        self._places: dict[str, int] = {}
        """The lanes of the kinds, by their codes."""
        for line in head.split("\n"):
            if not line.startswith("#"):
                self._declare(*line.split("\t"))
        self._says_little = says_little
        self._lines = body.removesuffix("\n").split("\n")
        self._cells = _ReadWhenAsked(self._cell)
        self.weights = _ReadWhenAsked(self._read)
        """By the number of a feature: what it says about danger and about kinds, in lanes."""
        self.words = _ReadWhenAsked(self._word)
        """By the number of a feature: the word or words that it is, "" where it is none or says little."""
        self._numbers: dict[str, int] = {}
        self._strong: set[int] = set()
        """The numbers of the features that count twice."""
        self.wordless: set[int] = set()
        """The numbers of the features that are neither a word nor a pair of words."""
        self._pairs: dict[str, range] = {}
        """The lines of the pairs that begin with a word."""
        self._after = _ReadWhenAsked(self._pairs_after)
        self._headings = [number for number, line in enumerate(self._lines) if "\t" not in line]
        for at, end in pairwise([*self._headings, len(self._lines)]):
            heading, own = self._lines[at], range(at + 1, end)
            if heading.startswith(PAIR):
                self._pairs[heading.removeprefix(PAIR)] = own
            else:
                self._numbers.update(zip([heading + short for short in self._shorts(own)], own, strict=True))
                self._strong.update(own if heading.startswith(_STRONG) else ())
                self.wordless.update(own if heading != _WORD else ())

    def _declare(self, classifier: str, start: str, code: str = "", label: str = "") -> None:
        if classifier == "danger":
            self.danger_start = int(start)
            return
        kinds = self.urgent if classifier == "urgent" else self.calm
        self._places[code] = kinds.add(label, float(start))

    def _shorts(self, own: range) -> list[str]:
        """What the names of a group's features end with."""
        return [line[: line.index("\t")] for line in self._lines[own.start : own.stop]]

    def _pairs_after(self, word: str) -> Following:
        own = self._pairs[word]
        return dict(zip(self._shorts(own), own, strict=True))

    def _heading(self, feature: int) -> str:
        """What the name of a feature begins with; the word of a pair is followed by a blank."""
        return self._lines[self._headings[bisect_left(self._headings, feature) - 1]]

    def number(self, feature: str) -> int | None:
        """The number of a feature that has a weight and is no pair of words."""
        return self._numbers.get(feature)

    def after(self, word: str) -> Following:
        """The pairs that begin with a word: their numbers by their second word."""
        # Not kept for others: what people write is without end.
        return self._after[word] if word in self._pairs else _NONE

    def _read(self, feature: int) -> int:
        line = self._lines[feature]
        danger, *kinds = line[line.index("\t") + 1 :].split(" ")
        weights = sum(map(self._cells.__getitem__, kinds), int(danger))
        if feature in self._strong:
            return weights * _TWICE + (_TWICE * _TWICE << _DANGER_LANE)
        return weights + (1 << _DANGER_LANE)

    def _cell(self, written: str) -> int:
        code, weight = _CELL.fullmatch(written).groups()  # type: ignore[union-attr]
        return int(weight) << self._lanes.bits_below(self._places[code])

    def _word(self, feature: int) -> str:
        heading, short = self._heading(feature), self._lines[feature].partition("\t")[0]
        if heading.startswith(PAIR):
            words = f"{heading.removeprefix(PAIR)} {short}"
        else:
            words = short if heading == _WORD else ""
        return "" if self._says_little.issuperset(words.split()) else words

    def look(self, features: Set[int]) -> "Look":
        """A text or a part of it, given by its features, as the classifiers see it."""
        return Look(self, features, self.added(features))

    def added(self, features: Iterable[int]) -> list[int]:
        """The weights of some features, ``added``."""
        return added([*map(self.weights.__getitem__, features)])

    def said_of(self, label: str, features: Iterable[int]) -> list[int]:
        """What each feature says about a kind that is not urgent."""
        return self._lanes.each(map(self.weights.__getitem__, features), self.calm.places[label])


_NONE: Mapping[str, int] = {}


class Look:
    """What the classifiers see in some features."""

    __slots__ = ("_added", "_calm", "_danger", "_features", "_learned", "_length")

    def __init__(self, learned: Learned, features: Set[int], parts: list[int]) -> None:
        """``parts``: the weights of the features, ``added``."""
        self._learned = learned
        self._features = features
        self._added = parts
        total = parts[0] if len(parts) == 1 else sum(parts)
        self._danger = (total & _DANGER_ONE ^ _DANGER_HALF) - _DANGER_HALF
        self._length = math.sqrt((total - self._danger >> _DANGER_LANE & _DANGER_ONE) or 1)
        self._calm: Chances | None = None

    def joined(self, features: Set[int]) -> "Look":
        """This and other features together; no feature is in both."""
        both, learned = self._features | features, self._learned
        fits = len(both) <= _TOGETHER
        return Look(learned, both, [self._added[0] + learned.added(features)[0]] if fits else learned.added(both))

    def danger(self) -> float:
        """How likely it is that this is urgent, from 0 to 1."""
        total = self._danger / self._length + self._learned.danger_start
        return 1 / (1 + math.exp(min(50.0, -total / DANGER_UNIT)))

    def urgent(self) -> dict[str, float]:
        """How likely each urgent kind is, if this is urgent."""
        return self._learned.urgent.chances(self._added, self._length).each()

    def calm(self) -> Chances:
        """How likely each other kind is, if this is not urgent."""
        if self._calm is None:
            self._calm = self._learned.calm.chances(self._added, self._length)
        return self._calm

    def dangerous_words(self) -> list[str]:
        """The words that spoke most for danger; none where only words did that stand everywhere."""
        weights, words = self._learned.weights, self._learned.words
        weighed = [((weights[one] & _DANGER_ONE ^ _DANGER_HALF) - _DANGER_HALF, one) for one in self._features]
        return _strongest([(weight, words[one]) for weight, one in weighed if weight > 0])

    def said(self) -> int:
        """How much the words that can be named spoke for danger, in hundredths."""
        weights, words = self._learned.weights, self._learned.words
        spoken = [(weights[one] & _DANGER_ONE ^ _DANGER_HALF) - _DANGER_HALF for one in self._features if words[one]]
        return sum([weight for weight in spoken if weight > 0])

    def words_for(self, label: str) -> list[str]:
        """The words that spoke most for a kind that is not urgent."""
        learned, words = self._learned, self._learned.words
        telling = [one for one in self._features if one not in learned.wordless]
        said = learned.said_of(label, telling)
        return _strongest([(weight, words[one]) for weight, one in zip(said, telling, strict=True) if weight > 0])


def _strongest(weighed: Sequence[tuple[int, str]], most: int = 3) -> list[str]:
    words = sorted([(-weight, word) for weight, word in weighed if word])
    return [word for _, word in words[:most]]
