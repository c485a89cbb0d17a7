"""The lines of standard input, for commands that answer each."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import click


def stdin_lines() -> Iterator[str]:
    """The lines of standard input without their ends; bytes that are not UTF-8 become replacement characters.

    Only a line feed ends a line: a text may hold a carriage return.
    """
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


def json_lines(*needed: str) -> Iterator[dict[str, Any]]:
    """The JSON objects on standard input, each with a text in the ``needed`` fields; an empty line is passed over.

    Raises click.UsageError that names the line.
    """
    for number, line in enumerate(stdin_lines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            message = f"Line {number} of standard input is not a JSON object."
            raise click.UsageError(message)
        for name in needed:
            if not isinstance(row.get(name), str):
                message = f'Line {number} of standard input needs a text in "{name}".'
                raise click.UsageError(message)
        yield row
