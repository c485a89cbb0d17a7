"""What the page about a patient says is texted next is what planning then makes."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from scheduler import own_rules
from scheduler.enrolment import Enrolled, NewPlan, add_plan
from scheduler.next_texts import next_texts
from scheduler.planned import calendar_of
from store import patients, plans
from tests.scheduler.world import World, at

ENROLLED = at(2026, 1, 1, 12)
START = date(2026, 1, 5)
MOST = 6
WEEKS = timedelta(weeks=5)
Text = tuple[datetime, str | None, dict[str, Any]]


def beside(world: World, enrolled: Enrolled, now: datetime, regimen_id: str, start: date, at: time | None) -> None:
    new = NewPlan(
        patient_id=enrolled.patient.id, regimen_id=regimen_id, start=start, visit_time=at, by="nurse@riverside"
    )
    with world.database.writing() as tx:
        add_plan(tx, now, world.library, world.entry, new)


def foretold(world: World, enrolled: Enrolled, now: datetime) -> list[Text]:
    with world.database.reading() as tx:
        patient = patients.get_patient(tx, enrolled.patient.id)
        assert patient is not None
        telling = [(plan, calendar_of(plan)) for plan in plans.telling_plans_of(tx, [patient.id])[patient.id]]
        found = next_texts(tx, now, world.entry.clinic, patient, telling, MOST)
    return [(text.reminder.due_at, text.reminder.template, dict(text.reminder.args)) for text in found]


def planned(world: World, enrolled: Enrolled, now: datetime) -> list[Text]:
    """What planning makes after a moment, each text when it is due, and the limits do not keep."""
    before = {text.id for text in world.texts(enrolled)}
    at = now
    while at < now + WEEKS:
        with world.database.reading() as tx:
            patient = patients.get_patient(tx, enrolled.patient.id)
        if patient is None or patient.next_text_at is None:
            break
        at = max(now, patient.next_text_at)
        world.plan(at)
    made = [text for text in world.texts(enrolled) if text.id not in before and text.state == "due" and text.due_at]
    return [(text.due_at, text.template, dict(text.args)) for text in made if text.due_at]


def agrees(says: list[Text], made: list[Text]) -> bool:
    """Whether what was said comes true, and nothing that was not said comes before the last of it."""
    until = says[-1][0]
    before = [text for text in made if text[0] < until]
    return all(text in made for text in says) and all(text in says for text in before) and says == sorted(says, key=due)


def due(text: Text) -> datetime:
    return text[0]


def at_six(world: World, now: datetime, regimen_id: str, at: str = "18:00") -> None:
    """The text of the day before a visit goes at six in the evening on this regimen, elsewhere at four."""
    with world.database.writing() as tx:
        own_rules.set_of_clinic(
            tx, now, world.library, world.entry.clinic, "visit_tomorrow", f'at = "{at}"', regimen_id, "nurse"
        )


@pytest.mark.parametrize(
    ("now", "per_day", "per_week"),
    [(ENROLLED, 5, 7), (at(2026, 1, 4, 17), 1, 3), (at(2026, 1, 24, 9), 2, 4)],
    ids=["from the beginning", "amid the first texts", "weeks later"],
)
def test_it_is_told_together_and_within_the_limits_over_all_plans(
    now: datetime, per_day: int, per_week: int, world: World
) -> None:
    world.set_clinic(ENROLLED, max_texts_per_day=per_day, max_texts_per_week=per_week)
    enrolled = world.enrol(ENROLLED, START, visit_time=time(10))
    beside(world, enrolled, ENROLLED, "len_mm", START, time(14))
    world.plan(now)
    says = foretold(world, enrolled, now)
    assert len(says) == MOST
    assert agrees(says, planned(world, enrolled, now))


def test_what_came_to_the_plans_after_the_text_of_that_day_is_told_alone(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, visit_time=time(9))
    now = at(2026, 1, 4, 17)
    world.plan(now)
    at_six(world, now, "nivo_q4w")
    beside(world, enrolled, now, "nivo_q4w", START, time(16))
    says = foretold(world, enrolled, now)
    alone = (at(2026, 1, 4, 18), "visit_tomorrow", {"date": "2026-01-05", "time": "16:00"})
    assert says[0] == alone
    assert agrees(says, planned(world, enrolled, now))


def test_what_came_to_the_plans_after_the_text_of_that_day_is_told_when_each_is_due(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, visit_time=time(9))
    now = at(2026, 1, 4, 17)
    world.plan(now)
    for regimen_id, six_or_seven, visit in (("nivo_q4w", "18:00", time(16)), ("cemi_adj", "19:00", time(14))):
        at_six(world, now, regimen_id, six_or_seven)
        beside(world, enrolled, now, regimen_id, START, visit)
    says = foretold(world, enrolled, now)
    assert [text[2]["time"] for text in says[:2]] == ["16:00", "14:00"]
    assert agrees(says, planned(world, enrolled, now))


def test_what_was_told_with_the_text_of_that_day_is_told_no_second_time(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, visit_time=time(9))
    now = at(2026, 1, 4, 17)
    at_six(world, ENROLLED, "nivo_q4w")
    beside(world, enrolled, ENROLLED, "nivo_q4w", START, time(16))
    world.plan(now)
    assert world.texts(enrolled)[-1].args == {"date": "2026-01-05", "times": "09:00,16:00"}
    says = foretold(world, enrolled, now)
    assert says[0][0] > at(2026, 1, 5)
    assert agrees(says, planned(world, enrolled, now))


def test_a_text_that_fell_due_and_is_not_made_yet_comes_first(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START)
    first = enrolled.patient.next_text_at
    assert first is not None
    late = first + timedelta(minutes=20)
    says = foretold(world, enrolled, late)
    assert says[0][0] == first
    assert agrees(says, planned(world, enrolled, late))


def test_what_was_told_is_not_foretold_again_though_its_rule_now_says_later(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START)
    now = at(2026, 1, 4, 16, 30)
    world.plan(now)
    assert world.texts(enrolled)[-1].template == "visit_tomorrow_untimed"
    with world.database.writing() as tx:
        patient = patients.get_patient(tx, enrolled.patient.id)
        assert patient is not None
        later = 'at = "18:00"'
        own_rules.set_of_patient(tx, now, world.entry.clinic, patient, "visit_tomorrow", later, "nurse", seen="")
    says = foretold(world, enrolled, now)
    assert says[0][1] == "visit_today_untimed"
    assert agrees(says, planned(world, enrolled, now))
