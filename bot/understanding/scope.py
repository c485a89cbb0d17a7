"""Whether a sign that was found is here now: negation, questions and supposing, the past, and somebody else."""

from bisect import bisect_left, bisect_right
from enum import Enum

from bot.understanding.matcher import Lexicon, Match
from bot.understanding.reading import Reading
from bot.understanding.wordlists import WordLists


class Status(Enum):
    """What a found sign means. Only PRESENT is answered as urgent."""

    PRESENT = "now"
    NEGATED = "negated"
    ASKED = "a question"
    SUPPOSED = "supposed"
    PAST = "past"
    OTHER = "somebody else"

    def __init__(self, said: str) -> None:
        # Both are asked for many times a text, and what an Enum has of its own takes many times as long.
        self.said = said
        self.present = said == "now"


_LOOK_BACK = 5
_SHORT_QUESTION = 3
_LASTING = frozenset(["crisis", "emergency", "overdose"])
_MASKED = frozenset(["fever"])


class Scope:
    """Judges matches in a reading; made once, with the groups it needs."""

    def __init__(self, lexicon: Lexicon, lists: WordLists) -> None:
        self._lists = lists
        group = lexicon.group
        self._negator = group("negator")
        self._not_about_it, self._cannot = group("not_about_it"), group("cannot")
        self._part_of_sign = tuple(
            group(name) for name in ("cannot", "nonstop", "long_time", "numb", "weak", "confused")
        )
        self._numb, self._felt = group("numb"), (group("pain"), group("tight"), group("near_faint"))
        self._suppose, self._heard, self._meaning = group("suppose"), group("heard"), group("meaning")
        self._ask_word, self._hello, self._could = group("ask_word"), group("hello"), group("could")
        self._cause, self._side_effect = group("cause"), group("side_effect")
        self._generic = (group("generic_person"), group("generic_thing"))
        self._now, self._about_now, self._not_over = group("now"), group("about_now"), group("not_over")
        self._long_ago, self._last_days, self._over = group("long_ago"), group("last_days"), group("over")
        self._past_verb, self._reducer = group("past_verb"), group("fever_reducer")
        self._recent, self._ended = group("recent"), group("ended")
        outsider, pet, fiction = group("outsider"), group("pet"), group("fiction")
        self._animals_and_stories, self._others = (pet, fiction), (pet, fiction, outsider)
        self._family, self._he_she, self._child = group("family"), group("he_she"), group("child")

    def status(self, reading: Reading, match: Match[object], level: str, sign: str) -> Status:
        """What a match means; in doubt it is PRESENT."""
        start, end = _sentence(reading, match.start)
        if self._someone_else(reading, match, start, level):
            return Status.OTHER
        # Who wonders how it would be to die may well want to.
        if sign != "crisis" or self._about_effects(reading, start, end):
            if self._supposed(reading, match, start, end):
                return Status.SUPPOSED
            if self._asked(reading, match, start, end):
                return Status.ASKED
        if self._negated(reading, match):
            return Status.NEGATED
        if self._past(reading, match, start, end, level, sign):
            return Status.PAST
        return Status.PRESENT

    def asks_at(self, reading: Reading, at: int) -> bool:
        """Whether the sentence of a word plainly is a question: "is 99 a fever", but not "temp is 98.6"."""
        start, _ = _sentence(reading, at)
        return reading.sentence[at] in reading.asks or reading.has(self._ask_word, start, start + 1)

    def asks(self, reading: Reading, start: int, end: int) -> bool:
        """Whether a sentence is a question, with or without its mark."""
        if reading.sentence[start] in reading.asks:
            return True
        first = start
        moved = True
        while moved:
            moved = False
            for a, b in reading.places(self._hello):
                if a == first and b < end:
                    first, moved = b, True
        if reading.words[first] in self._lists["thinks"]:
            return False  # "creo que": what is thought is said, not asked
        if reading.words[first] == "que" and not self._lists["exclaims"].isdisjoint(
            reading.words[first + 1 : first + 3]
        ):
            return False  # "que labios mas hinchados"
        places = reading.places(self._ask_word)
        return any(first <= a <= first + 1 for a, _ in places)

    def _negated(self, reading: Reading, match: Match[object]) -> bool:
        clause = reading.clause[match.start]
        # "ya no" of "ya no quiero vivir" belongs to the sign as soon as one of its words does.
        for a, b in reading.places(self._negator):
            if not match.own.isdisjoint(range(a, b)):
                continue
            inside = match.start < a < match.end
            before = b <= match.start and reading.distance(b, match.start) <= _LOOK_BACK
            if not inside and not before:
                continue
            if before and reading.clause[a] != clause and not self._listed(reading, a, match):
                continue
            if not self._speaks_of_something_else(reading, a, b, match):
                return True
        return self._denied_after(reading, match, clause)

    def _speaks_of_something_else(self, reading: Reading, a: int, b: int, match: Match[object]) -> bool:
        words = reading.words
        if any(
            x <= a and b <= y and not self._feels_none(reading, element, y)
            for element in self._part_of_sign
            for x, y in reading.places(element)
        ):
            return True
        after = b
        while after < len(words) and words[after] in self._lists["clitics"] and after not in match.own:
            after += 1
        if words[a] == "no" and b < len(words) and words[b] in self._lists["answer_subjects"]:
            return not self._has_not_had(reading, b, match)
        if words[a] in self._lists["never"] and self._lists["like_this"].intersection(words[b : match.end + 4]):
            return True
        for x, y in reading.places(self._not_about_it):
            if b <= x <= after and not match.own.issuperset(range(x, y)):
                return True
        return False

    def _feels_none(self, reading: Reading, element: int, end: int) -> bool:
        """ "no siento presion" is no numbness."""
        return element == self._numb and any(
            end <= a and reading.distance(end, a) == 0 for felt in self._felt for a, _ in reading.places(felt)
        )

    def _has_not_had(self, reading: Reading, at: int, match: Match[object]) -> bool:
        """Whether "he" is Spanish: "no he tenido fiebre", "no he tosido", and not "no he has a fever"."""
        words = reading.words
        if words[at] != "he" or at + 1 == len(words):
            return False
        if words[at + 1] in self._lists["had"]:
            return reading.distance(at + 2, max(at + 2, match.start)) == 0
        return at + 1 in match.own and words[at + 1].endswith(("ado", "ido"))

    def _listed(self, reading: Reading, negator: int, match: Match[object]) -> bool:
        """ "no fever, chills or cough": the negator reaches along a list whose last item has "or"."""
        if reading.sentence[negator] != reading.sentence[match.start]:
            return False
        words = reading.words[negator : min(len(reading.words), match.end + 4)]
        between = reading.clause[match.start] - reading.clause[negator]
        short = match.end - negator <= 4 * (between + 1)
        return (
            short
            and bool(self._lists["list_or"].intersection(words))
            and not self._lists["list_and"].intersection(words)
        )

    def _denied_after(self, reading: Reading, match: Match[object], clause: int) -> bool:
        words = reading.words
        at = match.end
        if at >= len(words) or reading.clause[at] != clause:
            return False
        last = at + 1 == len(words) or reading.clause[at + 1] != clause
        if words[at] in self._lists["nothing"]:
            # "no puedo respirar nada" says it twice.
            return last and not self._denies(reading, match)
        if words[at] != "no":
            return False
        return last or words[at + 1] in self._lists["have"]

    def _denies(self, reading: Reading, match: Match[object]) -> bool:
        """Whether one of the sign's own words says no: "cant breathe", "no quiero vivir"."""
        return any(
            match.own.issuperset(range(a, b))
            for element in (self._negator, self._cannot)
            for a, b in reading.places(element)
        )

    def _supposed(self, reading: Reading, match: Match[object], start: int, end: int) -> bool:
        if reading.has(self._now, start, end):
            return False
        for a, b in reading.places(self._suppose):
            if start <= a and b <= match.start + 1 and reading.distance(b, max(b, match.start)) <= 8:
                return self.asks(reading, start, end) or self._asks_anywhere(reading)
        return False

    def _asks_anywhere(self, reading: Reading) -> bool:
        return (
            bool(reading.asks)
            or reading.has(self._suppose, 0, 3)
            or any(word in self._lists["asking"] for word in reading.words)
        )

    def _asked(self, reading: Reading, match: Match[object], start: int, end: int) -> bool:
        asks = self.asks(reading, start, end)
        if asks and end - start <= _SHORT_QUESTION and reading.sentence[start] in reading.asks:
            return not reading.has(self._now, start, end)
        if self._present(reading, start, end):
            return False
        if self._only_heard(reading, start, end):
            return True
        if not asks:
            return False
        if reading.words[start] in self._lists["future"] or reading.has(self._meaning, start, match.start):
            return True
        generic = any(reading.has(element, start, end) for element in self._generic)
        if reading.has(self._could, start, end) and (generic or reading.has(self._cause, start, match.end)):
            return True
        return generic or reading.has(self._side_effect, start, end)

    def _only_heard(self, reading: Reading, start: int, end: int) -> bool:
        """Whether it was read or heard somewhere; what one's own family says of somebody is told, not heard."""
        return any(
            start <= a and b <= end and not reading.has(self._family, max(start, a - 2), a)
            for a, b in reading.places(self._heard)
        )

    def _about_effects(self, reading: Reading, start: int, end: int) -> bool:
        """Whether a question is what the treatment does. "How many of these to not wake up" is none."""
        return any(reading.has(element, start, end) for element in (self._cause, self._side_effect))

    def _present(self, reading: Reading, start: int, end: int) -> bool:
        """Words that say that it is happening to them, in the sentence that may be a question."""
        if reading.has(self._now, start, end):
            return True
        return any(
            start <= a
            and b <= end
            and reading.words[a] not in self._lists["future"]
            and not self._governed(reading, a, start)
            for a, b in reading.places(self._about_now)
        )

    def _governed(self, reading: Reading, at: int, start: int) -> bool:
        """ "will my skin peel", "me puede doler": the future or the possible is asked, not the present told."""
        return at > start and (
            reading.words[at - 1] in self._lists["future"] or reading.words[at - 1] in self._lists["governs"]
        )

    def _past(self, reading: Reading, match: Match[object], start: int, end: int, level: str, sign: str) -> bool:
        if reading.has(self._not_over, start, end):
            return False
        if self._long_past(reading, match, start, end, level) and not self._told_as_present(reading, match, start, end):
            return True
        if level in _LASTING:
            return False
        if sign in _MASKED and reading.has(self._reducer):
            return False
        if self._no_longer(reading, match) or self._ended_just_before(reading, match):
            return True
        return self._gone_since(reading, match)

    def _long_past(self, reading: Reading, match: Match[object], start: int, end: int, level: str) -> bool:
        """Whether its sentence speaks of long ago, but not of how it was then: "wasnt like that last month"."""
        return any(
            start <= a
            and b <= end
            and not self._compares(reading, a, match)
            and self._tells_when(reading, a, match, level)
            for a, b in reading.places(self._long_ago)
        )

    def _tells_when(self, reading: Reading, at: int, match: Match[object], level: str) -> bool:
        """Whether it is the sign that was then: not in "my scan is in may and my chest hurts"."""
        clause = reading.clause[match.start]
        if reading.clause[at] in (clause, reading.clause[match.end - 1]) or self._in_clause(
            self._past_verb, reading, clause
        ):
            return True
        return level != "emergency" and not self._in_clause(self._about_now, reading, clause)

    def _in_clause(self, element: int, reading: Reading, clause: int) -> bool:
        return any(reading.clause[a] == clause for a, _ in reading.places(element))

    def _compares(self, reading: Reading, at: int, match: Match[object]) -> bool:
        clause = reading.clause[at]
        return clause != reading.clause[match.start] and any(
            reading.clause[a] == clause for a, _ in reading.places(self._negator)
        )

    def _told_as_present(self, reading: Reading, match: Match[object], start: int, end: int) -> bool:
        if reading.has(self._recent, start, match.start):
            return True
        return reading.has(self._now, start, end) and not reading.has(self._past_verb, start, match.start + 1)

    def _no_longer(self, reading: Reading, match: Match[object]) -> bool:
        return any(
            b <= match.start
            and reading.clause[a] == reading.clause[match.start]
            and reading.words[a:b] in (["ya", "no"], ["no", "longer"], ["no", "more"])
            and not match.own.intersection(range(a, b))
            and not any(x <= a + 1 < y for element in self._part_of_sign for x, y in reading.places(element))
            for a, b in reading.places(self._over)
        )

    def _ended_just_before(self, reading: Reading, match: Match[object]) -> bool:
        """ "se me quito la fiebre", but not "no se me quito" nor "se me fue el aire", which is the sign itself."""
        return any(
            b <= match.start
            and reading.clause[a] == reading.clause[match.start]
            and reading.distance(b, match.start) == 0
            and match.own.isdisjoint(range(a, b))
            and not any(y <= a and reading.distance(y, a) == 0 for _, y in reading.places(self._negator))
            for a, b in reading.places(self._ended)
        )

    def _gone_since(self, reading: Reading, match: Match[object]) -> bool:
        sentence = reading.sentence[match.start]
        for a, b in reading.places(self._over):
            if a < match.end or match.own.intersection(range(a, b)):
                continue
            if reading.sentence[a] == sentence or reading.sentence[a] == sentence + 1:
                return not reading.has(self._not_over, match.end)
        return False

    def _someone_else(self, reading: Reading, match: Match[object], start: int, level: str) -> bool:
        for element in self._animals_and_stories if level in _LASTING else self._others:
            for a, b in reading.places(element):
                if not start <= a or b > match.start:
                    continue
                between = reading.words[b : match.start]
                told = self._lists["told_by_self"].intersection(between)
                # "my neighbor told me my kid has" is of one's own, "my neighbor's kid has" is not.
                of_a_child = any(b < x <= match.start for x, _ in reading.places(self._child))
                if not told and not of_a_child and not reading.has(self._family, b, match.start):
                    return True
        return False


def _sentence(reading: Reading, at: int) -> tuple[int, int]:
    number = reading.sentence[at]
    return bisect_left(reading.sentence, number), bisect_right(reading.sentence, number)
