"""What the learned layer looks at: words, pairs of words, groups, and what the other layers found."""

from collections.abc import Iterator, Mapping, Sequence
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

    def of_danger(self, reading: Reading, found: Sequence[Found], start: int = 0, end: int | None = None) -> list[str]:
        """What danger is judged by, of the whole text or of the words from ``start`` to before ``end``.

        Every feature once, sorted nowhere: order means nothing.
        """
        last = len(reading.words) if end is None else end
        features = set(self._words(reading, start, last))
        features.update(*[word.features for word in reading.kinds[start:last]])
        features.update(
            f"g={self._groups[element]}"
            for element in reading.together
            if element in self._groups and reading.has(element, start, last)
        )
        features.update(_shape(reading, start, last))
        for one in found:
            if start <= one.start and one.end <= last:
                sure = "maybe " if one.kind == "hints" else ""
                features.add(f"d={one.sign.id}:{sure}{one.level}:{one.status.value}")
                features.add(f"d={sure}{one.level}:{one.status.value}")
        return list(features)

    def of_requests(self, asked: Sequence[Asked], named: Sequence[Named], spoken_of: Mapping[str, int]) -> list[str]:
        """What else a text that is not urgent is judged by: the requests and topics that were found."""
        features = {f"r={one.request.kind}.{one.request.id}" for one in asked}
        features.update(f"t={one.topic.id}" for one in named)
        features.update(f"p={topic}" for topic in spoken_of)
        features.update(f"p={topic}:{min(words, 3)}" for topic, words in spoken_of.items() if words > 1)
        return list(features)

    def _words(self, reading: Reading, start: int, end: int) -> Iterator[str]:
        short = [_plain_number(word) for word in reading.words[start:end] if word not in ARTICLES]
        yield from (f"w={word}" for word in short)
        yield from (f"b={first} {second}" for first, second in pairwise(["^", *short, "$"]))
        for _, after in reading.places(self._negator):
            if start < after <= end:
                yield from (f"n={word}" for word in reading.words[after : min(after + _REACH_OF_NO, end)])


def _shape(reading: Reading, start: int, end: int) -> Iterator[str]:
    count = end - start
    yield "s=" + next((name for most, name in _LENGTHS if count <= most), "21+")
    if reading.asks and reading.asks.intersection(reading.sentence[start:end]):
        yield "s=?"
    if sum(not word.known for word in reading.kinds[start:end]) * 2 > count:
        yield "s=unknown words"


def _plain_number(word: str) -> str:
    return "#" if word[0].isdigit() else word
