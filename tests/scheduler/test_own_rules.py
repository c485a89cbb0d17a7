"""Reminder rules of clinics and patients: which of them holds, and what becomes of what is not sent yet."""

from datetime import date, datetime, time, timedelta

import pytest

from content.regimen_format import rules
from content.regimen_format.rules import merged, override
from content.regimens import Regimen
from scheduler import consent, own_rules, planned, replan
from scheduler.enrolment import Enrolled
from scheduler.own_rules import NotSet
from store import audit, patients, plans
from store.reminder_rules import OwnRule
from tests.scheduler.plan.made import FILES
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, at, phone

NOON_BEFORE = 'days_before = 1, at = "12:00"'


def _set(world: World, now: datetime, enrolled: Enrolled, rule: str, spec: str | None) -> None:
    with world.database.writing() as tx:
        clinic = world.entry.clinic
        patient = patients.get_patient(tx, enrolled.patient.id)
        assert patient is not None
        seen = own_rules.of_patient(tx, patient, rule)
        if spec is None:
            own_rules.unset_of_patient(tx, now, clinic, patient, rule, "nurse@riverside", seen=seen)
        else:
            own_rules.set_of_patient(tx, now, clinic, patient, rule, spec, "nurse@riverside", seen=seen)


def _set_of_clinic(world: World, now: datetime, rule: str, spec: str, regimen_id: str | None = None) -> None:
    with world.database.writing() as tx:
        own_rules.set_of_clinic(tx, now, world.library, world.entry.clinic, rule, spec, regimen_id, "nurse@riverside")


def _work_off(world: World, now: datetime, limit: int = 200) -> list[int]:
    done = []
    while True:
        with world.database.writing() as tx:
            done.append(replan.work_off(tx, now, limit=limit))
        if not done[-1]:
            return done[:-1]


def _next(world: World, enrolled: Enrolled) -> datetime | None:
    with world.database.reading() as tx:
        patient = patients.get_patient(tx, enrolled.patient.id)
    assert patient is not None
    return patient.next_text_at


def _told(world: World, enrolled: Enrolled) -> list[str]:
    return [text.template or "" for text in world.texts(enrolled)][1:]


def test_the_patients_rule_holds_before_the_clinics_for_the_regimen_and_that_before_the_clinics_for_all() -> None:
    own = (
        OwnRule("visit_before", 'at = "01:00"'),
        OwnRule("visit_today", "off"),
        OwnRule("visit_before", 'at = "02:00"', "pembro_q3w"),
        OwnRule("between", "off", "nivo_q4w"),
        OwnRule("visit_before", 'at = "03:00"'),
    )
    for known, hour in ((1, 1), (3, 2), (5, 3)):
        found = planned.overrides(own[:known], "pembro_q3w")
        assert found["visit_before"] is not None
        assert found["visit_before"].at[0] is not None
        assert found["visit_before"].at[0].hour == hour
    assert planned.overrides(own, "pembro_q3w").keys() == {"visit_before", "visit_today"}
    assert planned.overrides(own, "nivo_q4w")["between"] is None


def test_rules_are_merged_without_touching_the_regimens_own() -> None:
    regimen = FILES["pembro_q3w"]
    own = regimen.reminders
    laid_over = merged(own, {"visit_today": None}, {"visit_before": override("visit_before", NOON_BEFORE)})
    assert [each.id for each in laid_over] == [each.id for each in own if each.id != "visit_today"]
    assert (laid_over[0].days, own[0].days) == (1, 3)
    assert merged(own, {}, {}) is own
    assert Regimen.from_json(regimen.to_json()) == regimen


@pytest.mark.parametrize(
    "spec", ["off", NOON_BEFORE, f"{{ {NOON_BEFORE} }}", 'at = "09:00, 18:00", useful_for = "1 hour"']
)
def test_a_rule_is_written_as_in_a_regimen_file(spec: str) -> None:
    read = override("visit_before", spec)
    assert (read is None) == (spec == rules.OFF)


def test_a_stored_rule_that_cannot_be_read_lets_the_regimens_own_hold() -> None:
    assert planned.overrides((OwnRule("visit_today", "of another release"),), "pembro_q3w") == {}


def test_a_patients_rule_moves_the_next_text_at_once(world: World) -> None:
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12))
    assert enrolled.patient.next_text_at == at(2026, 1, 9, 10)

    _set(world, ENROLLED, enrolled, "visit_before", NOON_BEFORE)
    assert _next(world, enrolled) == at(2026, 1, 11, 12)
    _set(world, ENROLLED, enrolled, "visit_before", None)
    assert _next(world, enrolled) == at(2026, 1, 9, 10)

    with world.database.reading() as tx:
        rows = audit.entries(tx, world.entry.clinic.id)
        plan = plans.get_plan(tx, enrolled.plan.id)
    assert [row.action for row in rows].count("patient.reminders") == 2
    assert plan is not None
    assert plan.regimen_json == enrolled.plan.regimen_json


def test_what_was_due_before_a_rule_changed_is_still_planned_for(world: World) -> None:
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12))
    now = at(2026, 1, 9, 11)
    _set(world, now, enrolled, "visit_today", "off")
    assert _next(world, enrolled) == at(2026, 1, 9, 10)


def test_what_was_told_is_not_told_again_by_the_changed_rule(world: World) -> None:
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12))
    world.send(ENROLLED)
    world.send(at(2026, 1, 9, 10))
    _set(world, at(2026, 1, 9, 12), enrolled, "visit_before", NOON_BEFORE)
    world.send(at(2026, 1, 12, 12))
    assert _told(world, enrolled) == ["visit_before_untimed", "visit_tomorrow_untimed", "visit_today_untimed"]


def test_what_waits_by_a_rule_that_was_switched_off_is_cancelled(world: World) -> None:
    enrolled = world.reminded()
    _set(world, DAY_BEFORE, enrolled, "visit_tomorrow", "off")
    assert world.begin(DAY_BEFORE) == []
    text = world.texts(enrolled)[-1]
    assert (text.state, text.gate) == ("cancelled", "rule_off")


def test_a_text_that_tells_of_something_else_too_stays(world: World) -> None:
    enrolled = world.reminded()
    _set(world, DAY_BEFORE, enrolled, "visit_today", "off")
    assert len(world.begin(DAY_BEFORE)) == 1


def test_a_clinics_rule_counts_for_each_of_its_patients_in_slices(world: World) -> None:
    people = [world.enrol(ENROLLED, date(2026, 1, 12), phone=phone(number)) for number in range(5)]
    _set_of_clinic(world, ENROLLED, "visit_before", NOON_BEFORE)

    assert _work_off(world, ENROLLED, limit=2) == [2, 2, 1]
    world.plan(ENROLLED)
    assert {_next(world, each) for each in people} == {at(2026, 1, 11, 12)}


def test_a_clinics_rule_may_be_for_one_regimen_alone(world: World) -> None:
    one = world.enrol(ENROLLED, date(2026, 1, 12), phone=phone(1))
    other = world.enrol(ENROLLED, date(2026, 1, 12), "nivo_q4w", phone=phone(2))
    _set_of_clinic(world, ENROLLED, "visit_before", NOON_BEFORE, "nivo_q4w")
    _work_off(world, ENROLLED)
    world.plan(ENROLLED)
    assert (_next(world, one), _next(world, other)) == (at(2026, 1, 9, 10), at(2026, 1, 11, 12))


def test_a_clinics_rule_that_is_off_cancels_what_waits(world: World) -> None:
    enrolled = world.reminded()
    _set_of_clinic(world, DAY_BEFORE, "visit_tomorrow", "off")
    assert _work_off(world, DAY_BEFORE) == [1]
    assert world.texts(enrolled)[-1].gate == "rule_off"


@pytest.mark.parametrize("whose", ["patient", "clinic"])
def test_who_opted_out_is_not_planned_for_by_a_new_rule_and_has_it_when_they_come_back(
    world: World, whose: str
) -> None:
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12))
    with world.database.writing() as tx:
        consent.stop(tx, ENROLLED, world.library, world.contact_in(tx, enrolled), "stop", source="text")
    if whose == "patient":
        _set(world, ENROLLED, enrolled, "visit_before", NOON_BEFORE)
    else:
        _set_of_clinic(world, ENROLLED, "visit_before", NOON_BEFORE)
        _work_off(world, ENROLLED)
    assert _next(world, enrolled) is None
    assert world.plan(at(2026, 1, 12, 12)) == 0

    with world.database.writing() as tx:
        consent.start(tx, ENROLLED, world.library, world.contact_in(tx, enrolled), source="text")
    assert _next(world, enrolled) == at(2026, 1, 11, 12)


def test_an_end_of_enrolment_is_not_undone_by_planning_anew(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    with world.database.writing() as tx:
        patients.end_patient(tx, ENROLLED, enrolled.patient.id, "moved away")
    _set_of_clinic(world, ENROLLED, "visit_tomorrow", "off")
    assert _work_off(world, ENROLLED) == []
    assert _next(world, enrolled) is None


@pytest.mark.parametrize(
    ("rule", "spec", "sentence"),
    [
        ("visit_soon", "off", "is no reminder rule"),
        ("visit_today", 'at = "25:00"', "write a time of day"),
        ("visit_today", "at", "correct the TOML"),
        ("visit_today", 'at = "09:00", colour = "red"', "'colour' is not known here"),
        ("visit_today", 'at = "09:00"\nvisit_before = {}', "correct the TOML"),
        ("pill_today", 'at = "09:00"', "would never apply, because no item is a pill or capsule"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(world: World, rule: str, spec: str, sentence: str) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    with pytest.raises(NotSet, match=sentence) as refused:
        _set(world, ENROLLED, enrolled, rule, spec)
    assert "\n" not in str(refused.value)


def test_a_rule_that_stands_in_place_of_none_cannot_be_taken_away(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    with pytest.raises(NotSet, match="has no rule visit_today of their own"):
        _set(world, ENROLLED, enrolled, "visit_today", None)


def test_the_texts_of_a_day_and_a_week_are_limited_over_all_plans(world: World) -> None:
    """Capsules each day beside infusions: it is capsules that are left out, and the row says why."""
    world.set_clinic(ENROLLED, max_texts_per_week=4, max_texts_per_day=1)
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12), "len_mm")
    regimen = world.library.regimens["pembro_q3w"]
    with world.database.writing() as tx:
        plans.add_plan(
            tx,
            ENROLLED,
            clinic_id=world.entry.clinic.id,
            patient_id=enrolled.patient.id,
            regimen_id=regimen.id,
            regimen_version=regimen.version,
            regimen_json=regimen.to_json(),
            digest=regimen.digest(),
            start=date(2026, 1, 19),
        )
    now = at(2026, 1, 10, 12)
    while now < at(2026, 1, 25):
        world.send(now)
        now += timedelta(hours=1)

    # The blood test before the first capsule was over, or the next day, when sending began.
    began = at(2026, 1, 12)
    texts = [text for text in world.texts(enrolled) if text.kind == "reminder" and text.due_at and text.due_at >= began]
    went = [text.due_at for text in texts if text.state == "accepted" and text.due_at]
    days = [moment.date() for moment in went]
    assert len(days) == len(set(days))
    assert max(sum(0 <= (day - first).days < 7 for day in days) for first in days) <= 4
    visits = [text for text in texts if (text.template or "").startswith("visit")]
    assert [(text.template, text.state) for text in visits] == [
        ("visit_before_untimed", "accepted"),
        ("visit_tomorrow_untimed", "accepted"),
        ("visit_today_untimed", "accepted"),
    ]
    left_out = [text for text in texts if text.state == "cancelled"]
    assert {text.gate for text in left_out} <= {"daily_limit", "weekly_limit", "made_room"}
    assert {text.template for text in left_out} == {"pill_today", "between"}


def test_somebody_away_is_texted_by_the_clock_there_and_told_that_the_time_is_the_clinics(world: World) -> None:
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12), visit_time=time(14))
    with world.database.writing() as tx:
        patients.set_travel(tx, enrolled.patient.id, "Europe/Madrid", date(2026, 1, 10), date(2026, 1, 12))
    world.send(ENROLLED)
    assert [text.body for text in world.send(at(2026, 1, 9, 10))] == [
        "Riverside Care: you have a visit on Mon Jan 12 at 2:00 PM. Reply C to confirm or call 202-555-0100 to change."
    ]
    madrid = "Europe/Madrid"
    with world.database.writing() as tx:
        patients.set_next_text(tx, enrolled.patient.id, at(2026, 1, 9, 11))
    world.plan(at(2026, 1, 9, 11))
    assert _next(world, enrolled) == at(2026, 1, 11, 16, zone=madrid)
    (text,) = world.send(at(2026, 1, 11, 16, zone=madrid))
    assert "visit tomorrow at 2:00 PM clinic time." in text.body
