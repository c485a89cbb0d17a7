"""The days of a clinic in enrolled plans: kept from the first day on, whatever the clinic's days become."""

from datetime import date

import pytest

from scheduler.changing import Override
from scheduler.enrolment import NewPlan, add_plan
from scheduler.planned import PlanUnreadable, calendar_of
from store import plans
from store.clinics import SnapTo
from tests.scheduler.door import NOW, START, Opens
from tests.scheduler.test_changing_holds import rows_are_the_calendars, standing
from tests.scheduler.world import ENROLLED, World, at, phone

HOLIDAY = date(2026, 1, 26)
WITH_HOLIDAY = [START, date(2026, 1, 27), date(2026, 2, 16)]
PLANNED = [START, HOLIDAY, date(2026, 2, 16)]


@pytest.fixture
def weekdays(world: World) -> World:
    """The clinic is open from Monday to Friday, but for one Monday."""
    world.set_clinic(ENROLLED, open_weekdays=range(5), closed_on=[HOLIDAY])
    return world


def test_visits_of_a_new_plan_are_on_the_clinics_days(weekdays: World, opens: Opens) -> None:
    door = opens()
    assert door.visits()[:3] == WITH_HOLIDAY
    rows_are_the_calendars(door)
    weekdays.send(at(2026, 1, 26, 16))
    assert [text.args.get("date") for text in weekdays.texts(door.enrolled)][-1] == "2026-01-27"


def test_who_enrols_hears_what_comes_too_close_by_the_clinics_days(weekdays: World, opens: Opens) -> None:
    (warning,) = opens().enrolled.warnings
    assert "2026-02-16: pembrolizumab: 20 days after the dose before, and at least 21 are needed" in warning


def test_an_enrolled_plan_keeps_its_days_when_the_clinics_change(weekdays: World, opens: Opens) -> None:
    door = opens()
    before = door.events()
    weekdays.set_clinic(NOW, open_weekdays=[2], closed_on=[date(2026, 2, 16)])
    assert door.visits()[:3] == WITH_HOLIDAY
    rows_are_the_calendars(door)
    door.change("delay:cycle=3,days=7")
    door.undo()
    assert door.events() == before


@pytest.mark.parametrize(("snap", "second"), [("on_or_after", 27), ("nearest", 27), ("none", 26)])
def test_a_plan_keeps_the_rule_of_its_beginning(weekdays: World, opens: Opens, snap: SnapTo, second: int) -> None:
    weekdays.set_clinic(ENROLLED, snap=snap)
    door = opens()
    weekdays.set_clinic(NOW, snap="nearest" if snap == "none" else "none")
    assert door.visits()[1] == date(2026, 1, second)
    rows_are_the_calendars(door)
    assert ("2026-01-26: the clinic has no visits on this day." in door.enrolled.warnings) == (snap == "none")


def test_the_nearest_open_day_may_be_before_the_planned_one(weekdays: World, opens: Opens) -> None:
    weekdays.set_clinic(ENROLLED, closed_on=[date(2026, 1, 28)], snap="nearest")
    door = opens(start=date(2026, 1, 10))
    assert door.visits()[:3] == [date(2026, 1, 12), date(2026, 1, 30), date(2026, 2, 20)]
    rows_are_the_calendars(door)
    weekdays.send(at(2026, 1, 30, 16))
    assert [text.args.get("date") for text in weekdays.texts(door.enrolled)][-1] == "2026-01-30"


def test_a_plan_from_before_the_clinic_had_days_stays_where_it_was(world: World, opens: Opens) -> None:
    door = opens()
    assert door.plan.clinic_days is None
    world.set_clinic(NOW, open_weekdays=[2], closed_on=[HOLIDAY])
    assert door.visits()[:3] == PLANNED
    rows_are_the_calendars(door)
    assert opens(start=date(2026, 1, 7)).visits()[:2] == [date(2026, 1, 7), date(2026, 1, 28)]


def test_a_second_plan_has_the_days_of_its_own_beginning(world: World, opens: Opens) -> None:
    door = opens()
    world.set_clinic(NOW, closed_on=[HOLIDAY])
    new = NewPlan(patient_id=door.enrolled.patient.id, regimen_id="nivo_q4w", start=HOLIDAY, by="nurse@riverside")
    with world.database.writing() as tx:
        added = add_plan(tx, NOW, world.library, world.entry, new)
        (first, *_) = [row for row in plans.events_since(tx, added.plan.id, START) if row.kind == "treatment"]
    assert first.date == date(2026, 1, 27)
    assert door.visits()[1] == HOLIDAY


def test_a_visit_that_a_holiday_moved_can_be_changed_held_and_brought_back(weekdays: World, opens: Opens) -> None:
    door = opens()
    before = standing(door)
    move = "move:date=2026-01-27,to=2026-01-29"
    assert "18 days after the dose before" in door.refused(move).sentence
    door.change(move, override=Override("Dr. Quinn", "the clinic is closed"))
    assert door.visits()[1] == date(2026, 1, 29)
    rows_are_the_calendars(door)
    door.undo()
    assert standing(door) == before
    door.change("hold:from=2026-01-27")
    assert next(day for _, day, status in door.events() if status == "held") == date(2026, 1, 27)
    door.undo()
    assert standing(door) == before


def test_a_clinic_that_is_open_again_closes_a_day_for_plans_of_both_kinds(weekdays: World, opens: Opens) -> None:
    moved = opens()
    weekdays.set_clinic(NOW, closed_on=[])
    later = opens()
    assert moved.visits()[:3] == WITH_HOLIDAY
    assert later.visits()[:3] == PLANNED


def test_days_that_this_release_cannot_read_are_told_plainly(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, phone=phone(1))
    with world.database.writing() as tx:
        odd = plans.add_plan(
            tx,
            NOW,
            clinic_id=enrolled.plan.clinic_id,
            patient_id=enrolled.patient.id,
            regimen_id=enrolled.plan.regimen_id,
            regimen_version=enrolled.plan.regimen_version,
            regimen_json=enrolled.plan.regimen_json,
            digest=enrolled.plan.digest,
            start=START,
            clinic_days='{"of": "another release"}',
        )
    with pytest.raises(PlanUnreadable, match="days of the clinic cannot be read"):
        calendar_of(odd)
