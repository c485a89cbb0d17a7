"""A switch that goes on in the middle of the new regimen."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.changes import ChangeError, Switch, change_from_json, change_to_json
from tests.scheduler.plan import naive
from tests.scheduler.plan.changed import DAY, days, planned, treatments
from tests.scheduler.plan.made import FILES, START, give, phase, regimen, regimens, starts

EVERY_THREE_WEEKS = regimen(phase("before", "21 days", give("before")))


@given(regimens(plain=True), starts, st.integers(1, 200), st.integers(1, 15))
@settings(max_examples=300)
def test_a_naive_course_without_its_first_cycles_agrees(made: Regimen, start: date, after: int, cycle: int) -> None:
    on = start + after * DAY
    whole = naive.treatments(made, start, start + 1_500 * DAY)
    # A cycle is of use here when something is given on its first day: only then its first day can be read off.
    first = next((row for row in whole if row.cycle == cycle and row.day == 1), None)
    if first is None:
        if not any(row.cycle == cycle for row in whole) and whole[-1].date < start + 1_000 * DAY:
            with pytest.raises(ChangeError, match=f"made has no cycle {cycle}"):
                Calendar(EVERY_THREE_WEEKS, start, changes=[Switch(made, on, cycle)])
        return
    already = (after + 20) // 21
    last = on + 300 * DAY
    expected = [
        (row.date + (on - first.date), row.cycle - cycle + 1 + already, row.cycle_in_phase, row.day, row.items)
        for row in whole
        if row.cycle >= cycle and row.date + (on - first.date) <= last
    ]
    calendar = Calendar(EVERY_THREE_WEEKS, start, changes=[Switch(made, on, cycle)])
    found = [event for event in calendar.events(last=last) if event.kind is Kind.TREATMENT]
    assert [event.date for event in found if event.items == ("before",)] == [
        start + number * 21 * DAY for number in range(already)
    ]
    assert [
        (event.date, event.cycle, event.cycle_in_phase, event.day, frozenset(event.items))
        for event in found
        if event.date >= on
    ] == expected


def test_a_plan_goes_on_with_the_same_cycle_of_a_newer_version() -> None:
    made = regimen(phase("p", "21 days"), stop=[{"cycles": 6}])
    newer = regimen(phase("p", "28 days"), stop=[{"cycles": 6}], version=2)
    calendar = Calendar(made, START, changes=[Switch(newer, date(2026, 2, 16), 3)])
    expected = ["2026-01-05", "2026-01-26", "2026-02-16", "2026-03-16", "2026-04-13", "2026-05-11"]
    assert days(calendar) == expected
    assert [event.name for event in treatments(calendar)][2] == "s1.p/c3/d1/visit"


def test_a_second_phase_is_joined_and_can_be_changed_afterwards() -> None:
    calendar = planned(
        "pembro_q3w", "switch:to=nivo_ipi_mel,from=2026-02-16,cycle=6", "delay:cycle=4,days=7", "skip:date=2026-02-16"
    )
    names = [event.name for event in treatments(calendar, 4)]
    assert names == [
        "treatment/c1/d1/visit",
        "treatment/c2/d1/visit",
        "s1.maintenance/c3/d1/visit",
        "s1.maintenance/c4/d1/visit",
    ]
    assert days(calendar, 3) == ["2026-01-05", "2026-01-26", "2026-03-09"]


def test_caps_of_a_drug_that_goes_on_count_from_its_first_dose() -> None:
    made = regimen(phase("p", "21 days"), stop=[{"lasts": "12 weeks"}])
    calendar = Calendar(made, START, changes=[Switch(made, date(2026, 2, 16), 2)])
    assert days(calendar) == ["2026-01-05", "2026-01-26", "2026-02-16", "2026-03-09"]
    with pytest.raises(ChangeError, match="has no cycle 2 that could be on 2026-04-20"):
        Calendar(made, START, changes=[Switch(made, date(2026, 4, 20), 2)])


def test_it_is_the_same_stored_and_read_again() -> None:
    made = Switch(FILES["blina_mrd"], date(2026, 2, 16), 3)
    again = change_from_json(change_to_json(made))
    assert again == made
    events = [list(Calendar(FILES["pembro_q3w"], START, changes=[each]).events()) for each in (made, again)]
    assert events[0] == events[1]
