"""The small language in which danger signs, requests and commands are written down as phrases.

A phrase is words in order: ``skin peeling`` finds "my skin is really peeling". Words nobody needs (a, my, really, el,
mi, muy ...: the group ``filler``) never stand in the way, and up to two others may stand between. Beyond plain words:

``{breathe}``   any word of a group; the groups stand in ``danger/words/*.toml``
``peel*``       any word that begins so
``leg/arm``     any of these words or groups
``...``         up to seven words may stand between instead of two
``out_of_it``   these words exactly, nothing between
``a & b``       both, in any order, within one sentence and not far apart
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

NEAR = 2
"""How many counted words may stand between two words of a phrase."""
FAR = 7
"""The same where the phrase has ``...``, and between the two sides of ``&``."""

ARTICLES = frozenset(
    [
        "a",
        "an",
        "the",
        "my",
        "his",
        "her",
        "our",
        "your",
        "their",
        "its",
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "mi",
        "mis",
        "su",
        "sus",
        "tu",
        "tus",
        "lo",
    ]
)
"""Words that a phrase may have or not; they are never counted."""

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ＇"))
_ONE = r"(?:\{[a-z_]+\}|[a-z0-9_]+\*?)"
_PIECE = re.compile(rf"{_ONE}(?:/{_ONE})*")


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a phrase: its alternatives, and how many counted words may stand before it.

    An alternative is a group (``{name}``), the beginning of a word (``peel*``), a word, or words joined by ``_``.
    """

    alternatives: tuple[str, ...]
    reach: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it was written, and its runs of steps; several runs may come in any order."""

    text: str
    runs: tuple[tuple[Step, ...], ...]


def plain(text: str) -> str:
    """Lower case, without accents and apostrophes: "Can't" is "cant", "niño" is "nino"."""
    if text.isascii():
        return text.replace("'", "").replace("`", "").lower()
    text = text.translate(_APOSTROPHES).lower()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=10_000)
def _step(piece: str, reach: int) -> Step:
    """The step that is written so; most are written in many phrases."""
    if not _PIECE.fullmatch(piece):
        raise ValueError(f"write '{piece}' with letters, digits, {{group}}, word*, one/other or joined_words")
    return Step(tuple(piece.split("/")), reach)


def parse(text: str) -> Phrase:
    """Reads a phrase; raises ValueError with what to do when it is not one."""
    runs: list[tuple[Step, ...]] = []
    for side in plain(text).split("&"):
        steps: list[Step] = []
        reach = NEAR
        for piece in side.split():
            if piece == "...":
                reach = FAR
            else:
                steps.append(_step(piece, reach))
                reach = NEAR
        if not steps:
            raise ValueError("write at least one word on each side of '&'")
        runs.append(tuple(steps))
    return Phrase(text, tuple(runs))
