"""Changes as values: written on a command line, stored, and read again."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.faults import ContentError
from scheduler.plan.changes import ChangeError, change_from_json, change_to_json
from tests.scheduler.plan.changed import change
from tests.scheduler.plan.made import FILES


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins with one of delay:, hold:"),
        ("postpone:cycle=1", "begins with one of"),
        ("delay", "begins with one of"),
        ("delay:cycle=4", "not complete: write it like delay:cycle=4,days=4"),
        ("delay:cycle=four,days=7", "cycle is a whole number from 1 to 9999"),
        ("delay:cycle=4,days=-7", "days is a whole number"),
        ("delay:cycle=4,days=7,days=8", "each once"),
        ("delay:cycle=4,days=7,policy=grid", "policy is reanchor or keepgrid"),
        ("delay:cycle=4,days=7,why=ill", 'has no part "why"'),
        ("hold:from=tomorrow", "from is a date such as 2026-01-31"),
        ("switch:to=pembro_q6w,from=9999-07-01", "from is too far off (9999-07-01): check the year"),
        ("resume:on=2026-02-30", "on is a date"),
        ("resume:on=2026-02-01,cycle=old", "cycle is new or same"),
        ("switch:to=pembro_q6w,from=2026-02-01,cycle=new", "cycle is a whole number from 1 to 9999"),
        ("skip:date=2026-02-01,counts=maybe", "counts is yes or no"),
        ("branch:id=x,take", "such as branch:id=ID,take=yes"),
    ],
)
def test_a_change_that_cannot_be_read_is_told_how_to_write_it(text: str, why: str) -> None:
    with pytest.raises(ChangeError) as caught:
        change(text)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind": "delay"}', '{"kind": "none"}', '{"kind": "hold", "from": 1}']
)
def test_a_stored_change_that_is_none_is_a_plain_error(text: str) -> None:
    with pytest.raises(ChangeError):
        change_from_json(text)


def test_a_stored_switch_with_a_broken_regimen_is_a_plain_error() -> None:
    with pytest.raises(ContentError):
        change_from_json('{"kind": "switch", "to": "{}", "from": "2026-02-16"}')


def test_a_switch_without_a_cycle_is_written_and_stored_as_ever() -> None:
    text = "switch:to=pembro_q6w,from=2026-02-16"
    assert str(change(text)) == text
    stored = f'{{"kind": "switch", "to": {json.dumps(FILES["pembro_q6w"].to_json())}, "from": "2026-02-16"}}'
    assert change_from_json(stored) == change(text)
    assert str(change(f"{text},cycle=5")) == f"{text},cycle=5"


dates = st.dates(date(2025, 1, 1), date(2028, 1, 1))
changes = st.one_of(
    st.builds(
        "delay:cycle={},days={},policy={}".format,
        st.integers(1, 9),
        st.integers(1, 30),
        st.sampled_from(["reanchor", "keepgrid"]),
    ),
    st.builds("hold:from={}".format, dates),
    st.builds("resume:on={},cycle={}".format, dates, st.sampled_from(["new", "same"])),
    st.builds("skip:date={},counts={}".format, dates, st.sampled_from(["yes", "no"])),
    st.builds("move:date={},to={}".format, dates, dates),
    st.builds("close:date={},to={}".format, dates, dates),
    st.builds("stop:on={}".format, dates),
    st.builds("switch:to={},from={}".format, st.sampled_from(sorted(FILES)), dates),
    st.builds("switch:to={},from={},cycle={}".format, st.sampled_from(sorted(FILES)), dates, st.integers(1, 99)),
    st.builds("enter:phase=adjuvant,on={}".format, dates),
    st.builds("branch:id=one_year,take={}".format, st.sampled_from(["yes", "no"])),
)


@given(changes)
def test_a_change_is_the_same_written_or_stored_and_read_again(text: str) -> None:
    made = change(text)
    assert change(str(made)) == made
    assert change_from_json(change_to_json(made)) == made
    assert change_to_json(change_from_json(change_to_json(made))) == change_to_json(made)
