"""What a text asks of this service: leaving, coming back, help, commands; by whole texts and by phrases."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.understanding.matcher import Lexicon, Match, Matcher
from bot.understanding.reading import Reading
from content.library import Library
from content.phrases import ARTICLES, Phrase, parse, plain

_HERE = Path(__file__).parent
_PUNCTUATION = re.compile(r"[^\w+ ]+")
_BEFORE = ("hi", "hello", "hey", "hola", "ok", "okay", "buenos dias", "buenas tardes", "buenas", "por favor", "please",
           "pls", "um", "oye", "disculpe")  # fmt: skip
_AFTER = ("please", "pls", "plz", "thanks", "thank you", "and thank you", "thank you so much", "thank you very much",
          "thx", "ty", "por favor", "porfa", "porfavor", "gracias", "muchas gracias", "now", "ya", "already", "asap",
          "today")  # fmt: skip
_COURTESY = re.compile(rf"^(?:{'|'.join(_BEFORE)}) |(?: (?:{'|'.join(_AFTER)}))+$")
_BEGINNINGS, _ENDS = tuple(f"{words} " for words in _BEFORE), tuple(f" {words}" for words in _AFTER)
_LAST_LETTERS = re.compile(r"(.)\1+$")
_CODE = re.compile(r"^(?:join|joni|jion|jon|unirme|unirse|unir|code|codigo)\s+([a-z0-9][a-z0-9-]{2,11})$")
_LOOK_ALIKES = "look_alikes"
"""The table of what only sounds like a request, by the request's name."""
_BETWEEN = ARTICLES.union(
    ("my", "mi", "su", "our", "just", "has", "have", "had", "totally", "completely", "then", "finally"),
    ("se", "me", "nos", "its", "is", "this", "it", "soy", "es", "y"),
)
"""Words that may stand between those of a look-alike."""


class Request(NamedTuple):
    """A kind of the outcome and its id."""

    kind: str
    id: str | None


class Asked(NamedTuple):
    """A request that was found, and why."""

    request: Request
    why: str
    words: int
    """How many words of the text it rests on."""


def read_tables() -> tuple[Mapping[str, list[str]], list[tuple[Request, Phrase]]]:
    """The groups of words and the phrases of ``requests.toml``."""
    tables = tomllib.loads(_HERE.joinpath("requests.toml").read_text("utf-8"))
    words = tables.pop("words")
    phrases = [
        (Request(kind, name), parse(text))
        for kind, table in tables.items()
        for name, texts in ([(None, table)] if "en" in table else table.items())
        for language in ("en", "es")
        for text in texts[language]
    ]
    return words, phrases


class Requests:
    """Finds requests; made once."""

    def __init__(self, lexicon: Lexicon, phrases: list[tuple[Request, Phrase]], library: Library) -> None:
        self._matcher = Matcher(lexicon, phrases)
        self._whole: dict[str, Request] = {}
        for request, texts in _whole_texts(library):
            for text in texts:
                self._whole.setdefault(bare(plain(text)), request)

    def whole(self, text: str) -> Asked | None:
        """What a text means that is nothing but a keyword, courtesy around it aside."""
        if len(text) > 80:
            return None
        code = _CODE.match(text)
        if code and any(character.isdigit() for character in code[1]):
            return Asked(Request("command", "join"), f"JOIN {code[1].upper()}", 2)
        if code and len(text.split()) == 2 and text.split()[0] != "code":
            return Asked(Request("command", "join"), f"JOIN {code[1].upper()}", 2)
        while text:
            request = self._whole.get(text)
            if request:
                return Asked(request, text.upper(), len(text.split()))
            polite = text.startswith(_BEGINNINGS) or text.endswith(_ENDS)
            shorter = _COURTESY.sub("", text).strip() if polite else text
            if shorter == text:
                return self._drawn_out(text)
            text = shorter
        return None

    def _drawn_out(self, word: str) -> Asked | None:
        """ "STOPPP", "bajaaa"."""
        request = self._whole.get(_LAST_LETTERS.sub(r"\1", word)) if " " not in word else None
        return Asked(request, word.upper(), 1) if request else None

    def find(self, reading: Reading) -> list[Asked]:
        """Every request by its phrases, the one that rests on most words first.

        A look-alike silences the requests of its name whose words it shares: of what broke nobody is bereaved. It does
        so only where little words alone stand between its own: not in "his phone, he died".
        """
        found: dict[Request, Match[Request]] = {}
        matches = self._matcher.find(reading)
        alike = [
            (match.what.id, match.own)
            for match in matches
            if match.what.kind == _LOOK_ALIKES
            and _BETWEEN.issuperset(reading.words[at] for at in range(match.start, match.end) if at not in match.own)
        ]
        for match in matches:
            if match.what.kind == _LOOK_ALIKES or any(
                name == match.what.id and not own.isdisjoint(match.own) for name, own in alike
            ):
                continue
            if match.what not in found or len(match.own) > len(found[match.what].own):
                found[match.what] = match
        asked = [
            Asked(what, " ".join(reading.words[match.start : match.end]), len(match.own))
            for what, match in found.items()
        ]
        return sorted(asked, key=lambda one: (-one.words, one.request.kind, one.request.id or ""))


def bare(small_text: str) -> str:
    """A small plain text without punctuation, question marks included."""
    return " ".join(_PUNCTUATION.sub(" ", small_text).split())


def _whole_texts(library: Library) -> Iterator[tuple[Request, tuple[str, ...]]]:
    tables = tomllib.loads(_HERE.joinpath("whole_texts.toml").read_text("utf-8"))
    words = library.carrier_words
    yield Request("opt_out", "stop"), words.opt_out
    yield Request("opt_in", None), words.opt_in
    yield Request("help", None), words.help
    for country in library.countries.values():
        yield Request("opt_out", "stop"), country.opt_out_words
    for name, texts in tables["opt_out"].items():
        yield Request("opt_out", name), tuple(texts)
    yield Request("opt_in", None), tuple(tables["opt_in"]["start"])
    yield Request("help", None), tuple(tables["help"]["help"])
    for name, texts in tables["command"].items():
        yield Request("command", name), tuple(texts)
