"""Rows on standard output, as a table for people or as JSON Lines for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

import click

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")


def is_terminal() -> bool:
    """Whether a person reads standard output as it is written, rather than a file or another program."""
    return sys.stdout.isatty()


def print_json(row: object) -> None:
    """One JSON line on standard output. ASCII, since a text may hold what no encoding can write (half an emoji)."""
    sys.stdout.write(_JSON.encode(row) + "\n")


def counted(number: int, one: str, more: str) -> str:
    """A number with its word: 1 text, 2 texts."""
    return f"{number} {one if number == 1 else more}"


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Rows with the same keys: JSON Lines, or a table."""
    if as_json:
        for row in rows:
            print_json(row)
        return
    if not rows:
        return
    table = [list(rows[0]), *([_shown(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return _plain(value) if isinstance(value, date | time) else str(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    raise TypeError(type(value).__name__)


_JSON = json.JSONEncoder(default=_plain)
