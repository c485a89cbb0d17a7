"""The learned layer: linear classifiers whose weights are a text file that can be read and compared.

Three of them look at a text: whether it is urgent at all, of which kind if it is, and what it wants if it is not.
``tools/training`` makes the file: first the names of the kinds, then a line for every feature with its weight for
danger and the pairs of a kind's number and its weight. Weights are added as whole numbers, so that a sum is the same
in whatever order.
"""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import islice
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).with_name("weights.txt")
_STRONG = ("d=", "r=", "p=", "t=")
"""Features of the other layers: they count twice as much as a word."""
_WORDS = ("w=", "b=")
_SQUARE, _DANGER, _FIRST_KIND = 0, 1, 2
"""Columns of the table: how much a feature counts, squared; its weight for danger; its weights for each kind."""
_DANGER_UNIT, _KIND_UNIT = 100, 10
"""Into how many parts a weight is counted: as many as the decimals in the file tell apart."""

_Sums = np.ndarray[tuple[int], np.dtype[np.int32]]
"""The rows of some features, added."""
_Chances = np.ndarray[tuple[int], np.dtype[np.float64]]
_Table = np.ndarray[tuple[int, int], np.dtype[np.int16]]


def strength(feature: str) -> float:
    """How much a feature counts."""
    return 2.0 if feature.startswith(_STRONG) else 1.0


class Learned:
    """The trained classifiers; made once."""

    def __init__(self, path: Path, says_little: frozenset[str]) -> None:
        """``says_little``: words that stand everywhere, which no reason names."""
        *heads, lines = path.read_text("utf-8").removesuffix("\n").split("\n", 3)
        urgent, calm, start = (head.split("\t")[1:] for head in heads)
        cells = lines.replace("\n", "\t").split("\t")
        self.names = cells[0::4]
        """The features by their numbers."""
        self.numbers: Mapping[str, int] = dict(zip(self.names, range(len(self.names)), strict=True))
        """The number of every feature that has a weight."""
        self.danger_start = float(start[0])
        self.urgent = _Kinds(urgent, start[1], _FIRST_KIND)
        self.calm = _Kinds(calm, start[2], _FIRST_KIND + len(urgent))
        self.table = _table(cells, (len(urgent), len(calm)))
        self.says_little = says_little

    def look(self, features: Set[int]) -> "Look":
        """A text or a part of it, given by its features, as the classifiers see it."""
        numbers = [*features]
        return Look(self, numbers, self.table.take(np.array(numbers, np.intp), 0))


class Look:
    """What the classifiers see in some features."""

    __slots__ = ("_features", "_learned", "_rows", "_sums")

    def __init__(self, learned: Learned, features: list[int], rows: _Table) -> None:
        """``rows``: those of the features in the table."""
        self._learned = learned
        self._features = features
        self._rows = rows
        self._sums: _Sums = rows.sum(0, np.int32)

    def joined(self, features: Set[int]) -> "Look":
        """This and other features together; no feature is in both."""
        other = self._learned.look(features)
        return Look(self._learned, self._features + other._features, np.concatenate((self._rows, other._rows)))

    def danger(self) -> float:
        """How likely it is that this is urgent, from 0 to 1."""
        total = int(self._sums[_DANGER]) / (_DANGER_UNIT * _length(self._sums))
        return 1 / (1 + math.exp(min(50.0, -self._learned.danger_start - total)))

    def urgent(self) -> dict[str, float]:
        """How likely each urgent kind is, if this is urgent."""
        kinds = self._learned.urgent
        return dict(zip(kinds.labels, kinds.chances(self._sums).tolist(), strict=True))

    def calm(self) -> tuple[str, float]:
        """The likeliest other kind, if this is not urgent, and how likely it is."""
        chances = self._learned.calm.chances(self._sums)
        likeliest = int(chances.argmax())
        return self._learned.calm.labels[likeliest], float(chances[likeliest])

    def calm_chance(self, label: str) -> float:
        """How likely a kind is, if this is not urgent."""
        return float(self._learned.calm.chances(self._sums)[self._learned.calm.labels.index(label)])

    def dangerous_words(self, most: int = 3) -> list[str]:
        """The words that spoke most for danger; none where only words did that stand everywhere."""
        return self._strongest(_DANGER, most)

    def words_for(self, label: str, most: int = 3) -> list[str]:
        """The words that spoke most for a kind that is not urgent."""
        return self._strongest(self._learned.calm.column(label), most)

    def _strongest(self, column: int, most: int) -> list[str]:
        names = self._learned.names
        weights = zip(self._rows[:, column].tolist(), self._features, strict=True)
        named = [(-weight, names[feature]) for weight, feature in weights if weight > 0]
        words = sorted([(weight, name[2:]) for weight, name in named if name.startswith(_WORDS)])
        telling = (word for _, word in words if not self._learned.says_little.issuperset(word.split()))
        return [*islice(telling, most)]


class _Kinds:
    """The classifier of several kinds."""

    def __init__(self, labels: Sequence[str], starts: str, first: int) -> None:
        """``starts``: what each label has before any feature speaks; ``first``: the column of the first."""
        self.labels = labels
        self._starts = np.array([float(start) for start in starts.split()])
        self._columns = slice(first, first + len(labels))

    def column(self, label: str) -> int:
        return self._columns.start + self.labels.index(label)

    def chances(self, sums: _Sums) -> _Chances:
        """How likely each label is, in their order."""
        totals = self._starts + sums[self._columns] / (_KIND_UNIT * _length(sums))
        raised = np.exp(totals - totals.max())
        chances: _Chances = raised / raised.sum()
        return chances


def _length(sums: _Sums) -> float:
    return math.sqrt(int(sums[_SQUARE]) or 1)


def _table(cells: Sequence[str], labels: Sequence[int]) -> _Table:
    """A row for every feature: how much it counts, squared, and its weights, made ready by how much it counts.

    ``cells``: name, danger, pairs and pairs of each feature in turn; ``labels``: how many kinds each pairs are about.
    """
    counts = np.array([strength(name) for name in cells[0::4]])
    table = np.zeros((len(counts), _FIRST_KIND + sum(labels)), np.int16)
    table[:, _SQUARE] = counts**2
    table[:, _DANGER] = np.rint(_numbers(weight or "0" for weight in cells[1::4]) * counts * _DANGER_UNIT)
    first = _FIRST_KIND
    for number, count in enumerate(labels):
        pairs = cells[2 + number :: 4]
        written = _numbers(pairs).reshape(-1, 2)
        rows = np.repeat(np.arange(len(counts)), [pair.count(":") for pair in pairs])
        table[rows, first + written[:, 0].astype(np.intp)] = np.rint(written[:, 1] * counts[rows] * _KIND_UNIT)
        first += count
    return table


def _numbers(written: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.fromstring(" ".join(written).replace(":", " "), sep=" ")
