"""What numbers mean: temperatures in C and F, oxygen, pulse, blood pressure, sugar, weight, stools, vomits, doses."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.understanding.matcher import Lexicon, Match
from bot.understanding.numbers import Number
from bot.understanding.reading import Reading
from bot.understanding.wordlists import WordLists
from content.danger import DangerSigns
from content.thresholds import Thresholds

_CELSIUS, _FAHRENHEIT = (33.0, 43.5), (92.0, 110.0)
_LOWEST_OXYGEN, _GOOD_OXYGEN, _MOST_OXYGEN = 40, 95, 100
_DOSES = 5
_FAST = 110
"""From which number on what a watch says is a pulse and no time of day."""
_BESIDE = 4
"""How many words after a temperature it may be said where it was taken."""
_SHORT = 4
"""Words of a sentence such as "tengo 39" that speaks of nothing else."""


class Measure(NamedTuple):
    """A number that says something about a sign: its level, or None for a value as it should be."""

    sign: str
    level: str | None
    match: Match[str]
    why: str
    sure: bool = True
    """False where the number might be something else, the weather or a price."""


class Measures:
    """Reads measures; made once, with the thresholds of the signs."""

    def __init__(self, lexicon: Lexicon, signs: DangerSigns, lists: WordLists) -> None:
        self._lists = lists
        group = lexicon.group
        self._limit = signs.limit
        self._temperature, self._fever, self._chill = group("temperature"), group("fever"), group("chill")
        self._oxygen, self._pulse, self._bp, self._sugar = group("oxygen"), group("pulse"), group("bp"), group("sugar")
        self._poop, self._loose, self._diarrhea = group("poop"), group("loose"), group("diarrhea")
        self._toilet, self._vomit, self._pee = group("toilet"), group("vomit"), group("pee")
        self._drug, self._pill, self._took = group("drug_name"), group("pill"), group("took")
        self._near_faint, self._faint = group("near_faint"), group("faint")
        self._weight = lexicon.element(
            ("gained", "gain", "put_on", "up", "subi", "aumente", "gane", "subio", "aumento")
        )
        self._medicine = group("fever_reducer")

    def read(self, reading: Reading, call_from: Thresholds) -> list[Measure]:
        """Every number whose meaning is plain from its words."""
        found: list[Measure] = []
        for number in reading.numbers():
            start, end = _around(reading, number)
            measure = (
                self._of_oxygen(reading, number, start, end)
                or self._of_pressure(reading, number, start, end)
                or self._of_sugar(reading, number, start, end)
                or self._of_pulse(reading, number, start, end)
                or self._of_weight(reading, number, start, end)
                or self._of_doses(reading, number, start, end, call_from)
                or self._of_times(reading, number, start, end, call_from)
                or self._of_temperature(reading, number, start, end, call_from)
            )
            if measure:
                found.append(measure)
        return found

    def temperature(self, value: float, call_from: Thresholds) -> str | None:
        """ "call_now" for a fever or a low temperature in either unit, "normal" for others, None for no temperature."""
        if _CELSIUS[0] <= value <= _CELSIUS[1]:
            return "call_now" if value >= call_from.fever_c or value < call_from.low_c else "normal"
        if _FAHRENHEIT[0] <= value <= _FAHRENHEIT[1]:
            return "call_now" if value >= call_from.fever_f or value < call_from.low_f else "normal"
        return None

    def _of_temperature(
        self, reading: Reading, number: Number, start: int, end: int, call_from: Thresholds
    ) -> Measure | None:
        meaning = self.temperature(number.value, call_from)
        if meaning is None or number.low is not None:
            return None
        sure = self._named_temperature(reading, number, start, end)
        if sure is None:
            return None
        level = "call_now" if meaning == "call_now" else None
        return _measure("fever", level, number, f"{number.value:g} as a temperature", sure=sure)

    def _named_temperature(self, reading: Reading, number: Number, start: int, end: int) -> bool | None:
        """Whether the words around say that it is a temperature, or only let it be one; None where they do not."""
        words = reading.words
        following = words[number.end] if number.end < len(words) else ""
        before = words[number.start - 1] if number.start else ""
        if following in self._lists["other_units"] or before in self._lists["numbered"]:
            return None
        # "a little oven, 39.1 on the ear one"
        taken_at = number.decimal and not self._lists["taken_at"].isdisjoint(
            words[number.end : min(end, number.end + _BESIDE)]
        )
        if not taken_at and self._lists["weather"].intersection(words[start:end]):
            return None
        if following in ("c", "f", "celsius", "fahrenheit", "farenheit", "centigrados"):
            return True
        closed = not self._lists["closed"].isdisjoint(words[number.end : min(end, number.end + 2)])
        if closed and (following == "grados" or before in self._lists["closed_after"]):
            return True
        if any(reading.has(element, start, end) for element in (self._fever, self._chill)):
            return True
        named = {words[at] for at, _ in reading.places(self._temperature) if start <= at < end}
        if named:
            return not named <= self._lists["degrees"]
        if self._lists["thermometer_places"].intersection(words[start:end]):
            return True
        likely = number.decimal or number.value >= 99 or before in self._lists["fever_verbs"]
        if not likely or len(words) == number.end - number.start:
            return None
        if any(reading.has(element, start, end) for element in (self._pulse, self._bp, self._sugar, self._oxygen)):
            return None
        if reading.has(self._medicine) or (before in self._lists["fever_verbs"] and end - start <= _SHORT):
            return True
        if number.decimal and (number.start == 0 or before in self._lists["whose_value"]):
            return True
        told = before in self._lists["value_after"] or (before == "with" and number.decimal)
        return False if told else None

    def _of_oxygen(self, reading: Reading, number: Number, start: int, end: int) -> Measure | None:
        if (
            self._vital(reading, number, start, end) != self._oxygen
            or not _LOWEST_OXYGEN <= number.value <= _MOST_OXYGEN
            or number.decimal
        ):
            return None
        if _unit(reading, number) in self._lists["other_units"] - {"percent", "por"}:
            return None
        if number.value <= self._limit("oxygen_low"):
            level: str | None = "emergency"
        else:
            level = "call_now" if number.value < _GOOD_OXYGEN else None
        return _measure("breath", level, number, f"oxygen {number.value:g}")

    def _of_pressure(self, reading: Reading, number: Number, start: int, end: int) -> Measure | None:
        named = self._vital(reading, number, start, end) == self._bp
        if named and _is_lower(reading, number):
            return _measure("endocrine", None, number, f"blood pressure over {number.value:g}")
        if number.low is None and not (named and 60 <= number.value <= 260):
            return None
        if number.low is not None and (not 60 <= number.value <= 260 or number.low >= number.value):
            return None
        if not named and len(reading.words) == 1:
            return None
        low, high = number.value < self._limit("pressure_low"), number.value >= self._limit("pressure_high")
        return _measure("endocrine", "call_now" if low or high else None, number, f"blood pressure {number.value:g}")

    def _of_sugar(self, reading: Reading, number: Number, start: int, end: int) -> Measure | None:
        if self._vital(reading, number, start, end) != self._sugar or not 20 <= number.value <= 999:
            return None
        if _unit(reading, number) in self._lists["other_units"] - {"mg"}:
            return None
        if number.value >= self._limit("sugar_high") or number.value < self._limit("sugar_low"):
            return _measure("endocrine", "call_now", number, f"sugar {number.value:g}")
        return _measure("endocrine", None, number, f"sugar {number.value:g}")

    def _of_pulse(self, reading: Reading, number: Number, start: int, end: int) -> Measure | None:
        vital = self._vital(reading, number, start, end) or (
            self._pulse if self._of_watch(reading, number, end) else None
        )
        # An oximeter shows the pulse as well, and no saturation above 100.
        if vital != self._pulse and not (vital == self._oxygen and number.value > _MOST_OXYGEN):
            return None
        if not 25 <= number.value <= 250 or number.decimal:
            return None
        if _unit(reading, number) in self._lists["other_units"] - {
            "times",
            "x",
            "veces",
            "min",
            "mins",
            "minute",
            "por",
        }:
            return None
        if self._limit("pulse_low") <= number.value < self._limit("pulse_high"):
            return _measure("heartbeat", None, number, f"pulse {number.value:g}")
        faint = reading.has(self._near_faint) or reading.has(self._faint)
        return _measure("chest" if faint else "heartbeat", "emergency" if faint else "call_now", number,
                        f"pulse {number.value:g}")  # fmt: skip

    def _of_watch(self, reading: Reading, number: Number, end: int) -> bool:
        """ "fitbit reads 135 while i knit", and not "fitbit says 135 steps"."""
        words, at, lists = reading.words, number.start, self._lists
        read = at > 1 and words[at - 1] in lists["tells_value"] and words[at - 2] in lists["watches"]
        counts_nothing = number.end >= end or words[number.end] in lists["after_pulse"]
        return read and number.value >= _FAST and counts_nothing

    def _of_weight(self, reading: Reading, number: Number, start: int, end: int) -> Measure | None:
        kilos = _unit(reading, number) in ("kg", "kgs", "kilos", "kilo")
        if not kilos and _unit(reading, number) not in ("lbs", "lb", "pounds", "pound", "libras"):
            return None
        if not reading.has(self._weight, start, end) or number.value * (2.2 if kilos else 1) < self._limit(
            "weight_pounds"
        ):
            return None
        if not self._lists["soon"].intersection(reading.words[start:end]):
            return None
        return _measure("urine", "call_now", number, f"gained {number.value:g}")

    def _of_doses(
        self, reading: Reading, number: Number, start: int, end: int, call_from: Thresholds
    ) -> Measure | None:
        if number.value < _DOSES or number.value > 400 or number.decimal or number.low is not None:
            return None
        if not reading.has(self._took, start, end):
            return None
        last = min(number.end + 3, end)
        if self.temperature(number.value, call_from) is not None:
            # "was 102 took tylenol": what stands before the taking is not what was taken.
            last = min([last, *(at for at, _ in reading.places(self._took) if at >= number.end)])
        near = range(number.end, last)
        counted = any(reading.has(self._drug, at, at + 1) or reading.has(self._pill, at, at + 1) for at in near)
        if not counted or _unit(reading, number) in self._lists["other_units"] - {
            "pills",
            "tablets",
            "pastillas",
            "of",
            "doses",
            "dose",
        }:
            return None
        return _measure("overdose", "overdose", number, f"took {number.value:g}")

    def _of_times(
        self, reading: Reading, number: Number, start: int, end: int, call_from: Thresholds
    ) -> Measure | None:
        if not 1 <= number.value <= 60 or number.decimal or number.low is not None:
            return None
        counted = _unit(reading, number) in self._lists["times"] or (
            number.end == number.start + 1 and reading.words[number.start] == "twice"
        )
        near = range(max(start, number.start - 3), min(number.end + 3, end))
        poops = any(reading.has(self._poop, at, at + 1) or reading.has(self._diarrhea, at, at + 1) for at in near)
        context = [reading.has(element, start, end) for element in (self._poop, self._diarrhea, self._loose)]
        if self._counts_vomit(reading, start, end) and counted:
            level = "call_now" if number.value >= self._limit("vomits") else "same_day"
            return _measure("vomit", level, number, f"vomited {number.value:g} times")
        if not counted and not (
            poops and (reading.words[number.end : number.end + 1] or [""])[0] not in self._lists["other_units"]
        ):
            return None
        toilet = reading.has(self._toilet, start, end) and not reading.has(self._pee, start, end)
        if not (any(context) or toilet or self._went(reading, number)):
            return None
        if reading.has(self._pee, start, end) and not any(context):
            return None
        level = "call_now" if number.value >= call_from.stools else "same_day"
        sure = toilet or poops or context[0] or context[1]
        return _measure("stool", level, number, f"{number.value:g} stools", sure=sure)

    def _vital(self, reading: Reading, number: Number, start: int, end: int) -> int | None:
        """What a number was measured of: the last thing that is named before it, else the first after it."""
        places = [
            (place, after, element)
            for element in (self._oxygen, self._pulse, self._bp, self._sugar, self._temperature)
            for place, after in reading.places(element)
            if start <= place and after <= end and not number.start <= place < number.end
        ]
        before = [one for one in places if one[0] < number.start]
        # Of two that begin with the same word the longer: "pulse ox" is no pulse.
        if before:
            return max(before)[2]
        return min(places, key=lambda one: (one[0], -one[1]), default=(0, 0, None))[2]

    def _counts_vomit(self, reading: Reading, start: int, end: int) -> bool:
        return reading.has(self._vomit, start, end)

    def _went(self, reading: Reading, number: Number) -> bool:
        before = reading.words[max(0, number.start - 2) : number.start]
        last = number.end + 1 >= len(reading.words) - 1
        return last and bool(self._lists["went"].intersection(before))


def _measure(sign: str, level: str | None, number: Number, why: str, *, sure: bool = True) -> Measure:
    match = Match(sign, number.start, number.end, frozenset(range(number.start, number.end)))
    return Measure(sign, level, match, why, sure)


def _is_lower(reading: Reading, number: Number) -> bool:
    """Whether it is the second number of "120 over 75"."""
    at = number.start - 1
    return at > 0 and reading.words[at] in ("over", "con", "sobre", "por", "entre") and reading.words[at - 1].isdigit()


def _unit(reading: Reading, number: Number) -> str:
    return reading.words[number.end] if number.end < len(reading.words) else ""


def _around(reading: Reading, number: Number) -> tuple[int, int]:
    sentence: Sequence[int] = reading.sentence
    start, end = number.start, number.end
    while start > 0 and sentence[start - 1] == sentence[number.start] and number.start - start < 14:
        start -= 1
    while end < len(sentence) and sentence[end] == sentence[number.start] and end - number.end < 14:
        end += 1
    return start, end
