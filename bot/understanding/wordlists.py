"""The small words that decide what a number, a clause or a negation means; they stand in ``wordlists.toml``."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

WordLists = Mapping[str, frozenset[str]]


def read_word_lists() -> WordLists:
    """Every list by its name."""
    tables = tomllib.loads(Path(__file__).with_name("wordlists.toml").read_text("utf-8"))
    return {name: frozenset(words) for name, words in tables.items()}
