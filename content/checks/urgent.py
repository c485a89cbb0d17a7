"""Urgent replies: each says to call each number that it names, at once, and nothing beside it takes that back.

What cannot be proved of a text by its words alone is in no clinic's hands: ``why_fixed`` says of which and why.
"""

import re

from content.calling import CALL
from content.checks.texts import Report, Written, fixed_texts
from content.library import Library
from content.model import placeholders
from content.plain import Plain

AT_ONCE = ("emergency", "call_now", "urgent_only", "crisis", "overdose")
"""Replies to what may be a danger to life, or must not wait until tomorrow."""
PROVED = (*AT_ONCE, "same_day", "fever_info", "limit", "unknown", "clarify", "media")
"""Replies, by the base of their key, that somebody in danger may get; the rules here prove what matters of them."""
PIECES = ("info_plus", "info_plus_clinic", "resolved", "ask_temperature", "also_opted_out", "item")
"""What stands before or behind other texts or within them: those were measured and read with it."""

_NUMBERS = frozenset(["emergency", "phone", "crisis", "poison"])
_SENTENCE = re.compile(r"[.?!;](?=\s|$)")
_NOW = {"en": r"\bnow\b|\bat once\b", "es": r"\bya\b|\bahora\b|\bde inmediato\b"}
_TAKES_BACK = {
    "en": r"\b(not|don't|never|no|nor|without|unless|except|instead|after|later|tomorrow|before|until|wait|avoid"
    r"|cannot|can't|won't|rather|only|stop)\b",
    "es": r"\b(no|nunca|jamás|tampoco|sin|salvo|excepto|menos|después|luego|mañana|antes|hasta|espere|evite|deje|solo"
    r"|sólo|solamente)\b",
}


def why_fixed(key: str) -> Plain | None:
    """Why a clinic cannot have words of its own for a fixed text; None where it can."""
    base = key.partition(".")[0]
    if base in PIECES:
        return Plain("it stands beside or within other texts, which were measured and read with it")
    if base == "seen":
        return Plain("it says when not to wait for the clinic, and no rule can prove that of other words")
    return None


def check(library: Library, report: Report) -> None:
    """Rule ``urgent``."""
    for written in fixed_texts(library):
        base = written.key.partition(".")[0]
        if base in PROVED and written.language in CALL:
            _check(written, base, report)


def _check(written: Written, base: str, report: Report) -> None:
    call, takes_back = (re.compile(rules[written.language], re.IGNORECASE) for rules in (CALL, _TAKES_BACK))
    now = re.compile(_NOW[written.language], re.IGNORECASE)
    said, before = False, ""
    for sentence in _SENTENCE.split(written.text):
        leading, before = f"{before}. {sentence}", sentence
        numbers = sorted(placeholders(sentence) & _NUMBERS)
        if not numbers:
            continue
        number = f"{{{numbers[0]}}}"
        if not call.search(sentence) and not re.match(rf"\s*\w+: {number}$", sentence):
            report.on(written, "urgent", Plain("{number}: say to call it, in the same sentence", number=number))
        if found := takes_back.search(sentence):
            mend = Plain(
                "'{words}' stands in the sentence of {number}, and may take its call back: write two sentences",
                words=found.group(),
                number=number,
            )
            report.on(written, "urgent", mend)
        said = said or bool(now.search(leading))
    if base in AT_ONCE and not said:
        mend = Plain("say to call now: the sentence with the number, or the one before it, needs the word")
        report.on(written, "urgent", mend)
