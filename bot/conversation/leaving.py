"""A wish to leave that stands beside something else: a danger, a death, a wrong number.

"STOP I can't breathe": the danger is answered first, and the wish is honoured with the same answer. The texts of
somebody in crisis end at the word STOP alone: "don't text me any more" may be a goodbye, and is not taken at its word.
"""

import re
from collections.abc import Callable

from bot.understanding.engine import Outcome
from content.phrases import plain

_STOP = frozenset({"stop", "stopall", "stop all", "unsubscribe"})
_FIRST = re.compile(
    r"\W*(?:stop|stopall|unsubscribe)\b"
    # "Stop the bleeding": a cry for help, not a wish to leave.
    r"(?!\s+(?:the|this|that|my|it|\w+ing)\b(?!\s+(?:texts?|txts?|messages?|msgs?|texting|messaging|me)\b))",
    re.IGNORECASE,
)
_FIRST_IN_CAPITALS = re.compile(r"\W*(?:ALTO|PARAR|PAREN|BASTA)\b(?=.*[a-z])", re.DOTALL)
_LAST = re.compile(r"\b(?:STOP|STOPALL|UNSUBSCRIBE)\W*$")
_OF_TEXTS = re.compile(r"text|txt|messag|msg|mensaj|sms|recordator|reminder|escrib|unsubscribe|opt.?out|contact")
_CLAUSES = re.compile(r"[.,;:!?\n]+|\s-+\s|\s+(?:and|but|so|y|pero)\s+", re.IGNORECASE)
_MOST_CLAUSES = 12


def wants_to_leave(text: str, danger: Outcome, understand: Callable[[str], Outcome]) -> bool:
    """Whether a text that was understood as ``danger`` also says STOP. ``understand`` reads a part of it."""
    if _FIRST.match(text) or _FIRST_IN_CAPITALS.match(text) or (_LAST.search(text) and not text.isupper()):
        return True
    clauses = _clauses(text)
    if len(clauses) < 2:
        return False
    if any(plain(clause).strip() in _STOP for clause in clauses):
        return True
    if danger.kind == "crisis":
        return False
    return any(_OF_TEXTS.search(plain(clause)) and _is_stop(understand(clause)) for clause in clauses)


def why_they_leave(text: str, leaves: Outcome, understand: Callable[[str], Outcome]) -> Outcome:
    """The same, or what a part of the text says: "my husband passed away, please stop these texts" is a death."""
    if not _is_stop(leaves) or len(clauses := _clauses(text)) < 2:
        return leaves
    parts = [part for part in map(understand, clauses) if part.kind == "opt_out"]
    return next((part for reason in ("loss", "wrong_number") for part in parts if part.id == reason), leaves)


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSES.split(text) if clause.strip()][:_MOST_CLAUSES]


def _is_stop(outcome: Outcome) -> bool:
    return outcome.kind == "opt_out" and outcome.id == "stop"
