"""Visits on a clinic's days, before and after changes of the plan."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.changes import Change, ChangeError
from scheduler.plan.clinic_days import ClinicDays, Snap
from tests.scheduler.plan import naive
from tests.scheduler.plan.changed import DAY, change, days
from tests.scheduler.plan.made import FILES, START, give, phase, regimen, regimens, starts
from tests.scheduler.plan.test_calendar import CASES

HOLIDAY = date(2026, 1, 26)
WORKDAYS = ClinicDays.of(range(5), [HOLIDAY])


def planned(*changes: str) -> Calendar:
    """Every three weeks from Monday the 5th of January on, with a holiday on the second visit's day."""
    made = [change(text) for text in changes]
    return Calendar(FILES["pembro_q3w"], START, changes=made, clinic_days=WORKDAYS)


@pytest.mark.parametrize(
    ("changes", "dates"),
    [
        ((), ["2026-01-05", "2026-01-27", "2026-02-16"]),
        (("move:date=2026-01-27,to=2026-01-29",), ["2026-01-05", "2026-01-29", "2026-02-16"]),
        # Somebody who puts a visit on a day knows that the clinic is open.
        (("move:date=2026-01-27,to=2026-01-31",), ["2026-01-05", "2026-01-31", "2026-02-16"]),
        (("move:date=2026-01-27,to=2026-01-26",), ["2026-01-05", "2026-01-26", "2026-02-16"]),
        (
            ("move:date=2026-01-27,to=2026-01-29", "move:date=2026-01-29,to=2026-01-28"),
            ["2026-01-05", "2026-01-28", "2026-02-16"],
        ),
        (("close:date=2026-01-27,to=2026-01-30",), ["2026-01-05", "2026-01-30", "2026-02-16"]),
        (("close:date=2026-01-26,to=2026-01-30",), ["2026-01-05", "2026-01-27", "2026-02-16"]),
        (("skip:date=2026-01-27",), ["2026-01-05", "2026-02-16", "2026-03-09"]),
        (("delay:cycle=2,days=5",), ["2026-01-05", "2026-02-02", "2026-02-23"]),
        (("hold:from=2026-01-27", "resume:on=2026-02-04"), ["2026-01-05", "2026-02-04", "2026-02-25"]),
        (("hold:from=2026-01-27", "resume:on=2026-02-04,cycle=same"), ["2026-01-05", "2026-02-04", "2026-02-25"]),
        # The holiday's visit was on the 27th, which came before the hold.
        (("hold:from=2026-01-28", "resume:on=2026-02-25"), ["2026-01-05", "2026-01-27", "2026-02-25"]),
        (("switch:to=pembro_q6w,from=2026-02-21",), ["2026-01-05", "2026-01-27", "2026-02-16", "2026-02-23"]),
    ],
)
def test_changes_speak_of_the_days_on_which_visits_are(changes: tuple[str, ...], dates: list[str]) -> None:
    assert days(planned(*changes), len(dates)) == dates


def test_the_same_cycle_goes_on_with_the_day_that_a_holiday_had_moved() -> None:
    made = regimen(phase("p", "28 days", give("drug", "1, 8, 15")))
    taken = [change("hold:from=2026-01-13"), change("resume:on=2026-01-21,cycle=same")]
    closed = ClinicDays.of(range(5), [date(2026, 1, 12)])
    calendar = Calendar(made, START, changes=taken, clinic_days=closed)
    assert days(calendar, 4) == ["2026-01-05", "2026-01-21", "2026-01-28", "2026-02-11"]


def test_nothing_is_on_the_holiday_that_could_be_moved() -> None:
    with pytest.raises(ChangeError, match="no visit on 2026-01-26"):
        planned("move:date=2026-01-26,to=2026-01-28")


# Open on Mondays alone, from Sunday the 4th of January on.
@pytest.mark.parametrize(
    ("changes", "dates"),
    [
        # The first visit is not before the day on which the plan begins, and what follows is where it is nearest.
        ((), ["2026-01-05", "2026-01-26", "2026-02-16"]),
        # Whoever says how much later, when treatment goes on, or is another one, does not mean the Monday before.
        (("delay:cycle=2,days=2",), ["2026-01-05", "2026-02-02", "2026-02-16"]),
        (("delay:cycle=2,days=2,policy=keepgrid",), ["2026-01-05", "2026-02-02", "2026-02-16"]),
        (("hold:from=2026-01-10", "resume:on=2026-01-27"), ["2026-01-05", "2026-02-02", "2026-02-16"]),
        (("hold:from=2026-01-10", "resume:on=2026-01-27,cycle=same"), ["2026-01-05", "2026-02-02", "2026-02-16"]),
        (("switch:to=pembro_q6w,from=2026-01-27",), ["2026-01-05", "2026-01-26", "2026-02-02", "2026-03-09"]),
        (("move:date=2026-01-26,to=2026-01-24",), ["2026-01-05", "2026-01-24", "2026-02-16"]),
    ],
)
def test_the_nearest_open_day_is_never_before_a_date_that_somebody_entered(
    changes: tuple[str, ...], dates: list[str]
) -> None:
    nearest = ClinicDays.of([0], snap=Snap.NEAREST)
    made = [change(text) for text in changes]
    calendar = Calendar(FILES["pembro_q3w"], date(2026, 1, 4), changes=made, clinic_days=nearest)
    assert days(calendar, len(dates)) == dates


def test_an_entered_date_of_a_phase_is_not_brought_forward_either() -> None:
    entered = [change("enter:phase=adjuvant,on=2026-05-05")]
    calendar = Calendar(FILES["nivo_periop"], START, changes=entered, clinic_days=ClinicDays.of([0], snap=Snap.NEAREST))
    assert days(calendar, 6)[4:] == ["2026-05-11", "2026-06-01"]


def test_a_phase_begins_with_the_visit_that_came_early_for_an_open_day() -> None:
    made = regimen(phase("one", "8 days", cycles=1), phase("two", "7 days", first_gap="8 days", cycles=1))
    calendar = Calendar(made, START, clinic_days=ClinicDays.of([0], snap=Snap.NEAREST))
    told = [(event.date.isoformat(), event.kind) for event in calendar.events(date(2026, 1, 10))]
    assert told == [("2026-01-12", Kind.PHASE), ("2026-01-12", Kind.TREATMENT), ("2026-01-13", Kind.FINISHED)]
    assert [event.kind for event in calendar.events(date(2026, 1, 13))] == [Kind.FINISHED]
    early, after = calendar.on(date(2026, 1, 12)), calendar.on(date(2026, 1, 13))
    assert ((early.phase, early.day), (after.phase, after.day)) == (("two", 1), ("two", 2))


def test_a_phase_that_gives_nothing_begins_no_later_than_the_visit_of_the_next_that_came_early() -> None:
    made = regimen(
        phase("one", "7 days", cycles=1),
        phase("none", "28 days", give("drug", "17"), first_gap="9 days", cycles=1, lasts="2 weeks"),
        phase("two", "7 days", first_gap="9 days", cycles=1),
    )
    calendar = Calendar(made, START, clinic_days=ClinicDays.of([0], snap=Snap.NEAREST))
    told = [(event.date.isoformat(), event.name) for event in calendar.events(date(2026, 1, 7))]
    assert told == [
        ("2026-01-12", "none/start"),
        ("2026-01-12", "two/start"),
        ("2026-01-12", "two/c1/d1/visit"),
        ("2026-01-13", "finished"),
    ]


def test_a_visit_that_stays_on_a_closed_day_says_so() -> None:
    stays = ClinicDays.of(range(5), [HOLIDAY], Snap.NONE)
    events = [
        event
        for event in Calendar(FILES["pembro_q3w"], START, clinic_days=stays).events(last=date(2026, 2, 20))
        if event.kind is Kind.TREATMENT
    ]
    assert [(event.date.isoformat(), *event.warnings) for event in events] == [
        ("2026-01-05",),
        ("2026-01-26", "the clinic has no visits on this day"),
        ("2026-02-16",),
    ]


@given(regimens(), starts, st.sets(st.integers(0, 6), min_size=1), st.sampled_from(list(Snap)), st.data())
@settings(max_examples=CASES)
def test_a_naive_calendar_agrees_on_a_clinics_days(
    made: Regimen, start: date, weekdays: set[int], snap: Snap, data: st.DataObject
) -> None:
    closed = data.draw(st.sets(st.dates(start, start + 200 * DAY), max_size=8))
    last = start + 300 * DAY
    planned = naive.treatments(made, start, last + 100 * DAY)
    expected = naive.on_open_days(
        made, planned, lambda day: day.weekday() in weekdays and day not in closed, snap, start
    )
    calendar = Calendar(made, start, clinic_days=ClinicDays.of(weekdays, closed, snap))
    events = list(calendar.events(last=last))
    found = {event.date: frozenset(event.items) for event in events if event.kind is Kind.TREATMENT}
    assert found == {day: items for day, items in expected.items() if day <= last}
    assert all(one.date <= other.date for one, other in pairwise(events))
    middle = start + data.draw(st.integers(0, 300)) * DAY
    assert events == [*calendar.events(None, middle), *calendar.events(middle + DAY, last)]


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.dates(date(2026, 1, 1), date(2027, 1, 1)), max_size=20),
    st.sampled_from(list(Snap)),
)
def test_clinic_days_are_the_same_stored_and_read_again(weekdays: set[int], closed: set[date], snap: Snap) -> None:
    made = ClinicDays.of(weekdays, closed, snap)
    assert ClinicDays.from_json(made.to_json()) == made


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"weekdays": [9], "closed": [], "snap": "none"}'])
def test_stored_days_that_are_none_are_a_plain_error(stored: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever is wrong
        ClinicDays.from_json(stored)


@given(regimens(), starts, st.sets(st.integers(0, 6), min_size=1), st.data())
@settings(max_examples=60)
def test_after_any_changes_visits_are_on_open_days_or_where_somebody_put_them(
    made: Regimen, start: date, weekdays: set[int], data: st.DataObject
) -> None:
    closed = data.draw(st.sets(st.dates(start, start + 200 * DAY), max_size=8))
    open_days = ClinicDays.of(weekdays, closed)
    taken: list[Change] = []
    put: set[date] = set()
    last = start + 300 * DAY
    for _ in range(data.draw(st.integers(0, 4))):
        given_on = [
            event.date
            for event in Calendar(made, start, changes=taken, clinic_days=open_days).events(last=last)
            if event.kind is Kind.TREATMENT
        ]
        day = data.draw(st.sampled_from(given_on)) if given_on else start
        to = day + data.draw(st.integers(-4, 20)) * DAY
        texts = [f"move:date={day},to={to}", f"skip:date={day},counts=yes", f"delay:cycle=2,days={(to - day).days + 5}"]
        text = data.draw(st.sampled_from([*texts, f"hold:from={day}", f"resume:on={to},cycle=same"]))
        try:
            Calendar(made, start, changes=[*taken, change(text)], clinic_days=open_days)
        except ChangeError:
            continue
        taken.append(change(text))
        put.add(to)
    calendar = Calendar(made, start, changes=taken, clinic_days=open_days)
    events = list(calendar.events(last=last))
    assert all(one.date <= other.date for one, other in pairwise(events))
    for event in events:
        if event.slot is not None and event.slot.setting == "visit":
            assert event.date in put or (event.date.weekday() in weekdays and event.date not in closed)
    middle = start + 60 * DAY
    assert events == [*calendar.events(None, middle), *calendar.events(middle + DAY, last)]
