"""Reminders: which texts a calendar gives, when, for how long, and each of them once."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.regimen_format.rules import override
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar
from scheduler.plan.changes import Hold, Stop
from scheduler.plan.local_time import UnknownZoneError, to_local, within_window
from scheduler.plan.reminders import Reminder, upcoming
from tests.scheduler.plan.made import CAPSULES, FILES, START, Definition, give, phase, regimen, starts

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Apia", "America/Mexico_City", "Asia/Kolkata"]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

CREAM: Definition = {"route": "cream", "off_days": "untold", "called": "cream"}


def told(made: Regimen, *, start: date = START, count: int = 20, zone: str = NEW_YORK, **more: Any) -> list[Reminder]:
    """The first reminders of a plan."""
    settings: dict[str, Any] = {
        "window_from": time(9),
        "window_until": time(20),
        "visit_time": time(10, 30),
        "after": LONG_AGO,
        **more,
    }
    return list(islice(upcoming(Calendar(made, start), timezone=zone, **settings), count))


def lines(reminders: list[Reminder]) -> list[str]:
    return [f"{each.rule} {each.local_date:%m-%d} {each.local_time:%H:%M}" for each in reminders]


def visits(**rules: Definition) -> Regimen:
    """Infusions every 21 days with these rules."""
    return regimen(phase("p", "21 days"), reminders=rules)


def test_a_visit_is_told_before_on_the_eve_and_on_the_day_and_the_days_after_it_are_no_rest() -> None:
    assert lines(told(FILES["pembro_q3w"], count=5)) == [
        "visit_before 01-02 10:00",
        "visit_tomorrow 01-04 16:00",
        "visit_today 01-05 09:00",
        "between 01-10 11:00",
        "visit_before 01-23 10:00",
    ]


def test_capsules_are_told_daily_and_their_rest_on_its_first_and_last_day() -> None:
    found = [line for line in lines(told(FILES["len_mm"], count=30)) if line.startswith("off_")]
    assert found == ["off_first 01-26 10:00", "off_last 02-01 16:00"]
    off_last = next(each for each in told(FILES["len_mm"], count=30) if each.rule == "off_last")
    assert off_last.args == {"item": "capsules", "date": "2026-02-02"}
    assert (off_last.event, off_last.event_date) == ("treatment/c2/d1/pill", date(2026, 2, 2))


@pytest.mark.parametrize("regimen_id", ["len_mm", "len_maint", "thal"])
def test_the_tests_without_which_no_capsules_are_handed_out_are_told_as_visits(regimen_id: str) -> None:
    found = [line for line in lines(told(FILES[regimen_id], count=40)) if line.startswith("visit_")]
    assert found[-2:] == ["visit_before 01-29 10:00", "visit_tomorrow 01-31 16:00"]


def test_a_stay_in_hospital_is_told_instead_of_a_visit() -> None:
    assert lines(told(FILES["blina_mrd"], count=3)) == [
        "hospital_before 01-03 10:00",
        "off_first 02-02 10:00",
        "hospital_before 02-14 10:00",
    ]


def test_the_end_of_the_course_is_told_once() -> None:
    made = regimen(phase("p", "21 days", cycles=2), reminders={"finished": {"at": "11:00"}})
    assert lines(told(made)) == ["finished 01-27 11:00"]


def test_the_end_is_told_in_its_turn_though_visits_follow_it() -> None:
    made = regimen(
        phase("p", "21 days", cycles=1),
        paired=[{"name": "check", "of": "end of course", "days": [10]}],
        reminders={"visit_tomorrow": {"at": "16:00"}, "finished": {"at": "11:00"}},
    )
    assert lines(told(made)) == ["visit_tomorrow 01-04 16:00", "finished 01-06 11:00", "visit_tomorrow 01-14 16:00"]


# The last treatment is on the 26th of January.
@pytest.mark.parametrize(
    ("stop", "tail"),
    [
        (Stop(date(2026, 2, 1)), ["2026-02-23", "2026-04-27", "2026-07-27", "2027-01-26"]),
        (Stop(date(2026, 2, 1), tail=False), []),
        # Decided months later: what was to be told before that day is not made up for.
        (Stop(date(2026, 5, 1)), ["2026-07-27", "2027-01-26"]),
    ],
)
def test_a_plan_that_was_stopped_is_not_told_to_be_finished_but_has_its_tail(stop: Stop, tail: list[str]) -> None:
    calendar = Calendar(FILES["pembro_q3w"], START, changes=[Hold(date(2026, 1, 28)), stop])
    settings: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None}
    found = list(upcoming(calendar, timezone=NEW_YORK, after=LONG_AGO, **settings))
    assert [each.local_date.isoformat() for each in found if each.rule.startswith("late_effects")] == tail
    told = {each.rule for each in found if not each.rule.startswith("late_effects")}
    assert told == {"visit_before", "visit_tomorrow", "visit_today", "between"}


def test_what_was_stopped_before_it_began_or_was_over_already_tells_nothing_that_is_not_so() -> None:
    settings: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None}
    never = Calendar(FILES["pembro_q3w"], START, changes=[Stop(START)])
    assert list(upcoming(never, timezone=NEW_YORK, after=LONG_AGO, **settings)) == []
    one = regimen(phase("p", "21 days", cycles=1), reminders={"finished": {"at": "11:00"}})
    for tail, told in ((True, ["finished"]), (False, [])):
        over = Calendar(one, START, changes=[Stop(date(2026, 3, 1), tail=tail)])
        assert [each.rule for each in upcoming(over, timezone=NEW_YORK, after=LONG_AGO, **settings)] == told


def test_late_effects_are_told_ever_less_often_after_the_last_treatment() -> None:
    made = regimen(
        phase("p", "21 days", cycles=1), reminders={"late_effects": {"days_after": "28, 91, 365", "at": "11:00"}}
    )
    calendar = Calendar(made, START)
    settings: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None}
    found = list(upcoming(calendar, timezone=NEW_YORK, after=LONG_AGO, **settings))
    assert [(each.rule, (each.local_date - START).days) for each in found] == [
        ("late_effects/28", 28),
        ("late_effects/91", 91),
        ("late_effects/365", 365),
    ]
    later = upcoming(calendar, timezone=NEW_YORK, after=found[1].due_at, **settings)
    assert [each.rule for each in later] == ["late_effects/365"]


def test_a_phase_is_told_some_days_before_it_begins_but_for_the_first() -> None:
    made = regimen(
        phase("one", "7 days", cycles=2),
        phase("two", "14 days", first_gap="7 days", cycles=1),
        reminders={"phase_before": {"at": "10:00", "days_before": 2}},
    )
    (only,) = told(made)
    assert (only.event, only.rule, only.local_date) == ("two/start", "phase_before", date(2026, 1, 17))
    assert only.args == {"date": "2026-01-19"}


def test_nothing_is_told_of_late_effects_while_the_plan_is_on_hold() -> None:
    made = regimen(phase("p", "21 days", cycles=2), reminders={"late_effects": {"days_after": "28", "at": "11:00"}})
    held = Calendar(made, START, changes=[Hold(date(2026, 1, 10))])
    settings: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None}
    assert list(upcoming(held, timezone=NEW_YORK, after=LONG_AGO, **settings)) == []


@pytest.mark.parametrize(
    ("name", "rule", "template"),
    [
        ("bcg_label", "visit_tomorrow", "bladder_tomorrow"),
        ("blina_rr", "visit_before", "pump_before"),
        ("pembro_q3w", "visit_tomorrow", "visit_tomorrow"),
        ("nivo_sc", "visit_before", "visit_before"),
    ],
)
def test_a_visit_is_told_in_the_words_of_its_kind(name: str, rule: str, template: str) -> None:
    timed = told(FILES[name], count=200)
    untimed = told(FILES[name], count=200, visit_time=None)
    assert {each.template for each in timed if each.rule == rule} == {template}
    assert {each.template for each in untimed if each.rule == rule} == {f"{template}_untimed"}


def test_visits_are_by_the_clock_of_the_clinic_wherever_the_patient_is() -> None:
    made = visits(visit_before={"at": "10:00"}, visit_today={"at": "window opens"})
    at_home = told(made, count=2)
    away = told(made, count=2, zone="America/Los_Angeles", clinic_timezone=NEW_YORK, visit_time=time(14))
    assert [each.args["time"] for each in away] == ["14:00", "14:00"]
    assert [each.args.get("clock") for each in away] == ["clinic", "clinic"]
    assert "clock" not in at_home[0].args
    assert lines(away) == lines(at_home)
    assert to_local(away[1].expires_at, NEW_YORK) == datetime.combine(START, time(14))


def test_a_zone_of_another_name_with_the_same_clock_is_not_told_as_another() -> None:
    (before,) = told(visits(visit_before={"at": "10:00"}), count=1, zone="America/Detroit", clinic_timezone=NEW_YORK)
    assert before.args == {"date": "2026-01-05", "time": "10:30"}


def test_overrides_stand_in_place_of_a_regimens_rules() -> None:
    overrides = {"visit_before": override("visit_before", 'days_before = 1, at = "12:00"'), "visit_today": None}
    found = told(FILES["pembro_q3w"], count=4, overrides=overrides)
    assert lines(found) == [
        "visit_before 01-04 12:00",
        "visit_tomorrow 01-04 16:00",
        "between 01-10 11:00",
        "visit_before 01-25 12:00",
    ]


@pytest.mark.parametrize(("visit_time", "suffix"), [(time(10, 30), ""), (None, "_untimed")])
def test_a_visit_without_a_time_has_its_own_words_and_no_time_is_guessed(visit_time: time | None, suffix: str) -> None:
    before, tomorrow, today = told(FILES["pembro_q3w"], count=3, visit_time=visit_time)
    assert [each.template for each in (before, tomorrow, today)] == [
        f"visit_before{suffix}",
        f"visit_tomorrow{suffix}",
        f"visit_today{suffix}",
    ]
    assert before.args == {"date": "2026-01-05"} | ({"time": "10:30"} if visit_time else {})


def test_a_time_may_be_known_for_one_visit_alone() -> None:
    times = {"treatment/c2/d1/visit": time(14)}
    found = told(FILES["pembro_q3w"], count=6, visit_time=None, visit_times=times)
    assert [each.args.get("time") for each in found if each.rule == "visit_before"] == [None, "14:00"]


def test_the_text_of_the_day_is_of_no_use_once_the_visit_has_begun() -> None:
    today = told(visits(visit_today={"at": "window opens"}), count=1)[0]
    assert to_local(today.expires_at, NEW_YORK) == datetime.combine(START, time(10, 30))
    assert told(visits(visit_today={"at": "window opens"}), visit_time=time(8), until=LONG_AGO.replace(year=2028)) == []


def test_a_text_about_tomorrow_is_of_no_use_after_midnight() -> None:
    tomorrow = told(visits(visit_tomorrow={"at": "19:00"}), count=1)[0]
    assert to_local(tomorrow.expires_at, NEW_YORK) == datetime.combine(START, time())


def test_before_the_window_a_text_waits_for_it_to_open() -> None:
    assert lines(told(visits(visit_before={"at": "06:00"}), count=1)) == ["visit_before 01-02 09:00"]


def test_after_the_window_a_text_waits_for_the_next_morning_while_it_is_useful() -> None:
    assert lines(told(visits(visit_before={"at": "21:00"}), count=1)) == ["visit_before 01-03 09:00"]


def test_a_text_for_tonight_goes_out_before_the_window_closes() -> None:
    made = regimen(
        phase("p", "7 days", give("cream")), items={"cream": CREAM}, reminders={"cream_today": {"at": "21:30"}}
    )
    assert lines(told(made, count=1)) == ["cream_today 01-05 19:45"]
    assert lines(told(made, count=1, window_until=time(22))) == ["cream_today 01-05 21:30"]


def test_a_cream_is_washed_off_the_next_morning() -> None:
    made = regimen(
        phase("p", "7 days", give("cream")),
        items={"cream": CREAM},
        linked=[{"name": "wash off", "of": "cream", "days": [1]}],
        reminders={"cream_today": {"at": "19:00"}, "cream_washoff": {"at": "window opens"}},
    )
    assert lines(told(made, count=3)) == [
        "cream_today 01-05 19:00",
        "cream_washoff 01-06 09:00",
        "cream_today 01-12 19:00",
    ]


def test_twice_a_day_is_two_rules_with_names_of_their_own() -> None:
    made = regimen(
        phase("p", "1 day", give("pill")), items={"pill": CAPSULES}, reminders={"pill_today": {"at": "09:00, 19:30"}}
    )
    assert lines(told(made, count=3)) == [
        "pill_today 01-05 09:00",
        "pill_today/2 01-05 19:30",
        "pill_today 01-06 09:00",
    ]


def test_a_short_gap_is_not_told() -> None:
    rules = {"off_first": {"at": "10:00", "shortest": 5}, "off_last": {"at": "16:00", "shortest": 5}}
    made = regimen(phase("p", "14 days", give("len", "1-2, 5-7")), items={"len": CAPSULES}, reminders=rules)
    assert lines(told(made, count=3)) == ["off_first 01-12 10:00", "off_last 01-18 16:00", "off_first 01-26 10:00"]


def test_the_wall_time_stays_when_the_clocks_change() -> None:
    found = told(FILES["nivo_q2w"], count=30)
    assert {each.local_time for each in found if each.rule == "visit_before"} == {time(10)}
    offsets = {each.local_date.month: each.due_at.hour for each in found if each.rule == "visit_before"}
    assert (offsets[2], offsets[4]) == (15, 14)


@pytest.mark.parametrize(
    ("day", "at", "instant"),
    [("2026-03-08", "02:30", "2026-03-08 07:00"), ("2026-11-01", "01:30", "2026-11-01 05:30")],
)
def test_a_daily_text_comes_once_on_the_day_the_clocks_change(day: str, at: str, instant: str) -> None:
    made = regimen(phase("p", "1 day", give("pill")), items={"pill": CAPSULES}, reminders={"pill_today": {"at": at}})
    found = told(made, count=400, window_from=time(0), window_until=time(23))
    on_the_day = [each.due_at for each in found if each.event_date == date.fromisoformat(day)]
    assert on_the_day == [datetime.fromisoformat(instant).replace(tzinfo=UTC)]


def test_what_the_clocks_leap_over_comes_when_the_window_opens_next() -> None:
    made = regimen(
        phase("p", "1 day", give("pill")), items={"pill": CAPSULES}, reminders={"pill_today": {"at": "10:00"}}
    )
    found = told(made, start=date(2011, 12, 28), count=4, zone="Pacific/Apia")
    # Samoa had no 30 December 2011: what was meant for it is told on no other day.
    assert [each.event_date.day for each in found] == [28, 29, 31, 1]


def test_a_plan_joined_in_the_middle_has_no_texts_about_what_was_before() -> None:
    calendar = Calendar(FILES["pembro_q3w"], date(2026, 3, 9), start_cycle=4)
    settings: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None}
    first = next(upcoming(calendar, timezone=NEW_YORK, after=LONG_AGO, **settings))
    assert (first.rule, first.event_date, first.event) == ("visit_before", date(2026, 3, 9), "treatment/c4/d1/visit")


def test_an_unknown_zone_is_a_plain_error() -> None:
    with pytest.raises(UnknownZoneError, match="Mars"):
        told(FILES["pembro_q3w"], zone="Mars/Phobos")


def test_rules_that_no_longer_apply_end_the_search_of_an_open_plan() -> None:
    made = regimen(
        phase("p", "7 days", hospital=[{"days": "1", "in_cycles": "1"}]), reminders={"hospital_before": {"at": "10:00"}}
    )
    assert lines(told(made)) == ["hospital_before 01-03 10:00"]


chosen = st.sampled_from(sorted(FILES))
afters = st.datetimes(
    datetime.combine(date(2025, 1, 1), time()), datetime.combine(date(2029, 1, 1), time()), timezones=st.just(UTC)
)
visit_times = st.one_of(st.none(), st.times(time(6), time(22)).map(lambda at: at.replace(second=0, microsecond=0)))


@given(chosen, st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.sampled_from(ZONES), afters, visit_times)
def test_each_text_comes_once_in_order_inside_the_window_and_while_it_is_useful(
    name: str, start: date, zone: str, after: datetime, visit_time: time | None
) -> None:
    found = told(FILES[name], start=start, zone=zone, count=60, after=after, visit_time=visit_time)
    assert all(one.due_at <= other.due_at for one, other in pairwise(found))
    assert max(Counter((each.event, each.rule, each.event_date) for each in found).values(), default=1) == 1
    for each in found:
        assert after < each.due_at < each.expires_at
        assert within_window(each.due_at, zone, time(9), time(20))
        assert to_local(each.due_at, zone) == datetime.combine(each.local_date, each.local_time)
        if each.rule == "visit_today" and visit_time and "time" in each.args:
            assert to_local(each.due_at, zone) < datetime.combine(each.event_date, visit_time)
        if each.rule in ("visit_before", "visit_tomorrow", "hospital_before"):
            assert each.local_date < each.event_date


@given(chosen, starts, afters, st.integers(0, 300))
def test_what_comes_after_an_instant_does_not_depend_on_where_one_began_to_look(
    name: str, start: date, after: datetime, days: int
) -> None:
    later = after + timedelta(days=days, hours=days)
    whole = told(FILES[name], start=start, after=after, until=later + timedelta(days=40), count=10_000)
    part = told(FILES[name], start=start, after=later, until=later + timedelta(days=40), count=10_000)
    assert [each for each in whole if each.due_at > later] == part


@given(chosen, starts)
def test_every_visit_and_every_day_of_treatment_at_home_has_its_text(name: str, start: date) -> None:
    made = FILES[name]
    asked = {"visit": "visit_tomorrow", "pump": None, "hospital": None, None: "pill_today"}
    told_of = {each.event for each in told(made, start=start, count=300)}
    for event in Calendar(made, start).events(last=start + timedelta(days=200)):
        if event.slot and asked[event.slot.setting] in {rule.id for rule in made.reminders}:
            assert event.name in told_of
