"""How long a text waits before it is tried once more."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from channels.base import Fault, Verdict
from channels.twilio_errors import verdict_of
from scheduler.delivery.again import next_try

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
PASSING = [fault for fault in Fault if verdict_of(fault) is Verdict.LATER]


@pytest.mark.parametrize("fault", PASSING)
def test_the_wait_doubles_to_six_hours_and_is_somewhere_up_to_half_as_long_again(fault: Fault) -> None:
    waits = [
        [(again - NOW) for seed in range(50) if (again := next_try(fault, attempt, NOW, None, Random(seed)))]
        for attempt in range(1, 40)
    ]
    tried = [times for times in waits if times]
    assert tried
    for attempt, times in enumerate(tried):
        least = min(_FIRST[fault] * 2 ** min(attempt, 12), timedelta(hours=6))
        assert least <= min(times) < max(times) <= 1.5 * least


_FIRST = {
    Fault.THROTTLE: timedelta(seconds=30),
    Fault.NOT_SENT: timedelta(seconds=15),
    Fault.RECIPIENT_TEMPORARY: timedelta(minutes=30),
    Fault.DAILY_CAP: timedelta(hours=6),
    Fault.EXPIRED: timedelta(minutes=1),
}


def test_every_passing_fault_has_a_wait_of_its_own() -> None:
    assert {*_FIRST} == {*PASSING}


def test_a_handset_that_is_off_is_tried_three_times_and_all_else_while_it_is_of_use() -> None:
    assert next_try(Fault.RECIPIENT_TEMPORARY, 2, NOW, None, Random(1)) is not None
    assert next_try(Fault.RECIPIENT_TEMPORARY, 3, NOW, None, Random(1)) is None
    for fault in (Fault.THROTTLE, Fault.NOT_SENT, Fault.DAILY_CAP, Fault.EXPIRED):
        assert next_try(fault, 500, NOW, None, Random(1)) is not None


@pytest.mark.parametrize("fault", PASSING)
def test_nothing_is_tried_when_it_is_of_no_use_any_more(fault: Fault) -> None:
    again = next_try(fault, 1, NOW, None, Random(1))
    assert again is not None
    assert next_try(fault, 1, NOW, again, Random(1)) is None
    assert next_try(fault, 1, NOW, again + timedelta(microseconds=1), Random(1)) == again
