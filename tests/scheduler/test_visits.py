"""What staff enter about single events: the time of a visit, and whether a treatment was given."""

from datetime import date, time

import pytest

from scheduler.changing import NotChanged
from scheduler.plan.calendar import Kind
from scheduler.planned import calendar_of
from scheduler.visits import Mark, mark, plan_time_on, set_visit_time, visits_on
from store import audit, plans
from tests.scheduler.door import NOW, START, Door, Opens
from tests.scheduler.world import at

SECOND = "treatment/c2/d1/visit"


def at_time(door: Door, name: str, when: time | None) -> None:
    version = door.plan.version
    with door.world.database.writing() as tx:
        set_visit_time(
            tx, NOW, door.world.entry, door.enrolled.plan.id, name, when, by="nurse@riverside", expected_version=version
        )


def marked(door: Door, name: str, status: Mark, seen: str | None = None) -> None:
    with door.world.database.writing() as tx:
        row = plans.get_event(tx, door.enrolled.plan.id, name)
        seen = seen or ("planned" if row is None else row.status)
        mark(tx, NOW, door.world.entry, door.enrolled.plan.id, name, status, by="nurse@riverside", seen=seen)


def bodies(door: Door, *days: int) -> list[str]:
    return [text.body for day in days for text in door.world.send(at(2026, 1, day, 17))]


def test_one_visit_has_a_time_of_its_own_and_the_others_have_theirs(opens: Opens) -> None:
    door = opens(visit_time=time(9, 30))
    at_time(door, SECOND, time(14))

    (tomorrow,) = bodies(door, 25)
    assert "at 2:00 PM" in tomorrow
    (third,) = [text.body for text in door.world.send(at(2026, 2, 15, 17))]
    assert "at 9:30 AM" in third


def test_the_time_was_entered_for_a_date_and_says_nothing_of_another(opens: Opens) -> None:
    door = opens()
    at_time(door, SECOND, time(14))
    door.change("delay:cycle=2,days=7")

    (moved,) = [text.body for text in door.world.send(at(2026, 2, 1, 17))]
    assert "Your team will tell you the time" in moved
    door.undo()
    assert door.plan.visit_times[SECOND].time == time(14)


def test_a_text_that_waits_is_told_with_the_new_time_and_stays_one_text(opens: Opens) -> None:
    door = opens()
    door.world.send(at(2026, 1, 23, 12))
    door.world.plan(at(2026, 1, 25, 16))
    (before,) = door.waiting()
    version = door.plan.version
    with door.world.database.writing() as tx:
        set_visit_time(
            tx,
            at(2026, 1, 25, 16),
            door.world.entry,
            door.enrolled.plan.id,
            SECOND,
            time(8, 15),
            by="nurse@riverside",
            expected_version=version,
        )

    (after,) = door.waiting()

    assert (after[0], after[1]) == (before[0], "visit_tomorrow")
    (sent,) = door.world.send(at(2026, 1, 25, 16))
    assert "visit tomorrow at 8:15 AM" in sent.body


def test_a_time_is_taken_back(opens: Opens) -> None:
    door = opens()
    at_time(door, SECOND, time(14))
    at_time(door, SECOND, None)
    assert door.plan.visit_times == {}


def test_the_plans_own_time_is_that_of_treatments_and_not_of_what_is_paired_with_them(opens: Opens) -> None:
    plan = opens("len_mm", visit_time=time(9, 30)).plan
    days = {
        event.kind: event.date
        for event in calendar_of(plan).events(START, date(2026, 12, 31))
        if event.date not in (START,) and visits_on(plan, event.date) == [event.name]
    }
    assert plan_time_on(plan, days[Kind.PAIRED]) is None
    assert plan_time_on(opens(visit_time=time(9, 30)).plan, START) == time(9, 30)


def test_only_a_visit_that_is_still_to_come_has_a_time(opens: Opens) -> None:
    for door, name in (
        (opens(), "treatment/c1/d1/visit"),
        (opens(), "nothing"),
        (opens("len_mm"), "treatment/c1/d8/home"),
    ):
        with pytest.raises(NotChanged) as refused:
            at_time(door, name, time(14))
        assert refused.value.field == "event"


def test_staff_mark_what_was_given_and_what_was_missed_and_take_it_back(opens: Opens) -> None:
    door = opens()
    first = "treatment/c1/d1/visit"
    marked(door, first, "missed")
    assert (first, START, "missed") in door.events()
    marked(door, first, "planned")
    marked(door, first, "given")
    assert (first, START, "given") in door.events()
    with door.world.database.reading() as tx:
        entry = audit.entries(tx, door.world.entry.clinic.id)[0]
    assert (entry.action, entry.fields) == ("event.given", (first,))


def test_what_a_patient_confirms_while_it_is_marked_is_no_mark_and_what_a_colleague_marks_is(opens: Opens) -> None:
    door = opens()
    first = "treatment/c1/d1/visit"
    with door.world.database.writing() as tx:
        plans.set_event_status(tx, door.enrolled.plan.id, first, "confirmed")
    marked(door, first, "given", seen="planned")
    marked(door, first, "given", seen="confirmed")
    with pytest.raises(NotChanged) as refused:
        marked(door, first, "missed", seen="planned")
    assert refused.value.field == "version"
    assert (first, START, "given") in door.events()


def test_what_is_to_come_was_not_given_yet(opens: Opens) -> None:
    door = opens()
    with pytest.raises(NotChanged, match="2026-01-26"):
        marked(door, SECOND, "given")
    with pytest.raises(NotChanged, match="no treatment called"):
        marked(door, "treatment/c1/d2/between", "given")
    assert (SECOND, date(2026, 1, 26), "planned") in door.events()
