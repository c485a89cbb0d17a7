"""The rate of a sender: never more than it may be given, however it is asked, and never stuck for good."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.limits import LIMITS, Limit, carrier_day, carrier_of, next_carrier_day
from scheduler.delivery import pacing
from scheduler.delivery.pacing import BURST, SLOW_FOR
from store.clinics import Carrier, Sender
from store.senders import Standing

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG_CODE = Limit(1, None)
LONGEST = 11


def sender(carrier: Carrier = "long_code", rate: float | None = None, cap: int | None = None) -> Sender:
    return Sender(1, 1, "+12025550100", "number", "us", None, None, carrier, rate, cap)


@given(
    rate=st.sampled_from([0.5, 1.0, 3.0, 100.0]),
    asked=st.lists(st.tuples(st.floats(0, 5), st.integers(1, LONGEST)), max_size=60),
    slowed=st.sets(st.integers(0, 59)),
)
def test_in_any_time_a_sender_is_given_at_most_its_rate_the_burst_and_the_last_text(
    rate: float, asked: list[tuple[float, int]], slowed: set[int]
) -> None:
    limit, standing, now = Limit(rate, None), Standing(1), NOW
    given_at: list[tuple[datetime, int]] = []
    for place, (wait, segments) in enumerate(asked):
        now += timedelta(seconds=wait)
        if place in slowed:
            standing = pacing.slowed_down(standing, now)
        if pacing.room(limit, standing, now):
            standing = pacing.given(limit, standing, now, segments)
            given_at.append((now, segments))
    for place, (first, _) in enumerate(given_at):
        total = 0
        for at, segments in given_at[place:]:
            total += segments
            assert total <= rate * ((at - first) + BURST).total_seconds() + LONGEST + 1e-6


@given(rate=st.floats(0.1, 100), segments=st.lists(st.integers(1, LONGEST), max_size=40), slowed=st.integers(0, 20))
def test_whatever_it_was_given_it_has_room_again(rate: float, segments: list[int], slowed: int) -> None:
    limit, standing = Limit(rate, None), Standing(1)
    for number in range(slowed):
        standing = pacing.slowed_down(standing, NOW + 6 * number * SECOND)
    now = NOW + 6 * slowed * SECOND
    for each in segments:
        if pacing.room(limit, standing, now):
            standing = pacing.given(limit, standing, now, each)
    assert standing.free_at is None or pacing.room(limit, standing, standing.free_at) > 0


def test_a_long_code_sends_a_burst_and_then_one_segment_a_second() -> None:
    standing, sent = Standing(1), []
    for second in range(20):
        now = NOW + second * SECOND
        count = 0
        while pacing.room(LONG_CODE, standing, now):
            standing = pacing.given(LONG_CODE, standing, now, 1)
            count += 1
        sent.append(count)
    assert sent == [10] + [1] * 19


def test_who_is_told_to_slow_down_is_half_as_fast_and_recovers_by_and_by() -> None:
    standing = pacing.slowed_down(Standing(1), NOW)
    together = pacing.slowed_down(standing, NOW + SECOND)
    again = pacing.slowed_down(standing, NOW + 10 * SECOND)
    assert [pacing.rate(LONG_CODE, each, NOW + 10 * SECOND) for each in (standing, together, again)] == [0.5, 0.5, 0.25]
    rates = [pacing.rate(LONG_CODE, again, NOW + 10 * SECOND + passed * SLOW_FOR) for passed in (1, 2, 3)]
    assert rates == [0.5, 1.0, 1.0]


def test_what_a_clock_left_behind_that_was_wrong_holds_nobody_up() -> None:
    ahead = Standing(1, free_at=NOW + timedelta(days=30), slowed=5, slowed_at=NOW + timedelta(days=30))
    assert pacing.room(LONG_CODE, ahead, NOW) == 10


def test_a_day_of_the_carriers_ends_at_midnight_on_the_pacific_coast() -> None:
    limit = Limit(1, 5)
    standing = pacing.given(limit, Standing(1), NOW, 5)
    midnight = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert pacing.full_until(limit, standing, NOW) == midnight == next_carrier_day(NOW)
    assert pacing.full_until(limit, standing, midnight) is None
    assert pacing.given(limit, standing, midnight, 2).used == 2
    assert carrier_day(midnight - SECOND).day == 2


def test_a_text_that_is_more_than_what_is_left_of_the_day_ends_it_and_one_that_is_more_than_a_day_goes_first() -> None:
    limit = Limit(1, 5)
    standing = pacing.given(limit, Standing(1), NOW, 3)
    assert pacing.fits(limit, standing, NOW, 2)
    assert not pacing.fits(limit, standing, NOW, 3)
    full = pacing.used_up(limit, standing, NOW)
    assert pacing.full_until(limit, full, NOW) == next_carrier_day(NOW)
    assert pacing.fits(limit, full, next_carrier_day(NOW), 3)
    assert pacing.fits(limit, Standing(1), NOW, 6)


def test_a_provider_that_says_it_is_enough_is_believed_for_the_day_and_by_whatsapp_for_24_hours() -> None:
    for carrier, until in (("long_code", datetime(2026, 3, 3, 8, tzinfo=UTC)), ("whatsapp", NOW + timedelta(days=1))):
        full = pacing.called_full(sender(carrier), Standing(1), NOW)  # type: ignore[arg-type]
        assert pacing.full_until(LONG_CODE, full, NOW + SECOND) == until


def test_limits_are_the_kinds_unless_the_sender_has_its_own() -> None:
    assert pacing.limit_of(sender("toll_free")) == LIMITS["toll_free"] == Limit(3, None)
    assert pacing.limit_of(sender("long_code", rate=75, cap=0)) == Limit(75, None)
    assert pacing.limit_of(sender("long_code", cap=200_000)) == Limit(1, 200_000)


@pytest.mark.parametrize(
    ("address", "carrier"),
    [
        ("+12025550100", "long_code"),
        ("+18885550100", "toll_free"),
        ("20255", "short_code"),
        ("MG" + "0" * 32, "service"),
        ("whatsapp:+12025550100", "whatsapp"),
    ],
)
def test_what_a_sender_is_to_the_carriers_is_seen_from_its_address(address: str, carrier: str) -> None:
    assert carrier_of(address) == carrier
