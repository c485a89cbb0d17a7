"""Regimens made for tests: from a few words, and at random with hypothesis."""

import json
from datetime import date
from typing import Any

from hypothesis import strategies as st

from content.regimens import Regimen, load_regimens

FILES = load_regimens()

Definition = dict[str, Any]

START = date(2026, 1, 5)  # a Monday


def regimen(*phases: Definition, **more: Any) -> Regimen:
    """A regimen of these phases; items that are not described are infusions at visits."""
    items = more.pop("items", {})
    given = {give["item"] for phase in phases for give in phase["give"]} | {e["item"] for e in more.get("extra", ())}
    definition: Definition = {
        "id": "made",
        "version": 1,
        "title": "Made for a test",
        "verified": "no",
        "confirm": "Not for patients.",
        "sources": ["none"],
        "items": {name: items.get(name, {"route": "iv", "off_days": "between"}) for name in given},
        "phase": list(phases),
        "reminders": {},
        **more,
    }
    return Regimen.from_json(json.dumps(definition))


def phase(phase_id: str, cycle: str, *gives: Definition, **more: Any) -> Definition:
    """A phase; without gives it gives the drug on day 1."""
    return {"id": phase_id, "cycle": cycle, "give": list(gives) or [give("drug")], **more}


def give(item: str, days: str = "1", **more: Any) -> Definition:
    """An item on days of the cycle."""
    return {"item": item, **({} if "weekdays" in more else {"days": days}), **more}


CAPSULES = {"route": "capsule", "off_days": "rest", "called": "capsules"}

starts = st.dates(date(2019, 1, 1), date(2031, 12, 31))


@st.composite
def regimens(draw: st.DrawFn, *, plain: bool = False) -> Regimen:
    """A random regimen; ``plain``: only fixed intervals, days on and off, ordered phases, counts and an open end."""
    names = ["drug", "other", "capsule"][: draw(st.integers(1, 3))]
    number = draw(st.integers(1, 3))
    phases = [draw(_phase(at, is_last=at == number - 1, names=names, plain=plain)) for at in range(number)]
    used = {each["item"] for one in phases for each in one["give"]}
    more: Definition = {"items": {"capsule": CAPSULES} if "capsule" in used else {}}
    if not plain and draw(st.booleans()):
        cap = draw(
            st.sampled_from([{"lasts": "9 weeks"}, {"lasts": "5 months"}, {"cycles": 7}, {"before": "2027-03-01"}])
        )
        more["stop"] = [cap]
    return regimen(*phases, **more)


@st.composite
def _phase(draw: st.DrawFn, at: int, *, is_last: bool, names: list[str], plain: bool) -> Definition:
    kind = draw(st.sampled_from(["days"] if plain else ["days", "days", "weekdays", "months", "courses"]))
    if kind == "courses" and at == 0:
        kind = "days"
    length = 7 * draw(st.integers(1, 3)) if kind == "weekdays" else draw(st.integers(1, 45))
    if kind == "courses":
        length = draw(st.integers(1, 14))
    gives = [draw(_give(name, kind, length, plain)) for name in draw(st.sets(st.sampled_from(names), min_size=1))]
    cycle = f"{draw(st.integers(1, 4))} months" if kind == "months" else f"{length} days"
    made = phase(f"p{at}", cycle, *gives)
    if kind == "courses":
        offsets = draw(st.lists(st.integers(2, 12), min_size=1, max_size=3, unique=True))
        edge = draw(st.sampled_from(["start", "end"]))
        months = [offset for offset in sorted(offsets) if offset % 2 == 0] or [4]
        made["courses"] = {"months": months, "from": f"{edge} of p0", "cycles": draw(st.integers(1, 3))}
        return _filled(made)
    if at:
        gaps = ["end of cycle", f"{draw(st.integers(1, 60))} days"] + ([] if plain else ["1 month"])
        made["first_gap"] = draw(st.sampled_from(gaps))
    if not is_last or draw(st.booleans()):
        made["cycles"] = draw(st.integers(1, 5))
        if not plain and draw(st.booleans()):
            made["lasts"] = draw(st.sampled_from(["2 weeks", "40 days", "3 months"]))
    if "cycles" not in made:
        for each in made["give"]:
            each.pop("in_cycles", None)
    return _filled(made)


def _filled(made: Definition) -> Definition:
    """With something in every cycle: an item without a clock and without cycles of its own."""
    if all("in_cycles" in each or "every" in each for each in made["give"]):
        made["give"][0].pop("in_cycles", None)
        made["give"][0].pop("every", None)
    return made


@st.composite
def _give(draw: st.DrawFn, item: str, kind: str, length: int, plain: bool) -> Definition:
    if kind == "weekdays":
        chosen = draw(
            st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=5)
        )
        order = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        made = give(item, weekdays=", ".join(day for day in order if day in chosen))
    else:
        most = 28 if kind == "months" else length
        days = sorted(draw(st.sets(st.integers(1, most), min_size=1, max_size=6)))
        made = give(item, ", ".join(map(str, days)))
        if kind == "days" and not plain and draw(st.integers(0, 4)) == 0:
            made["days"] = str(days[0])
            made["every"] = f"{length + draw(st.integers(0, 30))} days"
    if draw(st.integers(0, 3)) == 0:
        made["in_cycles"] = "1"
    return made
