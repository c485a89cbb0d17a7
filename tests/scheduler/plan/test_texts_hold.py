"""What holds of the texts of any plan: over random regimens, starts, zones, journeys and changes."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.library import load
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.changes import Change, ChangeError, parse_change
from scheduler.plan.gathering import Limits, gather, left_out
from scheduler.plan.local_time import Away, to_local, within_window, zone_at
from scheduler.plan.reminders import Reminder, upcoming
from tests import zones
from tests.scheduler.plan.made import CAPSULES, FILES, give, phase, regimen, regimens, starts

DAY = timedelta(days=1)
ZONES = [
    *("America/New_York", "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"),
    *("America/Mexico_City", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Kiritimati", "Pacific/Honolulu"),
]
REASONS = {None, "daily_limit", "weekly_limit", "made_room"}


def with_rules(made: Regimen) -> Regimen:
    """The same regimen with reminders of all that it gives."""
    home = {name for name, item in made.items.items() if item.at_home}
    rules: dict[str, Any] = {"finished": {"at": "11:00"}, "late_effects": {"at": "11:00", "days_after": "28, 91"}}
    if home:
        rules |= {"pill_today": {"at": "09:00"}, "off_first": {"at": "10:00"}, "off_last": {"at": "21:30"}}
    if set(made.items) - home:
        rules |= {"visit_before": {"at": "06:00"}, "visit_tomorrow": {"at": "16:00"}, "between": {"at": "11:00"}}
    return Regimen.from_json(json.dumps({**made.definition, "reminders": rules}))


ruled = regimens().map(with_rules)


@st.composite
def changes(draw: st.DrawFn, made: Regimen, start: date) -> tuple[Change, ...]:
    """Up to four changes that can be made one after the other."""
    days = [event.date for event in Calendar(made, start).events(start, start + 200 * DAY) if event.slot][:12]
    taken: tuple[Change, ...] = ()
    for _ in range(draw(st.integers(0, 4))):
        day, number = draw(st.sampled_from(days or [start])), draw(st.integers(1, 20))
        spec = draw(
            st.sampled_from(
                [
                    f"delay:cycle={draw(st.integers(1, 4))},days={number}",
                    f"delay:cycle=2,days={number},policy=keepgrid",
                    f"skip:date={day}",
                    f"move:date={day},to={day + draw(st.integers(-2, 3)) * DAY}",
                    f"hold:from={day}",
                    f"resume:on={day + number * DAY},cycle={draw(st.sampled_from(['same', 'new']))}",
                    f"stop:on={day + 60 * DAY}",
                ]
            )
        )
        try:
            change = parse_change(spec, FILES.__getitem__)
            Calendar(made, start, changes=(*taken, change))
        except ChangeError:
            continue
        taken = (*taken, change)
    return taken


def told(calendar: Calendar, zone: str, **more: Any) -> list[Reminder]:
    """Everything that a plan tells in its first 200 days."""
    known: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": None, **more}
    begin = datetime.combine(calendar.start, time(), UTC)
    return list(upcoming(calendar, timezone=zone, after=begin - 80 * DAY, until=begin + 200 * DAY, **known))


@given(ruled, starts, st.data())
@settings(max_examples=60)
def test_replaying_gives_the_same_and_undoing_restores_exactly(made: Regimen, start: date, data: st.DataObject) -> None:
    taken = data.draw(changes(made, start))
    last = start + 300 * DAY
    states = [list(Calendar(made, start, changes=taken[:known]).events(last=last)) for known in range(len(taken) + 1)]
    again = [list(Calendar(made, start, changes=taken[:known]).events(last=last)) for known in range(len(taken) + 1)]
    assert again == states
    texts = told(Calendar(made, start, changes=taken), "Europe/Madrid")
    assert told(Calendar(made, start, changes=taken), "Europe/Madrid") == texts


@given(ruled, starts, st.sampled_from(ZONES), st.data())
@settings(max_examples=80)
def test_every_treatment_day_has_its_text_or_the_name_of_the_rule_that_dropped_it(
    made: Regimen, start: date, zone: str, data: st.DataObject
) -> None:
    calendar = Calendar(made, start, changes=data.draw(changes(made, start)))
    limits = Limits(data.draw(st.integers(1, 3)), data.draw(st.integers(1, 7)))
    texts = gather((1, each) for each in told(calendar, zone))
    reasons = left_out(texts, {}, limits)
    assert set(reasons) <= REASONS
    told_of = {(each.event, each.rule) for text in texts for _, each in text.tells}
    for event in calendar.events(start, start + 190 * DAY):
        if event.slot and event.slot.setting == "visit":
            assert (event.name, "visit_tomorrow") in told_of
        if event.slot and event.slot.home:
            assert (event.name, "pill_today") in told_of


@given(st.lists(ruled, min_size=1, max_size=3), starts, st.sampled_from(ZONES), st.data())
@settings(max_examples=60)
def test_no_sum_of_texts_over_all_plans_passes_the_limits(
    made: list[Regimen], start: date, zone: str, data: st.DataObject
) -> None:
    limits = Limits(data.draw(st.integers(1, 3)), data.draw(st.integers(1, 7)))
    found = [(number, each) for number, one in enumerate(made) for each in told(Calendar(one, start), zone)]
    texts = gather(found)
    going = [text for text, reason in zip(texts, left_out(texts, {}, limits), strict=True) if reason is None]
    a_day = Counter(text.day for text in going)
    assert max(a_day.values(), default=0) <= limits.per_day
    assert all(sum(a_day[day + later] for later in range(7)) <= limits.per_week for day in a_day)
    covers = Counter((plan, each.event, each.rule, each.event_date) for text in texts for plan, each in text.tells)
    assert max(covers.values(), default=1) == 1


@given(ruled, starts, st.sampled_from(ZONES), st.sampled_from(ZONES), st.data())
@settings(max_examples=80)
def test_at_home_and_away_nothing_arrives_outside_the_window_and_each_text_once(
    made: Regimen, start: date, home: str, there: str, data: st.DataObject
) -> None:
    calendar = Calendar(made, start, changes=data.draw(changes(made, start)))
    first = start + data.draw(st.integers(-10, 100)) * DAY
    away = Away(there, first, first + data.draw(st.integers(0, 40)) * DAY)
    visit_time = data.draw(st.sampled_from([None, time(8), time(14, 30)]))
    found = told(calendar, home, away=away, clinic_timezone="America/Chicago", visit_time=visit_time)
    assert all(one.due_at <= other.due_at for one, other in pairwise(found))
    names = Counter((each.event, each.rule, each.event_date) for each in found)
    assert max(names.values(), default=1) == 1
    for each in found:
        zone = zone_at(each.due_at, home, away)
        assert within_window(each.due_at, zone, time(9), time(20))
        assert to_local(each.due_at, zone) == datetime.combine(each.local_date, each.local_time)
        assert each.due_at < each.expires_at


@given(ruled, starts, st.sampled_from(ZONES), st.data())
@settings(max_examples=40)
def test_a_journey_leaves_no_visit_untold(made: Regimen, start: date, there: str, data: st.DataObject) -> None:
    first = start + data.draw(st.integers(0, 100)) * DAY
    away = Away(there, first, first + 20 * DAY)
    calendar = Calendar(made, start)
    at_home, on_the_way = (
        {(each.event, each.rule) for each in told(calendar, "Europe/Madrid", **more) if _is_visit(each)}
        for more in ({}, {"away": away})
    )
    # At the very edge of what was looked at, a text falls on the one side or the other.
    assert {event for event, _ in at_home} - {event for event, _ in on_the_way} <= _last_of(calendar, start)


def _is_visit(each: Reminder) -> bool:
    return each.rule == "visit_tomorrow" and each.local_date.year not in (2011, 1994, 1995)


def _last_of(calendar: Calendar, start: date) -> set[str]:
    return {event.name for event in calendar.events(start + 198 * DAY, start + 205 * DAY)}


# A zone, the day of its change, and how many days have their text: each one but those that no clock showed.
CLOCK_CHANGES = [
    ("America/New_York", date(2026, 3, 8), 5),
    ("America/New_York", date(2026, 11, 1), 5),
    ("Europe/Madrid", date(2026, 3, 29), 5),
    ("Europe/Madrid", date(2026, 10, 25), 5),
    ("Europe/London", date(2026, 3, 29), 5),
    ("Australia/Lord_Howe", date(2026, 10, 4), 5),
    ("Australia/Lord_Howe", date(2026, 4, 5), 5),
    ("Pacific/Apia", date(2011, 12, 30), 4),
    ("America/Mexico_City", date(2022, 10, 30), 5),
    ("America/Mexico_City", date(2023, 4, 2), 5),
    ("America/Sao_Paulo", date(2018, 11, 4), 5),
    ("Africa/Casablanca", date(2026, 2, 15), 5),
    ("Asia/Beirut", date(2026, 3, 29), 5),
]


@pytest.mark.parametrize(("zone", "day", "count"), CLOCK_CHANGES)
@pytest.mark.parametrize(
    "at", ["00:00", "00:30", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00", "10:00", "22:30"]
)
def test_around_a_change_of_clocks_each_day_has_its_text_once_at_a_sane_moment(
    zone: str, day: date, count: int, at: str
) -> None:
    made = regimen(phase("p", "1 day", give("pill")), items={"pill": CAPSULES}, reminders={"pill_today": {"at": at}})
    wished = time.fromisoformat(at)
    found = list(
        upcoming(
            Calendar(made, day - 2 * DAY),
            timezone=zone,
            window_from=time(0),
            window_until=time(23),
            visit_time=None,
            after=datetime.combine(day - 3 * DAY, time(), UTC),
            until=datetime.combine(day + 4 * DAY, time(), UTC),
        )
    )
    about = [each for each in found if each.event_date <= day + 2 * DAY]
    assert [each.event_date for each in about] == sorted({each.event_date for each in about})
    assert len(about) == count
    for each in about:
        local = to_local(each.due_at, zone)
        late = local - datetime.combine(each.event_date, wished)
        assert timedelta() <= late <= timedelta(hours=1)
        assert within_window(each.due_at, zone, time(0), time(23))


@pytest.mark.parametrize(
    ("zone", "like"),
    [
        ("America/New_York", "America/Bogota"),
        ("Europe/Madrid", "Africa/Lagos"),
        ("Australia/Lord_Howe", "Pacific/Guadalcanal"),
        ("America/Mexico_City", "America/Chicago"),
        ("Asia/Kolkata", "Asia/Kathmandu"),
    ],
)
def test_other_zone_data_move_the_instant_and_never_the_local_time(tmp_path: Path, zone: str, like: str) -> None:
    for name in ("pembro_q3w", "len_mm", "imiq_bcc", "blina_rr", "bcg_swog"):
        calendar = Calendar(FILES[name], date(2026, 5, 4))
        before = told(calendar, zone, visit_time=time(10, 30))
        with zones.changed(tmp_path / name, **{zone.replace("/", "__"): like}):
            after = told(calendar, zone, visit_time=time(10, 30))
        shared = _by_name(before).keys() & _by_name(after).keys()
        assert len(shared) >= len(before) - 1
        assert all(_local(_by_name(before)[each]) == _local(_by_name(after)[each]) for each in shared)
        assert any(_by_name(before)[each].due_at != _by_name(after)[each].due_at for each in shared)


def _by_name(found: Sequence[Reminder]) -> dict[tuple[str, str], Reminder]:
    return {(each.event, each.rule): each for each in found}


def _local(each: Reminder) -> tuple[object, ...]:
    return each.local_date, each.local_time, each.template, each.args


def test_a_range_of_texts_is_the_sum_of_its_parts() -> None:
    """Over every packaged regimen: nothing is told twice or lost at a seam."""
    for made in FILES.values():
        calendar = Calendar(made, date(2026, 1, 5))
        known: dict[str, Any] = {"window_from": time(9), "window_until": time(20), "visit_time": time(10, 30)}
        seams = [datetime(2025, 12, 1, tzinfo=UTC) + number * timedelta(days=13, hours=5) for number in range(20)]
        whole = list(upcoming(calendar, timezone="Europe/Madrid", after=seams[0], until=seams[-1], **known))
        parts = [
            each
            for after, until in pairwise(seams)
            for each in upcoming(calendar, timezone="Europe/Madrid", after=after, until=until, **known)
        ]
        assert parts == whole


def test_rest_is_never_told_to_be_free_of_side_effects() -> None:
    """Every text about days off, in every language, says that side effects can still come."""
    library = load()
    for key in ("off_first", "between", "finished", "late_effects"):
        assert "side effects can" in library.wordings["en"].texts[key].text.casefold()
        assert "puede haber efectos secundarios" in library.wordings["es"].texts[key].text.casefold()
    assert {event.kind for event in Calendar(FILES["pembro_q3w"], date(2026, 1, 5)).events(last=date(2026, 6, 1))} == {
        Kind.PHASE,
        Kind.TREATMENT,
        Kind.BETWEEN,
    }
