"""Trains the learned layer and writes ``bot/understanding/weights.txt``: ``python -m tools.training.train``.

Deterministic: the same corpus, content and seed give the same file byte for byte. Needs scikit-learn (the development
extra); the program itself does not.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")  # sums in one order, always

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.understanding.engine import URGENT, Engine
from bot.understanding.learned import DANGER_UNIT, KIND_UNIT, MOST_WEIGHT, PAIR, WEIGHTS, strength
from content.library import load
from tools.training.compose import Example, compose, joined

_FEWEST_GROUPS = 2
_CROWD = 0.7
"""How much less each text of a group counts than one that stands alone: its number to the minus this."""
_FIRMNESS_DANGER, _FIRMNESS_KIND = 40.0, 30.0
_SMALLEST = {"danger": 0.3, "kind": 0.7}
"""Weights nearer to nothing are left out of the file."""
_HEADER = (
    "# Weights of the learned layer, made by tools/training/train.py. Up to the empty line: a classifier, where it",
    "# starts, and the code of each kind that it knows. Then groups: a line that begins the names of some features,",
    '# "b=no" that of "b=no fever", a pair of words; and for each of them the rest of its name, its weight for danger',
    "# in hundredths, and codes of kinds, each with its weight in tenths. What is not written is nothing.",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An example as the layers before see it."""

    example: Example
    danger: list[str]
    requests: list[str]

    @property
    def urgent(self) -> bool:
        """Whether it is to be answered as urgent."""
        return self.example.label.partition(".")[0] in URGENT


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained one: its labels (none where it only says how likely danger is), their starts, the features' weights."""

    labels: Sequence[str]
    starts: Sequence[float]
    weights: Mapping[str, Sequence[float]]


def main() -> None:
    """Trains and writes."""
    engine = Engine(load(), learned=None)
    examples = compose()
    WEIGHTS.write_text(trained(engine, examples, joined(examples)), "utf-8")


def trained(engine: Engine, examples: Sequence[Example], more: Sequence[Example]) -> str:
    """The file of weights for these examples; ``more`` teach what is urgent alone."""
    seen, also = ([Seen(each, *engine.features(each.text)) for each in texts] for texts in (examples, more))
    everything = [*seen, *also]
    danger = fit(everything, [one.danger for one in everything], None, _FIRMNESS_DANGER)
    urgent = [one for one in seen if one.urgent]
    calm = [one for one in seen if not one.urgent]
    return written(
        danger,
        fit(urgent, [one.danger for one in urgent], "kind", _FIRMNESS_KIND),
        fit(calm, [one.danger + one.requests for one in calm], "kind", _FIRMNESS_KIND),
    )


def fit(seen: Sequence[Seen], features: Sequence[list[str]], of: str | None, firmness: float) -> Classifier:
    """A classifier of the labels of examples; ``of`` None: of whether they are urgent."""
    groups = [one.example.group for one in seen]
    index = {name: number for number, name in enumerate(sorted(_often_enough(groups, features)))}
    rows = [[name for name in names if name in index] for names in features]
    sizes = Counter(groups)
    model = LogisticRegression(C=firmness, max_iter=300, tol=1e-4)
    model.fit(
        _matrix(rows, index),
        [one.example.label if of else one.urgent for one in seen],
        sample_weight=[sizes[group] ** -_CROWD for group in groups],
    )
    weights = {name: [float(row[number]) for row in model.coef_] for name, number in index.items()}
    return Classifier(
        [str(label) for label in model.classes_] if of else (), [float(one) for one in model.intercept_], weights
    )


def written(danger: Classifier, urgent: Classifier, calm: Classifier) -> str:
    """The file: sorted, whole numbers, small weights left out, what a group of features begins with written once."""
    spoken_of = Counter(
        label for one in (urgent, calm) for weights in one.weights.values() for label, _ in _telling(one, weights)
    )
    codes: dict[str, str] = {}
    (start,) = danger.starts
    lines = [*_HEADER, f"danger\t{start * DANGER_UNIT:.0f}"]
    for name, classifier, letters in (("urgent", urgent, ascii_lowercase), ("calm", calm, ascii_uppercase)):
        short = [*letters, *(first + second for first in letters for second in letters)]
        by_use = sorted(classifier.labels, key=lambda label: (-spoken_of[label], label))
        codes.update(zip(by_use, short, strict=False))
        lines += [
            f"{name}\t{start * KIND_UNIT:.1f}\t{codes[label]}\t{label}"
            for label, start in zip(classifier.labels, classifier.starts, strict=True)
        ]
    lines.append("")
    features: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in {*danger.weights, *urgent.weights, *calm.weights}:
        (weight,) = danger.weights.get(name, (0.0,))
        cells = [f"{weight * DANGER_UNIT:.0f}" if abs(weight) >= _SMALLEST["danger"] else "0"]
        for classifier in (urgent, calm):
            telling = _telling(classifier, classifier.weights.get(name, ()))
            if any(abs(value) * KIND_UNIT > MOST_WEIGHT for _, value in telling):
                message = f"{name} weighs more than {MOST_WEIGHT / KIND_UNIT}: make the classifiers firmer"
                raise ValueError(message)
            cells += [f"{codes[label]}{value * KIND_UNIT:.0f}" for label, value in telling]
        if cells != ["0"]:
            heading, _, short_name = name.rpartition(" " if name.startswith(PAIR) else "=")
            features[heading if name.startswith(PAIR) else f"{heading}="].append((short_name, " ".join(cells)))
    for heading in sorted(features):
        lines += [heading, *(f"{name}\t{cells}" for name, cells in sorted(features[heading]))]
    return "\n".join(lines) + "\n"


def _telling(classifier: Classifier, weights: Sequence[float]) -> list[tuple[str, float]]:
    """The labels that a feature tells something of, each with its weight."""
    return [
        (label, weight)
        for label, weight in zip(classifier.labels, weights, strict=False)
        if abs(weight) >= _SMALLEST["kind"]
    ]


def _often_enough(groups: Sequence[int], features: Sequence[list[str]]) -> set[str]:
    found: dict[str, set[int]] = defaultdict(set)
    for group, names in zip(groups, features, strict=True):
        for name in names:
            found[name].add(group)
    return {name for name, seen in found.items() if len(seen) >= _FEWEST_GROUPS}


def _matrix(rows: Sequence[list[str]], index: Mapping[str, int]) -> csr_matrix:
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
