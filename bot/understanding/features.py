"""What the learned layer looks at: words, pairs of words, groups, and what the other layers found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from bot.understanding.danger import Found
from bot.understanding.reading import Reading
from bot.understanding.requests import Asked
from bot.understanding.topics import Named
from content.phrases import ARTICLES

_LENGTHS = ((2, "1-2"), (4, "3-4"), (7, "5-7"), (12, "8-12"), (20, "13-20"))
_REACH_OF_NO = 3


class Features:
    """Makes the features of a text; made once, with the names of the groups by element."""

    def __init__(self, groups: Mapping[int, str], negator: int) -> None:
        self._groups = groups
        self._negator = negator

    def of(
        self,
        reading: Reading,
        found: Sequence[Found],
        asked: Sequence[Asked],
        named: Sequence[Named],
        spoken_of: Mapping[str, int],
    ) -> list[str]:
        """Every feature once, sorted nowhere: order means nothing."""
        features = set(self._words(reading))
        features.update(*[word.features for word in reading.kinds])
        features.update(f"g={self._groups[element]}" for element in reading.together if element in self._groups)
        features.update(_shape(reading))
        for one in found:
            features.add(f"d={one.sign.id}:{one.level}:{one.status.value}")
            features.add(f"d={one.level}:{one.status.value}")
        features.update(f"r={one.request.kind}.{one.request.id}" for one in asked)
        features.update(f"t={one.topic.id}" for one in named)
        features.update(f"p={topic}" for topic in spoken_of)
        features.update(f"p={topic}:{min(words, 3)}" for topic, words in spoken_of.items() if words > 1)
        return list(features)

    def _words(self, reading: Reading) -> Iterator[str]:
        short = [_plain_number(word) for word in reading.words if word not in ARTICLES]
        yield from (f"w={word}" for word in short)
        yield from (f"b={first} {second}" for first, second in _pairs(["^", *short, "$"]))
        for _, end in reading.places(self._negator):
            yield from (f"n={word}" for word in reading.words[end : end + _REACH_OF_NO])


def _shape(reading: Reading) -> Iterable[str]:
    count = len(reading.words)
    yield "s=" + next((name for most, name in _LENGTHS if count <= most), "21+")
    if reading.asks:
        yield "s=?"
    if reading.unknown * 2 > count:
        yield "s=unknown words"


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from pairwise(words)


def _plain_number(word: str) -> str:
    return "#" if word[0].isdigit() else word
