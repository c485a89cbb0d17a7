"""The calendar: what is given when, which days are off, and that it counts instead of walking."""

import os
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, DayState, Event, Kind, NoSuchCycleError
from tests.scheduler.plan import naive
from tests.scheduler.plan.made import CAPSULES, FILES, START, give, phase, regimen, regimens, starts

DAY = timedelta(days=1)

# How many random cases the engine and its naive twin are compared on; thousands take minutes.
CASES = int(os.environ.get("CALENDAR_CASES", "150"))


def days(calendar: Calendar, count: int, *, item: str | None = None) -> list[str]:
    """The first treatment days, of one item if it is named."""
    rows = (event for event in calendar.events() if event.kind is Kind.TREATMENT and (not item or item in event.items))
    return [event.date.isoformat() for event in islice(rows, count)]


def of_kind(calendar: Calendar, kind: Kind, last: date) -> list[Event]:
    return [event for event in calendar.events(last=last) if event.kind is kind]


def test_a_fixed_interval_is_counted_from_day_one() -> None:
    assert days(Calendar(FILES["pembro_q3w"], START), 4) == ["2026-01-05", "2026-01-26", "2026-02-16", "2026-03-09"]


def test_a_phase_keeps_its_own_first_gap_whatever_its_interval() -> None:
    calendar = Calendar(FILES["dostar_mono"], START)
    assert days(calendar, 7)[3:] == ["2026-03-09", "2026-03-30", "2026-05-11", "2026-06-22"]
    starts = [event for event in calendar.events(last=date(2026, 4, 1)) if event.kind is Kind.PHASE]
    assert [(event.date.isoformat(), event.phase, event.cycle) for event in starts] == [
        ("2026-01-05", "every_3_weeks", 1),
        ("2026-03-30", "every_6_weeks", 5),
    ]


def test_without_a_gap_of_its_own_a_phase_starts_when_the_cycle_before_is_over() -> None:
    made = regimen(
        phase("on", "42 days", give("drug", "1-28"), cycles=2), phase("then", "84 days", first_gap="end of cycle")
    )
    assert days(Calendar(made, START), 100)[56:58] == ["2026-03-30", "2026-06-22"]


def test_days_on_and_off_have_one_rest_row_for_each_off_period() -> None:
    rest = of_kind(Calendar(FILES["len_mm"], START), Kind.REST, date(2026, 3, 5))
    assert [(event.date.isoformat(), str(event.end_date), event.items, event.day) for event in rest] == [
        ("2026-01-26", "2026-02-01", ("lenalidomide",), 22),
        ("2026-02-23", "2026-03-01", ("lenalidomide",), 22),
    ]


def test_days_between_visits_are_never_called_rest() -> None:
    events = list(Calendar(FILES["pembro_q3w"], START).events(last=date(2027, 1, 1)))
    assert not [event for event in events if event.kind is Kind.REST]
    between = next(event for event in events if event.kind is Kind.BETWEEN)
    assert (between.date, between.end_date, between.next_date) == (
        date(2026, 1, 6),
        date(2026, 1, 25),
        date(2026, 1, 26),
    )


def test_a_pill_day_inside_the_rest_of_another_stays_a_treatment_day() -> None:
    made = regimen(
        phase("p", "28 days", give("len", "1-21"), give("dex", "1, 8, 15, 22")),
        items={"len": CAPSULES, "dex": {"route": "pill", "off_days": "untold", "called": "pills"}},
    )
    calendar = Calendar(made, START)
    rest = of_kind(calendar, Kind.REST, date(2026, 2, 1))
    assert [(event.date.isoformat(), str(event.end_date)) for event in rest] == [("2026-01-26", "2026-02-01")]
    day_22 = calendar.on(date(2026, 1, 26))
    assert day_22.treatment
    assert calendar.on(date(2026, 1, 27)).kind is Kind.REST


def test_an_item_may_be_given_in_some_cycles_alone() -> None:
    calendar = Calendar(FILES["len_mm"], START)
    dex = days(calendar, 100, item="dexamethasone")
    assert [day for day in dex if day.startswith("2026-01")] == [
        f"2026-01-{day:02}" for day in (5, 6, 7, 8, 13, 14, 15, 16, 21, 22, 23, 24)
    ]
    cycle_5 = [day for day in dex if "2026-04-27" <= day < "2026-05-25"]
    assert cycle_5 == ["2026-04-27", "2026-04-28", "2026-04-29", "2026-04-30"]


def test_what_differs_from_dose_to_dose_is_told_with_the_day() -> None:
    rows = of_kind(Calendar(FILES["tebe"], START), Kind.TREATMENT, date(2026, 2, 9))
    watched = [event.slot.watch_hours for event in rows if event.slot]
    assert watched == [16, 16, 16, 0.5, 0.5, 0.5]
    assert [event.slot.setting for event in rows if event.slot] == ["hospital"] * 3 + ["visit"] * 3


def test_a_pump_is_a_visit_on_its_first_day_alone() -> None:
    rows = of_kind(Calendar(FILES["blina_mrd"], START), Kind.TREATMENT, date(2026, 4, 26))
    settings = [(event.cycle, event.day, event.slot.setting) for event in rows if event.slot]
    assert [row for row in settings if row[2] != "pump"] == [
        (1, 1, "hospital"),
        (1, 2, "hospital"),
        (1, 3, "hospital"),
        (2, 1, "hospital"),
        (2, 2, "hospital"),
        (3, 1, "visit"),
    ]


def test_the_course_ends_the_day_after_its_last_treatment() -> None:
    made = regimen(phase("p", "28 days", give("len", "1-21"), cycles=2), items={"len": CAPSULES})
    *_, last = Calendar(made, START).events()
    assert (last.kind, last.date) == (Kind.FINISHED, START + 28 * DAY + 21 * DAY)


@pytest.mark.parametrize(
    ("stop", "count", "last"),
    [
        ({"cycles": 12}, 12, "2026-08-24"),
        ({"lasts": "12 months"}, 18, "2026-12-28"),
        ({"lasts": "48 weeks"}, 16, "2026-11-16"),
        ({"before": "2026-02-16"}, 2, "2026-01-26"),
    ],
)
def test_a_cap_ends_the_course(stop: dict[str, object], count: int, last: str) -> None:
    calendar = Calendar(regimen(phase("p", "21 days"), stop=[stop]), START)
    assert not calendar.is_open
    found = days(calendar, 1_000)
    assert (len(found), found[-1]) == (count, last)


def test_of_several_caps_the_first_to_come_holds() -> None:
    stops = [{"cycles": 12}, {"lasts": "3 months"}]
    assert len(days(Calendar(regimen(phase("p", "21 days"), stop=stops), START), 99)) == 5


def test_a_cap_does_not_end_the_course_for_a_cycle_that_the_phase_itself_leaves_out() -> None:
    made = regimen(
        phase("one", "3 months", cycles=2, lasts="3 months"),
        phase("two", "7 days", first_gap="7 days"),
        stop=[{"lasts": "4 weeks"}],
    )
    assert days(Calendar(made, START), 9) == ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]


def test_a_plan_may_be_joined_in_the_middle_without_its_earlier_cycles() -> None:
    calendar = Calendar(FILES["dostar_mono"], date(2026, 3, 9), start_cycle=4)
    first, second, third = list(islice((e for e in calendar.events() if e.kind is Kind.TREATMENT), 3))
    assert (first.date, first.cycle, first.name) == (date(2026, 3, 9), 4, "every_3_weeks/c4/d1/visit")
    assert (second.date, second.cycle, second.cycle_in_phase) == (date(2026, 3, 30), 5, 1)
    assert third.date == date(2026, 5, 11)
    assert next(calendar.events()).kind is Kind.TREATMENT


def test_a_plan_cannot_be_joined_after_its_end() -> None:
    with pytest.raises(NoSuchCycleError, match="has 4 cycles: it cannot start in cycle 5"):
        Calendar(FILES["blina_mrd"], START, start_cycle=5)


def test_a_day_knows_where_it_stands() -> None:
    state = Calendar(FILES["pembro_q3w"], START).on(date(2026, 2, 1))
    assert state == DayState("treatment", 2, 2, 7, Kind.BETWEEN, date(2026, 2, 16), date(2026, 1, 26))
    assert not state.treatment
    before = Calendar(FILES["pembro_q3w"], START).on(date(2026, 1, 1))
    assert (before.phase, before.kind, before.next, before.previous) == (None, None, START, None)


def test_an_open_end_is_walked_no_further_than_asked() -> None:
    calendar = Calendar(FILES["nivo_q2w"], date(1990, 1, 1))
    far = next(event for event in calendar.events(date(2890, 1, 1)) if event.kind is Kind.TREATMENT)
    assert (far.date - date(1990, 1, 1)).days % 14 == 0


@given(regimens(plain=True), starts)
@settings(max_examples=CASES)
def test_a_naive_calendar_agrees_on_plain_regimens(made: Regimen, start: date) -> None:
    agrees(made, start)


@given(regimens(), starts)
@settings(max_examples=CASES)
def test_a_naive_calendar_agrees_on_weekdays_months_courses_and_caps(made: Regimen, start: date) -> None:
    agrees(made, start)


def agrees(made: Regimen, start: date) -> None:
    """The engine and its naive twin say the same of 300 days."""
    last = start + 300 * DAY
    expected = naive.treatments(made, start, last + 400 * DAY)
    events = list(Calendar(made, start).events(last=last))
    rows = [
        (e.date, e.phase, e.cycle, e.cycle_in_phase, e.day, frozenset(e.items))
        for e in events
        if e.kind is Kind.TREATMENT
    ]
    assert rows == [row for row in expected if row.date <= last]
    off = sorted(
        (e.date, e.end_date, e.kind is Kind.REST) for e in events if e.end_date and e.end_date - e.date < 390 * DAY
    )
    assert off == [gap for gap in naive.gaps(made, expected) if gap.first <= last and gap.last - gap.first < 390 * DAY]


@given(regimens(), starts, st.lists(st.integers(-40, 900), min_size=2, max_size=2))
def test_a_range_is_the_sum_of_its_parts(made: Regimen, start: date, cuts: list[int]) -> None:
    calendar = Calendar(made, start)
    a, c = start - 40 * DAY, start + 900 * DAY
    middle, other = sorted(start + cut * DAY for cut in cuts)
    whole = list(calendar.events(a, c))
    parts = [*calendar.events(a, middle), *calendar.events(middle + DAY, other), *calendar.events(other + DAY, c)]
    assert whole == (parts if other > middle else [*calendar.events(a, middle), *calendar.events(middle + DAY, c)])


@given(regimens(), starts)
def test_dates_ascend_and_names_are_given_once(made: Regimen, start: date) -> None:
    events = list(Calendar(made, start).events(last=start + 800 * DAY))
    assert all(one.date <= other.date for one, other in pairwise(events))
    assert len({event.name for event in events}) == len(events)
    for item in made.items:
        given = [event.date for event in events if event.kind is Kind.TREATMENT and item in event.items]
        assert all(one < other for one, other in pairwise(given))


@given(regimens(), starts, st.integers(-10, 700))
def test_a_day_agrees_with_the_events_around_it(made: Regimen, start: date, after: int) -> None:
    calendar = Calendar(made, start)
    day = start + after * DAY
    events = list(calendar.events(last=day + 1_500 * DAY))
    state = calendar.on(day)
    given = [event for event in events if event.kind is Kind.TREATMENT]
    assert state.treatment == any(event.date == day for event in given)
    assert state.next == min((event.date for event in given if event.date > day), default=None)
    assert state.previous == max((event.date for event in given if event.date < day), default=None)
    off = {e.kind for e in events if e.kind in (Kind.REST, Kind.BETWEEN) and e.end_date and e.date <= day <= e.end_date}
    if not state.treatment:
        assert state.kind is (Kind.REST if Kind.REST in off else Kind.BETWEEN if off else None)
