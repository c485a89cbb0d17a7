"""What the learned layer looks at: words, pairs of words, groups, and what the other layers found.

A feature is a name, ``w=fever`` or ``b=no fever``, and stands for it a number that the learned layer gave it. One that
the learned layer never saw has none and is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import cast

from bot.understanding.danger import Found
from bot.understanding.reading import Reading
from bot.understanding.requests import Asked
from bot.understanding.topics import Named

Numbers = Callable[[str], int | None]
"""The number of a feature, by its name."""

_LENGTHS = ((2, "1-2"), (4, "3-4"), (7, "5-7"), (12, "8-12"), (20, "13-20"))
_LONGER = "21+"
_REACH_OF_NO = 3


class Features:
    """Makes the features of a text, each once and in no order."""

    def __init__(self, number: Numbers, groups: Mapping[int, str], negator: int) -> None:
        """``groups``: the names of the groups that the learned layer sees, by element."""
        self._number = number
        self._groups = {element: number(f"g={name}") for element, name in groups.items()}
        self._negator = negator
        self._lengths = [(most, number(f"s={name}")) for most, name in _LENGTHS]
        self._longer, self._question, self._unknown = number(f"s={_LONGER}"), number("s=?"), number("s=unknown words")

    def of_word(self, plain: str, elements: Iterable[int]) -> frozenset[int]:
        """The features of a word wherever it stands: itself ("": an article, which is none) and its groups."""
        features = {self._groups[element] for element in elements if element in self._groups}
        if plain:
            features.add(self._number(f"w={plain}"))
        return frozenset(_known(features))

    def of_danger(self, reading: Reading, found: Sequence[Found], start: int, end: int) -> set[int]:
        """What danger is judged by, of the words from ``start`` to before ``end``."""
        number = self._number
        kinds = reading.kinds[start:end]
        plain = ["^", *[word.plain for word in kinds if word.plain], "$"]
        features: set[int | None] = {number(f"b={first} {second}") for first, second in pairwise(plain)}
        features.update(*[word.features for word in kinds])
        for element in reading.together:
            if element in self._groups and reading.has(element, start, end):
                features.add(self._groups[element])
        for _, after in reading.places(self._negator):
            if start < after <= end:
                features.update([number(f"n={word}") for word in reading.words[after : min(after + _REACH_OF_NO, end)]])
        for one in found:
            if start <= one.start and one.end <= end:
                sure = "maybe " if one.kind == "hints" else ""
                features.add(number(f"d={one.sign.id}:{sure}{one.level}:{one.status.value}"))
                features.add(number(f"d={sure}{one.level}:{one.status.value}"))
        count = end - start
        features.add(next((length for most, length in self._lengths if count <= most), self._longer))
        if reading.asks and reading.asks.intersection(reading.sentence[start:end]):
            features.add(self._question)
        if sum([word.known for word in kinds]) * 2 < count:
            features.add(self._unknown)
        return _known(features)

    def of_requests(self, asked: Sequence[Asked], named: Sequence[Named], spoken_of: Mapping[str, int]) -> set[int]:
        """What else a text that is not urgent is judged by: the requests and topics that were found."""
        number = self._number
        features = {number(f"r={one.request.kind}.{one.request.id}") for one in asked}
        features.update(number(f"t={one.topic.id}") for one in named)
        features.update(number(f"p={topic}") for topic in spoken_of)
        features.update(number(f"p={topic}:{min(words, 3)}") for topic, words in spoken_of.items() if words > 1)
        return _known(features)


def _known(features: set[int | None]) -> set[int]:
    features.discard(None)
    return cast(set[int], features)
