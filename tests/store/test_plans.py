from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from store import patients, plans
from store.database import Database, Tx
from store.plans import EventStatus, Plan, PlanEvent
from tests.store.sample import NOW, OTHER_PHONE, VISIT, add_clinic, add_plan, add_sample, visit

UNTIL = date(2026, 5, 1)
WEEK = timedelta(days=7)


def standing(tx: Tx, plan: Plan) -> dict[str, tuple[date, str]]:
    """Every event that is not gone, by name: its date and status."""
    return {event.name: (event.date, event.status) for event in plans.events_between(tx, plan.id, date.min, date.max)}


def test_a_plan_carries_its_whole_regimen(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        plan = plans.get_plan(tx, sample.plan.id)
        assert plans.get_plan(tx, 99) is None
    assert plan == sample.plan
    assert (plan.regimen_json, plan.start, plan.start_cycle) == ('{"id": "nivolumab"}', VISIT, 1)
    assert (plan.state, plan.version, plan.visit_time, plan.shadow_until) == ("active", 1, None, None)


def test_an_edited_regimen_moves_no_plan_that_stands(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        newer = add_plan(tx, sample.patient, '{"id": "nivolumab", "edited": true}')
        older, edited = plans.plans_of(tx, [sample.patient.id])[sample.patient.id]
    assert older.regimen_json == '{"id": "nivolumab"}'
    assert edited == newer


def test_only_active_plans_of_the_patients_asked_for_are_given(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        stopped = add_plan(tx, sample.patient)
        plans.set_plan_state(tx, stopped.id, "stopped")
        assert plans.plans_of(tx, [sample.patient.id, 99]) == {sample.patient.id: [sample.plan], 99: []}
        assert plans.plans_of(tx, []) == {}
        assert [each.state for each in plans.all_plans_of(tx, sample.patient.id)] == ["active", "stopped"]
        with pytest.raises(LookupError):
            plans.set_plan_state(tx, 99, "held")
    assert other.plan.id != sample.plan.id


def test_a_plan_cannot_belong_to_a_patient_of_another_clinic(database: Database) -> None:
    with database.writing() as tx:
        patient = add_sample(tx).patient
        hill = add_clinic(tx, "Hill Clinic")
    with pytest.raises(sa.exc.IntegrityError), database.writing() as tx:
        add_plan(tx, replace(patient, clinic_id=hill.id))


def test_changes_apply_in_order_and_each_moves_the_version(database: Database) -> None:
    with database.writing() as tx:
        plan = add_sample(tx).plan
        plans.add_change(tx, NOW, plan.id, '{"hold": "2026-03-20"}', "nurse:7", "low counts")
        plans.add_change(tx, NOW, plan.id, '{"resume": "2026-04-02"}', "nurse:7")
        hold, resume = plans.changes(tx, plan.id)
        assert (hold.position, hold.reason, hold.by, hold.at) == (1, "low counts", "nurse:7", NOW)
        assert (resume.position, resume.change_json, resume.reason) == (2, '{"resume": "2026-04-02"}', None)
        found = plans.get_plan(tx, plan.id)
        with pytest.raises(LookupError):
            plans.add_change(tx, NOW, 99, "{}", "nurse:7")
    assert found is not None
    assert found.version == 3


def test_events_are_written_as_they_are_and_read_in_date_order(database: Database) -> None:
    with database.writing() as tx:
        plan = add_sample(tx).plan
        rest = replace(
            visit(plan),
            name="maintenance/c1/d2/rest",
            kind="rest",
            date=VISIT + timedelta(days=1),
            items=(),
            route=None,
        )
        rest = replace(rest, end_date=VISIT + timedelta(days=20), day=2)
        plans.write_events(tx, plan.id, [rest, visit(plan)], UNTIL)
        assert plans.events_between(tx, plan.id, VISIT, VISIT) == [visit(plan)]
        assert plans.events_between(tx, plan.id, VISIT, UNTIL) == [visit(plan), rest]
        assert plans.events_between(tx, plan.id, VISIT + WEEK, VISIT + WEEK) == [rest]
        assert plans.events_between(tx, plan.id, VISIT + 3 * WEEK, UNTIL) == []
        found = plans.get_plan(tx, plan.id)
        with pytest.raises(LookupError):
            plans.write_events(tx, 99, [], UNTIL)
    assert found is not None
    assert found.shadow_until == UNTIL


def test_writing_events_again_changes_nothing(database: Database) -> None:
    with database.writing() as tx:
        plan = add_sample(tx).plan
        for _ in range(2):
            plans.write_events(tx, plan.id, [visit(plan)], UNTIL)
            assert standing(tx, plan) == {visit(plan).name: (VISIT, "planned")}


def test_an_event_that_the_calendar_lost_is_gone_and_one_that_comes_back_is_planned(database: Database) -> None:
    with database.writing() as tx:
        plan = add_sample(tx).plan
        first, second = visit(plan, 1), visit(plan, 2, VISIT + 3 * WEEK)
        plans.write_events(tx, plan.id, [first, second], UNTIL)
        plans.write_events(tx, plan.id, [first], UNTIL)
        assert standing(tx, plan) == {first.name: (VISIT, "planned")}
        plans.write_events(tx, plan.id, [first, second], UNTIL)
        assert standing(tx, plan)[second.name] == (VISIT + 3 * WEEK, "planned")


def test_what_was_given_or_missed_stays_so_and_a_moved_visit_is_no_longer_confirmed(database: Database) -> None:
    with database.writing() as tx:
        plan = add_sample(tx).plan
        events = [visit(plan, cycle, VISIT + (cycle - 1) * WEEK) for cycle in range(1, 6)]
        plans.write_events(tx, plan.id, events, UNTIL)
        statuses: tuple[EventStatus, ...] = ("given", "missed", "confirmed", "confirmed", "held")
        for event, status in zip(events, statuses, strict=True):
            plans.set_event_status(tx, plan.id, event.name, status)
        moved = [*events[:3], replace(events[3], date=events[3].date + WEEK), events[4]]
        plans.write_events(tx, plan.id, moved, UNTIL)
        assert [status for _, status in standing(tx, plan).values()] == [
            "given",
            "missed",
            "confirmed",
            "planned",
            "planned",
        ]
        plans.write_events(tx, plan.id, [], UNTIL)
        assert [status for _, status in standing(tx, plan).values()] == ["given", "missed"]
        with pytest.raises(LookupError, match="has no event"):
            plans.set_event_status(tx, plan.id, "induction/c1/d1/visit", "given")


def test_topping_up_leaves_what_stands_before_it_alone(database: Database) -> None:
    with database.writing() as tx:
        plan = add_sample(tx).plan
        early, late = visit(plan, 1), visit(plan, 2, UNTIL + WEEK)
        plans.write_events(tx, plan.id, [early], UNTIL)
        plans.write_events(tx, plan.id, [late], UNTIL + 2 * WEEK, since=UNTIL + timedelta(days=1))
        assert standing(tx, plan) == {early.name: (VISIT, "planned"), late.name: (UNTIL + WEEK, "planned")}


def test_active_plans_that_reach_least_far_are_topped_up_first(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        far, near, held = (add_plan(tx, sample.patient) for _ in range(3))
        for plan, until in ((sample.plan, UNTIL), (far, UNTIL + 9 * WEEK), (near, UNTIL - WEEK), (held, UNTIL)):
            plans.write_events(tx, plan.id, [], until)
        plans.set_plan_state(tx, held.id, "held")
        due = plans.plans_to_top_up(tx, UNTIL + timedelta(days=1), 10)
        assert [plan.id for plan in due] == [near.id, sample.plan.id]
        assert [plan.id for plan in plans.plans_to_top_up(tx, UNTIL, 1)] == [near.id]


def test_a_visit_time_is_kept(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        patients.end_patient(tx, NOW, sample.patient.id, "finished")
        plan = plans.add_plan(
            tx,
            NOW,
            clinic_id=sample.clinic.id,
            patient_id=sample.patient.id,
            regimen_id="nivolumab",
            regimen_version=1,
            regimen_json="{}",
            digest="d",
            start=VISIT,
            start_cycle=4,
            visit_time=time(9, 15),
        )
    assert (plan.visit_time, plan.start_cycle) == (time(9, 15), 4)


def test_an_event_ends_no_earlier_than_it_begins(database: Database) -> None:
    def write() -> None:
        with database.writing() as tx:
            plan = add_sample(tx).plan
            wrong: PlanEvent = replace(visit(plan), end_date=VISIT - WEEK)
            plans.write_events(tx, plan.id, [wrong], UNTIL)

    with pytest.raises(sa.exc.IntegrityError):
        write()
