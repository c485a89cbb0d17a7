"""Texts of two fresh readers, from which nothing was learnt: what they are taken for does not get worse.

``tests/data/understanding``: labelled against the labelling rules by people who had seen no word list and no corpus,
the third and the ninth of those in docs/understanding.md.
The floors are what was measured, less a little. Texts that stand in the corpus all the same, or differ from one in it
by a word, were taken out.
"""

import json
from pathlib import Path

import pytest

from bot.understanding.engine import Engine
from content.library import load
from tools.training.compose import compose
from tools.training.scoring import figures, judged, read_labelled

DATA = Path(__file__).parents[2] / "data" / "understanding"
FLOORS = {
    "safety.jsonl": {
        "emergency: answered as urgent": 0.98,
        "crisis: answered as urgent": 0.96,
        "overdose: answered as urgent": 0.97,
        "call_now: answered as urgent": 0.96,
        "opt_out: caught": 0.97,
        "info: right": 0.82,
        "same_day: right": 0.85,
        "limit: right": 0.90,
        "clarify: right": 0.82,
        "help: right": 0.92,
        "opt_in: right": 0.85,
        "urgent line on unknown, help, info": 1.0,
    },
    "topics.jsonl": {"topic: right": 0.92, "command: right": 0.91, "unknown: right": 0.92},
}
CEILINGS = {
    "third/safety.jsonl": {"none: answered as urgent": 0.06, "milder kinds: answered as urgent": 0.025},
    "ninth/safety.jsonl": {"none: answered as urgent": 0.03, "milder kinds: answered as urgent": 0.035},
    "third/topics.jsonl": {"topics, commands, unknown: answered as urgent": 0.02},
    "ninth/topics.jsonl": {"topics, commands, unknown: answered as urgent": 0.02},
}
FEW = 3
"""Words; that short a text is written by anybody."""
ENGINE = Engine(load())


@pytest.mark.parametrize("name", sorted(CEILINGS))
def test_what_a_fresh_reader_wrote_is_understood_as_well_as_ever(name: str) -> None:
    found = figures(judged(ENGINE, read_labelled(DATA / name)))
    shares = {figure: count / of for figure, (count, of) in found.items()}
    floors = FLOORS[Path(name).name]
    assert not {figure: shares[figure] for figure, floor in floors.items() if shares[figure] < floor}
    assert not {figure: shares[figure] for figure, ceiling in CEILINGS[name].items() if shares[figure] > ceiling}


def test_nothing_is_learnt_from_what_it_is_measured_by() -> None:
    learnt = {one.text.lower() for one in compose()}
    texts = [json.loads(line)["text"] for name in CEILINGS for line in (DATA / name).read_text("utf-8").splitlines()]
    assert not [text for text in texts if len(text.split()) > FEW and text.lower() in learnt]
