"""The learned layer says what its file says: weights added one by one give the same chances."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.learned import KIND_UNIT, MOST_WEIGHT, WEIGHTS, Kinds, Lanes, Learned, added
from tools.training.train import Classifier, written

URGENT, CALM = ("call_now.fever", "crisis"), ("info", "opt_out", "unknown")
DANGER = {"w=fever": 3.0, "b=no fever": -5.25, "b=no $": 0.31, "d=fever:call_now:now": 4.0, "w=hi": 0.1}
SAYS_KIND = {"w=fever": (2.0, -1.0), "d=fever:call_now:now": (5.0, 0.0)}
SAYS_CALM = {"b=no fever": (6.0, -0.8, 0.2), "w=hi": (0.0, 0.0, 3.0)}


def _classifier(labels: Sequence[str], starts: Sequence[float], weights: Mapping[str, Sequence[float]]) -> Classifier:
    return Classifier(labels, starts, weights)


def _written(folder: Path, says_kind: Mapping[str, Sequence[float]] = SAYS_KIND) -> Path:
    path = folder / "weights.txt"
    danger = _classifier((), (-2.5,), {name: (weight,) for name, weight in DANGER.items()})
    path.write_text(
        written(danger, _classifier(URGENT, (0.5, -0.5), says_kind), _classifier(CALM, (1.0, 0.0, 2.0), SAYS_CALM)),
        "utf-8",
    )
    return path


@pytest.fixture(name="learned")
def _learned(tmp_path: Path) -> Learned:
    return Learned(_written(tmp_path), frozenset(["hi"]))


def _numbers(learned: Learned) -> dict[str, int]:
    single = {name: learned.number(name) for name in DANGER if not name.startswith("b=")}
    pairs = {name: learned.after("no").get(name.removeprefix("b=no ")) for name in DANGER if name.startswith("b=")}
    return {name: number for name, number in {**single, **pairs}.items() if number is not None}


def test_a_feature_is_found_by_its_name_and_a_pair_by_its_words(learned: Learned) -> None:
    numbers = _numbers(learned)
    assert {name: learned.number(name) for name in numbers if not name.startswith("b=")} == {
        name: number for name, number in numbers.items() if not name.startswith("b=")
    }
    assert learned.after("no").get("fever") == numbers["b=no fever"]
    assert learned.after("no").get("cough") is None
    assert learned.after("yes").get("fever") is None
    assert learned.number("w=cough") is None


def test_what_is_hardly_more_than_nothing_is_left_out(learned: Learned) -> None:
    numbers = _numbers(learned)
    hi = learned.look({numbers["w=hi"]})
    nothing = learned.look(set())
    assert hi.danger() == nothing.danger()
    label, chance = hi.calm().likeliest()
    assert label == "unknown"
    assert chance == pytest.approx(math.exp(5) / (math.exp(5) + math.exp(1) + 1))


def test_rules_count_twice_and_long_texts_no_more_than_short_ones(learned: Learned) -> None:
    numbers = _numbers(learned)
    look = learned.look({numbers["w=fever"], numbers["d=fever:call_now:now"], numbers["b=no fever"]})
    total = (3.0 + 2 * 4.0 - 5.25) / math.sqrt(1 + 4 + 1) - 2.5
    assert look.danger() == pytest.approx(1 / (1 + math.exp(-total)))
    assert look.urgent()["call_now.fever"] == pytest.approx(
        1 / (1 + math.exp((-0.5 - 1 / math.sqrt(6)) - (0.5 + 12 / math.sqrt(6))))
    )


def test_the_words_that_spoke_most_are_named(learned: Learned) -> None:
    numbers = _numbers(learned)
    look = learned.look(set(numbers.values()))
    assert look.dangerous_words() == ["fever", "no $"]
    assert look.words_for("info") == ["no fever"]
    assert look.words_for("unknown") == []


def test_no_weight_is_more_than_what_a_lane_has_room_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="w=fever weighs more than 32"):
        _written(tmp_path, says_kind={"w=fever": (33.0, 0.0)})
    weights = re.findall(r"[A-Za-z](-?\d+)", WEIGHTS.read_text("utf-8").partition("\n\n")[2])
    assert max(abs(int(weight)) for weight in weights) <= MOST_WEIGHT


@given(
    rows=st.lists(st.lists(st.integers(-2 * MOST_WEIGHT, 2 * MOST_WEIGHT), min_size=5, max_size=5), max_size=160),
    length=st.floats(1.0, 40.0),
)
def test_adding_lanes_adds_every_kind(rows: list[list[int]], length: float) -> None:
    lanes, starts = Lanes(), [-8.0, 0.0, 3.5, 12.0, 60.0]
    others, kinds = Kinds(lanes), Kinds(lanes)
    others.add("of another classifier", 0.0)
    for number, start in enumerate(starts):
        kinds.add(str(number), start)
    numbers = [sum(weight << 16 * place for place, weight in enumerate([-7, *row])) for row in rows]
    totals = [(start + sum(row[at] for row in rows) / length) / KIND_UNIT for at, start in enumerate(starts)]
    every = sum(math.exp(total - max(totals)) for total in totals)
    expected = [math.exp(total - max(totals)) / every for total in totals]
    assert [*kinds.chances(added(numbers), length).each().values()] == pytest.approx(expected)
