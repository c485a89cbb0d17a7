"""Whether what the learned layer sees cannot wait, and which danger it is: how likely it must be beside which signs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.understanding.danger import Found
from bot.understanding.learned import Look

_GRAVE = frozenset(["crisis", "emergency", "overdose"])
_URGENT_FROM = 0.35
"""How likely danger must be for the learned layer to answer as urgent: a miss is far worse than an alarm too many."""
_URGENT_UNSEEN_FROM = 0.45
"""The same where no rule sees any sign in what is judged, denied or past ones included.

By 3,000 texts of fresh readers: between the two lay fifteen harmless texts of these, and no danger.
"""
_SAID_FROM = 200
"""How much words must speak for danger, in hundredths, where no rule sees a sign: two numbers in a row say nothing."""
_URGENT_BESIDE_GRAVE_FROM = 0.28
"""The same where a rule sees a danger to life, here and now, and is not sure of it."""
_URGENT_BESIDE_VALUE_FROM = 0.15
"""The same beside a number that would be a fever, where it may be something else."""
_GRAVER_FROM = 0.5
"""How likely an emergency, a crisis or an overdose must be to stand in place of what a rule calls urgent only."""
_RARER = {"crisis": 0.6, "overdose": 0.4}
"""How much less often than the corpus has them people write of these: it has as many of them as of other dangers."""


class Weighed(NamedTuple):
    """An urgent kind, its sign, and the words that spoke for it."""

    kind: str
    id: str
    why: str


def weighed(look: Look, found: Sequence[Found], *, above_call_now: bool, usual_dose: bool) -> Weighed | None:
    """What the learned layer sees in a text or a part of it that cannot wait, or that is graver than a call.

    ``found``: the signs that stand there. ``usual_dose``: whether what was taken is a household medicine, and no more
    than usual.
    """
    danger = look.danger()
    if danger < _least(found):
        return None
    chances = look.urgent()
    if above_call_now:
        chances = {label: chance for label, chance in chances.items() if not label.startswith("call_now")}
        if danger * sum(chances.values()) < _GRAVER_FROM:
            return None
    words = look.dangerous_words()
    if not found and (not words or look.said() < _SAID_FROM):
        return None
    if (danger < _URGENT_UNSEEN_FROM or usual_dose) and not any(one.sign.id == "overdose" for one in found):
        # Of what was taken most is no danger, whatever other sign is spoken of.
        if _gravest(chances)[0] == "overdose" and not any(one.status.present for one in found):
            return None
        chances = {label: chance for label, chance in chances.items() if not label.startswith("overdose")}
    kind, label = _gravest(chances)
    why = f"learned: {', '.join(words)} ({danger:.2f})"
    return Weighed(kind, label.partition(".")[2] or kind, why)


def _least(found: Sequence[Found]) -> float:
    """How likely danger must be beside these signs."""
    if not found:
        return _URGENT_UNSEEN_FROM
    present = [one for one in found if one.status.present]
    if any(one.of_number and one.sign.id == "fever" and one.level == "call_now" for one in present):
        return _URGENT_BESIDE_VALUE_FROM
    return _URGENT_BESIDE_GRAVE_FROM if any(one.level in _GRAVE for one in present) else _URGENT_FROM


def _gravest(chances: Mapping[str, float]) -> tuple[str, str]:
    """The likeliest kind, its signs taken together, and the likeliest of its labels."""
    kinds: dict[str, float] = {}
    for label, chance in chances.items():
        kind = label.partition(".")[0]
        kinds[kind] = kinds.get(kind, 0.0) + chance * _RARER.get(kind, 1.0)
    kind = max(kinds, key=kinds.__getitem__)
    return kind, max((label for label in chances if label.partition(".")[0] == kind), key=chances.__getitem__)
