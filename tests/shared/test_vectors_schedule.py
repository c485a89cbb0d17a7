"""The published worked dates: every row comes out of the calendar of the packaged regimen."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from content.regimens import load_regimens, parse_regimen
from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.changes import parse_change
from scheduler.plan.reminders import upcoming

SHARED = Path(os.environ.get("SHARED_DIR", "../shared"))
ROWS = {row["id"]: row for row in json.loads((SHARED / "vectors/schedule.json").read_text("utf-8"))}
FILES = load_regimens()

# What the clinic did in a row that is about a change.
CHANGES = {"v21": ["delay:cycle=3,days=7"], "v22": ["hold:from=2026-02-01", "resume:on=2026-03-16"]}

DAILY = """\
id = "daily_0230"
version = 1
title = "Every day"
verified = "no"
confirm = "For a test."
sources = ["none"]
items.pill = { route = "pill", off_days = "untold", called = "pills" }
phase = [{ id = "p", cycle = "1 day", give = [{ item = "pill", days = "1" }] }]
reminders.pill_today = { at = "AT" }
"""


def planned(name: str) -> Calendar:
    row = ROWS[name]
    start = date.fromisoformat(row.get("start") or row["infusions"][0])
    changes = [parse_change(text, FILES.__getitem__) for text in CHANGES.get(name, ())]
    return Calendar(FILES[row["regimen"]], start, changes=changes)


def events(name: str, kind: Kind) -> Iterator[Event]:
    return (event for event in planned(name).events() if event.kind is kind)


def days(name: str, count: int | None = None, item: str | None = None) -> list[str]:
    given = (each for each in events(name, Kind.TREATMENT) if not item or item in each.items)
    return [each.date.isoformat() for each in islice(given, count)]


def span(event: Event) -> list[str]:
    return [event.date.isoformat(), str(event.end_date)]


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "doses" in row])
def test_the_doses_come_on_the_published_days(name: str) -> None:
    assert days(name, len(ROWS[name]["doses"])) == ROWS[name]["doses"]


@pytest.mark.parametrize(
    ("name", "parts"), [("v03", ("combo", "mono")), ("v05", ("phase1", "phase2")), ("v22", ("before", "after"))]
)
def test_phases_follow_each_other_on_the_published_days(name: str, parts: tuple[str, ...]) -> None:
    expected = [day for part in parts for day in ROWS[name][part]]
    assert days(name, len(expected)) == expected


def test_bladder_courses_lie_at_the_published_months() -> None:
    row = ROWS["v08"]
    expected = row["induction"] + [day for course in row["maintenance"].values() for day in course]
    assert days("v08") == expected
    assert len(expected) == row["total_doses"]


def test_cream_is_used_on_weekdays_and_washed_off_the_next_morning() -> None:
    row = ROWS["v09"]
    found = days("v09")
    assert (len(found), found[0], found[-1]) == (row["count"], row["first"], row["last"])
    assert span(next(events("v09", Kind.REST))) == row["rest_days_week1"]
    washed = [event.date - timedelta(days=1) for event in events("v09", Kind.LINKED)]
    assert [day.isoformat() for day in washed] == found


def test_two_days_a_week_for_sixteen_weeks() -> None:
    row = ROWS["v10"]
    found = days("v10")
    assert (len(found), found[0], found[-1]) == (row["count"], row["first"], row["last"])


def test_two_blocks_in_hospital_have_a_rest_between_them() -> None:
    row = ROWS["v11"]
    assert days("v11") == row["block1"] + row["block2"]
    (rest,) = events("v11", Kind.REST)
    assert span(rest) == row["rest"]


def test_five_days_a_week_and_then_three() -> None:
    row = ROWS["v12"]
    found = days("v12")
    induction, maintenance = found[: row["induction_count"]], found[row["induction_count"] :]
    assert induction[-1] == row["induction_last"]
    assert (len(maintenance), maintenance[0], maintenance[-1]) == (
        row["maintenance_count"],
        row["maintenance_first"],
        row["maintenance_last"],
    )


def test_the_hours_of_watching_step_down() -> None:
    row = ROWS["v15"]
    first = islice(events("v15", Kind.TREATMENT), len(row["watch_hours"]))
    assert [event.slot.watch_hours for event in first if event.slot] == row["watch_hours"]


def test_capsules_and_the_other_pill_have_their_own_days() -> None:
    row = ROWS["v16"]
    on = days("v16", 21, "lenalidomide")
    assert [on[0], on[-1]] == row["cycle1_on"]
    assert span(next(events("v16", Kind.REST))) == row["cycle1_off"]
    assert planned("v16").on(date.fromisoformat(row["cycle2_start"])).cycle == 2
    dex = days("v16", 60, "dexamethasone")
    assert dex[:12] == row["dex_cycle1"]
    assert [day for day in dex if planned("v16").on(date.fromisoformat(day)).cycle == 5] == row["dex_cycle5"]


def test_cells_are_collected_before_each_infusion() -> None:
    row = ROWS["v18"]
    assert days("v18") == row["infusions"]
    assert [event.date.isoformat() for event in events("v18", Kind.PAIRED)] == row["collections"]


def test_nothing_is_told_in_a_hold() -> None:
    settings: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None}
    after, until = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)
    assert not list(upcoming(planned("v22"), timezone="UTC", after=after, until=until, **settings))


@pytest.mark.parametrize(("at", "day", "hours"), [("02:30", 0, {7}), ("01:30", 1, {5, 6})])
def test_a_daily_text_comes_once_when_the_clocks_change(at: str, day: int, hours: set[int]) -> None:
    changed = date.fromisoformat(ROWS["v23"]["dst"][day])
    made = parse_regimen(DAILY.replace("AT", at), "daily_0230.toml")
    settings: dict[str, Any] = {"window_from": time(0), "window_until": time(23), "visit_time": None}
    after = datetime.combine(changed - timedelta(days=2), time(), UTC)
    calendar = Calendar(made, changed - timedelta(days=2))
    found = upcoming(calendar, timezone="America/New_York", after=after, until=after + timedelta(days=5), **settings)
    on_the_day = [each.due_at.hour for each in found if each.event_date == changed]
    assert len(on_the_day) == 1
    assert set(on_the_day) <= hours


def test_a_year_of_infusions_ends_before_its_anniversary() -> None:
    row = ROWS["v24"]
    change = parse_change("branch:id=adjuvant,take=yes", FILES.__getitem__)
    calendar = Calendar(FILES["pembro_q3w"], date.fromisoformat(row["start"]), changes=[change])
    found = [event.date.isoformat() for event in calendar.events() if event.kind is Kind.TREATMENT]
    assert (len(found), found[-1]) == (row["count"], row["last"])


def test_every_published_row_is_looked_at() -> None:
    looked_at = {"v03", "v05", "v08", "v09", "v10", "v11", "v12", "v15", "v16", "v18", "v22", "v23", "v24"}
    assert looked_at | {name for name, row in ROWS.items() if "doses" in row} == set(ROWS)
