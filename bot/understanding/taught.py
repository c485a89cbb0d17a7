"""What a clinic taught: its own words for topics, understood after all that must never be understood otherwise.

A clinic's words are laid over the content (``Library.with_overrides``). They can make a topic of a text of which
nothing was understood, or another topic of one; whatever the content alone takes for danger, for a wish to leave or a
command stays so, whichever words were taught.
"""

from bot.understanding.engine import Engine, Outcome
from content.library import Library
from content.thresholds import HasThresholds

_TEACHABLE = frozenset(["unknown", "clarify", "topic"])
_NOT_TAUGHT = frozenset(["all_taken", "hurts"])
"""Questions back that look for danger."""


class Taught:
    """One clinic's understanding; shared by threads."""

    def __init__(self, ours: Engine, library: Library) -> None:
        """``ours`` understands without the clinic's words, ``library`` has them."""
        self._ours = ours
        self._with_theirs = ours.named_by(library)

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
        """The outcome of a text, as `Engine.understand`."""
        outcome = self._ours.understand(text, language=language, country=country, own=own, asked=asked, profile=profile)
        if outcome.kind not in _TEACHABLE or outcome.detail in _NOT_TAUGHT:
            return outcome
        taught = self._with_theirs.understand(
            text, language=language, country=country, own=own, asked=asked, profile=profile
        )
        return taught if taught.kind == "topic" else outcome


Understands = Engine | Taught


class Engines:
    """The understanding of each clinic: ours where it taught nothing. Made when first needed, and kept."""

    _MOST = 500

    def __init__(self, ours: Engine, library: Library) -> None:
        """``library``: the content that ``ours`` understands with."""
        self._ours = ours
        self._version = library.version
        self._taught: dict[str, Taught] = {}

    def of(self, library: Library) -> Understands:
        """What understands with ``library``, which is the content or has a clinic's words laid over it."""
        if library.version == self._version:
            return self._ours
        known = self._taught.get(library.version)
        if known is None:
            if len(self._taught) >= self._MOST:  # words of clinics that changed since
                self._taught.clear()
            known = self._taught[library.version] = Taught(self._ours, library)
        return known
