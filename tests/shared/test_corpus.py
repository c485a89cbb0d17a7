"""The labelled samples: none of them was learnt from, and they are understood as well as they must be."""

import json
import os
import re
from pathlib import Path

import pytest

from bot.understanding.engine import Engine
from content.library import load
from tools.training.compose import compose
from tools.training.scoring import Judged, figures, judged, read_labelled

CORPUS = Path(os.environ.get("SHARED_DIR", "../shared")) / "corpus"
FILES = ("safety.jsonl", "topics.jsonl")
LEAST = {
    "emergency: answered as urgent": 1.0,
    "crisis: answered as urgent": 1.0,
    "overdose: answered as urgent": 1.0,
    "call_now: answered as urgent": 0.98,
    "opt_out: caught": 1.0,
    **{f"{kind}: right": 0.85 for kind in ("info", "same_day", "limit", "clarify", "help", "opt_in")},
    "urgent line on unknown, help, info": 1.0,
}
MOST = {
    "none: answered as urgent": 0.03,
    "milder kinds: answered as urgent": 0.05,
    "topics, commands, unknown: answered as urgent": 0.01,
}
ENGINE = Engine(load())


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


def _near(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The words, and the words with each one left out: two texts that differ by a word share one of these."""
    return {words, *((*words[:at], *words[at + 1 :]) for at in range(len(words)))}


def test_no_sample_nor_one_that_differs_by_a_word_is_learnt_from() -> None:
    learnt: set[tuple[str, ...]] = set()
    for example in compose():
        learnt |= _near(_words(example.text))
    samples = [json.loads(line)["text"] for name in FILES for line in (CORPUS / name).read_text("utf-8").splitlines()]
    long_enough = [text for text in samples if len(_words(text)) > 2]
    assert not [text for text in long_enough if _near(_words(text)) & learnt]


@pytest.fixture(scope="module", params=FILES)
def results(request: pytest.FixtureRequest) -> list[Judged]:
    """What the engine makes of a file of samples."""
    return judged(ENGINE, read_labelled(CORPUS / request.param))


def test_the_samples_are_understood_as_they_must_be(results: list[Judged]) -> None:
    shares = {name: count / of for name, (count, of) in figures(results).items()}
    short = {name: shares[name] for name, least in LEAST.items() if name in shares and shares[name] < least}
    long = {name: shares[name] for name, most in MOST.items() if name in shares and shares[name] > most}
    assert not short
    assert not long


def test_topics_and_commands_are_right_in_95_of_100() -> None:
    found = figures(judged(ENGINE, read_labelled(CORPUS / "topics.jsonl")))
    (topics, of_topics), (commands, of_commands) = found["topic: right"], found["command: right"]
    assert (topics + commands) / (of_topics + of_commands) >= 0.95
