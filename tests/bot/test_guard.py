"""Two robots stop answering each other; a person hardly ever notices."""

from datetime import UTC, datetime, timedelta

from bot.conversation.guard import LIMITS, RobotGuard
from tests.bot.conftest import Phone, Watch

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PHONE = "+12025550143"
MINUTE, HOUR, DAY = LIMITS


def test_the_same_reply_goes_only_so_often_within_a_minute() -> None:
    guard = RobotGuard()
    allowed = [guard.allows(1, PHONE, "Sorry?", NOON + timedelta(seconds=second)) for second in range(10)]
    assert allowed == [True] * MINUTE.equal + [False] * (10 - MINUTE.equal)


def test_different_replies_may_be_many_but_not_without_end() -> None:
    guard = RobotGuard()
    allowed = [guard.allows(1, PHONE, f"fact {number}", NOON) for number in range(MINUTE.replies + 5)]
    assert allowed == [True] * MINUTE.replies + [False] * 5


def test_after_a_quiet_minute_the_number_is_answered_again() -> None:
    guard = RobotGuard()
    for _ in range(MINUTE.equal + 1):
        guard.allows(1, PHONE, "Sorry?", NOON)
    assert guard.allows(1, PHONE, "Sorry?", NOON + MINUTE.within)


def test_a_slow_robot_is_stopped_within_the_day_however_slow_it_is() -> None:
    for pause in (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=10)):
        guard = RobotGuard()
        times = [NOON + number * pause for number in range(int(DAY.within / pause))]
        assert sum(guard.allows(1, PHONE, "Sorry?", at) for at in times) == DAY.equal
        guard = RobotGuard()
        assert sum(guard.allows(1, PHONE, f"{at}", at) for at in times) <= DAY.replies


def test_one_number_and_one_clinic_do_not_use_up_what_another_may_get() -> None:
    guard = RobotGuard()
    for _ in range(MINUTE.equal):
        guard.allows(1, PHONE, "Sorry?", NOON)
    assert not guard.allows(1, PHONE, "Sorry?", NOON)
    assert guard.allows(1, "+12025550144", "Sorry?", NOON)
    assert guard.allows(2, PHONE, "Sorry?", NOON)


def test_numbers_that_have_gone_quiet_are_forgotten() -> None:
    guard = RobotGuard()
    for number in range(10_050):
        guard.allows(1, str(number), "Sorry?", NOON)
    guard.allows(1, PHONE, "Sorry?", NOON + DAY.within)
    assert len(guard._recent) == 1


def test_two_robots_stop_and_staff_hear_of_it_once_while_danger_is_still_answered(phone: Phone, watch: Watch) -> None:
    reply = "Thank you for your message. We will get back to you."
    answers = 0
    for _ in range(100):
        answers += phone.text(reply).body is not None
        watch.forward(timedelta(seconds=20))
    assert answers <= DAY.equal
    assert [task.kind for task in phone.follow_ups()] == ["unanswered"]
    assert phone.says("I have chest pain").startswith("This may be an emergency.")
    assert phone.text("STOP").body
