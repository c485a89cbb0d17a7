"""Changes of a plan as values: what the clinic decided, in the order in which it did.

A plan stores its changes in order; the calendar replays them. To undo the last one is to replay the others. A change
is written as on the command line, ``delay:cycle=4,days=7,policy=keepgrid``; ``parse_change`` reads that and ``str``
writes it. What is stored is ``change_to_json``: there a switch carries its whole regimen along.
"""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from content.regimens import Regimen


class ChangeError(ValueError):
    """A change that cannot be made, or cannot be read; the message says why in one plain sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """Any change of a plan."""

    kind: ClassVar[str]

    def __str__(self) -> str:
        parts = (f"{name}={_written(value)}" for name, value in self.parts().items() if value is not None)
        return f"{self.kind}:{','.join(parts)}"

    def parts(self) -> dict[str, Any]:
        """What the change is made of, by the names of the command line."""
        return {each.name.removesuffix("_"): getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Delay(Change):
    """A cycle starts so many days later: with all that follows (``reanchor``), or alone (``keepgrid``).

    ``cycle`` counts through the plan, within ``phase`` if that is named.
    """

    kind = "delay"
    cycle: int
    days: int
    policy: str = "reanchor"
    phase: str | None = None


@dataclass(frozen=True, slots=True)
class Hold(Change):
    """From a day on nothing is given."""

    kind = "hold"
    from_: datetime.date


@dataclass(frozen=True, slots=True)
class Resume(Change):
    """Treatment goes on: with day 1 of a ``new`` cycle on that day, or where the ``same`` cycle stopped."""

    kind = "resume"
    on: datetime.date
    cycle: str = "new"


@dataclass(frozen=True, slots=True)
class Skip(Change):
    """Nothing is given on a treatment day; ``counts``: toward the number of cycles (else there is one more)."""

    kind = "skip"
    date: datetime.date
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Move(Change):
    """One visit is on another day; everything else stays."""

    kind = "move"
    date: datetime.date
    to: datetime.date


@dataclass(frozen=True, slots=True)
class Close(Change):
    """The clinic is closed on a day: a visit on it moves; a plan without one is not touched."""

    kind = "close"
    date: datetime.date
    to: datetime.date


@dataclass(frozen=True, slots=True)
class Stop(Change):
    """From a day on nothing is given, for good. ``tail``: texts about late side effects still follow."""

    kind = "stop"
    on: datetime.date
    tail: bool = True


@dataclass(frozen=True, slots=True)
class Switch(Change):
    """From a day on another regimen, with day 1 of its first cycle on that day, or of its cycle ``cycle``."""

    kind = "switch"
    to: Regimen
    from_: datetime.date
    cycle: int | None = None


@dataclass(frozen=True, slots=True)
class Enter(Change):
    """The date for which a phase waits."""

    kind = "enter"
    phase: str
    on: datetime.date


@dataclass(frozen=True, slots=True)
class Branch(Change):
    """The answer to a choice of the regimen."""

    kind = "branch"
    id: str
    take: bool


_KINDS: dict[str, type[Change]] = {
    each.kind: each for each in (Delay, Hold, Resume, Skip, Move, Stop, Switch, Enter, Branch, Close)
}
_LAST_YEAR = 2199
_WORDS = {"policy": ("reanchor", "keepgrid"), "cycle": ("new", "same")}


def parse_change(text: str, find: Callable[[str], Regimen]) -> Change:
    """The change that a text of the command line says; ``find`` gives the regimen of a switch by its id or path.

    Raises ChangeError, and what ``find`` raises.
    """
    name, colon, rest = text.strip().partition(":")
    kind = _KINDS.get(name)
    if kind is None or not colon:
        raise ChangeError(f'"{text}" is no change: it begins with one of {", ".join(f"{known}:" for known in _KINDS)}')
    given: dict[str, str] = {}
    for part in rest.split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value or key in given:
            raise ChangeError(f'"{name}" is followed by parts such as {_example(kind)}, each once: "{part}" is not one')
        given[key] = value
    return _made(kind, given, find)


def change_to_json(change: Change) -> str:
    """The change in one stable line, with the whole regimen of a switch."""
    return json.dumps({"kind": change.kind, **{name: _stored(value) for name, value in change.parts().items()}})


def change_from_json(text: str) -> Change:
    """The change of a ``change_to_json``. Raises ChangeError; ContentError for a regimen that cannot be read."""
    try:
        stored = json.loads(text)
        kind = _KINDS[stored.pop("kind")]
        given = {name: value if isinstance(value, str) else _written(value) for name, value in stored.items() if value}
        given |= {name: "no" for name, value in stored.items() if value is False}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ChangeError("the stored change cannot be read") from error
    return _made(kind, given, Regimen.from_json)


def _made(kind: type[Change], given: dict[str, str], find: Callable[[str], Regimen]) -> Change:
    values: dict[str, Any] = {}
    for each in fields(kind):
        key = each.name.removesuffix("_")
        if key in given:
            values[each.name] = _value(kind, key, each.type, given.pop(key), find)
    if given:
        raise ChangeError(f'"{kind.kind}" has no part "{next(iter(given))}": write it like {_example(kind)}')
    try:
        return kind(**values)
    except TypeError as error:
        raise ChangeError(f'"{kind.kind}" is not complete: write it like {_example(kind)}') from error


def _value(kind: type[Change], key: str, wanted: Any, text: str, find: Callable[[str], Regimen]) -> Any:
    if wanted is Regimen:
        return find(text)
    if wanted is datetime.date:
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError as error:
            raise ChangeError(f'"{kind.kind}": {key} is a date such as 2026-01-31, not "{text}"') from error
        # A held course is laid out until what ends the hold: of thousands of years that takes minutes.
        if day.year > _LAST_YEAR:
            raise ChangeError(f'"{kind.kind}": {key} is too far off ({day}): check the year')
        return day
    if wanted is bool:
        if text not in ("yes", "no"):
            raise ChangeError(f'"{kind.kind}": {key} is yes or no, not "{text}"')
        return text == "yes"
    if wanted in (int, int | None):
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 9_999:
            raise ChangeError(f'"{kind.kind}": {key} is a whole number from 1 to 9999, not "{text}"')
        return int(text)
    if key in _WORDS and text not in _WORDS[key]:
        raise ChangeError(f'"{kind.kind}": {key} is {" or ".join(_WORDS[key])}, not "{text}"')
    return text


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.id if isinstance(value, Regimen) else str(value)


def _stored(value: Any) -> Any:
    if isinstance(value, Regimen):
        return value.to_json()
    return value.isoformat() if isinstance(value, datetime.date) else value


def _example(kind: type[Change]) -> str:
    shown = {int: "4", datetime.date: "2026-01-31", bool: "yes", Regimen: "pembro_q6w"}
    words = {"policy": "reanchor", "cycle": "new"}
    parts = (
        f"{each.name.removesuffix('_')}={words.get(each.name) if each.type is str else shown.get(each.type, 'ID')}"
        for each in fields(kind)
        if each.type in shown or each.type is str
    )
    return f"{kind.kind}:{','.join(parts)}".replace("=None", "=ID")
