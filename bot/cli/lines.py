"""Commands that read lines and write one JSON line for each, in order: `segments`, `phone`. No database needed."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from bot.cli.output import print_json
from channels.phone import read_number
from content.sms_text import measure


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


@click.command()
def segments() -> None:
    """Count the SMS segments of texts.

    Reads JSON Lines {"text", "smart_encoding"?} and writes {"encoding": "GSM-7" or "UCS-2", "segments"} for each.
    """
    for row in json_lines("text"):
        counted = measure(row["text"], smart_encoding=row.get("smart_encoding") is True)
        print_json({"encoding": counted.encoding, "segments": counted.segments})


@click.command()
@click.option("--region", metavar="US", help="Country of numbers without a country code, unless the row names one.")
def phone(region: str | None) -> None:
    """Read phone numbers.

    Reads JSON Lines {"input", "default_region"?} and writes {"e164" or null, "can_text", "error"} for each.
    """
    for row in json_lines("input"):
        own = row.get("default_region")
        read = read_number(row["input"], own if isinstance(own, str) and own else region)
        print_json({"e164": read.e164, "can_text": read.can_text, "error": read.error})
