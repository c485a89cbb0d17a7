"""A patient on two plans: both are planned together, and a change of one leaves the other alone."""

from dataclasses import replace
from datetime import date, time

import pytest

from scheduler.enrolment import NewPlan, NotEnrolled, add_plan
from scheduler.planned import newer_version
from store import contacts
from tests.scheduler.door import NOW, START, Door, Opens
from tests.scheduler.world import World, at


def added(door: Door, regimen_id: str = "len_mm", start: date = START, **more: object) -> Door:
    new = NewPlan(patient_id=door.enrolled.patient.id, regimen_id=regimen_id, start=start, by="nurse", **more)  # type: ignore[arg-type]
    with door.world.database.writing() as tx:
        return Door(door.world, add_plan(tx, NOW, door.world.library, door.world.entry, new))


def refusal(door: Door, **changes: object) -> NotEnrolled:
    known = {"patient_id": door.enrolled.patient.id, "regimen_id": "len_mm", "start": START, "by": "nurse"}
    with pytest.raises(NotEnrolled) as refused, door.world.database.writing() as tx:
        add_plan(tx, NOW, door.world.library, door.world.entry, NewPlan(**{**known, **changes}))  # type: ignore[arg-type]
    return refused.value


def test_the_next_text_is_the_first_of_either_plan(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)

    second = added(door, start=date(2026, 1, 9))

    assert second.next_text_at == at(2026, 1, 9, 9)
    assert len({second.plan.id, door.plan.id}) == 2
    assert second.visits() == []


def test_visits_of_two_plans_on_one_day_are_one_text(opens: Opens) -> None:
    door = opens(visit_time=time(9, 30))
    added(door, "nivo_q4w", date(2026, 1, 26), visit_time=time(9, 30))

    sent = door.world.send(at(2026, 1, 25, 17))

    assert len(sent) == 1


def test_a_change_of_one_plan_leaves_the_other_alone(opens: Opens) -> None:
    door = opens()
    second = added(door, "nivo_q4w", date(2026, 1, 26))
    before = (second.plan, second.events())

    door.change("delay:cycle=2,days=7")
    door.undo()
    door.change("stop:on=2026-01-08")

    assert (second.plan, second.events()) == before
    assert second.next_text_at == at(2026, 1, 23, 10)


def test_a_text_of_two_visits_tells_the_one_that_is_left_and_both_after_the_undo(opens: Opens) -> None:
    door = opens(visit_time=time(9, 30))
    added(door, "nivo_q4w", date(2026, 1, 26), visit_time=time(9, 30))
    now = at(2026, 1, 25, 16)
    door.world.send(at(2026, 1, 25, 15))
    door.world.plan(now)
    before = door.waiting()

    door.change("delay:cycle=2,days=7", now)

    (left,) = door.waiting()
    assert (left[0], left[1]) == (before[0][0], "visit_tomorrow")
    door.undo(now)
    assert door.waiting() == before


def test_a_second_plan_is_refused_for_the_reasons_of_the_first_and_some_of_its_own(
    opens: Opens, subtests: pytest.Subtests
) -> None:
    door = opens()
    for changes, field, says in (
        ({"patient_id": 99}, "patient_id", "no patient 99"),
        ({"regimen_id": "pembro_q3w"}, "regimen_id", "already"),
        ({"regimen_id": "pembro_q6w"}, "regimen_id", "no version"),
        ({"start": date(2206, 1, 5)}, "start", "check the year"),
        ({"regimen_id": "blina_mrd", "start_cycle": 40}, "start_cycle", "cycle"),
    ):
        with subtests.test(**changes):
            refused = refusal(door, **changes)
            assert (refused.field, says in refused.sentence) == (field, True)
    with door.world.database.writing() as tx:
        contacts.opt_out(tx, NOW, door.enrolled.patient.contact_id, "stop")
    assert "START" in refusal(door).sentence


def test_a_newer_version_is_offered_once_the_clinic_signed_it_off(world: World, opens: Opens) -> None:
    door = opens()
    regimen = world.library.regimens["pembro_q3w"]
    older = regimen.to_json().replace(f'"version":{regimen.version}', '"version":9')
    assert newer_version(world.library, world.entry, door.plan) is None
    plan = replace(door.plan, regimen_json=older, digest="0" * 64)

    assert older != regimen.to_json()
    assert newer_version(world.library, world.entry, plan) == regimen
    unsigned = replace(world.entry, signed_regimens=())
    assert newer_version(world.library, unsigned, plan) is None
