"""What the first screen of a day reads of a clinic, on both databases."""

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from store import console_today, contacts, follow_ups, plans
from store.database import Database, Tx
from store.plan_holds import set_holds
from store.plans import EventStatus, PlanEvent, VisitTime
from tests.store.sample import NOW, OTHER_PHONE, Sample, add_received, add_sample

TODAY = date(2026, 5, 4)
TOMORROW = TODAY + timedelta(days=1)


def event(
    sample: Sample, name: str, day: date = TODAY, kind: str = "treatment", status: EventStatus = "planned"
) -> PlanEvent:
    return PlanEvent(sample.plan.id, name, kind, day, None, "maintenance", 1, 1, 1, ("x",), "iv", status)


def write(tx: Tx, sample: Sample, *events: PlanEvent) -> None:
    plans.write_events(tx, sample.plan.id, events, TODAY + timedelta(days=60))


def test_visits_are_those_of_the_clinic_that_somebody_has_to_come_for(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        write(
            tx,
            sample,
            event(sample, "m/c1/d1/visit"),
            event(sample, "m/c1/d1/scan", kind="paired"),
            event(sample, "m/c1/d2/pill"),
            event(sample, "m/c1/d3/pump", TOMORROW),
            event(sample, "m/c1/d4/visit", TODAY + timedelta(days=2)),
            event(sample, "m/c1/d5/visit", status="held"),
            event(sample, "m/c1/rest", kind="rest"),
        )
        write(tx, other, event(other, "m/c1/d1/visit"))
        plans.set_visit_times(tx, sample.plan.id, {"m/c1/d1/visit": VisitTime(TODAY, time(8, 15))})
        plans.set_event_status(tx, sample.plan.id, "m/c1/d1/visit", "confirmed")
        found = console_today.visits(tx, sample.clinic.id, TODAY, TOMORROW)
    assert [(each.date, each.kind, each.time, each.status) for each in found] == [
        (TODAY, "treatment", time(8, 15), "confirmed"),
        (TODAY, "paired", None, "planned"),
        (TOMORROW, "treatment", sample.plan.visit_time, "planned"),
    ]
    assert {each.person.name for each in found} == {sample.patient.name}


def test_a_visit_says_who_asked_for_another_time_and_whom_no_text_reaches(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        write(tx, sample, event(sample, "m/c1/d1/visit"))
        task = follow_ups.open_follow_up(
            tx,
            NOW,
            clinic_id=sample.clinic.id,
            contact_id=sample.contact.id,
            patient_id=sample.patient.id,
            kind="change",
            urgency=1,
        )
        contacts.opt_out(tx, NOW, sample.contact.id, "stop")
        (visit,) = console_today.visits(tx, sample.clinic.id, TODAY, TODAY)
        assert (visit.wants_change, visit.unreached) == (True, True)
        follow_ups.close_follow_up(tx, NOW, task.id, "nurse:7")
        (visit,) = console_today.visits(tx, sample.clinic.id, TODAY, TODAY)
        assert not visit.wants_change


def test_alerts_are_counted_as_the_head_of_a_page_tells_of_them(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        assert console_today.open_alerts(tx, sample.clinic.id) == console_today.OpenAlerts()
        for minutes, clinic_id in (
            (0, sample.clinic.id),
            (1, sample.clinic.id),
            (2, sample.clinic.id),
            (9, other.clinic.id),
        ):
            at = NOW + timedelta(minutes=minutes)
            alert = follow_ups.open_follow_up(tx, at, clinic_id=clinic_id, kind="danger", urgency=3, reply="underway")
            if minutes == 2:
                follow_ups.see(tx, at, alert.id, at, "nurse:7")
        follow_ups.open_follow_up(tx, NOW, clinic_id=sample.clinic.id, kind="failed_text", urgency=1)
        found = console_today.open_alerts(tx, sample.clinic.id)
        assert found == console_today.OpenAlerts(3, 2, NOW + timedelta(minutes=1))


def test_what_waits_is_the_clinics_own_the_most_urgent_first_with_whom_it_is_about(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        for clinic_id, patient_id, urgency in (
            (sample.clinic.id, sample.patient.id, 1),
            (sample.clinic.id, None, 3),
            (other.clinic.id, None, 3),
        ):
            follow_ups.open_follow_up(
                tx, NOW, clinic_id=clinic_id, patient_id=patient_id, kind="failed_text", urgency=urgency, detail="30003"
            )
        first, second = console_today.tasks(tx, sample.clinic.id)
        assert console_today.open_counts(tx, sample.clinic.id) == {"failed_text": 2}
        assert follow_ups.set_note(tx, second.id, "phoned twice")
        noted = console_today.tasks(tx, sample.clinic.id)[1]
    assert (first.urgency, first.person) == (3, None)
    assert second.person == console_today.Person(sample.patient.id, sample.patient.name, sample.patient.code)
    assert (noted.note, noted.detail) == ("phoned twice", "30003")


def test_a_note_stays_when_it_is_done_without_another_and_nothing_done_is_noted(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        task = follow_ups.open_follow_up(tx, NOW, clinic_id=sample.clinic.id, kind="other", urgency=0)
        follow_ups.set_note(tx, task.id, "rang, no answer")
        done = follow_ups.close_follow_up(tx, NOW, task.id, "nurse:7")
        assert (done.note, done.state) == ("rang, no answer", "done")
        assert not follow_ups.set_note(tx, task.id, "too late")


def test_plans_on_hold_say_when_they_go_on_and_those_that_wait_for_a_date_since_when(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        write(tx, sample, event(sample, "m/c2/d1/visit", TOMORROW), event(sample, "m/wait", TODAY, "waiting"))
        (waits,) = console_today.awaited(tx, sample.clinic.id)
        assert (waits.plan_id, waits.since) == (sample.plan.id, TODAY)
        assert console_today.held(tx, sample.clinic.id, TODAY) == []
        plans.set_plan_state(tx, sample.plan.id, "held")
        (held,) = console_today.held(tx, sample.clinic.id, TODAY)
        assert held.goes_on == TOMORROW
        plans.set_event_status(tx, sample.plan.id, "m/c2/d1/visit", "held")
        (held,) = console_today.held(tx, sample.clinic.id, TODAY)
        assert held.goes_on is None
        assert console_today.awaited(tx, sample.clinic.id) == []


def test_a_hold_that_ends_is_told_while_it_lasts_with_the_first_treatment_or_the_day_that_was_entered(
    database: Database,
) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        in_two_days = TODAY + timedelta(days=2)
        set_holds(tx, sample.clinic.id, sample.plan.id, [(TODAY, TODAY), (TODAY, in_two_days)])
        for day, goes_on in ((TODAY - timedelta(days=1), []), (TOMORROW, [in_two_days]), (in_two_days, [])):
            assert [each.goes_on for each in console_today.held(tx, sample.clinic.id, day)] == goes_on
        later = in_two_days + timedelta(days=3)
        write(tx, sample, event(sample, "m/c2/d1/visit", later))
        assert [each.goes_on for each in console_today.held(tx, sample.clinic.id, TOMORROW)] == [later]
        assert console_today.held(tx, sample.clinic.id + 1, TOMORROW) == []
        plans.set_plan_state(tx, sample.plan.id, "stopped")
        assert console_today.held(tx, sample.clinic.id, TOMORROW) == []
        plans.set_plan_state(tx, sample.plan.id, "active")
        set_holds(tx, sample.clinic.id, sample.plan.id, [])
        assert console_today.held(tx, sample.clinic.id, TOMORROW) == []


def test_a_habit_is_how_often_first_and_last_and_only_of_whom_we_may_text(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        for body in ("MENU", "MORE", "thanks"):
            add_received(tx, sample, body)
        (habit,) = console_today.habits(tx, sample.clinic.id)
        assert (habit.patient_id, habit.texts, habit.first, habit.last) == (sample.patient.id, 3, NOW, NOW)
        assert console_today.people(tx, sample.clinic.id, [sample.patient.id])[sample.patient.id].name
        assert console_today.people(tx, sample.clinic.id + 1, [sample.patient.id]) == {}
        contacts.opt_out(tx, NOW, sample.contact.id, "stop")
        assert console_today.habits(tx, sample.clinic.id) == []


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (console_today._VISITS, "ix_plan_event_given (clinic_id=? AND date>? AND date<?)"),
        (console_today._AWAITED, "ix_plan_event_waiting (clinic_id=?)"),
        (console_today._HELD, "ix_plan_held (clinic_id=?)"),
        (console_today._HELD_UNTIL, "ix_plan_hold_goes_on (clinic_id=? AND goes_on>?)"),
        (console_today._TASKS, "ix_follow_up_open (clinic_id=?)"),
        (console_today._COUNTS, "ix_follow_up_open (clinic_id=?)"),
        (console_today._HABITS, "COVERING INDEX ix_message_received (clinic_id=?)"),
    ],
)
def test_each_question_is_answered_from_an_index(sqlite: Database, statement: sa.Select[object], index: str) -> None:
    with sqlite.reading() as tx:
        compiled = statement.compile(tx.conn, compile_kwargs={"render_postcompile": True})
        rows = tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple("" for _ in compiled.positiontup or ()))
        steps = [row[3] for row in rows]
    assert any(index in step for step in steps), steps
    assert [step for step in steps if step.startswith("SCAN") and "heard" not in step] == []
