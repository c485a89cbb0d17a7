"""What the learned layer looks at: words, pairs of words, groups, and what the other layers found.

A feature is a name, ``w=fever`` or ``b=no fever``, and stands for it a number that the learned layer gave it. One that
the learned layer never saw has none and is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol, cast

from bot.understanding.danger import Found
from bot.understanding.reading import Following, Reading
from bot.understanding.requests import Asked
from bot.understanding.topics import Named


class Numbers(Protocol):
    """Gives features their numbers."""

    def number(self, feature: str) -> int | None:
        """The number of a feature, if it has one."""

    def after(self, word: str) -> Following:
        """The pairs that begin with a word."""


class Met:
    """Gives every feature a number when it first meets it; for training."""

    def __init__(self) -> None:
        self.names: list[str] = []
        """The features by their numbers."""
        self._numbers: dict[str, int] = {}

    def number(self, feature: str) -> int:
        """The number of any feature."""
        number = self._numbers.setdefault(feature, len(self.names))
        if number == len(self.names):
            self.names.append(feature)
        return number

    def after(self, word: str) -> Following:
        """The pairs that begin with a word."""
        return _MetAfter(self, word)


class _MetAfter:
    def __init__(self, met: Met, word: str) -> None:
        self._met, self._word = met, word

    def get(self, second: str, /) -> int:
        return self._met.number(f"b={self._word} {second}")


_LENGTHS = ((2, "1-2"), (4, "3-4"), (7, "5-7"), (12, "8-12"), (20, "13-20"))
_LONGER = "21+"
_REACH_OF_NO = 3
_STEM = 5
"""Letters that the forms of a longer word share, in either language."""


class Features:
    """Makes the features of a text, each once and in no order."""

    def __init__(self, numbers: Numbers, groups: Mapping[int, str], negator: int) -> None:
        """``groups``: the names of the groups that the learned layer sees, by element."""
        number = self._number = numbers.number
        self.after = numbers.after
        """The pairs that begin with a word, by its plain text."""
        self._first = numbers.after("^")
        self._groups = {element: number(f"g={name}") for element, name in groups.items()}
        self._negator = negator
        lengths = [(most, number(f"s={name}")) for most, name in _LENGTHS]
        self._lengths = [next(own for most, own in lengths if words <= most) for words in range(_LENGTHS[-1][0] + 1)]
        """By how many words there are."""
        self._longer, self._question, self._unknown = number(f"s={_LONGER}"), number("s=?"), number("s=unknown words")

    def of_word(self, plain: str, elements: Iterable[int]) -> frozenset[int]:
        """The features of a word wherever it stands: itself ("": an article, which is none) and its groups."""
        features = {self._groups[element] for element in elements if element in self._groups}
        if plain:
            features.add(self._number(f"w={plain}"))
        if len(plain) > _STEM:
            features.add(self._number(f"v={plain[:_STEM]}"))
        return frozenset(_known(features))

    def of_danger(self, reading: Reading, found: Sequence[Found], start: int, end: int) -> set[int]:
        """What danger is judged by, of the words from ``start`` to before ``end``."""
        number = self._number
        count = end - start
        kinds = reading.kinds if count == len(reading.kinds) else reading.kinds[start:end]
        features: set[int | None] = set().union(*[word.features for word in kinds])
        short = [word for word in kinds if word.plain]
        if short:
            features.add(self._first.get(short[0].plain))
            features.update([word.after.get(following.plain) for word, following in pairwise(short)])
        features.add((short[-1].after if short else self._first).get("$"))
        for element in reading.together:
            if element in self._groups and reading.has(element, start, end):
                features.add(self._groups[element])
        for _, behind in reading.places(self._negator):
            if start < behind <= end:
                denied = reading.words[behind : min(behind + _REACH_OF_NO, end)]
                features.update([number(f"n={word}") for word in denied])
        for one in found:
            if start <= one.start and one.end <= end:
                sure = "maybe " if one.kind == "hints" else ""
                told = f"{sure}{one.level}:{one.status.said}"
                features.add(number(f"d={one.sign.id}:{told}"))
                features.add(number(f"d={told}"))
        features.add(self._lengths[count] if count < len(self._lengths) else self._longer)
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
