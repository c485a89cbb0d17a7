"""Scores how texts are understood: ``python -m tools.training.score FILE.jsonl ... [--misses]`` or ``... --cross``.

Prints each figure of the labelling rules as a JSON line, and with ``--misses`` every text that was not understood.
``--cross`` scores the corpus itself by cross-validation: five times the weights are trained on four fifths of it and
tried on the rest. All texts of one template are on one side, so that no paraphrase helps; the rules are the same.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.understanding.engine import Engine
from content.library import Library, load
from tools.training.compose import Example, compose, joined
from tools.training.scoring import Judged, Labelled, figures, judged, read_labelled
from tools.training.train import trained

_FOLDS = 5


def main() -> None:
    """Scores the files that are named, each by itself, or the corpus by cross-validation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--cross", action="store_true")
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    library = load()
    if asked.cross:
        _report("corpus, cross-validated", list(cross_validated(library, compose())), misses=asked.misses)
    engine = Engine(library)
    for path in asked.files:
        _report(path.name, judged(engine, read_labelled(path)), misses=asked.misses)


def cross_validated(library: Library, examples: Sequence[Example]) -> Iterator[Judged]:
    """Each example as it is understood with weights that were trained without its group."""
    reader = Engine(library, learned=None)
    with tempfile.TemporaryDirectory() as directory:
        for fold in range(_FOLDS):
            rest = [one for one in examples if one.group % _FOLDS != fold]
            weights = Path(directory) / f"{fold}.txt"
            weights.write_text(trained(reader, rest, joined(rest)), "utf-8")
            left_out = [_labelled(one) for one in examples if one.group % _FOLDS == fold]
            yield from judged(Engine(library, learned=weights), left_out)


def _labelled(example: Example) -> Labelled:
    kind, _, name = example.label.partition(".")
    return Labelled(example.text, example.language, kind, name or None, ())


def _report(name: str, results: Sequence[Judged], *, misses: bool) -> None:
    for figure, (count, of) in figures(results).items():
        _write({"texts": name, "figure": figure, "count": count, "of": of, "share": round(count / of, 4)})
    for one in results if misses else ():
        label, outcome = one.labelled, one.outcome
        if not one.right:
            shown = {"text": label.text, "label": [label.kind, label.id], "outcome": [outcome.kind, outcome.id]}
            _write({**shown, "matched": outcome.matched})


def _write(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
