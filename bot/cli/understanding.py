"""`understand`: what texts are taken for. Needs no database, and imports none."""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

import click

from bot.cli.output import print_json
from bot.cli.stdin import stdin_lines
from bot.understanding.engine import Engine
from content.library import load

_REMEMBERED = 10_000
"""Lines whose answer is kept: of the texts of real people many are the same few words, C, STOP or thanks."""


@click.command()
@click.option("--language", default="en", show_default=True, help="The stored language of who texts.")
@click.option("--country", default="us", show_default=True, help="The country pack of the clinic.")
def understand(language: str, country: str) -> None:
    """Say what texts are taken for.

    Reads texts, one a line, or JSON Lines {"text", "lang"?}; writes {"text", "language", "kind", "id", "topic",
    "urgent_line", "matched"} for each, in order.
    """
    with _nothing_is_garbage():
        library = load()
        _check_choice("language", language, library.languages)
        _check_choice("country", country, tuple(library.countries))
        engine = Engine(library)

        @lru_cache(_REMEMBERED)
        def answered(line: str) -> dict[str, object]:
            text, own = _read(line)
            outcome = engine.understand(text, language=own if own in library.languages else language, country=country)
            return {
                "text": text,
                "language": outcome.language,
                "kind": outcome.kind,
                "id": outcome.id,
                "topic": outcome.topic,
                "urgent_line": outcome.urgent_line,
                "matched": outcome.matched,
            }

        for line in stdin_lines():
            print_json(answered(line))


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Nothing here refers to itself, so all goes with its last use; looking for garbage takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        # Without this the first look would go through all that was made until now.
        gc.freeze()
        gc.enable()


def _read(line: str) -> tuple[str, str | None]:
    """The text of a line, and the language that its JSON object names."""
    if line.startswith("{"):
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict) and isinstance(row.get("text"), str):
                return row["text"], row.get("lang")
    return line, None


def _check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        message = f"There is no {option} {value}: there are {', '.join(choices)}."
        raise click.UsageError(message)
