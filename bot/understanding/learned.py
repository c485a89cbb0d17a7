"""The learned layer: linear classifiers whose weights are a text file that can be read and compared.

Three of them look at a text: whether it is urgent at all, of which kind if it is, and what it wants if it is not.
``tools/training`` makes the file: first the names of the kinds, then a line for every feature with its weight for
danger and the pairs of a kind's number and its weight.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights.txt")
_STRONG = ("d=", "r=", "p=", "t=")
"""Features of the other layers: they count twice as much as a word."""

_Pairs = tuple[tuple[int, float], ...]


def strength(feature: str) -> float:
    """How much a feature counts."""
    return 2.0 if feature.startswith(_STRONG) else 1.0


@dataclass(slots=True)
class _Weights:
    counts: float
    """The square of how much it counts, for the length of a text."""
    danger: float
    kinds: tuple[_Pairs, _Pairs]
    """For urgent kinds, and for the others."""


class Learned:
    """The trained classifiers; made once."""

    def __init__(self, path: Path) -> None:
        lines = iter(path.read_text("utf-8").splitlines())
        self.urgent = tuple(next(lines).split("\t")[1:])
        self.calm = tuple(next(lines).split("\t")[1:])
        _, danger, urgent, calm = next(lines).split("\t")
        self._danger = float(danger)
        self._starts = [float(value) for value in urgent.split()], [float(value) for value in calm.split()]
        self._weights: dict[str, _Weights] = {}
        for line in lines:
            name, danger, urgent, calm = line.split("\t")
            counts = strength(name)
            kinds = _pairs(urgent, counts), _pairs(calm, counts)
            self._weights[name] = _Weights(counts * counts, counts * float(danger or 0), kinds)

    def danger(self, features: Iterable[str]) -> float:
        """How likely it is that a text is urgent, from 0 to 1."""
        total = length = 0.0
        weights = self._weights
        for feature in features:
            one = weights.get(feature)
            if one is not None:
                length += one.counts
                total += one.danger
        return 1 / (1 + math.exp(min(50.0, -self._danger - total / math.sqrt(length or 1.0))))

    def kind(self, features: Sequence[str], *, urgent: bool) -> dict[str, float]:
        """How likely each kind is, of the urgent ones or of the others."""
        which = 0 if urgent else 1
        totals = list(self._starts[which])
        found = [one for one in map(self._weights.get, features) if one is not None]
        scale = 1 / math.sqrt(sum(one.counts for one in found) or 1.0)
        for one in found:
            for label, weight in one.kinds[which]:
                totals[label] += weight * scale
        highest = max(totals)
        raised = [math.exp(total - highest) for total in totals]
        whole = sum(raised)
        labels = self.urgent if urgent else self.calm
        return {label: value / whole for label, value in zip(labels, raised, strict=True)}

    def dangerous(self, features: Iterable[str], most: int = 3) -> list[str]:
        """The words that spoke most for danger."""
        weighed = [(one.danger, feature) for feature in features if (one := self._weights.get(feature))]
        return _strongest(weighed, most)

    def reasons(self, label: str, features: Iterable[str], most: int = 3) -> list[str]:
        """The words that spoke most for a kind that is not urgent."""
        number = self.calm.index(label)
        weighed = [
            (weight, feature)
            for feature in features
            if (one := self._weights.get(feature))
            for at, weight in one.kinds[1]
            if at == number
        ]
        return _strongest(weighed, most)


def _strongest(weighed: Iterable[tuple[float, str]], most: int) -> list[str]:
    words = [(weight, feature[2:]) for weight, feature in weighed if weight > 0 and feature[:2] in ("w=", "b=")]
    return [word for _, word in sorted(words, key=lambda pair: (-pair[0], pair[1]))[:most]]


def _pairs(written: str, counts: float) -> _Pairs:
    pairs = (pair.split(":") for pair in written.split())
    return tuple((int(label), counts * float(weight)) for label, weight in pairs)
