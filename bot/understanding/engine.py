"""The understanding engine: a text, what is known of its sender, and out comes its one outcome.

Layers, in order, each able to say why: characters and words (``reading``), danger (``danger``), opt-outs, help and
commands (``requests``), topics (``topics``). Nothing here knows the network, the clock or the database.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bot.understanding.danger import Danger, Found, is_raised, why_raised
from bot.understanding.features import Features, Met
from bot.understanding.learned import WEIGHTS, Learned, Look
from bot.understanding.matcher import Lexicon
from bot.understanding.numbers import Number, numbers
from bot.understanding.reading import Reader, Reading
from bot.understanding.requests import Asked, Requests, bare, read_tables
from bot.understanding.scope import Status
from bot.understanding.spelling import read_real_words
from bot.understanding.topics import Named, Topics, read_topic_phrases
from bot.understanding.weighing import Weighed, weighed
from bot.understanding.wordlists import read_word_lists
from content.library import Library
from content.thresholds import HasThresholds, Thresholds

URGENT = frozenset(["crisis", "emergency", "overdose", "call_now"])
"""Kinds that are answered as urgent."""
_UNSEEN_FROM = 0.35
"""How likely it must be that somebody leaves, comes back or gives a command that changes something for them, where no
phrase of it is seen."""
_CHANGES = frozenset(["pause", "resume", "missed", "done", "confirm", "change", "language_en", "language_es"])
_LEAVES_FROM = 0.08
"""How likely leaving must be where a rule sees the wish to leave."""
_BEREAVED_FROM = 0.5
"""How likely leaving must be where a rule sees that the patient has died: it ends everything."""
_MOST_SENTENCES, _MOST_COURTESIES = 6, 3
_DETAILS = {
    Status.NEGATED: "negated",
    Status.PAST: "past",
    Status.ASKED: "asked",
    Status.SUPPOSED: "supposed",
    Status.OTHER: "other",
}
_QUESTION_MARKS = frozenset("?\N{INVERTED QUESTION MARK}\N{FULLWIDTH QUESTION MARK}\N{BLACK QUESTION MARK ORNAMENT}")
_LEAVING_LAST = frozenset(["stop", "stop please", "please stop", "stopall", "stop all", "unsubscribe"])
"""What is leaving where it is the last sentence, and no question, whatever else is said."""
_LEAVING_FIRST = _LEAVING_LAST | {"alto", "baja"}
"""The same where it is the first; other words of the carriers mean more than leaving."""
_STOP_BEFORE = frozenset(["i", "im", "ive"])
_LEFT = frozenset(["finished", "ended", "cured"])
"""What may follow a STOP at the beginning: "STOP i finished last year"."""
_USUAL_DOSE, _USUAL_WORDS = 2, 14
"""How many tablets of a household medicine are usual, and how long a text may be that tells of nothing else."""
_NUMBER_AND = 3
"""Words that say little beside a number that may be a temperature and nothing else: "so 38.1 then"."""
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


class _Meaning(NamedTuple):
    """An outcome as a layer sees it."""

    kind: str
    id: str | None
    topic: str | None
    why: str
    detail: str | None = None


class Engine:
    """Understands texts; made once per process and shared by its threads."""

    def __init__(self, library: Library, *, learned: Path | None = WEIGHTS) -> None:
        """``learned``: the weights of the learned layer; None leaves it out, for training."""
        self._library = library
        lists = read_word_lists()
        self._learned = Learned(learned, lists["says_little"] | {"^", "$", "#"}) if learned else None
        self._met = Met()
        words, phrases = read_tables()
        topic_words, topic_phrases = read_topic_phrases()
        groups = {**library.danger.words, **words, **topic_words}
        lexicon = Lexicon(groups)
        self._danger = Danger(lexicon, library.danger, lists)
        self._requests = Requests(lexicon, phrases, library)
        real_words = read_real_words()
        self._topics = Topics(lexicon, topic_phrases, library, real_words)
        names = {lexicon.group(name): name for name in groups if name != "filler"}
        self._features = Features(self._learned or self._met, names, lexicon.group("negator"))
        self._reader = Reader(
            lexicon, self._topics.words(), real_words, lists, self._features.of_word, self._features.after
        )
        self._courtesy, self._greetings, self._says_little = lists["courtesy"], lists["greetings"], lists["says_little"]
        self._household, self._too_much = lists["household_medicine"], lists["more_than_usual"]
        self._took, self._pain = lexicon.group("took"), lexicon.group("pain")

    def named_by(self, library: Library) -> "Engine":
        """The same understanding with the keywords and aliases of another library, of which all else is the same.

        What is expensive is shared.
        """
        other = copy(self)
        other._library = library
        other._topics = self._topics.named_by(library)
        other._reader = self._reader.knowing(other._topics.words())
        return other

    def understand(
        self,
        text: str,
        *,
        language: str = "en",
        country: str = "us",
        own: HasThresholds | None = None,
        asked: str | None = None,
        profile: str | None = None,
    ) -> Outcome:
        """The outcome of a text.

        ``language`` is the one stored for the person. ``own``: the clinic, where it may have thresholds in place of
        those of its ``country``; what lies below them the learned layer may raise all the same. ``asked``: what the
        last reply asked, "temperature" (a bare number is then judged) or "temperature 101" (a yes is). ``profile``:
        "cart" or "bispecific" raises signs.
        """
        call_from = self._library.thresholds(country, own)
        reading = self._reader.read(text)
        if reading.words:
            meaning = self._as_a_whole(reading, language, call_from, asked, profile)
            meaning = meaning or self._decide(reading, language, call_from, profile)
        else:
            meaning = _wordless(text)
        kind, topic = meaning.kind, meaning.topic
        return Outcome(kind, meaning.id, topic, self._urgent_line(kind, topic), meaning.why, language, meaning.detail)

    def features(self, text: str, country: str = "us") -> tuple[list[str], list[str]]:
        """What a learned layer would see of a text: what danger is judged by, and what else there is.

        For training, by an engine that has none.
        """
        reading = self._reader.read(text)
        found = self._danger.find(reading, self._library.thresholds(country))
        of_danger = self._features.of_danger(reading, found, 0, len(reading.words))
        of_requests = self._features.of_requests(
            self._requests.find(reading), self._topics.within(reading), self._topics.spoken_of(reading)
        )
        names = self._met.names
        return [names[number] for number in of_danger], [names[number] for number in of_requests]

    def sure_signs(self, text: str, country: str = "us") -> list[str]:
        """The phrases for which alone a text would be urgent, each after its sign, but for those that are a clause.

        For training.
        """
        found = self._danger.find(self._reader.read(text), self._library.thresholds(country))
        return [
            f"{one.sign.id}: {one.phrase}" for one in found if one.urgent and one.kind == "phrases" and not one.bare
        ]

    def _as_a_whole(
        self, reading: Reading, language: str, call_from: Thresholds, asked: str | None, profile: str | None
    ) -> _Meaning | None:
        """What a text means that is an answer or a keyword and nothing else, as most are; None for any other."""
        plain_text = bare(reading.plain)
        answered = self._answer(reading, plain_text, call_from, asked)
        if answered:
            return _raised(answered, profile)
        corrected = " ".join(reading.words)
        whole, topic = self._requests.whole(plain_text), self._topics.whole(plain_text, language)
        if corrected != plain_text:
            whole = whole or self._requests.whole(corrected)
            topic = topic or self._topics.whole(corrected, language)
        if topic and (topic.own_keyword or not whole) and not (whole and whole.request.kind != "command"):
            return self._whole_topic(topic, reading)
        return _as_meaning(whole) if whole else None

    def _decide(self, reading: Reading, language: str, call_from: Thresholds, profile: str | None) -> _Meaning:
        found = self._danger.find(reading, call_from, profile)
        if not found and self._greetings.issuperset(reading.words):
            return _Meaning("unknown", None, None, "a greeting and nothing else")
        seen = next((one for one in found if one.urgent), None)
        by_rule = _Meaning(seen.level, seen.sign.id, None, seen.why) if seen else None
        if by_rule and (self._learned is None or by_rule.kind != "call_now"):
            return _raised(by_rule, profile)
        # Not before: "blood in poop" is a slip or two away from a keyword.
        named = self._topics.near(bare(reading.plain), language) if by_rule is None else None
        if named:
            return self._whole_topic(named, reading)
        if self._learned is None:
            return _Meaning("unknown", None, None, "nothing recognised")
        whole = self._learned.look(self._features.of_danger(reading, found, 0, len(reading.words)))
        urgent = self._urgent(reading, found, whole, self._learned, by_rule)
        if urgent:
            return _raised(urgent, profile)
        told = reading.numbers()
        if told and self._is_number_alone(reading, told, call_from):
            return _Meaning("clarify", None, None, "a number alone", "number")
        return self._calm(reading, found, whole)

    def _is_number_alone(self, reading: Reading, told: Sequence[Number], call_from: Thresholds) -> bool:
        """Nothing but numbers, or one that may be a temperature and words that say little: "so 38.1 then"."""
        others = set(range(len(reading.words))).difference(*[range(number.start, number.end) for number in told])
        if not others:
            return True
        if len(told) != 1 or len(others) > _NUMBER_AND or self._danger.temperature(told[0].value, call_from) is None:
            return False
        return self._says_little.issuperset(reading.words[at] for at in others)

    def _urgent(
        self, reading: Reading, found: Sequence[Found], whole: Look, learned: Learned, by_rule: _Meaning | None
    ) -> _Meaning | None:
        """What a rule or the learned layer sees that cannot wait; the learned layer can only raise the level."""
        raised: Weighed | None = None
        usual_dose = self._is_usual_dose(reading)
        for start, end in self._runs(reading):
            look = whole
            if end - start < len(reading.words):
                look = learned.look(self._features.of_danger(reading, found, start, end))
            within = [one for one in found if start <= one.start and one.end <= end]
            seen = weighed(look, within, above_call_now=bool(by_rule), usual_dose=usual_dose)
            if seen and (raised is None or (raised.kind == "call_now" and seen.kind != "call_now")):
                raised = seen
                if raised.kind != "call_now":
                    break
        if raised is None:
            return by_rule
        hint = next((one for one in found if one.status.present and one.level != "same_day"), None)
        # Staff read what was said before they read what spoke for it.
        why = f"{hint.why}; {raised.why}" if hint else raised.why
        return _Meaning(raised.kind, raised.id, None, why)

    def _is_usual_dose(self, reading: Reading) -> bool:
        """ "took 2 tylenol for my knee": a household medicine, and nothing that says that it was too much."""
        words = reading.words
        if len(words) > _USUAL_WORDS or self._household.isdisjoint(words) or not self._too_much.isdisjoint(words):
            return False
        return all(number.value <= _USUAL_DOSE for number in reading.numbers())

    def _runs(self, reading: Reading) -> Sequence[tuple[int, int]]:
        """The whole, and parts that are judged alone, so that nothing said before or after a danger hides it.

        Each sentence, what stands before and after each sentence's end, and all without the courtesies at both ends.
        """
        words, count = reading.words, len(reading.words)
        bounds: list[int] = []
        if reading.sentence[0] != reading.sentence[-1]:
            bounds = [at for at in range(1, count) if reading.sentence[at] != reading.sentence[at - 1]][
                :_MOST_SENTENCES
            ]
        elif words[0] not in self._courtesy and words[-1] not in self._courtesy:
            return [(0, count)] if count > 1 else []
        runs = {(0, count), *zip([0, *bounds], [*bounds, count], strict=True)}
        runs.update((0, at) for at in bounds)
        runs.update((at, count) for at in bounds)
        for start, end in tuple(runs):
            first, last = self._trimmed(reading, start, end)
            runs.update((a, b) for a in range(start, first + 1) for b in range(last, end + 1))
        return sorted((run for run in runs if run[1] - run[0] > 1), key=lambda run: (run[0] - run[1], run))

    def _trimmed(self, reading: Reading, start: int, end: int) -> tuple[int, int]:
        first, last = start, end
        while first < min(end, start + _MOST_COURTESIES) and reading.words[first] in self._courtesy:
            first += 1
        while last > max(first, end - _MOST_COURTESIES) and reading.words[last - 1] in self._courtesy:
            last -= 1
        return first, last

    def _calm(self, reading: Reading, found: Sequence[Found], look: Look) -> _Meaning:
        asked = self._requests.find(reading)
        says_stop = _says_stop(reading)
        if says_stop and not any(one.request.id == "loss" for one in asked):
            return says_stop
        named = self._topics.within(reading)
        spoken_of = self._topics.spoken_of(reading)
        requests = asked or named or spoken_of
        if len(reading.words) == 1 and not (found or requests):
            return _Meaning("unknown", None, None, "a word that stands in no list")
        if requests:
            look = look.joined(self._features.of_requests(asked, named, spoken_of))
        # Who tells of a death and asks for the texts to end is answered as bereaved.
        for leaves in sorted(asked, key=lambda one: one.request.id != "loss"):
            least = _BEREAVED_FROM if leaves.request.id == "loss" else _LEAVES_FROM
            if leaves.request.kind == "opt_out" and look.calm().of("opt_out") > max(least, look.calm().of("opt_in")):
                return _as_meaning(leaves)
        if says_stop:
            return says_stop
        says_why = _says_stop_and_why(reading)
        if says_why and look.calm().of("opt_out") > _LEAVES_FROM:
            return says_why
        label, chance = look.calm().likeliest()
        kind, _, name = label.partition(".")
        why = f"{', '.join(look.words_for(label))} ({chance:.2f})"
        leaves_or_returns = kind in ("opt_out", "opt_in")
        if (
            (leaves_or_returns or (kind == "command" and name in _CHANGES))
            and chance < _UNSEEN_FROM
            and not any(one.request.kind == kind and one.request.id == (name or one.request.id) for one in asked)
        ):
            return _Meaning("unknown", None, None, why)
        if leaves_or_returns:
            return _Meaning(kind, "stop" if kind == "opt_out" else None, None, why)
        if kind in ("info", "same_day"):
            sign = found[0].sign if found else None
            topic = sign.topic if sign else next(iter(spoken_of), None)
            detail = _DETAILS.get(found[0].status) if found and kind == "info" else None
            return _Meaning(kind, sign.id if sign else None, topic, why, detail)
        if kind == "topic":
            return _Meaning(kind, name, name, why)
        detail = self._unclear(reading) if kind == "clarify" else None
        return _Meaning(kind, name or None, None, why, detail)

    def _unclear(self, reading: Reading) -> str:
        """What has to be asked back."""
        if reading.has(self._took):
            return "all_taken"
        if reading.has(self._pain):
            return "hurts"
        return "number" if reading.numbers() else "visit"

    def _answer(self, reading: Reading, plain_text: str, call_from: Thresholds, asked: str | None) -> _Meaning | None:
        if not asked or not asked.startswith("temperature"):
            return None
        told = reading.numbers()
        if asked != "temperature" and plain_text in _YES:
            told = numbers(asked.split()[1:])
        if len(told) != 1 or len(reading.words) > 6:
            return None
        meaning = self._danger.temperature(told[0].value, call_from)
        if meaning == "call_now":
            why = f"fever: {told[0].value:g} as the temperature that was asked for"
            return _Meaning("call_now", "fever", None, why)
        if meaning == "normal":
            return _Meaning("info", "fever", "fever", f"{told[0].value:g} is below the threshold", "negated")
        return None

    def _whole_topic(self, named: Named, reading: Reading) -> _Meaning:
        sign = next(
            (s for s in self._library.danger.values() if s.topic == named.topic.id and s.level == "call_now"), None
        )
        if sign and reading.asks and named.own_keyword:
            return _Meaning("info", sign.id, named.topic.id, f"{named.words} as a question", "asked")
        return _Meaning("topic", named.topic.id, named.topic.id, named.words)

    def _urgent_line(self, kind: str, topic: str | None) -> bool:
        if kind == "topic":
            return bool(topic and self._library.topics[topic].urgent_line)
        return kind in ("unknown", "help", "info", "same_day", "limit", "clarify")


def _raised(meaning: _Meaning, profile: str | None) -> _Meaning:
    if meaning.kind != "call_now" or not is_raised(meaning.id or "", profile):
        return meaning
    return meaning._replace(kind="emergency", why=why_raised(meaning.why, profile))


def _wordless(text: str) -> _Meaning:
    """A question mark alone asks for help; all else without a word, as smileys, says nothing."""
    said = {character for character in text if character.isprintable() and not character.isspace()}
    if said and said <= _QUESTION_MARKS:
        return _Meaning("help", None, None, "?")
    return _Meaning("unknown", None, None, "no words")


def _says_stop(reading: Reading) -> _Meaning | None:
    """Leaving, where it is a sentence of its own at either end."""
    for sentence, words in ((0, _LEAVING_FIRST), (reading.sentence[-1], _LEAVING_LAST)):
        said = " ".join(word for word, at in zip(reading.words, reading.sentence, strict=True) if at == sentence)
        if said in words and (sentence == 0 or sentence not in reading.asks):
            return _Meaning("opt_out", "stop", None, said.upper())
    return None


def _says_stop_and_why(reading: Reading) -> _Meaning | None:
    """A STOP at the beginning, and what somebody did who needs no texts any more."""
    first = reading.words[:3]
    if len(first) > 2 and first[0] == "stop" and first[1] in _STOP_BEFORE and first[2] in _LEFT and not reading.asks:
        return _Meaning("opt_out", "stop", None, " ".join(first))
    return None


def _as_meaning(asked: Asked) -> _Meaning:
    return _Meaning(asked.request.kind, asked.request.id, None, asked.why)
