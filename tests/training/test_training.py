"""What training makes is the same each time, fits the program, and learns from texts with labels that exist."""

import re
import subprocess
import sys

from bot.understanding.engine import Engine
from bot.understanding.learned import WEIGHTS
from content.library import load
from tools.training.compose import compose, joined, templates
from tools.training.train import trained

LARGEST = 2_000_000
PLAIN = {"crisis", "overdose", "same_day", "info", "clarify", "limit", "opt_out", "opt_in", "help", "unknown"}
COMMANDS = {
    *("next", "day", "confirm", "change", "done", "missed", "more", "source", "menu", "language_en", "language_es"),
    *("pause", "resume", "join"),
}


def test_the_same_corpus_gives_the_same_weights_byte_for_byte() -> None:
    engine = Engine(load(), learned=None)
    part = [one for one in compose() if one.group % 40 == 0]
    assert trained(engine, part, joined(part)) == trained(Engine(load(), learned=None), part, joined(part))


def test_a_corpus_is_composed_the_same_each_time() -> None:
    assert compose() == compose()
    assert joined(compose()) == joined(compose())


def test_the_weights_are_a_sorted_text_of_no_more_than_two_megabytes() -> None:
    assert WEIGHTS.stat().st_size <= LARGEST
    _, _, body = WEIGHTS.read_text("utf-8").partition("\n\n")
    headings = [line for line in body.splitlines() if "\t" not in line]
    assert headings == sorted(set(headings))
    groups = [group.splitlines() for group in re.split(r"^[^\t\n]+\n", body, flags=re.MULTILINE)[1:]]
    assert len(groups) == len(headings)
    for group in groups:
        names = [line.split("\t")[0] for line in group]
        assert names
        assert names == sorted(set(names))


def test_every_label_of_the_corpus_is_an_outcome_that_exists() -> None:
    library = load()
    known = PLAIN | {f"topic.{one}" for one in library.topics} | {f"command.{one}" for one in COMMANDS}
    known |= {f"{level}.{sign}" for sign in library.danger for level in ("emergency", "call_now")}
    assert {label for label, _, _ in templates()} <= known


def test_the_program_understands_without_the_tools_of_training() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = sys.modules['scipy'] = sys.modules['numpy'] = None\n"
        "from bot.understanding.engine import Engine\n"
        "from content.library import load\n"
        "print(Engine(load()).understand('my chest hurts and i cant breathe').kind)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "emergency"
