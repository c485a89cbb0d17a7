"""The learned layer: a linear classifier whose weights are a text file that can be read and compared.

It is trained by ``tools/training``. Each line of the file is a feature, then pairs of a label's number and a weight.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights.txt")
_STRONG = ("d=", "r=", "p=", "t=")
"""Features of the other layers: they count twice as much as a word."""


def strength(feature: str) -> float:
    """How much a feature counts."""
    return 2.0 if feature.startswith(_STRONG) else 1.0


class Learned:
    """The trained classifier; made once."""

    def __init__(self, path: Path) -> None:
        self.labels: tuple[str, ...] = ()
        self._start: list[float] = []
        # How much a feature counts, and what it adds to which label.
        self._weights: dict[str, tuple[float, tuple[tuple[int, float], ...]]] = {}
        for line in path.read_text("utf-8").splitlines():
            name, *values = line.split("\t")
            if name == "labels":
                self.labels = tuple(values)
            elif name == "start":
                self._start = [float(value) for value in values]
            else:
                counts = strength(name)
                pairs = (value.split(":") for value in values)
                adds = tuple((int(label), counts * float(weight)) for label, weight in pairs)
                self._weights[name] = counts, adds

    def judge(self, features: Sequence[str]) -> dict[str, float]:
        """The probability of every label."""
        totals = self._totals(features)
        highest = max(totals)
        raised = [math.exp(total - highest) for total in totals]
        whole = sum(raised)
        return {label: value / whole for label, value in zip(self.labels, raised, strict=True)}

    def reasons(self, label: str, features: Iterable[str], most: int = 3) -> list[str]:
        """The words that spoke most for a label."""
        number = self.labels.index(label)
        weighed = [
            (weight, feature[2:])
            for feature in features
            if feature[:2] in ("w=", "b=")
            for at, weight in self._weights.get(feature, (0.0, ()))[1]
            if at == number and weight > 0
        ]
        return [words for _, words in sorted(weighed, key=lambda pair: (-pair[0], pair[1]))[:most]]

    def _totals(self, features: Sequence[str]) -> list[float]:
        totals = [0.0] * len(self.labels)
        length = 0.0
        for feature in features:
            weights = self._weights.get(feature)
            if weights is None:
                continue
            counts, adds = weights
            length += counts * counts
            for label, weight in adds:
                totals[label] += weight
        scale = 1 / math.sqrt(length or 1.0)
        return [start + total * scale for start, total in zip(self._start, totals, strict=True)]
