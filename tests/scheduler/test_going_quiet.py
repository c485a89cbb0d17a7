"""Who has gone quiet: a silence against a habit."""

from datetime import UTC, datetime, timedelta

from scheduler.going_quiet import Quiet, quiet_ones
from store.console_today import Habit

NOW = datetime(2026, 5, 4, 16, tzinfo=UTC)
DAY = timedelta(days=1)


def habit(number: int, texts: int, usually: int, silent: float) -> Habit:
    last = NOW - silent * DAY
    return Habit(number, texts, last - (texts - 1) * usually * DAY, last)


def test_a_silence_counts_when_it_is_three_times_the_usual_gap_and_as_long_as_the_clinic_says() -> None:
    found = quiet_ones(
        [
            habit(1, 5, usually=7, silent=21),
            habit(2, 5, usually=7, silent=20.9),
            habit(3, 9, usually=1, silent=6.9),
            habit(4, 9, usually=1, silent=7),
            habit(5, 2, usually=1, silent=90),  # two texts are no habit
        ],
        NOW,
        7,
        10,
    )
    assert found == [Quiet(4, 7, 1.0), Quiet(1, 21, 7.0)]


def test_texts_of_one_afternoon_are_no_habit_of_minutes() -> None:
    burst = Habit(1, 4, NOW - 10 * DAY, NOW - 10 * DAY + timedelta(minutes=5))
    (found,) = quiet_ones([burst], NOW, 7, 10)
    assert (found.days, found.usually) == (9, 1.0)


def test_the_longest_silence_against_the_habit_comes_first_and_no_more_than_asked() -> None:
    habits = [habit(1, 3, 2, 10), habit(2, 3, 2, 30), habit(3, 3, 10, 40)]
    assert [each.patient_id for each in quiet_ones(habits, NOW, 7, 2)] == [2, 1]
