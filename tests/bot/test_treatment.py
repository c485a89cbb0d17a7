"""What a patient may ask and say about their own plan, read from and written to its events."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from scheduler.changing import change_plan
from scheduler.enrolment import NewPlan, add_plan
from scheduler.plan.changes import Switch, parse_change
from store import clinics, follow_ups, plans
from store.plans import PlanEvent
from tests.bot.conftest import NOON, Phone, Watch, enrol

MONDAY = date(2026, 5, 4)


def events(phone: Phone, first: date, last: date) -> list[PlanEvent]:
    with phone.services.database.reading() as tx:
        (plan,) = plans.all_plans_of(tx, 1)
        return plans.events_between(tx, plan.id, first, last)


def status(phone: Phone, day: date) -> str:
    (event,) = (event for event in events(phone, day, day) if event.kind == "treatment")
    return event.status


def test_next_is_the_next_visit_with_its_time(phone_on_both: Phone) -> None:
    enrol(phone_on_both.services, "pembro_q3w", date(2026, 5, 6), visit_time=time(9, 30))
    assert phone_on_both.says("NEXT") == (
        "Your next visit is Wed May 6 at 9:30 AM. Not right? Call Test Clinic at 202-555-0111."
    )


def test_next_without_a_time_names_the_day_alone(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 6))
    assert phone.says("NEXT").startswith("Your next visit is Wed May 6.")


@pytest.mark.parametrize(("at", "day"), [(time(15), "Mon May 4 at 3:00 PM"), (time(9), "Mon May 25 at 9:00 AM")])
def test_a_visit_of_today_is_next_until_its_time_has_come(phone: Phone, at: time, day: str) -> None:
    enrol(phone.services, "pembro_q3w", MONDAY, visit_time=at)
    assert phone.says("NEXT").startswith(f"Your next visit is {day}.")


def test_next_names_treatment_at_home_by_its_discreet_word(phone: Phone) -> None:
    enrol(phone.services, "imiq_bcc", date(2026, 5, 6))
    assert phone.says("NEXT").startswith("Your next day with cream is Wed May 6.")


@pytest.mark.parametrize("words", ["NEXT", "DAY", "C", "R", "DONE", "forgot it last night", "PAUSE", "RESUME"])
def test_a_stranger_has_no_plan(phone: Phone, words: str) -> None:
    assert phone.says(words).startswith("This number has no reminders.")


@pytest.mark.parametrize(
    ("regimen_id", "start", "answer"),
    [
        ("pembro_q3w", date(2026, 5, 4), "Today is a treatment day in your plan."),
        ("pembro_q3w", date(2026, 5, 3), "No visit in your plan today. Next: Sun May 24."),
        ("len_maint", date(2026, 5, 3), "Today is a treatment day in your plan."),
        ("pembro_q3w", date(2026, 6, 1), "No visit in your plan today. Next: Mon Jun 1."),
    ],
)
def test_day_says_what_today_is(phone: Phone, regimen_id: str, start: date, answer: str) -> None:
    enrol(phone.services, regimen_id, start)
    assert phone.says("DAY").startswith(answer)


def test_day_in_a_true_off_period_says_when_it_goes_on(phone: Phone) -> None:
    enrol(phone.services, "blina_mrd", date(2026, 4, 1))
    assert phone.says("DAY").startswith("Today is a day without pump in your plan. Next pump: Wed May 13.")


def test_c_confirms_the_next_visit(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 6))
    assert phone.says("C").startswith("Thanks, noted: you will come")
    assert status(phone, date(2026, 5, 6)) == "confirmed"


def test_c_with_no_visit_in_sight_confirms_nothing_and_says_what_comes_next(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 6, 20))
    assert phone.says("C").startswith("Your next visit is Sat Jun 20.")
    assert status(phone, date(2026, 6, 20)) == "planned"


def test_c_from_someone_who_is_treated_at_home_names_the_next_day(phone: Phone) -> None:
    enrol(phone.services, "len_maint", date(2026, 5, 3))
    assert phone.says("C").startswith("Your next day with capsules is Mon May 4.")


def test_a_paired_visit_is_a_visit_and_never_takes_the_time_of_the_treatments(phone: Phone) -> None:
    enrol(phone.services, "sipt", date(2026, 5, 8), visit_time=time(9, 30))  # cells are collected on May 5
    assert phone.says("NEXT").startswith("Your next visit is Tue May 5. Not right?")
    assert phone.says("C").startswith("Thanks, noted: you will come")
    confirmed = [event.kind for event in events(phone, MONDAY, date(2026, 5, 31)) if event.status == "confirmed"]
    assert confirmed == ["paired"]


def test_day_on_the_day_of_a_paired_visit_says_that_there_is_one(phone: Phone) -> None:
    enrol(phone.services, "sipt", date(2026, 5, 7))
    assert phone.says("DAY").startswith("Your plan has a visit today.")


def test_day_names_a_next_date_beyond_the_rows_that_stand(phone: Phone) -> None:
    enrol(phone.services, "nadofaragene", date(2026, 5, 1))
    assert phone.says("DAY").startswith("No visit in your plan today. Next: Sat Aug 1.")


def test_c_confirms_the_visits_of_all_plans_on_that_day(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 6))
    services = phone.services
    with services.database.writing() as tx:
        entry = next(entry for entry in clinics.entries(tx) if entry.clinic.id == phone.clinic_id)
        regimen = services.library.regimens["nivo_rela"]
        clinics.sign_regimen(tx, NOON, entry.clinic.id, regimen.id, regimen.version, regimen.digest(), "Dr")
        entry = next(entry for entry in clinics.entries(tx) if entry.clinic.id == phone.clinic_id)
        new = NewPlan(patient_id=1, regimen_id=regimen.id, start=date(2026, 5, 6), by="nurse")
        add_plan(tx, NOON, services.library, entry, new)
        both = plans.all_plans_of(tx, 1)
    assert phone.says("C").startswith("Thanks, noted: you will come")
    with services.database.reading() as tx:
        rows = [row for plan in both for row in plans.events_between(tx, plan.id, date(2026, 5, 6), date(2026, 5, 6))]
    assert [row.status for row in rows if row.kind == "treatment"] == ["confirmed", "confirmed"]


def test_r_is_one_task_for_the_staff_however_often_it_is_said_and_moves_nothing(phone: Phone, watch: Watch) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 6))
    assert phone.says("R").startswith("Noted: you need another time. Your plan has not been changed.")
    (asked,) = phone.follow_ups()
    assert (asked.kind, asked.detail) == ("change", None)
    with phone.services.database.writing() as tx:
        follow_ups.set_note(tx, asked.id, "rang, no answer")
    watch.forward(timedelta(hours=2))
    assert phone.says("R").startswith("Noted: you need another time. Your plan has not been changed.")
    (again,) = phone.follow_ups()
    assert again == replace(asked, note="rang, no answer", detail="asked_again", message_id=again.message_id)
    assert (again.message_id or 0) > (asked.message_id or 0)
    assert status(phone, date(2026, 5, 6)) == "planned"


@pytest.mark.parametrize(("words", "became", "tasks"), [("DONE", "given", 0), ("forgot it last night", "missed", 1)])
def test_done_and_missed_are_written_to_the_days_event(phone: Phone, words: str, became: str, tasks: int) -> None:
    enrol(phone.services, "len_maint", date(2026, 5, 3))
    assert phone.says(words).startswith("Thanks, noted.")
    assert status(phone, MONDAY) == became
    assert status(phone, date(2026, 5, 5)) == "planned"
    assert len(phone.follow_ups()) == tasks


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("MISSED", "Thanks, noted. What to do now:"),
        ("Missed.", "Thanks, noted. What to do now:"),
        ("OLVIDE", "Gracias, anotado."),
        ("Olvidé", "Gracias, anotado."),
    ],
)
def test_the_bare_keyword_of_the_topic_reports_a_missed_dose_as_well(
    phone_on_both: Phone, words: str, answer: str
) -> None:
    phone = phone_on_both
    enrol(phone.services, "len_maint", date(2026, 5, 3))
    assert phone.says(words).startswith(answer)
    assert status(phone, MONDAY) == "missed"
    assert [task.detail for task in phone.follow_ups()] == ["missed"]


def test_missed_is_one_task_however_often_it_is_said_beside_others_about_them(phone: Phone, watch: Watch) -> None:
    enrol(phone.services, "len_maint", date(2026, 5, 3))
    contact = phone.contact()
    with phone.services.database.writing() as tx:
        other = follow_ups.open_follow_up(
            tx, NOON, clinic_id=contact.clinic_id, kind="other", urgency=1, contact_id=contact.id
        )
    phone.says("forgot it last night")
    task = phone.follow_ups()[-1]
    watch.forward(timedelta(hours=2))
    phone.says("forgot it last night")
    assert phone.follow_ups() == [other, replace(task, detail="missed_again", message_id=phone.messages()[-2].id)]
    with phone.services.database.writing() as tx:
        follow_ups.close_follow_up(tx, NOON, task.id, "nurse:7")
    phone.says("forgot it last night")
    assert [each.detail for each in phone.follow_ups() if each.state == "open"] == [None, "missed"]


def test_the_bare_keyword_two_days_after_a_visit_reports_it(phone: Phone, watch: Watch) -> None:
    enrol(phone.services, "pembro_q3w", MONDAY)
    watch.forward(timedelta(days=2))
    assert phone.says("MISSED").startswith("Thanks, noted.")
    assert status(phone, MONDAY) == "missed"


def test_the_bare_keyword_with_nothing_due_lately_is_a_question(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 6))
    assert phone.says("MISSED").startswith("Missed a visit? Call your team")
    assert phone.follow_ups() == []


def test_a_stranger_who_asks_about_missed_doses_is_told_the_fact(phone: Phone) -> None:
    assert phone.says("MISSED").startswith("Missed a visit? Call your team")


def change(phone: Phone, spec: str) -> None:
    """Staff change the plan; a regimen that is switched to is one that the clinic signed off."""
    services = phone.services
    with services.database.writing() as tx:
        (plan,) = plans.all_plans_of(tx, 1)
        entry = next(entry for entry in clinics.entries(tx) if entry.clinic.id == plan.clinic_id)
        library = services.library
        made = parse_change(spec, library.regimens.__getitem__)
        if isinstance(made, Switch):
            clinics.sign_regimen(tx, NOON, plan.clinic_id, made.to.id, made.to.version, made.to.digest(), "Dr")
            entry = next(each for each in clinics.entries(tx) if each.clinic.id == plan.clinic_id)
        change_plan(tx, NOON, library, entry, plan.id, made, by="nurse", reason=None, expected_version=plan.version)


def test_next_follows_a_change_of_the_plan(phone_on_both: Phone) -> None:
    enrol(phone_on_both.services, "pembro_q3w", date(2026, 5, 6), visit_time=time(9, 30))
    change(phone_on_both, "delay:cycle=1,days=7")
    assert phone_on_both.says("NEXT").startswith("Your next visit is Wed May 13 at 9:30 AM.")


def test_after_a_switch_next_says_what_the_new_regimen_is(phone: Phone, watch: Watch) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 4))
    change(phone, "switch:to=imiq_bcc,from=2026-05-06")
    assert phone.says("NEXT").startswith("Your next visit is Mon May 4.")
    watch.forward(timedelta(days=1))
    assert phone.says("NEXT").startswith("Your next day with cream is Wed May 6.")


def test_next_looks_beyond_the_rows_that_stand(phone: Phone, watch: Watch) -> None:
    enrol(phone.services, "nadofaragene", date(2026, 5, 4))
    watch.forward(timedelta(days=1))
    assert phone.says("NEXT").startswith("Your next visit is Tue Aug 4.")
