"""Which danger a text tells of: signs by their phrases and numbers, each judged by its scope."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from bot.understanding.matcher import Lexicon, Match, Matcher
from bot.understanding.measures import Measure, Measures
from bot.understanding.reading import Reading
from bot.understanding.scope import Scope, Status
from bot.understanding.wordlists import WordLists
from content.danger import LEVELS, DangerSign, DangerSigns
from content.phrases import Phrase
from content.thresholds import Thresholds

_RANK = {level: rank for rank, level in enumerate(LEVELS)}
_CELL_THERAPY = frozenset(["cart", "bispecific"])
_MOST_WORDS = 10
"""Words of a text that say why."""
_RAISED = frozenset(["fever", "celltx", "heartbeat"])
_SUBJECT = 5
"""Words before a sign in which the person stands whom it is told of."""
_TELLING = 2
"""Words before a number in which it is said that it was measured."""
_NO = frozenset(["no", "not", "without", "sin"])


class Found(NamedTuple):
    """A sign that a text speaks of: its level if it were here now, what it means, and why it was seen."""

    sign: DangerSign
    level: str
    status: Status
    why: str
    start: int
    end: int
    bare: bool
    """The sign's words are a whole clause, but for courtesies and whose they are."""
    kind: str
    """What its phrase is: "phrases" of a sign, "hints", "mild", or "measure" for a number that is plain."""
    phrase: str
    """The phrase as it is written in the sign's file; "" for a number."""

    @property
    def of_number(self) -> bool:
        """Seen by a number, and not by a phrase."""
        return not self.phrase

    @property
    def urgent(self) -> bool:
        """Here now, more than a mild sign, and more than a hint that other things may have too."""
        sure = self.kind != "hints" or self.bare
        return self.status.present and self.level != "same_day" and sure


class _Meaning(NamedTuple):
    sign: str
    kind: str
    text: str


class Danger:
    """Finds signs in readings; made once."""

    def __init__(self, lexicon: Lexicon, signs: DangerSigns, lists: WordLists) -> None:
        self._signs = signs
        self._beside = lists["courtesy"] | lists["own"]
        self._tells_value, self._not_told = lists["tells_value"], lists["not_told"]
        self._people = frozenset(word for name in ("family", "he_she") for word in signs.words[name])
        self._beside_people = self._beside | self._people | lists["told_of"]
        self._scope = Scope(lexicon, lists)
        self._reducer, self._chill = lexicon.group("fever_reducer"), lexicon.group("chill")
        self._measures = Measures(lexicon, signs, lists)
        self._matcher = Matcher(lexicon, _phrases(signs))

    def find(self, reading: Reading, call_from: Thresholds, profile: str | None = None) -> list[Found]:
        """Every sign, the gravest present one first."""
        matches = self._matcher.find(reading)
        alike = [(match.what.sign, match.own) for match in matches if match.what.kind == "look_alikes"]
        judged = [
            (match, self._judged(reading, match))
            for match in matches
            if match.what.kind != "look_alikes"
            # "quiero vivir" is harmless, but not inside "no quiero vivir".
            and not any(sign == match.what.sign and own & match.own and not own < match.own for sign, own in alike)
        ]
        found = [one for match, one in judged if not self._denies_another(reading, match, judged)]
        brought_down = reading.has(self._reducer) and any(_is_fever(one) for one in found)
        for measure in self._measures.read(reading, call_from):
            # What a medicine brought down to normal is a fever all the same.
            if not (brought_down and measure.sign == "fever" and measure.level is None):
                found.extend(self._measured(reading, measure))
        found = _without_bare_counts(found, {start for start, _ in reading.places(self._chill)})
        return sorted((_raised(one, profile) for one in found), key=_order)

    def temperature(self, value: float, call_from: Thresholds) -> str | None:
        """What a number means that was asked for as a temperature: "call_now", "normal" or None."""
        return self._measures.temperature(value, call_from)

    def sign(self, name: str) -> DangerSign:
        """A sign by its id."""
        return self._signs[name]

    def _denies_another(
        self, reading: Reading, match: Match[_Meaning], judged: Sequence[tuple[Match[_Meaning], Found]]
    ) -> bool:
        """Whether the no of a sign belongs to another: "no blood in my wee" is not "no ... wee"."""
        if match.start + 1 >= match.end or reading.words[match.start] not in _NO:
            return False
        return any(
            one.status is Status.NEGATED
            and other.what.sign == match.what.sign
            and match.start < other.start < match.end
            and other.start not in match.own
            and reading.distance(match.start + 1, other.start) <= 1
            and other.own & match.own
            for other, one in judged
        )

    def _judged(self, reading: Reading, match: Match[_Meaning]) -> Found:
        sign = self._signs[match.what.sign]
        level = "same_day" if match.what.kind == "mild" else sign.level
        status = self._scope.status(reading, match, level, sign.id)
        why = " ".join(reading.words[match.start : min(match.end, match.start + _MOST_WORDS)])
        return self._found(reading, sign, level, status, match, why, match.what.kind, match.what.text)

    def _found(
        self,
        reading: Reading,
        sign: DangerSign,
        level: str,
        status: Status,
        match: Match[object],
        why: str,
        kind: str,
        phrase: str = "",
    ) -> Found:
        bare = _is_clause(reading, match, self._beside) or (
            # "wife had a seizure": who it is and that it is so, and nothing else.
            not self._people.isdisjoint(reading.words[max(0, match.start - _SUBJECT) : match.start])
            and _is_clause(reading, match, self._beside_people)
        )
        return Found(sign, level, status, f"{sign.id}: {why}", match.start, match.end, bare, kind, phrase)

    def _measured(self, reading: Reading, measure: Measure) -> list[Found]:
        sign = self._signs[measure.sign]
        status = self._scope.status(reading, measure.match, measure.level or "same_day", sign.id)
        if measure.level is None:
            if status.present:
                status = Status.ASKED if self._scope.asks_at(reading, measure.match.start) else Status.NEGATED
            return [self._found(reading, sign, sign.level, status, measure.match, measure.why, "measure")]
        if status is Status.NEGATED or (status is Status.ASKED and self._is_told(reading, measure.match.start)):
            status = Status.PRESENT
        kind = "measure" if measure.sure else "hints"
        return [self._found(reading, sign, measure.level, status, measure.match, measure.why, kind)]

    def _is_told(self, reading: Reading, at: int) -> bool:
        """ "is it ok that im 39.2": the value is told, and only what it means is asked."""
        before = reading.words[max(0, at - 2 * _TELLING) : at]
        return not self._tells_value.isdisjoint(before[-_TELLING:]) and self._not_told.isdisjoint(before)


def _is_clause(reading: Reading, match: Match[object], beside: Set[str]) -> bool:
    start, end = match.start, match.end
    if end - start > 2 * len(match.own):
        return False  # of such a clause most is about something else
    clause, words = reading.clause, reading.words
    while start > 0 and clause[start - 1] == clause[match.start] and words[start - 1] in beside:
        start -= 1
    while end < len(words) and clause[end] == clause[match.start] and words[end] in beside:
        end += 1
    begins = start == 0 or clause[start - 1] != clause[match.start]
    return begins and (end == len(words) or clause[end] != clause[match.start])


def _is_fever(found: Found) -> bool:
    return found.sign.id == "fever" and found.status.present and found.level != "same_day"


def _order(found: Found) -> tuple[bool, int, int, int, str, str]:
    present = found.status.present
    return (not present, _RANK[found.level], found.start, -found.end, found.sign.id, found.phrase)


def is_raised(sign: str, profile: str | None) -> bool:
    """On CAR T or a bispecific, fever, tremor and a fast heart are emergencies (celltx.toml: an inference)."""
    return profile in _CELL_THERAPY and sign in _RAISED


def why_raised(why: str, profile: str | None) -> str:
    """Why a sign was seen, and that it is graver for whom this profile is of."""
    return f"{why}; raised: {profile}"


def _raised(found: Found, profile: str | None) -> Found:
    if found.level != "call_now" or not is_raised(found.sign.id, profile):
        return found
    kind = "phrases" if found.kind == "hints" else found.kind
    return found._replace(level="emergency", kind=kind, why=why_raised(found.why, profile))


def _without_bare_counts(found: list[Found], chills: Set[int]) -> list[Found]:
    """A count of one to three, or a normal value, takes back what the bare word beside it said."""
    counted = {one.sign.id for one in found if one.of_number and one.level == "same_day"}
    normal = {one.sign.id for one in found if one.status is Status.NEGATED and one.of_number}
    measured = [(one.sign.id, one.start, one.end) for one in found if one.status is Status.NEGATED and one.of_number]
    kept = []
    for one in found:
        bare_word = one.status is Status.PRESENT and one.end - one.start == 1 and one.level == "call_now"
        # Chills are a sign at any temperature.
        bare_word = bare_word and one.start not in chills
        if bare_word and not one.of_number and (one.sign.id in counted or one.sign.id in normal):
            continue
        # "mi azucar en 98": sugar and a number, but the number is normal.
        with_number = one.kind == "hints" and "{number}" in one.phrase
        if with_number and any(sign == one.sign.id and one.start <= a and b <= one.end for sign, a, b in measured):
            continue
        kept.append(one)
    return kept


def _phrases(signs: DangerSigns) -> Sequence[tuple[_Meaning, Phrase]]:
    return [
        (_Meaning(sign.id, kind, phrase.text), phrase)
        for sign in signs.values()
        for kind, group in _by_kind(sign)
        for phrases in group.values()
        for phrase in phrases
    ]


def _by_kind(sign: DangerSign) -> Iterator[tuple[str, Mapping[str, Sequence[Phrase]]]]:
    yield "phrases", sign.phrases
    yield "hints", sign.hints
    yield "mild", sign.mild
    yield "look_alikes", sign.look_alikes
