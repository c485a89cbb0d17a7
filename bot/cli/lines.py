"""Commands that read lines and write one JSON line for each, in order: `segments`, `phone`. No database needed."""

import click

from bot.cli.output import print_json
from bot.cli.stdin import json_lines
from channels.phone import read_number
from content.sms_text import measure


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
