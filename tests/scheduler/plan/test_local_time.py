"""Local time to UTC: gaps, folds, half hours, a lost day, and send windows."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.plan.local_time import UnknownZoneError, next_window_open, to_local, to_utc, within_window

NEW_YORK, MADRID, LORD_HOWE, APIA = "America/New_York", "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Apia"
ZONES = [NEW_YORK, MADRID, LORD_HOWE, APIA, "UTC", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca"]

zones = st.sampled_from(ZONES)
moments = st.datetimes(
    datetime.combine(date(2005, 1, 1), time()), datetime.combine(date(2036, 1, 1), time()), timezones=st.just(UTC)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 1, 5), time(10), NEW_YORK, "2026-01-05 15:00"),
        (date(2026, 7, 6), time(10), NEW_YORK, "2026-07-06 14:00"),
        (date(2026, 3, 8), time(1, 59), NEW_YORK, "2026-03-08 06:59"),
        (date(2026, 3, 8), time(2), NEW_YORK, "2026-03-08 07:00"),
        (date(2026, 3, 8), time(2, 30), NEW_YORK, "2026-03-08 07:00"),
        (date(2026, 3, 8), time(3), NEW_YORK, "2026-03-08 07:00"),
        (date(2026, 11, 1), time(1, 30), NEW_YORK, "2026-11-01 05:30"),
        (date(2026, 11, 1), time(2), NEW_YORK, "2026-11-01 07:00"),
        (date(2026, 3, 29), time(2, 30), MADRID, "2026-03-29 01:00"),
        (date(2026, 10, 25), time(2, 30), MADRID, "2026-10-25 00:30"),
        (date(2026, 10, 4), time(2, 15), LORD_HOWE, "2026-10-03 15:30"),
        (date(2026, 4, 5), time(1, 45), LORD_HOWE, "2026-04-04 14:45"),
        (date(2011, 12, 30), time(10), APIA, "2011-12-30 10:00"),
    ],
)
def test_a_local_time_has_one_instant(day: date, at: time, zone: str, expected: str) -> None:
    assert to_utc(day, at, zone) == utc(expected)


@given(st.dates(date(2005, 1, 1), date(2036, 1, 1)), st.times(), zones)
def test_an_instant_reads_as_the_local_time_it_came_from_or_as_the_first_after_a_gap(
    day: date, at: time, zone: str
) -> None:
    wished = datetime.combine(day, at)
    local = to_local(to_utc(day, at, zone), zone)
    if local != wished:
        assert local > wished
        assert to_local(to_utc(day, at, zone) - timedelta(seconds=1), zone) < wished


@pytest.mark.parametrize("name", ["", "Mars/Phobos", "../etc/passwd", "America", "New York", "America/New_York\0"])
def test_a_zone_that_does_not_exist_is_named_in_a_plain_error(name: str) -> None:
    with pytest.raises(UnknownZoneError, match="is not known: use a name such as America/New_York"):
        to_utc(date(2026, 1, 5), time(10), name)


def test_a_window_is_open_from_its_first_minute_until_before_its_last() -> None:
    window = (NEW_YORK, time(9), time(20))
    assert not within_window(utc("2026-01-05 13:59:59"), *window)
    assert within_window(utc("2026-01-05 14:00"), *window)
    assert within_window(utc("2026-01-06 00:59:59"), *window)
    assert not within_window(utc("2026-01-06 01:00"), *window)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-01-05 12:00", NEW_YORK, "2026-01-05 14:00"),
        ("2026-01-05 15:30", NEW_YORK, "2026-01-05 15:30"),
        ("2026-01-06 01:00", NEW_YORK, "2026-01-06 14:00"),
        ("2026-03-08 05:00", NEW_YORK, "2026-03-08 13:00"),
        ("2011-12-30 09:00", APIA, "2011-12-30 19:00"),
    ],
)
def test_outside_its_window_a_text_waits_for_the_next_opening(moment: str, zone: str, expected: str) -> None:
    assert next_window_open(utc(moment), zone, time(9), time(20)) == utc(expected)


@given(moments, zones, st.integers(0, 22), st.integers(1, 23))
def test_the_next_opening_is_inside_the_window_and_never_before_the_moment(
    moment: datetime, zone: str, hour: int, hours: int
) -> None:
    opens, closes = time(hour), time(min(hour + hours, 23), 59)
    found = next_window_open(moment, zone, opens, closes)
    assert found >= moment
    assert within_window(found, zone, opens, closes)
    assert found - moment < timedelta(hours=50)
