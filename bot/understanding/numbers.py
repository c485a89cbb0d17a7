"""Numbers in digits and in words: "38 y medio", "one oh two", "treinta y nueve", "150/90"."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
_PAIR = re.compile(r"(\d{2,3})[/](\d{2,3})")

_ENGLISH = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_SPANISH = (
    "cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece",
    "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno", "veintidos",
    "veintitres", "veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho", "veintinueve",
)  # fmt: skip
_ONES = {word: value for words in (_ENGLISH, _SPANISH) for value, word in enumerate(words)} | {
    "una": 1, "un": 1, "oh": 0, "o": 0,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
         "ninety": 90, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
         "noventa": 90}  # fmt: skip
_HUNDREDS = {"hundred": 100, "ciento": 100, "cien": 100}
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_BEGIN = frozenset([*_ONES, *_TENS, *_HUNDREDS, *_TIMES, "a"])
"""Words with which a number can begin."""
_NOT_ALONE = frozenset(["un", "una", "o", "oh", "one", "uno"])
_POINT = frozenset(["point", "punto", "con", "dot", "coma"])


class Number(NamedTuple):
    """A number and the words it was written with; ``low`` is the second half of a pair such as 150/90."""

    value: float
    start: int
    end: int
    decimal: bool
    low: float | None = None


def may_begin(word: str) -> bool:
    """Whether a number can begin with a word."""
    return word in _BEGIN or word[0].isdigit()


def numbers(words: Sequence[str]) -> list[Number]:
    """Every number of a text, in order."""
    found: list[Number] = []
    at = 0
    while at < len(words):
        number = _read(words, at) if may_begin(words[at]) else None
        if number is None:
            at += 1
        else:
            found.append(number)
            at = number.end
    return found


def _read(words: Sequence[str], at: int) -> Number | None:
    in_digits = words[at][0].isdigit()
    pair = _PAIR.fullmatch(words[at]) if in_digits else None
    if pair:
        return Number(float(pair[1]), at, at + 1, False, float(pair[2]))
    if in_digits and _DIGITS.fullmatch(words[at]):
        value, end = float(words[at].replace(",", ".")), at + 1
        decimal = not words[at].isdigit()
    else:
        spoken = _spoken(words, at)
        if spoken is None:
            return None
        value, end = spoken
        decimal = False
    if not decimal:
        fraction, end = _fraction(words, end)
        return Number(value + fraction, at, end, fraction > 0)
    return Number(value, at, end, True)


def _fraction(words: Sequence[str], at: int) -> tuple[float, int]:
    following = tuple(words[at : at + 3])
    if following[:2] in (("y", "medio"), ("y", "media")):
        return 0.5, at + 2
    if following in (("and", "a", "half"),) or following[:2] == ("and", "half"):
        return 0.5, at + (3 if following[1] == "a" else 2)
    if len(following) > 1 and following[0] in _POINT:
        digit = int(following[1]) if following[1].isdigit() else _ONES.get(following[1])
        if digit is not None and digit < 10:
            return digit / 10, at + 2
    return 0.0, at


def _spoken(words: Sequence[str], at: int) -> tuple[float, int] | None:
    word = words[at]
    if word in _TIMES:
        return (float(_TIMES[word]), at + 1) if word != "once" else None
    if word in ("a", "one") and at + 1 < len(words) and words[at + 1] in _HUNDREDS:
        return _hundreds(words, at + 2)
    if word in _HUNDREDS:
        return _hundreds(words, at + 1)
    if word == "one" and at + 2 < len(words) and words[at + 1] in ("oh", "o", "zero"):
        last = words[at + 2]
        digit = int(last) if last.isdigit() and len(last) == 1 else _ONES.get(last)
        return (100.0 + digit, at + 3) if digit is not None and digit < 10 else None
    small = _below_hundred(words, at)
    if small and word in _NOT_ALONE and small[1] == at + 1:
        return None
    return small


def _hundreds(words: Sequence[str], at: int) -> tuple[float, int]:
    rest = at + 1 if at < len(words) and words[at] in ("and", "y") else at
    small = _below_hundred(words, rest)
    return (100.0 + small[0], small[1]) if small else (100.0, at)


def _below_hundred(words: Sequence[str], at: int) -> tuple[float, int] | None:
    if at >= len(words):
        return None
    if words[at] in _TENS:
        value, end = _TENS[words[at]], at + 1
        if end < len(words) and words[end] == "y" and 0 < _ONES.get(_at(words, end + 1), 0) < 10:
            return float(value + _ONES[words[end + 1]]), end + 2
        if 0 < _ONES.get(_at(words, end), 0) < 10 and words[end] not in ("un", "una", "o", "oh"):
            return float(value + _ONES[words[end]]), end + 1
        return float(value), end
    if words[at] in _ONES:
        return float(_ONES[words[at]]), at + 1
    return None


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""
