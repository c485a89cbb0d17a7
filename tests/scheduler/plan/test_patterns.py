"""The patterns of published schedules, one table each (docs/regimens.md maps them)."""

from datetime import date
from itertools import islice

import pytest

from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.changes import Branch, Enter, Hold, Stop
from scheduler.plan.clinic_days import ClinicDays, Snap
from tests.scheduler.plan.made import CAPSULES, FILES, START, give, phase, regimen

MONDAY, WEDNESDAY, SATURDAY = START, date(2026, 1, 7), date(2026, 1, 10)


def treatments(calendar: Calendar, count: int = 1_000) -> list[Event]:
    return list(islice((event for event in calendar.events() if event.kind is Kind.TREATMENT), count))


def days(calendar: Calendar, count: int = 1_000) -> list[str]:
    return [event.date.isoformat() for event in treatments(calendar, count)]


@pytest.mark.parametrize(
    ("name", "start", "count", "first", "last"),
    [
        ("imiq_bcc", MONDAY, 30, "2026-01-05", "2026-02-13"),
        ("imiq_bcc", WEDNESDAY, 30, "2026-01-07", "2026-02-17"),
        ("imiq_bcc", SATURDAY, 30, "2026-01-12", "2026-02-20"),
        ("imiq_ak", MONDAY, 32, "2026-01-05", "2026-04-23"),
        ("imiq_3x", MONDAY, 48, "2026-01-05", "2026-04-24"),
        ("ifn_hd", MONDAY, 164, "2026-01-05", "2027-01-01"),
    ],
)
def test_weekdays_keep_their_number_on_whatever_day_the_course_starts(
    name: str, start: date, count: int, first: str, last: str
) -> None:
    found = days(Calendar(FILES[name], start))
    assert (len(found), found[0], found[-1]) == (count, first, last)


def test_days_off_within_a_week_are_rest() -> None:
    rest = next(event for event in Calendar(FILES["imiq_bcc"], MONDAY).events() if event.kind is Kind.REST)
    assert (rest.date, rest.end_date, rest.items) == (date(2026, 1, 10), date(2026, 1, 11), ("imiquimod",))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 8, 31), ["2026-08-31", "2026-11-30", "2027-02-28", "2027-05-31", "2027-08-31"]),
        (date(2027, 11, 30), ["2027-11-30", "2028-02-29", "2028-05-30", "2028-08-30", "2028-11-30"]),
        (date(2026, 1, 5), ["2026-01-05", "2026-04-05", "2026-07-05", "2026-10-05", "2027-01-05"]),
    ],
)
def test_months_are_counted_from_the_first_day_and_never_from_a_clamped_one(start: date, expected: list[str]) -> None:
    assert days(Calendar(FILES["nadofaragene"], start), 5) == expected


def test_courses_lie_at_their_offsets_from_the_start_of_induction() -> None:
    events = treatments(Calendar(FILES["bcg_swog"], MONDAY))
    assert len(events) == 27
    firsts = [event.date.isoformat() for event in events[6::3]]
    assert firsts == [
        "2026-04-05",
        "2026-07-05",
        "2027-01-05",
        "2027-07-05",
        "2028-01-05",
        "2028-07-05",
        "2029-01-05",
    ]
    assert [(event.cycle, event.cycle_in_phase) for event in events[6:8]] == [(7, 1), (8, 2)]


def test_courses_may_count_from_the_end_of_a_phase() -> None:
    courses = {"weeks": [4, 8], "from": "end of first", "cycles": 2}
    made = regimen(phase("first", "7 days", cycles=3), phase("then", "7 days", courses=courses))
    assert days(Calendar(made, MONDAY))[3:] == ["2026-02-16", "2026-02-23", "2026-03-16", "2026-03-23"]


def test_a_second_induction_moves_the_maintenance_that_counts_from_it() -> None:
    plain = Calendar(FILES["n803_bcg"], MONDAY)
    again = Calendar(FILES["n803_bcg"], MONDAY, changes=[Branch("second_induction", take=True)])
    assert days(plain, 7)[6] == "2026-05-05"
    assert days(again, 13)[6:] == [
        "2026-04-05",
        "2026-04-12",
        "2026-04-19",
        "2026-04-26",
        "2026-05-03",
        "2026-05-10",
        "2026-08-05",
    ]


def test_two_clocks_meet_in_one_visit() -> None:
    events = treatments(Calendar(FILES["nivo_ipi_nsclc"], MONDAY), 5)
    assert [event.items for event in events] == [("nivolumab", "ipilimumab"), ("nivolumab",)] * 2 + [
        ("nivolumab", "ipilimumab")
    ]


def test_a_clock_of_its_own_need_not_fit_the_cycle() -> None:
    made = regimen(phase("p", "14 days", give("drug"), give("other", "1", every="21 days")))
    found = {event.date.isoformat(): event.items for event in treatments(Calendar(made, MONDAY), 7)}
    assert [day for day, items in found.items() if "other" in items] == [
        "2026-01-05",
        "2026-01-26",
        "2026-02-16",
        "2026-03-09",
    ]
    assert [day for day, items in found.items() if "drug" in items] == [
        "2026-01-05",
        "2026-01-19",
        "2026-02-02",
        "2026-02-16",
        "2026-03-02",
    ]


def test_an_extra_dose_comes_in_its_week_of_the_course() -> None:
    events = treatments(Calendar(FILES["poseidon"], MONDAY), 8)
    weeks = [(event.date - MONDAY).days // 7 for event in events]
    assert weeks == [0, 3, 6, 9, 12, 16, 20, 24]
    assert [week for week, event in zip(weeks, events, strict=True) if "tremelimumab" in event.items] == [
        0,
        3,
        6,
        9,
        16,
    ]


@pytest.mark.parametrize(
    ("name", "weeks"),
    [
        ("cemi_adj", [0, 3, 6, 9, 12, 18, 24, 30, 36, 42]),
        ("dostar_mono", [0, 3, 6, 9, 12, 18, 24]),
        ("dostar_combo", [0, 3, 6, 9, 12, 15, 18, 24]),
        ("nivo_ipi_mel", [0, 3, 6, 9, 12, 14, 16]),
        ("tvec", [0, 3, 5, 7, 9]),
    ],
)
def test_phases_of_published_regimens_meet_in_the_right_week(name: str, weeks: list[int]) -> None:
    calendar = Calendar(FILES[name], MONDAY)
    found = [(event.date - MONDAY).days / 7 for event in treatments(calendar, len(weeks))]
    assert found == weeks


def test_a_course_of_48_weeks_has_ten_doses() -> None:
    assert len(days(Calendar(FILES["cemi_adj"], MONDAY))) == 10


def test_a_course_of_up_to_three_years_ends_before_its_third_anniversary() -> None:
    assert days(Calendar(FILES["dostar_combo"], MONDAY))[-1] == "2029-01-01"


def test_steps_are_days_apart_and_the_weekly_doses_start_a_week_after_the_last() -> None:
    events = treatments(Calendar(FILES["tecli"], MONDAY), 5)
    assert [event.date.isoformat() for event in events] == [
        "2026-01-05",
        "2026-01-08",
        "2026-01-11",
        "2026-01-18",
        "2026-01-25",
    ]
    assert [event.slot.is_admission for event in events if event.slot] == [True, True, True, False, False]


def test_medicines_before_a_dose_are_told_for_the_first_ones_alone() -> None:
    events = treatments(Calendar(FILES["avelumab"], MONDAY), 6)
    assert [event.slot.premedication for event in events if event.slot] == [True] * 4 + [False] * 2


def test_collections_come_before_their_infusions_at_the_start_too() -> None:
    events = list(Calendar(FILES["sipt"], date(2026, 1, 8)).events())
    paired = [event.date.isoformat() for event in events if event.kind is Kind.PAIRED]
    given = [event.date.isoformat() for event in events if event.kind is Kind.TREATMENT]
    assert paired == ["2026-01-05", "2026-01-19", "2026-02-02"]
    assert given == ["2026-01-08", "2026-01-22", "2026-02-05"]


def test_a_scan_comes_every_few_cycles() -> None:
    scan = {"name": "scan", "of": "each cycle", "in_cycles": "3-", "every": 4, "days": [-1]}
    events = Calendar(regimen(phase("p", "21 days"), paired=[scan]), MONDAY).events(last=date(2026, 12, 31))
    found = [(event.date.isoformat(), event.cycle) for event in events if event.kind is Kind.PAIRED]
    assert found == [("2026-02-15", 3), ("2026-05-10", 7), ("2026-08-02", 11), ("2026-10-25", 15)]


def test_what_follows_the_last_dose_waits_for_the_end() -> None:
    follow = {"name": "late effects", "of": "end of course", "days": [28, 91]}
    made = regimen(phase("p", "21 days", cycles=2), linked=[follow])
    found = [event.date.isoformat() for event in Calendar(made, MONDAY).events() if event.kind is Kind.LINKED]
    assert found == ["2026-02-23", "2026-04-27"]
    open_end = regimen(phase("p", "21 days"), linked=[follow])
    assert not [e for e in Calendar(open_end, MONDAY).events(last=date(2028, 1, 1)) if e.kind is Kind.LINKED]


def test_nothing_follows_the_last_dose_while_the_plan_waits_or_is_on_hold() -> None:
    follow = {"name": "late effects", "of": "end of course", "days": [28]}
    waits = phase("then", "21 days", waits_for="a date", cycles=1)
    made = regimen(phase("p", "21 days", cycles=2), waits, linked=[follow])
    assert not [event for event in Calendar(made, MONDAY).events() if event.kind is Kind.LINKED]
    whole = regimen(phase("p", "21 days", cycles=2), linked=[follow])
    held = Calendar(whole, MONDAY, changes=[Hold(date(2026, 1, 20))])
    stopped = Calendar(whole, MONDAY, changes=[Stop(date(2026, 1, 20))])
    assert not [event for event in held.events() if event.kind is Kind.LINKED]
    assert [event.date for event in stopped.events() if event.kind is Kind.LINKED] == [date(2026, 2, 2)]


def test_a_period_has_its_last_day() -> None:
    calendar = Calendar(FILES["cart"], MONDAY, changes=[Enter("conditioning", date(2026, 2, 16))])
    driving = next(event for event in calendar.events() if event.items == ("no driving",))
    assert (driving.date, driving.end_date) == (date(2026, 2, 21), date(2026, 3, 6))


def test_everything_given_on_one_day_is_one_event() -> None:
    made = regimen(
        phase("p", "14 days", give("drip"), give("scan", "1"), give("capsule", "1-14")), items={"capsule": CAPSULES}
    )
    first, second = treatments(Calendar(made, MONDAY), 2)
    assert first.items == ("drip", "scan", "capsule")
    assert first.slot is not None
    assert (first.slot.setting, first.slot.home, second.items) == ("visit", "pill", ("capsule",))


@pytest.mark.parametrize(
    ("snap", "firsts"),
    [
        (Snap.ON_OR_AFTER, ["2026-04-06", "2026-07-06", "2027-01-11"]),
        (Snap.NEAREST, ["2026-04-06", "2026-07-06", "2027-01-04"]),
        (Snap.NONE, ["2026-04-05", "2026-07-05", "2027-01-05"]),
    ],
)
def test_visits_go_to_the_days_on_which_the_clinic_is_open(snap: Snap, firsts: list[str]) -> None:
    calendar = Calendar(FILES["bcg_swog"], MONDAY, clinic_days=ClinicDays.of([0], snap=snap))
    assert [event.date.isoformat() for event in treatments(calendar, 15)[6::3]] == firsts


def test_a_holiday_is_no_clinic_day_and_what_comes_too_close_is_flagged() -> None:
    open_days = ClinicDays.of(range(5), [date(2026, 1, 26)])
    events = treatments(Calendar(FILES["pembro_q3w"], MONDAY, clinic_days=open_days), 3)
    assert [event.date.isoformat() for event in events] == ["2026-01-05", "2026-01-27", "2026-02-16"]
    assert "20 days after the dose before" in events[2].warnings[0]


def test_what_is_taken_at_home_follows_no_clinic_days() -> None:
    made = regimen(phase("p", "7 days", give("drip", "1"), give("capsule", "1-7")), items={"capsule": CAPSULES})
    calendar = Calendar(made, SATURDAY, clinic_days=ClinicDays.of(range(5)))
    events = treatments(calendar, 5)
    assert [(event.date.day, event.items) for event in events[:3]] == [
        (10, ("capsule",)),
        (11, ("capsule",)),
        (12, ("drip", "capsule")),
    ]


def test_a_clinic_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="open on at least one weekday"):
        ClinicDays.of([7])
