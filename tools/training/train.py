"""Trains the learned layer and writes ``bot/understanding/weights.txt``: ``python -m tools.training.train``.

Deterministic: the same corpus, content and seed give the same file byte for byte. Needs scikit-learn (the development
extra); the program itself does not.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")  # sums in one order, always

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.understanding.engine import Engine
from bot.understanding.learned import WEIGHTS, strength
from content.library import load
from tools.training.compose import Example, compose

_FEWEST_GROUPS = 2
_FIRMNESS = 30.0
_SMALLEST = 0.15
_CROWD = 0.7


def main() -> None:
    """Trains and writes."""
    examples = compose()
    engine = Engine(load(), learned=None)
    features = [engine.features(example.text) for example in examples]
    write(*fit(examples, features), WEIGHTS)


def fit(
    examples: Sequence[Example], features: Sequence[list[str]]
) -> tuple[list[str], list[float], dict[str, list[float]]]:
    """Labels, their starting values, and the weights of every feature."""
    kept = _often_enough(examples, features)
    index = {name: number for number, name in enumerate(sorted(kept))}
    rows = [[name for name in names if name in index] for names in features]
    sizes = Counter(example.group for example in examples)
    model = LogisticRegression(C=_FIRMNESS, max_iter=300, tol=1e-4)
    model.fit(
        _matrix(rows, index),
        [example.label for example in examples],
        sample_weight=[sizes[example.group] ** -_CROWD for example in examples],
    )
    weights = {name: [float(row[number]) for row in model.coef_] for name, number in index.items()}
    return [str(label) for label in model.classes_], [float(start) for start in model.intercept_], weights


def write(labels: Sequence[str], start: Sequence[float], weights: dict[str, list[float]], path: Path) -> None:
    """The file: sorted, two decimals, small weights left out."""
    lines = ["\t".join(["labels", *labels]), "\t".join(["start", *(f"{value:.2f}" for value in start)])]
    for name in sorted(weights):
        pairs = [f"{number}:{value:.1f}" for number, value in enumerate(weights[name]) if abs(value) >= _SMALLEST]
        if pairs:
            lines.append("\t".join([name, *pairs]))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _often_enough(examples: Sequence[Example], features: Sequence[list[str]]) -> set[str]:
    groups: dict[str, set[int]] = defaultdict(set)
    for example, names in zip(examples, features, strict=True):
        for name in names:
            groups[name].add(example.group)
    return {name for name, seen in groups.items() if len(seen) >= _FEWEST_GROUPS}


def _matrix(rows: Sequence[list[str]], index: dict[str, int]) -> csr_matrix:
    ends, columns, values = [0], [], []
    for names in rows:
        length = math.sqrt(sum(strength(name) ** 2 for name in names) or 1)
        for name in sorted(names):
            columns.append(index[name])
            values.append(strength(name) / length)
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(rows), len(index)))


if __name__ == "__main__":
    main()
