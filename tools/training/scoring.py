"""How well texts are understood: labelled texts, what the engine makes of them, and the figures that are judged.

The labels are those of the labelling rules: a ``kind``, an ``id`` where it has one, and in ``accept`` what counts as
right too. ``none`` is any outcome that is neither danger nor opt-out nor limit.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.understanding.engine import URGENT, Engine, Outcome

_NOT_NONE = URGENT | {"opt_out", "limit"}
_SEVERE = ("emergency", "crisis", "overdose")
_MILDER = ("info", "same_day", "limit", "clarify", "help", "opt_in")
_LINED = ("unknown", "help", "info")
_BY_ID = ("topic", "command")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its label. ``accept``: other kinds, or (kind, id), that count as right."""

    text: str
    language: str
    kind: str
    id: str | None
    accept: tuple[str | tuple[str, str | None], ...]

    def right(self, outcome: Outcome) -> bool:
        """Whether an outcome is the label or one of what else is right."""
        return self._is(outcome, (self.kind, self.id) if self.kind in _BY_ID else self.kind) or any(
            self._is(outcome, one) for one in self.accept
        )

    @staticmethod
    def _is(outcome: Outcome, wanted: str | tuple[str, str | None]) -> bool:
        if wanted == "none":
            return outcome.kind not in _NOT_NONE
        if isinstance(wanted, str):
            return outcome.kind == wanted
        return outcome.kind == wanted[0] and (wanted[1] is None or outcome.id == wanted[1])

    @property
    def may_be_urgent(self) -> bool:
        """Whether an urgent answer is right as well."""
        return self.kind in URGENT or any((one if isinstance(one, str) else one[0]) in URGENT for one in self.accept)


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text and its outcome."""

    labelled: Labelled
    outcome: Outcome

    @property
    def urgent(self) -> bool:
        """Whether it was answered as urgent."""
        return self.outcome.kind in URGENT

    @property
    def right(self) -> bool:
        """Whether the outcome is right."""
        return self.labelled.right(self.outcome)


def read_labelled(path: Path) -> list[Labelled]:
    """The texts of a JSON Lines file in the form of the labelled samples."""
    return [_labelled(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line]


def judged(engine: Engine, texts: Iterable[Labelled]) -> list[Judged]:
    """What the engine makes of each text."""
    return [Judged(one, engine.understand(one.text, language=one.language)) for one in texts]


def figures(results: Sequence[Judged]) -> dict[str, tuple[int, int]]:
    """Each figure as (how many, of how many), for the kinds that stand in the results."""
    by_kind: dict[str, list[Judged]] = {}
    for one in results:
        by_kind.setdefault(one.labelled.kind, []).append(one)
    found: dict[str, tuple[int, int]] = {}
    for kind in (*_SEVERE, "call_now"):
        _add(found, f"{kind}: answered as urgent", [one.urgent for one in by_kind.get(kind, ())])
    harmless = [one for one in by_kind.get("none", ()) if not one.labelled.may_be_urgent]
    _add(found, "none: answered as urgent", [one.urgent for one in harmless])
    _add(found, "opt_out: caught", [one.right for one in by_kind.get("opt_out", ())])
    for kind in _MILDER:
        _add(found, f"{kind}: right", [one.right for one in by_kind.get(kind, ())])
    milder = [one for kind in _MILDER for one in by_kind.get(kind, ()) if not one.labelled.may_be_urgent]
    _add(found, "milder kinds: answered as urgent", [one.urgent for one in milder])
    for kind in (*_BY_ID, "unknown"):
        _add(found, f"{kind}: right", [one.right for one in by_kind.get(kind, ())])
    asked = [one for kind in (*_BY_ID, "unknown") for one in by_kind.get(kind, ()) if not one.labelled.may_be_urgent]
    _add(found, "topics, commands, unknown: answered as urgent", [one.urgent for one in asked])
    lined = [one for one in results if one.outcome.kind in _LINED]
    _add(found, "urgent line on unknown, help, info", [one.outcome.urgent_line for one in lined])
    return found


def _add(found: dict[str, tuple[int, int]], name: str, each: Sequence[bool]) -> None:
    if each:
        found[name] = sum(each), len(each)


def _labelled(row: Mapping[str, Any]) -> Labelled:
    accept = tuple(one if isinstance(one, str) else (one[0], one[1]) for one in row.get("accept") or ())
    return Labelled(row["text"], row.get("lang", "en"), row["kind"], row.get("id"), accept)
