"""The learned layer: linear classifiers whose weights are a text file that can be read and compared.

Three of them look at a text: whether it is urgent at all, of which kind if it is, and what it wants if it is not.
``tools/training`` makes the file and says in its first lines how it is read. Weights are whole numbers, so that a sum
is the same in whatever order.
"""

import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bot.understanding.reading import Following

WEIGHTS = Path(__file__).with_name("weights.txt")
DANGER_UNIT, KIND_UNIT = 100, 10
"""Into how many parts a weight is counted."""
PAIR = "b="
"""How the name of a pair of words begins: ``b=no fever``."""
_STRONG = ("d=", "r=", "p=", "t=")
"""Features of the other layers: they count twice as much as a word."""
_WORDS = ("w=", PAIR)

_LANE = 32
"""Bits of a lane. The weights of a feature for all kinds are one number, a lane for each kind, so that adding the
numbers of a text's features adds every kind at once."""
_HALF = 1 << (_LANE - 1)
_CODE = re.compile("([A-Za-z]+)(-?[0-9]+)")


def strength(feature: str) -> int:
    """How much a feature counts."""
    return 2 if feature.startswith(_STRONG) else 1


class Kinds:
    """The kinds that one classifier tells apart, and what each has before any feature speaks."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self._starts: list[float] = []
        self._lifts = 0
        """Half of what fits into a lane, in each: added, it keeps every lane from being less than nothing."""

    def add(self, label: str, start: float) -> None:
        """Enters one more; its lane is the next."""
        self._lifts |= _HALF << _LANE * len(self.labels)
        self.labels.append(label)
        self._starts.append(start)

    def chances(self, added: int, length: float) -> list[float]:
        """How likely each is, in their order; ``added``: lanes, ``length``: of all the features they come from."""
        size = len(self.labels)
        lanes = (added + self._lifts ^ self._lifts).to_bytes(size * _LANE // 8, "little")
        sums = struct.unpack(f"<{size}i", lanes)
        totals = [start + total / length for start, total in zip(self._starts, sums, strict=True)]
        most = max(totals)
        raised = [math.exp((total - most) / KIND_UNIT) for total in totals]
        every = sum(raised)
        return [one / every for one in raised]


class Weights(NamedTuple):
    """What a feature says about kinds: the lanes of the urgent ones, those of the others, and these one by one."""

    urgent: int
    calm: int
    of_calm: Mapping[int, int]
    """By the place of a kind among them."""


class _ReadWhenAsked(dict[int, Weights]):
    """Weights by features: reading all of them would take longer than loading all else."""

    def __init__(self, read: Callable[[int], Weights]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, feature: int) -> Weights:
        found = self[feature] = self._read(feature)
        return found


class Learned:
    """The trained classifiers; made once."""

    def __init__(self, path: Path, says_little: frozenset[str]) -> None:
        """``says_little``: words that stand everywhere, which no reason names."""
        head, _, body = path.read_text("utf-8").partition("\n\n")
        self.danger_start = 0
        self.urgent, self.calm = Kinds(), Kinds()
        self._places: dict[str, int] = {}
        """The places of the kinds, by their codes."""
        for line in head.split("\n"):
            if not line.startswith("#"):
                self._declare(*line.split("\t"))
        self.says_little = says_little
        self.names: list[str] = []
        """The features by their numbers."""
        self.danger: list[int] = []
        """By the number of a feature: its weight for danger, and one lane up how much it counts, squared."""
        self._written: list[str] = []
        self.weights = _ReadWhenAsked(self._weights)
        """By the number of a feature: what it says about kinds."""
        self._numbers: dict[str, int] = {}
        self._after: dict[str, dict[str, int]] = {}
        self._enter(body)

    def _declare(self, classifier: str, start: str, code: str = "", label: str = "") -> None:
        if classifier == "danger":
            self.danger_start = int(start)
            return
        kinds = self.urgent if classifier == "urgent" else self.calm
        self._places[code] = len(kinds.labels)
        kinds.add(label, float(start))

    def _enter(self, body: str) -> None:
        heading, counts, numbers, pair = "", 1, self._numbers, False
        names, danger, written = self.names, self.danger, self._written
        for line in body.removesuffix("\n").split("\n"):
            short, tab, cells = line.partition("\t")
            if not tab:
                heading, counts, pair = line, strength(line), line.startswith(PAIR)
                numbers = self._after.setdefault(line.removeprefix(PAIR), {}) if pair else self._numbers
                continue
            weight, _, kinds = cells.partition(" ")
            name = f"{heading} {short}" if pair else heading + short
            numbers[short if pair else name] = len(names)
            names.append(name)
            danger.append(int(weight) * counts + (counts * counts << _LANE))
            written.append(kinds)

    def number(self, feature: str) -> int | None:
        """The number of a feature that has a weight and is no pair of words."""
        return self._numbers.get(feature)

    def after(self, word: str) -> Following:
        """The pairs that begin with a word: their numbers by their second word."""
        return self._after.get(word, _NONE)

    def _weights(self, feature: int) -> Weights:
        counts = strength(self.names[feature])
        cells = [(code, int(weight) * counts) for code, weight in _CODE.findall(self._written[feature])]
        of_urgent = {self._places[code]: weight for code, weight in cells if code.islower()}
        of_calm = {self._places[code]: weight for code, weight in cells if code.isupper()}
        return Weights(_lanes(of_urgent), _lanes(of_calm), of_calm)

    def look(self, features: Set[int]) -> "Look":
        """A text or a part of it, given by its features, as the classifiers see it."""
        return Look(self, features)


_NONE: Mapping[str, int] = {}


class Look:
    """What the classifiers see in some features."""

    __slots__ = ("_calm", "_danger", "_features", "_learned", "_length")

    def __init__(self, learned: Learned, features: Set[int]) -> None:
        self._learned = learned
        self._features = features
        danger = learned.danger
        total = sum([danger[feature] for feature in features])
        self._danger = _lowest_lane(total)
        self._length = math.sqrt((total - self._danger >> _LANE) or 1)
        self._calm: list[float] | None = None

    def joined(self, features: Set[int]) -> "Look":
        """This and other features together; no feature is in both."""
        return Look(self._learned, self._features | features)

    def danger(self) -> float:
        """How likely it is that this is urgent, from 0 to 1."""
        total = self._danger / self._length + self._learned.danger_start
        return 1 / (1 + math.exp(min(50.0, -total / DANGER_UNIT)))

    def urgent(self) -> dict[str, float]:
        """How likely each urgent kind is, if this is urgent."""
        weights = self._learned.weights
        added = sum([weights[feature].urgent for feature in self._features])
        return dict(zip(self._learned.urgent.labels, self._learned.urgent.chances(added, self._length), strict=True))

    def calm(self) -> tuple[str, float]:
        """The likeliest other kind, if this is not urgent, and how likely it is; of equal ones the first."""
        chances = self._calm_chances()
        likeliest = max(chances)
        return self._learned.calm.labels[chances.index(likeliest)], likeliest

    def calm_chance(self, label: str) -> float:
        """How likely a kind is, if this is not urgent."""
        return self._calm_chances()[self._learned.calm.labels.index(label)]

    def dangerous_words(self, most: int = 3) -> list[str]:
        """The words that spoke most for danger; none where only words did that stand everywhere."""
        weights = self._learned.danger
        return self._strongest([(_lowest_lane(weights[feature]), feature) for feature in self._features], most)

    def words_for(self, label: str, most: int = 3) -> list[str]:
        """The words that spoke most for a kind that is not urgent."""
        place, weights = self._learned.calm.labels.index(label), self._learned.weights
        return self._strongest([(weights[feature].of_calm.get(place, 0), feature) for feature in self._features], most)

    def _calm_chances(self) -> list[float]:
        if self._calm is None:
            weights = self._learned.weights
            added = sum([weights[feature].calm for feature in self._features])
            self._calm = self._learned.calm.chances(added, self._length)
        return self._calm

    def _strongest(self, weighed: Sequence[tuple[int, int]], most: int) -> list[str]:
        names, says_little = self._learned.names, self._learned.says_little
        named = [(-weight, names[feature]) for weight, feature in weighed if weight > 0]
        words = sorted([(weight, name[2:]) for weight, name in named if name.startswith(_WORDS)])
        telling = (word for _, word in words if not says_little.issuperset(word.split()))
        return [*islice(telling, most)]


def _lanes(weights: Mapping[int, int]) -> int:
    return sum(weight << _LANE * place for place, weight in weights.items())


def _lowest_lane(lanes: int) -> int:
    return (lanes + _HALF) % (1 << _LANE) - _HALF
