"""The understanding engine: a text, what is known of its sender, and out comes its one outcome.

Layers, in order, each able to say why: characters and words (``reading``), danger (``danger``), opt-outs, help and
commands (``requests``), topics (``topics``). Nothing here knows the network, the clock or the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.characters import small
from bot.understanding.danger import Danger, Found
from bot.understanding.matcher import Lexicon
from bot.understanding.numbers import numbers
from bot.understanding.reading import Reader, Reading
from bot.understanding.requests import Asked, Request, Requests, bare, read_tables
from bot.understanding.scope import Status
from bot.understanding.topics import Named, Topics
from bot.understanding.wordlists import read_word_lists
from content.library import Library
from content.model import Country

_YES = frozenset(["yes", "yes it is", "si", "yep", "yeah", "yup", "correct", "asi es"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a text means. Kinds and ids are those of ``immunotext understand``."""

    kind: str
    id: str | None
    topic: str | None
    """The topic whose fact the reply carries, if any."""
    urgent_line: bool
    matched: str
    """Why, in a few words; staff see it."""
    language: str


class Engine:
    """Understands texts; made once per process and shared by its threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        words, phrases = read_tables()
        lists = read_word_lists()
        lexicon = Lexicon({**library.danger.words, **words})
        self._danger = Danger(lexicon, library.danger, lists)
        self._requests = Requests(lexicon, phrases, library)
        self._topics = Topics(library)
        self._reader = Reader(lexicon, self._topics.words(), lists)

    def understand(
        self,
        text: str,
        *,
        language: str = "en",
        country: str = "us",
        asked: str | None = None,
        profile: str | None = None,
    ) -> Outcome:
        """The outcome of a text.

        ``language`` is the one stored for the person. ``asked``: what the last reply asked, "temperature" (a bare
        number is then judged) or "temperature 101" (a yes is). ``profile``: "cart" or "bispecific" raises signs.
        """
        reading = self._reader.read(text)
        pack = self._library.countries.get(country) or next(iter(self._library.countries.values()))
        kind, id_, topic, why = self._decide(reading, bare(small(text)), language, pack, asked, profile)
        return Outcome(kind, id_, topic, self._urgent_line(kind, topic), why, language)

    def _decide(
        self, reading: Reading, plain_text: str, language: str, pack: Country, asked: str | None, profile: str | None
    ) -> tuple[str, str | None, str | None, str]:
        if not reading.words:
            return "unknown", None, None, "no words"
        answered = self._answer(reading, plain_text, pack, asked)
        if answered:
            return answered
        whole = self._requests.whole(plain_text)
        topic = self._topics.whole(plain_text, language)
        if topic and (topic.own_keyword or not whole) and not (whole and whole.request.kind != "command"):
            return self._whole_topic(topic, reading)
        if whole:
            return _as_outcome(whole)
        found = self._danger.find(reading, pack, profile)
        urgent = [one for one in found if one.urgent]
        if urgent:
            return urgent[0].level, urgent[0].sign.id, None, urgent[0].why
        requests = self._requests.find(reading)
        return (
            self._of_kind(requests, "opt_out")
            or self._of_kind(requests, "limit")
            or self._of_kind(requests, "opt_in")
            or self._of_kind(requests, "help")
            or self._bare_number(reading)
            or self._of_kind(requests, "clarify")
            or self._mild(found)
            or self._not_now(found)
            or self._of_kind(requests, "command")
            or self._named(reading, language)
            or ("unknown", None, None, "nothing recognised")
        )

    def _answer(
        self, reading: Reading, plain_text: str, pack: Country, asked: str | None
    ) -> tuple[str, str | None, str | None, str] | None:
        if not asked or not asked.startswith("temperature"):
            return None
        told = numbers(reading.words)
        if asked != "temperature" and plain_text in _YES:
            told = numbers(asked.split()[1:])
        if len(told) != 1 or len(reading.words) > 6:
            return None
        meaning = self._danger.temperature(told[0].value, pack)
        if meaning == "call_now":
            return "call_now", "fever", None, f"fever: {told[0].value:g} as the temperature that was asked for"
        if meaning == "normal":
            return "info", "fever", "fever", f"{told[0].value:g} is below the threshold"
        return None

    def _whole_topic(self, named: Named, reading: Reading) -> tuple[str, str | None, str | None, str]:
        sign = next(
            (s for s in self._library.danger.values() if s.topic == named.topic.id and s.level == "call_now"), None
        )
        if sign and reading.asks and named.own_keyword:
            return "info", sign.id, named.topic.id, f"{named.words} as a question"
        return "topic", named.topic.id, named.topic.id, named.words

    def _of_kind(self, requests: Sequence[Asked], kind: str) -> tuple[str, str | None, str | None, str] | None:
        for one in requests:
            if one.request.kind == kind:
                return _as_outcome(one)
        return None

    def _bare_number(self, reading: Reading) -> tuple[str, str | None, str | None, str] | None:
        told = numbers(reading.words)
        if told and sum(number.end - number.start for number in told) == len(reading.words):
            return "clarify", None, None, "a number alone"
        return None

    def _mild(self, found: Sequence[Found]) -> tuple[str, str | None, str | None, str] | None:
        for one in found:
            if one.status is Status.PRESENT:
                return "same_day", one.sign.id, one.sign.topic, one.why
        return None

    def _not_now(self, found: Sequence[Found]) -> tuple[str, str | None, str | None, str] | None:
        for one in found:
            return "info", one.sign.id, one.sign.topic, f"{one.why} ({one.status.value})"
        return None

    def _named(self, reading: Reading, language: str) -> tuple[str, str | None, str | None, str] | None:
        for named in self._topics.within(reading, language):
            return "topic", named.topic.id, named.topic.id, named.words
        return None

    def _urgent_line(self, kind: str, topic: str | None) -> bool:
        if kind == "topic":
            return bool(topic and self._library.topics[topic].urgent_line)
        return kind in ("unknown", "help", "info", "same_day", "limit", "clarify")


def _as_outcome(asked: Asked) -> tuple[str, str | None, str | None, str]:
    request: Request = asked.request
    return request.kind, request.id, None, asked.why
