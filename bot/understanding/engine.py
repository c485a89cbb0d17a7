"""The understanding engine: a text, what is known of its sender, and out comes its one outcome.

Layers, in order, each able to say why: characters and words (``reading``), danger (``danger``), opt-outs, help and
commands (``requests``), topics (``topics``). Nothing here knows the network, the clock or the database.
"""

from dataclasses import dataclass
from pathlib import Path

from bot.understanding.danger import Danger, Found
from bot.understanding.features import Features
from bot.understanding.learned import WEIGHTS, Learned
from bot.understanding.matcher import Lexicon
from bot.understanding.numbers import numbers
from bot.understanding.reading import Reader, Reading
from bot.understanding.requests import Asked, Request, Requests, bare, read_tables
from bot.understanding.scope import Status
from bot.understanding.topics import Named, Topics, read_topic_phrases
from bot.understanding.wordlists import read_word_lists
from content.library import Library
from content.model import Country

URGENT = frozenset(["crisis", "emergency", "overdose", "call_now"])
"""Kinds that are answered as urgent."""
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
    detail: str | None = None
    """What kind of info or clarify it is: negated, past, asked, supposed, other, number, visit, all_taken or hurts."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A text as every layer saw it."""

    reading: Reading
    found: list[Found]
    asked: list[Asked]
    named: list[Named]
    spoken_of: dict[str, int]
    features: list[str]


class Engine:
    """Understands texts; made once per process and shared by its threads."""

    def __init__(self, library: Library, *, learned: Path | None = WEIGHTS) -> None:
        """``learned``: the weights of the learned layer; None leaves it out, for training."""
        self._library = library
        self._learned = Learned(learned) if learned else None
        labels = self._learned.labels if self._learned else ()
        self._urgent_labels = [label for label in labels if label.partition(".")[0] in URGENT]
        words, phrases = read_tables()
        topic_words, topic_phrases = read_topic_phrases()
        lists = read_word_lists()
        groups = {**library.danger.words, **words, **topic_words}
        lexicon = Lexicon(groups)
        self._danger = Danger(lexicon, library.danger, lists)
        self._requests = Requests(lexicon, phrases, library)
        self._topics = Topics(lexicon, topic_phrases, library)
        names = {lexicon.group(name): name for name in groups if name != "filler"}
        self._features = Features(names, lexicon.group("negator"))
        self._reader = Reader(lexicon, self._topics.words(), lists, names)

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
        pack = self._library.countries.get(country) or next(iter(self._library.countries.values()))
        reading = self._reader.read(text)
        kind, id_, topic, why = self._as_a_whole(reading, language, pack, asked) or self._decide(
            self._look(reading, pack, profile, only_urgent=True)
        )
        return Outcome(kind, id_, topic, self._urgent_line(kind, topic), why, language)

    def features(self, text: str, country: str = "us") -> list[str]:
        """What the learned layer sees of a text; for training."""
        return self._look(self._reader.read(text), self._library.countries[country], None, only_urgent=False).features

    def _look(self, reading: Reading, pack: Country, profile: str | None, *, only_urgent: bool) -> "_Seen":
        found = self._danger.find(reading, pack, profile)
        if only_urgent and any(one.urgent for one in found):
            return _Seen(reading, found, [], [], {}, [])
        asked = self._requests.find(reading)
        named = self._topics.within(reading)
        spoken_of = self._topics.spoken_of(reading)
        features = self._features.of(reading, found, asked, named, spoken_of)
        return _Seen(reading, found, asked, named, spoken_of, features)

    def _as_a_whole(
        self, reading: Reading, language: str, pack: Country, asked: str | None
    ) -> tuple[str, str | None, str | None, str] | None:
        """What a text means that is an answer or a keyword and nothing else, as most are; None for any other."""
        if not reading.words:
            return "unknown", None, None, "no words"
        plain_text = bare(reading.plain)
        answered = self._answer(reading, plain_text, pack, asked)
        if answered:
            return answered
        whole = self._requests.whole(plain_text)
        topic = self._topics.whole(plain_text, language) or self._topics.whole(" ".join(reading.words), language)
        if topic and (topic.own_keyword or not whole) and not (whole and whole.request.kind != "command"):
            return self._whole_topic(topic, reading)
        return _as_outcome(whole) if whole else None

    def _decide(self, seen: "_Seen") -> tuple[str, str | None, str | None, str]:
        urgent = [one for one in seen.found if one.urgent]
        if urgent:
            return urgent[0].level, urgent[0].sign.id, None, urgent[0].why
        bare_number = self._bare_number(seen.reading)
        if bare_number:
            return bare_number
        if self._learned is None:
            return "unknown", None, None, "nothing recognised"
        return self._judged(seen, self._learned)

    def _judged(self, seen: "_Seen", learned: Learned) -> tuple[str, str | None, str | None, str]:
        chances = learned.judge(seen.features)
        urgent = {label: chances[label] for label in self._urgent_labels}
        if sum(urgent.values()) > self._needed(seen):
            label = max(urgent, key=lambda name: urgent[name])
            kind, _, sign = label.partition(".")
            why = f"learned: {', '.join(learned.reasons(label, seen.features))}"
            return kind, sign or kind, None, why
        leaves = [one for one in seen.asked if one.request.kind == "opt_out"]
        if leaves and chances["opt_out"] > 0.08:
            return _as_outcome(leaves[0])
        label = max((name for name in chances if name not in urgent), key=lambda name: chances[name])
        kind, _, name = label.partition(".")
        why = f"{', '.join(learned.reasons(label, seen.features))} ({chances[label]:.2f})"
        if kind == "opt_out":
            return "opt_out", "stop", None, why
        if kind in ("info", "same_day"):
            spoken_of = seen.found[0].sign if seen.found else None
            topic = spoken_of.topic if spoken_of else next(iter(seen.spoken_of), None)
            return kind, spoken_of.id if spoken_of else None, topic, why
        if kind == "topic":
            return kind, name, name, why
        return kind, name or None, None, why

    def _needed(self, seen: "_Seen") -> float:
        if any(one.status is not Status.PRESENT for one in seen.found):
            return 0.8
        return 0.5

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

    def _bare_number(self, reading: Reading) -> tuple[str, str | None, str | None, str] | None:
        told = numbers(reading.words)
        if told and sum(number.end - number.start for number in told) == len(reading.words):
            return "clarify", None, None, "a number alone"
        return None

    def _urgent_line(self, kind: str, topic: str | None) -> bool:
        if kind == "topic":
            return bool(topic and self._library.topics[topic].urgent_line)
        return kind in ("unknown", "help", "info", "same_day", "limit", "clarify")


def _as_outcome(asked: Asked) -> tuple[str, str | None, str | None, str]:
    request: Request = asked.request
    return request.kind, request.id, None, asked.why
