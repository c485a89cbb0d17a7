"""The learned layer: linear classifiers whose weights are a text file that can be read and compared.

Three of them look at a text: whether it is urgent at all, of which kind if it is, and what it wants if it is not.
``tools/training`` makes the file and says in its first lines how it is read. Weights are whole numbers, so that a sum
is the same in whatever order.
"""

import math
import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import islice, repeat
from operator import add, sub, truediv
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
_STRONG = ("d=", "r=", "p=", "t=")
"""Features of the other layers: they count twice as much as a word."""
_WORDS = ("w=", PAIR)

_LANE = 16
"""Bits of a lane. The weights of a feature for all kinds are one number, a lane for each kind, so that adding the
numbers of a text's features adds every kind at once."""
MOST_WEIGHT, _TOGETHER = 327, 50
"""How heavy a weight for a kind may be, and so many features, even if all count twice, cannot fill a lane."""
_DANGER_LANE = 32
"""The same of the one number that says how much a feature speaks for danger, and how much it counts."""
_HALF = 1 << (_LANE - 1)
_ONE = (1 << _LANE) - 1
_CELL = re.compile("([A-Za-z]+)(-?[0-9]+)")


def strength(feature: str) -> int:
    """How much a feature counts."""
    return 2 if feature.startswith(_STRONG) else 1


class Lanes:
    """How many lanes there are, and how their sums are read."""

    def __init__(self) -> None:
        self._many = 0
        self._lifts = 0
        """Half of what fits into a lane, in each: added, it keeps every lane from being less than nothing."""

    def another(self) -> int:
        """The place of one more."""
        self._lifts |= _HALF << _LANE * self._many
        self._many += 1
        return self._many - 1

    def sums(self, numbers: Sequence[int], first: int, size: int) -> Sequence[int]:
        """What stands in ``size`` lanes from the ``first`` on, when so many numbers are added."""
        parts = [self._read(sum(numbers[at : at + _TOGETHER]), first, size) for at in range(0, len(numbers), _TOGETHER)]
        return parts[0] if len(parts) == 1 else [sum(lane) for lane in zip([0] * size, *parts, strict=True)]

    def _read(self, added: int, first: int, size: int) -> tuple[int, ...]:
        lanes = (added + self._lifts ^ self._lifts).to_bytes(self._many * _LANE // 8, "little")
        return struct.unpack_from(f"<{size}h", lanes, first * _LANE // 8)

    def each(self, numbers: Iterable[int], place: int) -> list[int]:
        """What stands in one lane of each."""
        lifts, bits = self._lifts, _LANE * place
        return [(number + lifts >> bits & _ONE) - _HALF for number in numbers]


class Kinds:
    """The kinds that one classifier tells apart, and what each has before any feature speaks."""

    def __init__(self, lanes: Lanes) -> None:
        """``lanes``: of this and other classifiers; those of one stand side by side."""
        self.labels: list[str] = []
        self.places: dict[str, int] = {}
        """Their lanes."""
        self._starts: list[float] = []
        self._lanes = lanes

    def add(self, label: str, start: float) -> int:
        """Enters one more, and gives back its lane, which is the next."""
        place = self.places[label] = self._lanes.another()
        self.labels.append(label)
        self._starts.append(start)
        return place

    def chances(self, numbers: Sequence[int], length: float) -> "Chances":
        """How likely each is; ``numbers``: of all features, in lanes, ``length``: theirs together."""
        labels = self.labels
        sums = self._lanes.sums(numbers, self.places[labels[0]], len(labels))
        totals = [*map(add, self._starts, map(truediv, sums, repeat(length)))]
        above = map(sub, totals, repeat(max(totals)))
        raised = [*map(math.exp, map(truediv, above, repeat(KIND_UNIT)))]
        return Chances(labels, raised, sum(raised))


class Chances:
    """How likely each of some kinds is, from 0 to 1, all together 1."""

    __slots__ = ("_every", "_labels", "_raised")

    def __init__(self, labels: Sequence[str], raised: Sequence[float], every: float) -> None:
        self._labels, self._raised, self._every = labels, raised, every

    def of(self, label: str) -> float:
        """That of one kind."""
        return self._raised[self._labels.index(label)] / self._every

    def likeliest(self) -> tuple[str, float]:
        """The likeliest kind, of equal ones the first, and how likely it is."""
        most = max(self._raised)
        return self._labels[self._raised.index(most)], most / self._every

    def each(self) -> dict[str, float]:
        """All of them."""
        return {label: one / self._every for label, one in zip(self._labels, self._raised, strict=True)}


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
        self._lanes = Lanes()
        self.urgent, self.calm = Kinds(self._lanes), Kinds(self._lanes)
        self._places: dict[str, int] = {}
        """The lanes of the kinds, by their codes."""
        for line in head.split("\n"):
            if not line.startswith("#"):
                self._declare(*line.split("\t"))
        self._says_little = says_little
        self._lines = body.removesuffix("\n").split("\n")
        self._names = [""] * len(self._lines)
        self.danger = [0] * len(self._lines)
        """By the number of a feature: its weight for danger, and one lane up how much it counts, squared."""
        self._cells = _ReadWhenAsked(self._cell)
        self.weights = _ReadWhenAsked(self._weights)
        """By the number of a feature: what it says about kinds, in lanes."""
        self.words = _ReadWhenAsked(self._word)
        """By the number of a feature: the word or words that it is, "" where it is none or says little."""
        self._numbers: dict[str, int] = {}
        self._pairs: dict[str, range] = {}
        """The lines of the pairs that begin with a word."""
        self._after = _ReadWhenAsked(self._pairs_after)
        headings = [number for number, line in enumerate(self._lines) if "\t" not in line]
        for at, end in zip(headings, [*headings[1:], len(self._lines)], strict=True):
            heading, own = self._lines[at], range(at + 1, end)
            if heading.startswith(PAIR):
                self._pairs[heading.removeprefix(PAIR)] = own
            else:
                self._numbers.update((heading + short, number) for short, number in self._read(heading, own))

    def _declare(self, classifier: str, start: str, code: str = "", label: str = "") -> None:
        if classifier == "danger":
            self.danger_start = int(start)
            return
        kinds = self.urgent if classifier == "urgent" else self.calm
        self._places[code] = kinds.add(label, float(start))

    def _read(self, heading: str, own: range) -> list[tuple[str, int]]:
        """Enters the features of a group; the rest of the name and the number of each."""
        counts = strength(heading)
        squared, numbered = counts * counts << _DANGER_LANE, []
        for number in own:
            short, _, cells = self._lines[number].partition("\t")
            self._names[number] = heading + short
            self.danger[number] = int(cells.partition(" ")[0]) * counts + squared
            numbered.append((short, number))
        return numbered

    def _pairs_after(self, word: str) -> Following:
        return dict(self._read(f"{PAIR}{word} ", self._pairs[word]))

    def number(self, feature: str) -> int | None:
        """The number of a feature that has a weight and is no pair of words."""
        return self._numbers.get(feature)

    def after(self, word: str) -> Following:
        """The pairs that begin with a word: their numbers by their second word."""
        # Not kept for others: what people write is without end.
        return self._after[word] if word in self._pairs else _NONE

    def _weights(self, feature: int) -> int:
        _, *kinds = self._lines[feature].partition("\t")[2].split(" ")
        return sum(map(self._cells.__getitem__, kinds)) * strength(self._names[feature])

    def _cell(self, written: str) -> int:
        code, weight = _CELL.fullmatch(written).groups()  # type: ignore[union-attr]
        return int(weight) << _LANE * self._places[code]

    def _word(self, feature: int) -> str:
        name = self._names[feature]
        words = name[2:] if name.startswith(_WORDS) else ""
        return "" if self._says_little.issuperset(words.split()) else words

    def look(self, features: Set[int]) -> "Look":
        """A text or a part of it, given by its features, as the classifiers see it."""
        return Look(self, features)

    def said_of(self, label: str, features: Iterable[int]) -> list[int]:
        """What each feature says about a kind that is not urgent."""
        return self._lanes.each(map(self.weights.__getitem__, features), self.calm.places[label])


_NONE: Mapping[str, int] = {}


class Look:
    """What the classifiers see in some features."""

    __slots__ = ("_calm", "_danger", "_features", "_learned", "_length")

    def __init__(self, learned: Learned, features: Set[int]) -> None:
        self._learned = learned
        self._features = features
        total = sum(map(learned.danger.__getitem__, features))
        self._danger = _for_danger(total)
        self._length = math.sqrt((total - self._danger >> _DANGER_LANE) or 1)
        self._calm: Chances | None = None

    def joined(self, features: Set[int]) -> "Look":
        """This and other features together; no feature is in both."""
        return Look(self._learned, self._features | features)

    def danger(self) -> float:
        """How likely it is that this is urgent, from 0 to 1."""
        total = self._danger / self._length + self._learned.danger_start
        return 1 / (1 + math.exp(min(50.0, -total / DANGER_UNIT)))

    def urgent(self) -> dict[str, float]:
        """How likely each urgent kind is, if this is urgent."""
        return self._chances(self._learned.urgent).each()

    def calm(self) -> Chances:
        """How likely each other kind is, if this is not urgent."""
        if self._calm is None:
            self._calm = self._chances(self._learned.calm)
        return self._calm

    def _chances(self, kinds: Kinds) -> Chances:
        return kinds.chances([*map(self._learned.weights.__getitem__, self._features)], self._length)

    def dangerous_words(self) -> list[str]:
        """The words that spoke most for danger; none where only words did that stand everywhere."""
        danger, words = self._learned.danger, self._learned.words
        return _strongest([(_for_danger(danger[one]), words[one]) for one in self._features if words[one]])

    def words_for(self, label: str) -> list[str]:
        """The words that spoke most for a kind that is not urgent."""
        words = self._learned.words
        telling = [one for one in self._features if words[one]]
        said = self._learned.said_of(label, telling)
        return _strongest([(weight, words[one]) for weight, one in zip(said, telling, strict=True) if weight > 0])


def _strongest(weighed: Sequence[tuple[int, str]], most: int = 3) -> list[str]:
    words = sorted([(-weight, word) for weight, word in weighed if weight > 0])
    return [word for _, word in islice(words, most)]


def _for_danger(lanes: int) -> int:
    half = 1 << (_DANGER_LANE - 1)
    return (lanes + half) % (1 << _DANGER_LANE) - half
