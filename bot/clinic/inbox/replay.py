"""What the bot made nothing of, by words; and past texts once more, to see what a taught word would change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from bot.understanding.engine import Outcome
from bot.understanding.requests import bare
from bot.understanding.taught import Understands
from content.phrases import plain
from store.clinic_entry import Clinic
from store.console_inbox import NOT_UNDERSTOOD, Received

MOST_TEXTS = 1000
"""So many of the newest texts are looked at."""
MOST_GROUPS = 50
_MOST_REPLAYED = 100
TEACHABLE = (*NOT_UNDERSTOOD, "topic")
"""What a text was taken for that a taught word may change."""
_TWO_SLIPS = 7
"""From so many letters on a word is forgiven two slips, as the understanding does it; shorter ones are forgiven one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Texts of the same words, of which nothing was understood: the newest of them, and how many there are."""

    newest: Received
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Past texts of the same words that would be understood otherwise."""

    words: str
    count: int
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Replay:
    """How many past texts a taught word may change were looked at, and what would change.

    ``stopped``: so many speak of it that only the newest were understood again.
    """

    looked_at: int
    changed: tuple[Changed, ...]
    stopped: bool

    @property
    def texts(self) -> int:
        """How many texts would be understood otherwise."""
        return sum(each.count for each in self.changed)


def same_words(text: str) -> str:
    """A text as it is compared with others: small plain letters, without punctuation."""
    return bare(plain(text))


def groups(texts: Iterable[Received], clinic: Clinic, now: Understands) -> list[Group]:
    """The texts of which nothing was understood, by their words: the most frequent first, then the newest.

    Without those that name what the clinic has taught since, and are understood ``now``.
    """
    newest: dict[str, Received] = {}
    counts: dict[str, int] = {}
    for text in texts:  # the newest first
        if text.outcome_kind in NOT_UNDERSTOOD and text.words is not None and (form := same_words(text.words)):
            newest.setdefault(form, text)
            counts[form] = counts.get(form, 0) + 1
    found = [Group(newest[form], form, count) for form, count in counts.items()]
    taught = [same_words(row.text).split() for row in clinic.overrides if row.kind == "alias"]
    found = [group for group in found if not _is_understood(group, taught, clinic, now)]
    return sorted(found, key=lambda group: (-group.count, -group.newest.id))[:MOST_GROUPS]


def _is_understood(group: Group, taught: Sequence[Sequence[str]], clinic: Clinic, now: Understands) -> bool:
    if not any(_speaks_of(group.words, phrase) for phrase in taught):
        return False
    language = group.newest.language or clinic.default_language
    return now.understand(group.words, language=language, country=clinic.country, own=clinic).kind not in NOT_UNDERSTOOD


def replay(texts: Sequence[Received], phrase: str, clinic: Clinic, now: Understands, then: Understands) -> Replay:
    """Understands past texts of the kinds of TEACHABLE as now, and as they would be with ``phrase``.

    Only those are understood again that have words like those of the phrase: no other can name it.
    """
    asked = same_words(phrase).split()
    newest: dict[str, Received] = {}
    counts: dict[str, int] = {}
    looked_at = 0
    for text in texts:
        if text.words is None:
            continue
        looked_at += 1
        if _speaks_of(same_words(text.words), asked):
            newest.setdefault(text.words, text)
            counts[text.words] = counts.get(text.words, 0) + 1
    changed = []
    for words, text in list(newest.items())[:_MOST_REPLAYED]:
        language = text.language or clinic.default_language
        before = now.understand(words, language=language, country=clinic.country, own=clinic)
        if before.kind not in TEACHABLE:
            continue
        after = then.understand(words, language=language, country=clinic.country, own=clinic)
        if (before.kind, before.id) != (after.kind, after.id):
            changed.append(Changed(words, counts[words], before, after))
    changed.sort(key=lambda each: -each.count)
    return Replay(looked_at, tuple(changed), len(newest) > _MOST_REPLAYED)


def _speaks_of(text: str, asked: Sequence[str]) -> bool:
    words = text.split()
    return all(any(_is_like(word, other) for other in words) for word in asked)


def _is_like(word: str, other: str) -> bool:
    slips = 1 if len(word) < _TWO_SLIPS else 2
    return word == other or OSA.distance(word, other, score_cutoff=slips) <= slips
