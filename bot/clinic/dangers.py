"""What a text was taken for and why, as somebody says it who has to act on it.

An alert keeps the engine's own words (`scheduler.alerts.line`); here they become sentences, and they stay to be read.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString, gettext, lazy_gettext
from flask_babel import gettext as _

from bot.clinic.here import services
from scheduler import alerts

LEVELS: Mapping[str, LazyString] = {
    "crisis": lazy_gettext("Crisis"),
    "emergency": lazy_gettext("Danger to life"),
    "overdose": lazy_gettext("Too much medicine"),
    "call_now": lazy_gettext("Call now"),
}
_RAISED: Mapping[str, LazyString] = {
    "cart": lazy_gettext("With CAR T cells, now or not long ago, it is danger to life; else it would be: call now."),
    "bispecific": lazy_gettext(
        "With a bispecific antibody, now or not long ago, it is danger to life; else it would be: call now."
    ),
}
"""By the profile of the patient (`bot.conversation.profiles`)."""

_LINE = re.compile(r'(?P<kind>\w+) (?P<sign>\w*): "(?P<quote>.*)" \((?P<why>.*)\)')
_LEARNED = re.compile(r"learned: (?P<words>.*) \([01]\.\d\d\)")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)*")
_NOT_SAID = str.maketrans("", "", "^$#")
"""Where a text begins and ends, and a number of any size, as the learned part has them among its words."""
_MEASURES: Sequence[tuple[re.Pattern[str], LazyString]] = [
    (re.compile(form.replace("#", r"(\d[\d.]*)")), sentence)
    for form, sentence in (
        ("# as a temperature", lazy_gettext("Temperature they gave: %(number)s.")),
        ("# as the temperature that was asked for", lazy_gettext("Temperature, as we had asked: %(number)s.")),
        ("oxygen #", lazy_gettext("Oxygen level they gave: %(number)s.")),
        ("blood pressure #", lazy_gettext("Blood pressure they gave: %(number)s.")),
        ("sugar #", lazy_gettext("Blood sugar they gave: %(number)s.")),
        ("pulse #", lazy_gettext("Pulse they gave: %(number)s.")),
        ("gained #", lazy_gettext("Weight gained: %(number)s.")),
        ("took #", lazy_gettext("Taken of a medicine: %(number)s.")),
        ("vomited # times", lazy_gettext("Times they vomited: %(number)s.")),
        ("# stools", lazy_gettext("Stools: %(number)s.")),
    )
]
"""Numbers, as `bot.understanding.measures` notes them."""


@dataclass(frozen=True, slots=True)
class Danger:
    """A text that told of danger. ``level`` and ``sign``: what it was taken for, in the reader's language.

    ``words``: theirs, in pieces, each with whether the program saw the sign in it. ``why``: sentences. ``trace``: what
    the program itself noted.
    """

    level: str
    sign: str
    words: tuple[tuple[str, bool], ...]
    why: tuple[str, ...]
    trace: str


def danger_in_words(line: str) -> Danger | None:
    """A line of an alert; None for what is none, as the mark of lines that were left out."""
    read = _LINE.fullmatch(line)
    if read is None or read["kind"] not in LEVELS:
        return None
    quote, why = read["quote"], read["why"]
    rule, learned, raised = _parts(why)
    seen = _seen(rule, learned)
    return Danger(
        level=str(LEVELS[read["kind"]]),
        sign=sign_name(read["sign"]) if read["sign"] != read["kind"] else "",
        words=tuple(_marked(quote, [span for each in seen if (span := _place(quote, each))])),
        why=tuple(_why(quote, read["kind"], rule, learned, raised)),
        trace=f"{read['kind']} {read['sign']}: {why}",
    )


def in_one_line(line: str) -> str:
    """The same where there is room for a line alone: what it was taken for, and their words."""
    told = danger_in_words(line)
    if told is None:
        return line
    words = "".join(piece for piece, _is_seen in told.words)
    return f'{told.level} ({told.sign}): "{words}"' if told.sign else f'{told.level}: "{words}"'


def worst_and_newest(detail: str | None) -> list[str]:
    """The gravest of an alert's texts, and the newest where that is another, where there is no room for all."""
    lines = (detail or "").splitlines()
    return [in_one_line(each) for each in dict.fromkeys((lines[alerts.gravest(lines)], lines[-1]))] if lines else []


def _parts(why: str) -> tuple[str, tuple[str, ...] | None, str | None]:
    """What a rule saw, the words that the learned part names (None: it saw none), and the profile that raised it."""
    rule, learned, raised = "", None, None
    for part in why.split("; "):
        if found := _LEARNED.fullmatch(part):
            learned = _plainly(found["words"].split(", "))
        elif part.startswith("raised: "):
            raised = part.removeprefix("raised: ")
        else:
            rule = part
    return rule, learned, raised


def _plainly(features: Sequence[str]) -> tuple[str, ...]:
    """Words and pairs of words as they are said, each of them once."""
    said = list(dict.fromkeys(" ".join(each.translate(_NOT_SAID).split()) for each in features))
    parts = [set(each.split()) for each in said]
    return tuple(each for each, own in zip(said, parts, strict=True) if own and not any(own < other for other in parts))


def _seen(rule: str, learned: Sequence[str] | None) -> list[str]:
    """The words for which the program took the text for danger."""
    _sign, _colon, phrase = rule.partition(": ")
    measured = _measured(phrase)
    return [*([measured[0] if measured else phrase] if phrase else []), *(learned or ())]


def _why(quote: str, kind: str, rule: str, learned: Sequence[str] | None, raised: str | None) -> Iterator[str]:
    sign, _colon, phrase = rule.partition(": ")
    if phrase:
        measured = _measured(phrase)
        yield measured[1] if measured else _("They wrote “%(words)s”.", words=_as_written(quote, phrase))
    elif rule:
        yield rule
    if learned is not None:
        words = "”, “".join(_as_written(quote, each) for each in learned)
        if not words:
            yield _("As a whole it reads like known examples of danger.")
        elif phrase:
            yield _("Known examples of danger read like it, too: “%(words)s”.", words=words)
        else:
            yield _(
                "No listed phrase stands there, but known examples of danger read like it: “%(words)s”.",
                words=words,
            )
        known = services().library.danger.get(sign)
        if raised is None and known is not None and known.level == "call_now" != kind:
            yield _(
                "By the phrase alone it would be: %(level)s. The likeness to known examples raised it.",
                level=str(LEVELS["call_now"]).lower(),
            )
    if raised is not None and raised in _RAISED:
        yield str(_RAISED[raised])


def _measured(phrase: str) -> tuple[str, str] | None:
    """The number that a phrase notes and the sentence of it; None where it notes words."""
    for form, sentence in _MEASURES:
        if found := form.fullmatch(phrase):
            return found[1], str(sentence) % {"number": found[1]}
    return None


def sign_name(sign_id: str) -> str:
    """What a danger sign is called; its id where it is none of ours."""
    sign = services().library.danger.get(sign_id)
    return sign_id if sign is None else str(gettext(sign.name))


def _as_written(quote: str, words: str) -> str:
    """Words that the engine read, as they stand in the text; as it read them where it had to set them right."""
    place = _place(quote, words)
    return words if place is None else quote[place[0] : place[1]]


def _place(quote: str, words: str) -> tuple[int, int] | None:
    """Where words stand in the text, whatever their case, accents and apostrophes."""
    tokens = list(_TOKEN.finditer(quote))
    read, wanted = [_bare(each[0]) for each in tokens], [_bare(each[0]) for each in _TOKEN.finditer(words)]
    for at in range(len(read) - len(wanted) + 1):
        if wanted and read[at : at + len(wanted)] == wanted:
            return tokens[at].start(), tokens[at + len(wanted) - 1].end()
    return None


def _bare(token: str) -> str:
    if token[0].isdecimal():  # a raised or circled digit is none that can be counted with
        return f"{float(token.replace(',', '.')):g}"
    return "".join(letter for letter in unicodedata.normalize("NFKD", token.casefold()) if letter.isalpha())


def _marked(quote: str, places: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, of which every second was seen; overlapping places are one."""
    at = 0
    for begin, end in sorted(places):
        if end <= at:
            continue
        if begin > at:
            yield quote[at:begin], False
        yield quote[max(at, begin) : end], True
        at = end
    if at < len(quote):
        yield quote[at:], False
