"""The regimen files: what they say, what they carry along, and every mistake told plainly with its line."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from content.faults import ContentError
from content.regimen_format import notation, rules
from content.regimens import Regimen, load_regimen, load_regimens, notes, parse_regimen

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/regimens.md"

GOOD = """\
id = "sample"
version = 1
title = "A sample"
verified = "partly"
confirm = "A clinic must confirm it."
sources = ["somewhere"]

[items.drug]
route = "iv"
off_days = "between"

[items.capsule]
route = "capsule"
off_days = "rest"
called = "capsules"

[[choice]]
id = "longer"
question = "Longer?"

[[phase]]
id = "first"
cycle = "28 days"
cycles = 2

[[phase.give]]
item = "drug"
days = "1"

[[phase]]
id = "second"
first_gap = "21 days"
cycle = "28 days"

[[phase.give]]
item = "capsule"
days = "1-21"

[[phase.give]]
item = "drug"
days = "1, 15"
if = "longer"

[[phase.hospital]]
days = "1-2"
in_cycles = "1"

[[paired]]
name = "blood test"
of = "drug"
days = [-1]

[[linked]]
name = "call"
of = "end of first"
days = [7]

[[stop]]
lasts = "24 months"

[reminders]
visit_before = { days_before = 3, at = "10:00" }
off_first = { at = "10:00" }
"""


def sample(text: str = GOOD) -> Regimen:
    return parse_regimen(text, "sample.toml")


def test_all_42_regimens_are_there() -> None:
    assert len(load_regimens()) == 42


def test_every_packaged_regimen_is_well_formed_and_asks_for_confirmation() -> None:
    for regimen in load_regimens().values():
        assert regimen.sources
        assert "must confirm" in regimen.confirm
        assert regimen.reminders
        assert regimen.verified in {"yes", "partly", "no"}


def test_a_stored_regimen_is_the_same_regimen() -> None:
    for regimen in [sample(), *load_regimens().values()]:
        stored = Regimen.from_json(regimen.to_json())
        assert stored.to_json() == regimen.to_json()
        assert stored.digest() == regimen.digest()
        assert (stored.phases, stored.items, stored.reminders) == (regimen.phases, regimen.items, regimen.reminders)


def test_the_digest_is_of_the_rules_and_not_of_the_layout() -> None:
    assert sample(GOOD.replace("version = 1", "# a remark\nversion   = 1")).digest() == sample().digest()
    assert sample(GOOD.replace('"28 days"', '"27 days"')).digest() != sample().digest()


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"id": "sample"}'])
def test_a_stored_text_that_is_no_regimen_is_a_plain_error(text: str) -> None:
    with pytest.raises(ContentError):
        Regimen.from_json(text)


def test_a_file_that_cannot_be_read_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read"):
        load_regimen(tmp_path / "none.toml")


def test_a_directory_tells_the_faults_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("id = ", "utf-8")
    (tmp_path / "sample.toml").write_text(GOOD.replace("version = 1", "version = 0"), "utf-8")
    with pytest.raises(ContentError) as caught:
        load_regimens(tmp_path)
    assert [(fault.file, fault.line) for fault in caught.value.faults] == [
        ("regimens/one.toml", 1),
        ("regimens/sample.toml", 2),
    ]


# What is written instead of what, and what the fault says: its line, its rule and a part of its sentence.
MISTAKES = [
    ('id = "sample"', 'id = "other"', 1, "id", 'the name of the file, "sample"'),
    ('id = "sample"', 'id = "Sample"', 1, "id", "small letters, digits and underscores"),
    ("version = 1", "", 1, "missing", "add 'version', a whole number"),
    ("version = 1", 'version = "1"', 2, "type", "must be a whole number"),
    ("version = 1", "version = 0", 2, "range", "counts from 1"),
    ('title = "A sample"', 'title = ""', 3, "empty", "write it or remove it"),
    ('verified = "partly"', 'verified = "maybe"', 4, "choice", "one of: yes, partly, no"),
    ('confirm = "A clinic must confirm it."', "", 1, "missing", "add 'confirm'"),
    ('sources = ["somewhere"]', "sources = []", 6, "empty", "name at least one"),
    ("[items.drug]", '[items."drug 200 mg"]', 8, "item", "without an amount"),
    ("[items.drug]", "[items.Drug]", 8, "item", "small letters"),
    ('route = "iv"', 'route = "oral"', 9, "choice", "'route' must be one of: iv, pump, capsule"),
    ('off_days = "between"', "", 8, "missing", "add 'off_days'"),
    ('called = "capsules"', "", 12, "missing", "add 'called', the word patients read for it: capsules"),
    ('called = "capsules"', 'called = "lenalidomide"', 15, "choice", "'called' must be one of"),
    ('question = "Longer?"', "", 17, "missing", "add 'question'"),
    ('id = "longer"', 'id = "shorter"', 17, "unused", 'nothing depends on the choice "shorter"'),
    ('id = "second"', 'id = "course"', 31, "id", '"course" means the whole course'),
    ('id = "second"', 'id = "first"', 31, "twice", 'two called "first"'),
    ('cycle = "28 days"\ncycles = 2', 'cycle = "4 wks"\ncycles = 2', 23, "notation", 'a span such as "21 days"'),
    ('cycle = "28 days"\ncycles = 2', "cycles = 2", 21, "missing", "add 'cycle'"),
    ('cycle = "28 days"\ncycles = 2', 'cycle = "24 months"\ncycles = 2', 23, "cycle", "longer than a year"),
    ("cycles = 2", "cycles = 0", 24, "range", "from 1 to 1000"),
    ("cycles = 2", "", 30, "reach", '"first" has an open end'),
    ("cycles = 2", "cyles = 2", 24, "unknown", "'cyles' is not known here"),
    ('days = "1"', 'days = "0"', 28, "notation", "days such as"),
    ('days = "1"', 'days = "9, 3"', 28, "notation", "must ascend"),
    ('days = "1"', 'days = "29"', 28, "cycle", "day 29 is not in a cycle of 28 days"),
    ('days = "1"', "days = 1", 28, "type", "'days' must be a text in quotes"),
    ('days = "1"', "", 26, "give", "write 'days' (of the cycle) or 'weekdays'"),
    ('days = "1"', 'weekdays = "mon, mon"', 28, "notation", "must ascend from mon to sun"),
    ('days = "1"', 'weekdays = "monday"', 28, "notation", 'weekdays such as "mon, thu"'),
    ('days = "1"', 'weekdays = "mon, tue"\napart = 3', 28, "apart", "only 1 days apart, and 'apart' asks for 3"),
    ('days = "1"', 'days = "1"\nin_cycles = "3-1"', 29, "notation", "cycles must ascend"),
    ('days = "1"', 'days = "1"\nin_cycles = "all"', 29, "notation", "cycles such as"),
    ('days = "1"', 'days = "1"\nin_cycles = "1-5"', 29, "cycle", "has 2 cycles, and cycle 5 is named"),
    ('days = "1"', 'days = "1"\nin_cycles = "1"', 21, "give", "cycle 2 gives nothing"),
    ('days = "1"', 'days = "1"\nevery = "7 days"', 29, "give", "longer than the cycle"),
    ('days = "1"', 'days = "1"\ngap = "7 to 3 days"', 29, "notation", "must not be smaller than the first"),
    ('days = "1"', 'days = "1"\nwatch_hours = 0', 29, "range", "over 0"),
    ('item = "drug"\ndays = "1"\n', 'item = "drag"\ndays = "1"\n', 27, "reference", 'no item is called "drag"'),
    ('first_gap = "21 days"', "", 30, "start", "say how this phase starts"),
    ('first_gap = "21 days"', 'first_gap = "3 weeks later"', 32, "notation", "'first_gap': write a span"),
    ('first_gap = "21 days"', 'first_gap = "21 days"\nwaits_for = "surgery"', 33, "start", "starts in one way"),
    ('first_gap = "21 days"', 'first_gap = "21 days"\nminimum_wait = "7 days"', 33, "start", "add 'waits_for'"),
    ("cycles = 2", 'cycles = 2\nfirst_gap = "7 days"', 21, "start", "the first phase starts with the plan"),
    ('days = "1, 15"', 'days = "1, 15"\nunless = "longer"', 43, "condition", "it would never hold"),
    ('if = "longer"', 'if = "shorter"', 42, "reference", 'no [[choice]] is called "shorter"'),
    (
        'item = "drug"\ndays = "1, 15"',
        'item = "capsule"\ndays = "21-22"',
        39,
        "twice",
        '"capsule" is given twice on a day',
    ),
    ('days = "1-2"\nin_cycles = "1"', 'in_cycles = "1"', 44, "missing", "the days of the cycle in hospital"),
    ('days = "1-2"\nin_cycles = "1"', 'days = "40"', 44, "cycle", "day 40 is not in a cycle"),
    ('of = "drug"', 'of = "scan"', 50, "reference", '"scan" is no item, and no edge'),
    ("days = [-1]", "days = []", 51, "empty", "has no day"),
    ("days = [-1]", "days = [3, 1]", 51, "range", "must ascend"),
    ('of = "end of first"', 'of = "end of third"', 55, "reference", 'no phase is called "third"'),
    ("days = [7]", "days = [-7]", 56, "range", "cannot be negative"),
    ('lasts = "24 months"', "", 58, "stop", "say when the course ends"),
    ('lasts = "24 months"', 'before = "soon"', 59, "notation", "a date such as"),
    ("[reminders]", '[[extra]]\nitem = "drug"\nweek = 600\n[reminders]', 63, "range", "from 0 (the first week)"),
    ("[reminders]", '[[extra]]\nitem = "drag"\nweek = 6\n[reminders]', 62, "reference", 'no item is called "drag"'),
    ("[reminders]", "[reminder]", 61, "unknown", "'reminder' is not known here"),
    ("visit_before = {", "visit_befor = {", 62, "unknown", "'visit_befor' is no reminder rule"),
    ("days_before = 3", "days_before = 0", 62, "range", "from 1 to 30"),
    ('3, at = "10:00"', '3, at = "10"', 62, "notation", "a time of day such as"),
    ('3, at = "10:00"', '3, at = "25:00"', 62, "notation", "a time of day such as"),
    ('3, at = "10:00"', "3", 62, "missing", "add 'at'"),
    ('3, at = "10:00"', '3, at = "10:00", useful_for = "long"', 62, "notation", "how long it is useful"),
    ("off_first = {", "cream_today = {", 63, "reminder", "no item is a cream"),
    ("off_first = {", "late_effects = {", 63, "missing", "add 'days_after', the days after the last date"),
    ("off_first = {", 'late_effects = { days_after = "91, 28",', 63, "notation", "days must ascend"),
    ("off_first = {", 'late_effects = { days_after = "soon",', 63, "notation", 'days such as "28, 91, 182, 365"'),
    ('3, at = "10:00"', '3, at = "10:00, 10:00"', 62, "notation", "repeats one"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "rule", "mend"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_is_expected(
    right: str, wrong: str, line: int, rule: str, mend: str
) -> None:
    assert right in GOOD
    with pytest.raises(ContentError) as caught:
        sample(GOOD.replace(right, wrong, 1))
    fault = next((each for each in caught.value.faults if each.rule == rule and mend in each.mend), None)
    assert fault is not None, str(caught.value)
    assert (fault.file, fault.line) == ("sample.toml", line), str(caught.value)
    # One plain sentence each: no line break, nothing of Python in it.
    assert all("\n" not in each.mend and "Error" not in each.mend for each in caught.value.faults)


@pytest.mark.parametrize("odd", ["28 days\nhospital = true", "28\u2028days", "28 days\t", "\u202esyad 82"])
def test_a_fault_stays_on_its_line_whatever_it_repeats(odd: str) -> None:
    with pytest.raises(ContentError) as caught:
        sample(GOOD.replace('cycle = "28 days"', f"cycle = {json.dumps(odd)}", 1))
    notation = next(fault for fault in caught.value.faults if fault.rule == "notation")
    assert str(notation).isprintable()
    assert len(str(caught.value).splitlines()) == len(caught.value.faults)


def test_an_extra_dose_in_a_week_that_has_no_place_is_a_mistake() -> None:
    waiting = GOOD.replace('first_gap = "21 days"', 'waits_for = "a date"')
    extra = '[[extra]]\nitem = "drug"\nweek = 30\n[reminders]'
    with pytest.raises(ContentError, match="this week has no place"):
        sample(waiting.replace("[reminders]", extra))
    assert sample(GOOD.replace("[reminders]", extra)).extras


def test_mistakes_are_told_all_at_once() -> None:
    wrong = (
        GOOD.replace("version = 1", "version = 0").replace('days = "1-21"', 'days = "none"').replace("= 3,", "= 90,")
    )
    with pytest.raises(ContentError) as caught:
        sample(wrong)
    assert [fault.line for fault in caught.value.faults] == [2, 37, 62]


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL))
def test_the_examples_of_the_documents_are_regimens(block: str) -> None:
    example = tomllib.loads(block)
    if "id" not in example:
        given = {give["item"] for phase in example["phase"] for give in phase["give"]}
        example |= {
            **{key: value for key, value in tomllib.loads(GOOD).items() if isinstance(value, str | int)},
            "sources": ["the documents"],
            "items": {item: {"route": "iv", "off_days": "untold"} for item in given},
            "reminders": {},
        }
    assert Regimen.from_json(json.dumps(example)).phases


def test_a_regimen_is_stored_as_one_line_of_plain_json() -> None:
    stored = sample().to_json()
    assert "\n" not in stored
    assert json.loads(stored)["phase"][0]["cycle"] == "28 days"


@pytest.mark.parametrize("regimen", load_regimens().values(), ids=lambda regimen: regimen.id)
def test_a_reminder_rule_is_read_again_as_it_is_written(regimen: Regimen) -> None:
    assert [rules.override(rule.id, rules.written(rule)) for rule in regimen.reminders] == list(regimen.reminders)


@pytest.mark.parametrize("useful_for", ["90 minutes", "12 hours", "2 days"])
def test_a_shelf_life_is_read_again_as_it_is_written(useful_for: str) -> None:
    assert notation.as_shelf_life(notation.shelf_life(useful_for)) == useful_for


def test_every_file_begins_with_what_a_clinician_should_know_of_it() -> None:
    assert notes().keys() == load_regimens().keys()
    assert [regimen_id for regimen_id, note in notes().items() if not note.endswith(".")] == []
    assert notes()["stride"].startswith("Until the cancer grows")
