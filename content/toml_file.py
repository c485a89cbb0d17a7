"""Reading one TOML file of the content so that every fault names its file and line.

::

    file = read_toml(path)                       # ContentError: not UTF-8, not TOML
    table = file.table                           # the whole file
    name = table.text("name")                    # a fault instead of an exception when missing or not text
    for item in table.tables("phase"):           # [[phase]]
        days = item.integer("days")
        item.finish()                            # keys nobody asked for are faults
    table.finish()
    file.raise_faults()                          # ContentError with every fault at once

A getter that finds a fault notes it and gives back an empty value, so that one reading finds all of them. What a reader
finds out for itself it adds with ``table.fault(rule, mend, key)``. Rules used here: ``encoding``, ``syntax``,
``missing``, ``type``, ``empty``, ``control``, ``choice``, ``unknown``.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

from content import toml_lines
from content.faults import ContentError, Fault

_ENDLESS = re.compile(r"\d{1000}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class TomlFile:
    """A parsed file: ``data`` as ``tomllib`` gives it, the line of every key, and the faults found so far."""

    def __init__(self, name: str, text: str, data: dict[str, Any]) -> None:
        self.name = name
        self.text = text
        self.data = data
        self.faults: list[Fault] = []
        self.table = Table(self, (), data)

    def line_of(self, *path: str | int) -> int:
        """The line of a key path, ``line_of("fact", 0, "text")``; of what encloses it where the key is missing."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def fault(self, rule: str, mend: str, *path: str | int) -> None:
        """Notes a fault at a key path."""
        self.faults.append(Fault(self.name, self.line_of(*path), rule, mend))

    def raise_faults(self) -> None:
        """Raises ContentError if any fault was noted."""
        if self.faults:
            raise ContentError(self.faults)

    @cached_property
    def _lines(self) -> Mapping[toml_lines.Path, int]:
        return toml_lines.lines(self.text)


class Table:
    """One table of a file, read key by key; ``finish()`` faults the keys that nobody read."""

    def __init__(self, file: TomlFile, path: tuple[str | int, ...], data: dict[str, Any]) -> None:
        self.file = file
        self.path = path
        self._data = data
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def fault(self, rule: str, mend: str, *path: str | int) -> None:
        """Notes a fault at a key path below this table; at the table itself without one."""
        self.file.fault(rule, mend, *self.path, *path)

    def text(self, key: str, default: str | None = None, *, may_be_empty: bool = False) -> str:
        """A text; "" and a fault when it is missing (without a default), no text, blank or has control characters."""
        value: str = self._get(key, str, "a text in quotes", "" if default is None else default, default is None)
        if key in self._data and isinstance(self._data[key], str):
            self._check_text(value, may_be_empty, key)
        return value

    def optional_text(self, key: str) -> str | None:
        """A text, or None where the key is missing."""
        return self.text(key) if key in self else None

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts; () where the key is missing."""
        values = self._get(key, list, "a list of texts", [], required)
        for number, value in enumerate(values):
            if isinstance(value, str):
                self._check_text(value, False, key, number)
            else:
                self.fault("type", f"'{key}' must be a list of texts in quotes", key, number)
        return tuple(value for value in values if isinstance(value, str))

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """A text out of a few; the first of them with a fault otherwise."""
        value = self.text(key, default)
        if value not in allowed:
            if key in self and value:
                self.fault("choice", f"'{key}' must be one of: {', '.join(allowed)}", key)
            return next(iter(allowed))
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false; without a default the key must be there."""
        value: bool = self._get(key, bool, "true or false", bool(default), default is None)
        return value

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number; without a default the key must be there."""
        return int(self._number(key, (int,), "a whole number", default))

    def number(self, key: str, default: float | None = None) -> float:
        """A number, whole or not; without a default the key must be there."""
        return float(self._number(key, (int, float), "a number", default))

    def integers(self, key: str, *, required: bool = False) -> tuple[int, ...]:
        """A list of whole numbers; () where the key is missing."""
        values = self._get(key, list, "a list of whole numbers", [], required)
        for number, value in enumerate(values):
            if type(value) is not int:
                self.fault("type", f"'{key}' must be a list of whole numbers", key, number)
        return tuple(value for value in values if type(value) is int)

    def date(self, key: str) -> date | None:
        """A date written as 2027-01-31 without quotes; None with a fault otherwise."""
        value: date | None = self._get(key, date, "a date such as 2027-01-31, without quotes", None, True)
        return None if isinstance(value, datetime) else value

    def time(self, key: str) -> time | None:
        """A time of day written as 09:00:00 without quotes; None where the key is missing."""
        value: time | None = self._get(key, time, "a time such as 09:00:00, without quotes", None, False)
        return value

    def child(self, key: str, *, required: bool = True) -> "Table":
        """A table below this one; an empty one where it is missing."""
        value = self._get(key, dict, f"a table: [{key}]", {}, required)
        return Table(self.file, (*self.path, key), value)

    def tables(self, key: str, *, required: bool = False) -> list["Table"]:
        """The tables of a list written as [[key]]; none where it is missing."""
        values = self._get(key, list, f"a list of tables: [[{key}]]", [], required)
        good = [number for number, value in enumerate(values) if isinstance(value, dict)]
        if len(good) < len(values):
            self.fault("type", f"'{key}' must be a list of tables: [[{key}]]", key)
        return [Table(self.file, (*self.path, key, number), values[number]) for number in good]

    def finish(self) -> None:
        """Faults every key that was not read."""
        for key in self._data:
            if key not in self._read:
                known = ", ".join(sorted(self._read)) or "nothing"
                self.fault("unknown", f"'{key}' is not known here (known: {known}); correct or remove it", key)

    def _get(self, key: str, kind: type, what: str, default: Any, required: bool) -> Any:
        self._read.add(key)
        if key not in self._data:
            if required:
                self.fault("missing", f"add '{key}', {what}")
            return default
        value = self._data[key]
        if not isinstance(value, kind) or (kind is date and isinstance(value, datetime)):
            self.fault("type", f"'{key}' must be {what}", key)
            return default
        return value

    def _number(self, key: str, kinds: tuple[type, ...], what: str, default: float | None) -> float:
        self._read.add(key)
        if key not in self._data:
            if default is None:
                self.fault("missing", f"add '{key}', {what}")
            return default or 0
        value = self._data[key]
        if type(value) not in kinds or value != value or value in (float("inf"), float("-inf")):
            self.fault("type", f"'{key}' must be {what}", key)
            return default or 0
        return float(value) if type(value) is float else int(value)

    def _check_text(self, value: str, may_be_empty: bool, *path: str | int) -> None:
        if not value.strip() and not may_be_empty:
            self.fault("empty", f"'{path[0]}' has an empty text: write it or remove it", *path)
        if _CONTROL.search(value):
            self.fault("control", f"'{path[0]}' has a line break, tab or other control character: remove it", *path)


def read_toml(path: Path, name: str | None = None) -> TomlFile:
    """The file at ``path``; faults call it ``name`` (default: the path as given).

    Raises ContentError with one plain fault when the file cannot be read, is not UTF-8 or is not TOML.
    """
    name = name or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContentError([Fault(name, 1, "missing", f"this file cannot be read: {error.strerror}")]) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        mend = "save the file as UTF-8; this line has other bytes"
        raise ContentError([Fault(name, line, "encoding", mend)]) from error
    return parse_toml(text, name)


def parse_toml(text: str, name: str) -> TomlFile:
    """A TOML text as a file called ``name``; raises ContentError with one plain fault when it is not TOML."""
    if text.startswith("\ufeff"):
        raise ContentError([Fault(name, 1, "encoding", "save the file as UTF-8 without a byte-order mark")])
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = re.search(r" \(at line (\d+), column \d+\)$", said)
        line = int(place.group(1)) if place else text.count("\n") + 1
        what = said[: place.start()] if place else said.removesuffix(" (at end of document)")
        raise ContentError([Fault(name, line, "syntax", f"correct the TOML here or just above: {what}")]) from error
    except RecursionError as error:
        raise ContentError([Fault(name, 1, "syntax", "brackets are nested too deeply")]) from error
    except ValueError as error:
        # Python makes no number of thousands of digits, and does not say where it stands.
        line = next((number for number, row in enumerate(text.splitlines(), 1) if _ENDLESS.search(row)), 1)
        raise ContentError([Fault(name, line, "syntax", "this number has far too many digits")]) from error
    return TomlFile(name, text, data)
