"""The line of every key and array element of a TOML text that ``tomllib`` has already accepted.

``tomllib`` forgets where a value stood, and a fault without its line is of little use to an editor. Because the text is
known to be valid, this reader only has to tell keys, brackets and values apart.
"""

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')'''
    r"""|(?P<skip>[ \t\r]+|\#[^\n]*)|(?P<mark>[\[\]{}=,\n])|(?P<bare>[^\s\[\]{}=,\#"']+)""",
    re.DOTALL,
)


def lines(text: str) -> dict[Path, int]:
    """The line, from 1, on which each key path of a valid TOML text first stands.

    A path is made of keys and, for elements of arrays, numbers from 0: ``("fact", 1, "text", "es")``.
    """
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._found: dict[Path, int] = {(): 1}
        self._counts: dict[Path, int] = {}

    def read(self) -> dict[Path, int]:
        here: Path = ()
        while self._at < len(self._tokens):
            if self._mark("\n"):
                continue
            if self._mark("["):
                here = self._header()
            else:
                self._pair(here)
        return self._found

    def _header(self) -> Path:
        line = self._tokens[self._at][2]
        is_element = self._mark("[")
        here: Path = ()
        keys = self._keys("]")
        for number, key in enumerate(keys, 1):
            here = (*here, key)
            if is_element and number == len(keys):
                self._counts[here] = self._counts.get(here, -1) + 1
                self._note(here, line)
            if here in self._counts:
                here = (*here, self._counts[here])
        if is_element:
            self._mark("]")
        self._note(here, line)
        return here

    def _pair(self, here: Path) -> None:
        line = self._tokens[self._at][2]
        for key in self._keys("="):
            here = (*here, key)
            self._note(here, line)
        self._value(here)

    def _value(self, here: Path) -> None:
        self._skip_newlines()
        self._note(here, self._tokens[self._at][2])
        if self._mark("["):
            number = 0
            while not self._closed("]"):
                self._value((*here, number))
                number += 1
        elif self._mark("{"):
            while not self._closed("}"):
                self._pair(here)
        else:
            self._at += 1
            # A date and its time may be two words: 2026-01-05 07:32:00.
            while self._at < len(self._tokens) and self._tokens[self._at][0] == "bare":
                self._at += 1

    def _closed(self, mark: str) -> bool:
        self._skip_newlines()
        if self._mark(","):
            self._skip_newlines()
        return self._mark(mark)

    def _keys(self, until: str) -> list[str]:
        keys: list[str] = []
        while not self._mark(until):
            kind, value, _ = self._tokens[self._at]
            keys += [value[1:-1]] if kind == "text" else [part for part in value.split(".") if part]
            self._at += 1
        return keys

    def _skip_newlines(self) -> None:
        while self._mark("\n"):
            pass

    def _mark(self, mark: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][:2] == ("mark", mark):
            self._at += 1
            return True
        return False

    def _note(self, path: Path, line: int) -> None:
        self._found.setdefault(path, line)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind, value = str(found.lastgroup), found.group()
        if kind != "skip":
            yield kind, value, line
        line += value.count("\n")
