"""Two robots stop answering each other; a person hardly ever notices."""

from datetime import UTC, datetime, timedelta

from bot.conversation.guard import MOST_EQUAL_REPLIES, MOST_REPLIES, WINDOW, RobotGuard

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PHONE = "+12025550143"


def test_the_same_reply_goes_only_so_often_within_a_minute() -> None:
    guard = RobotGuard()
    allowed = [guard.allows(1, PHONE, "Sorry?", NOON + timedelta(seconds=second)) for second in range(10)]
    assert allowed == [True] * MOST_EQUAL_REPLIES + [False] * (10 - MOST_EQUAL_REPLIES)


def test_different_replies_may_be_many_but_not_without_end() -> None:
    guard = RobotGuard()
    allowed = [guard.allows(1, PHONE, f"fact {number}", NOON) for number in range(MOST_REPLIES + 5)]
    assert allowed == [True] * MOST_REPLIES + [False] * 5


def test_after_a_quiet_minute_the_number_is_answered_again() -> None:
    guard = RobotGuard()
    for _ in range(MOST_EQUAL_REPLIES + 1):
        guard.allows(1, PHONE, "Sorry?", NOON)
    assert guard.allows(1, PHONE, "Sorry?", NOON + WINDOW)


def test_one_number_and_one_clinic_do_not_use_up_what_another_may_get() -> None:
    guard = RobotGuard()
    for _ in range(MOST_EQUAL_REPLIES):
        guard.allows(1, PHONE, "Sorry?", NOON)
    assert not guard.allows(1, PHONE, "Sorry?", NOON)
    assert guard.allows(1, "+12025550144", "Sorry?", NOON)
    assert guard.allows(2, PHONE, "Sorry?", NOON)


def test_numbers_that_have_gone_quiet_are_forgotten() -> None:
    guard = RobotGuard()
    for number in range(10_050):
        guard.allows(1, str(number), "Sorry?", NOON)
    guard.allows(1, PHONE, "Sorry?", NOON + WINDOW)
    assert len(guard._recent) == 1
