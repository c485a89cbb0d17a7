"""The learned layer: linear classifiers whose weights are a text file that can be read and compared.

Three of them look at a text: whether it is urgent at all, of which kind if it is, and what it wants if it is not.
``tools/training`` makes the file: first the names of the kinds, then a line for every feature with its weight for
danger and the pairs of a kind's number and its weight.
"""

import math
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).with_name("weights.txt")
_STRONG = ("d=", "r=", "p=", "t=")
"""Features of the other layers: they count twice as much as a word."""

_Table = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def strength(feature: str) -> float:
    """How much a feature counts."""
    return 2.0 if feature.startswith(_STRONG) else 1.0


class Learned:
    """The trained classifiers; made once."""

    def __init__(self, path: Path, says_little: Set[str]) -> None:
        """``says_little``: words that stand everywhere, which no reason names."""
        self._says_little = says_little
        urgent, calm, start, *lines = (line.split("\t") for line in path.read_text("utf-8").splitlines())
        self.urgent, self.calm = tuple(urgent[1:]), tuple(calm[1:])
        self._danger_start = float(start[1])
        self._starts = tuple(np.array([float(value) for value in starts.split()]) for starts in start[2:])
        self._rows = {line[0]: row for row, line in enumerate(lines)}
        self._counts = [strength(line[0]) ** 2 for line in lines]
        self._danger = [strength(line[0]) * float(line[1] or 0) for line in lines]
        self._kinds = _table(lines, 2, len(self.urgent)), _table(lines, 3, len(self.calm))

    def danger(self, features: Iterable[str]) -> float:
        """How likely it is that a text is urgent, from 0 to 1."""
        rows = self._known(features)
        total = sum([self._danger[row] for row in rows]) / self._length(rows)
        return 1 / (1 + math.exp(min(50.0, -self._danger_start - total)))

    def kind(self, features: Iterable[str], *, urgent: bool) -> dict[str, float]:
        """How likely each kind is, of the urgent ones or of the others."""
        which = 0 if urgent else 1
        rows = self._known(features)
        totals = self._starts[which] + self._kinds[which].take(rows, 0).sum(0) / self._length(rows)
        raised = np.exp(totals - totals.max())
        return dict(zip(self.urgent if urgent else self.calm, (raised / raised.sum()).tolist(), strict=True))

    def dangerous(self, features: Iterable[str], most: int = 3) -> list[str]:
        """The words that spoke most for danger; none where only words did that stand everywhere."""
        known = [(feature, self._rows.get(feature)) for feature in features]
        return self._strongest([(self._danger[row], feature) for feature, row in known if row is not None], most)

    def reasons(self, label: str, features: Iterable[str], most: int = 3) -> list[str]:
        """The words that spoke most for a kind that is not urgent."""
        known = [(row, feature) for feature in features if (row := self._rows.get(feature)) is not None]
        weights = self._kinds[1][[row for row, _ in known], self.calm.index(label)].tolist()
        return self._strongest([(weight, feature) for weight, (_, feature) in zip(weights, known, strict=True)], most)

    def _strongest(self, weighed: Iterable[tuple[float, str]], most: int) -> list[str]:
        words = [(weight, feature[2:]) for weight, feature in weighed if weight > 0 and feature[:2] in ("w=", "b=")]
        telling = [one for one in words if not self._says_little >= {*one[1].split()}]
        return [word for _, word in sorted(telling, key=lambda pair: (-pair[0], pair[1]))[:most]]

    def _known(self, features: Iterable[str]) -> list[int]:
        rows = self._rows
        return [rows[feature] for feature in features if feature in rows]

    def _length(self, rows: Sequence[int]) -> float:
        return math.sqrt(sum([self._counts[row] for row in rows]) or 1.0)


def _table(lines: Sequence[Sequence[str]], column: int, labels: int) -> _Table:
    """A row of weights for every feature, made ready by how much it counts."""
    written = [line[column] for line in lines]
    pairs = np.fromstring(" ".join(written).replace(":", " "), sep=" ", dtype=np.float32).reshape(-1, 2)
    rows = np.repeat(np.arange(len(lines)), [pair.count(":") for pair in written])
    counts = np.array([strength(line[0]) for line in lines], np.float32)
    table = np.zeros((len(lines), labels), np.float32)
    table[rows, pairs[:, 0].astype(int)] = pairs[:, 1] * counts[rows]
    return table
