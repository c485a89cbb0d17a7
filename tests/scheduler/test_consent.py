"""Opting out and back in: what stops, what is recorded, what staff hear of, and what goes on afterwards."""

from datetime import datetime, timedelta

import pytest

from scheduler import consent
from scheduler.delivery.gates import REASONS
from scheduler.enrolment import Enrolled
from store import audit, consents, contacts, patients, plans
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, at

DURING_VISIT = at(2026, 1, 5, 9)


def _stop(world: World, enrolled: Enrolled, now: datetime, reason: str = "stop", source: str = "text") -> bool:
    contact = world.contact(enrolled)
    with world.database.writing() as tx:
        return consent.stop(tx, now, world.library, contact, reason, source=source)


def _start(world: World, enrolled: Enrolled, now: datetime) -> bool:
    contact = world.contact(enrolled)
    with world.database.writing() as tx:
        return consent.start(tx, now, world.library, contact, source="text")


def _kinds(world: World, enrolled: Enrolled) -> list[str]:
    with world.database.reading() as tx:
        return [event.kind for event in consents.consents(tx, enrolled.patient.contact_id)]


def test_after_stop_nothing_more_is_planned_or_sent(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)

    assert _stop(world, enrolled, ENROLLED + timedelta(minutes=5))

    for now in (DAY_BEFORE, DURING_VISIT, at(2026, 6, 1, 12)):
        assert world.send(now) == []
    assert not consent.may_text(world.contact(enrolled))
    assert _kinds(world, enrolled) == ["given", "withdrawn"]


def test_stop_cancels_what_waits_and_says_why(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    world.plan(DAY_BEFORE)

    _stop(world, enrolled, DAY_BEFORE)

    assert [(text.state, text.gate) for text in world.texts(enrolled)] == [
        ("accepted", None),
        ("cancelled", "opted_out"),
    ]
    assert world.send(DAY_BEFORE) == []


def test_what_a_pause_cancels_is_not_said_to_be_an_opt_out(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    world.plan(DAY_BEFORE)

    _stop(world, enrolled, DAY_BEFORE, "pause")

    text = world.texts(enrolled)[-1]
    assert (text.state, text.gate) == ("cancelled", "paused")
    assert REASONS["paused"] == "The patient had asked for a pause."


@pytest.mark.parametrize(("sent", "lacks"), [(False, True), (True, False)])
def test_a_pause_before_the_welcome_went_leaves_it_unsaid(world: World, sent: bool, lacks: bool) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    if sent:
        world.send(ENROLLED)

    _stop(world, enrolled, ENROLLED, "pause")

    contact = world.contact(enrolled)
    with world.database.reading() as tx:
        assert consent.lacks_welcome(tx, contact) == lacks


def test_a_welcome_that_an_answer_took_the_place_of_never_goes_and_the_reminders_do(world: World) -> None:
    enrolled = world.enrol(at(2026, 1, 2, 22), VISIT)
    contact = world.contact(enrolled)
    with world.database.writing() as tx:
        consent.welcomed_by_answer(tx, at(2026, 1, 2, 23), contact)

    (welcome,) = world.texts(enrolled)
    assert (welcome.state, welcome.gate) == ("cancelled", "told_in_answer")
    assert "told_in_answer" in REASONS
    (text,) = world.send(DAY_BEFORE)
    assert "visit tomorrow" in text.body


def test_stop_between_planning_and_sending_reaches_what_is_claimed_already(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    world.plan(DAY_BEFORE)
    claimed = world.claim(DAY_BEFORE)

    _stop(world, enrolled, DAY_BEFORE)

    assert len(claimed) == 1
    assert world.begin(DAY_BEFORE, claimed) == []


def test_stop_said_twice_is_recorded_and_confirmed_once(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    assert _stop(world, enrolled, ENROLLED)
    assert not _stop(world, enrolled, ENROLLED + timedelta(minutes=1))
    assert not _stop(world, enrolled, ENROLLED + timedelta(minutes=2), "wrong_number")

    assert _kinds(world, enrolled) == ["given", "withdrawn"]


def test_start_goes_on_with_the_next_reminder_and_sends_nothing_late(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    _stop(world, enrolled, ENROLLED)

    assert _start(world, enrolled, DAY_BEFORE + timedelta(hours=1))

    assert consent.may_text(world.contact(enrolled))
    assert world.send(DAY_BEFORE + timedelta(hours=1)) == []
    (text,) = world.send(DURING_VISIT)
    assert "visit is today" in text.body
    assert _kinds(world, enrolled) == ["given", "withdrawn", "restored"]


def test_start_from_who_never_opted_out_changes_nothing(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    assert not _start(world, enrolled, ENROLLED)

    assert _kinds(world, enrolled) == ["given"]


def test_a_consent_that_is_restored_keeps_the_words_of_the_answer(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    _stop(world, enrolled, ENROLLED)
    _start(world, enrolled, ENROLLED)

    with world.database.reading() as tx:
        restored = consents.consents(tx, enrolled.patient.contact_id)[-1]

    assert restored.wording.startswith("Riverside Care: you are signed up")
    assert restored.wording_version == world.library.version


def test_a_welcome_that_stop_cancelled_is_replaced_by_the_answer_to_start(world: World) -> None:
    """START is answered with the confirmation, so that reminders may go without a second one."""
    enrolled = world.enrol(at(2026, 1, 2, 22), VISIT)
    _stop(world, enrolled, at(2026, 1, 2, 23))
    _start(world, enrolled, at(2026, 1, 3, 12))

    (text,) = world.send(DAY_BEFORE)

    assert "visit tomorrow" in text.body


@pytest.mark.parametrize(("reason", "kind"), [("wrong_number", "wrong_number"), ("provider", "withdrawn")])
def test_staff_hear_of_what_they_must_act_on(world: World, reason: str, kind: str) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    _stop(world, enrolled, ENROLLED, reason)

    (task,) = world.tasks()
    assert (task.contact_id, task.detail) == (enrolled.patient.contact_id, reason)
    assert task.due_by == ENROLLED + timedelta(days=1)
    assert _kinds(world, enrolled)[-1] == kind


def test_an_ordinary_stop_gives_staff_nothing_to_do(world: World) -> None:
    _stop(world, world.enrol(ENROLLED, VISIT), ENROLLED)

    assert world.tasks() == []


def test_a_wrong_number_that_says_start_gets_no_reminders_of_the_patient(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    _stop(world, enrolled, ENROLLED, "wrong_number")

    assert _start(world, enrolled, ENROLLED)

    assert world.send(DAY_BEFORE) == []
    assert [task.detail for task in world.tasks()] == ["wrong_number", "start_after_wrong_number"]


def test_a_loss_ends_the_plan_and_the_enrolment(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    _stop(world, enrolled, ENROLLED, "loss")

    with world.database.reading() as tx:
        assert patients.enrolled(tx, enrolled.patient.contact_id) is None
        assert [plan.state for plan in plans.all_plans_of(tx, enrolled.patient.id)] == ["stopped"]
    assert [(task.kind, task.urgency) for task in world.tasks()] == [("loss", 2)]
    assert world.send(DAY_BEFORE) == []


def test_a_loss_is_heard_after_a_stop(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    _stop(world, enrolled, ENROLLED)

    assert _stop(world, enrolled, ENROLLED + timedelta(days=1), "loss")
    assert not _stop(world, enrolled, ENROLLED + timedelta(days=2), "loss")

    assert _kinds(world, enrolled) == ["given", "withdrawn", "loss"]


def test_who_is_no_patient_may_opt_out(world: World) -> None:
    with world.database.writing() as tx:
        stranger = contacts.open_contact(tx, ENROLLED, world.entry.clinic.id, "+12025550177", "en", "sms")
        assert consent.stop(tx, ENROLLED, world.library, stranger, "stop", source="text")

    with world.database.reading() as tx:
        (event,) = consents.consents(tx, stranger.id)
    assert (event.patient_id, event.by, event.how) == (None, "patient", "text")


def test_every_door_leaves_an_audit_entry_without_values(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    _stop(world, enrolled, ENROLLED, source="console")
    _start(world, enrolled, ENROLLED)

    with world.database.reading() as tx:
        entries = audit.entries(tx, world.entry.clinic.id)

    assert [entry.action for entry in entries] == ["consent.restored", "consent.withdrawn", "patient.enrol"]
    assert "+1202" not in repr(entries)


def test_a_reason_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="no reason"):
        _stop(world, world.enrol(ENROLLED, VISIT), ENROLLED, "because")


def test_start_is_heard_though_the_plan_cannot_be_read_any_more(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    world.make_unreadable(enrolled)
    _stop(world, enrolled, ENROLLED)

    assert _start(world, enrolled, ENROLLED)

    world.plan(ENROLLED)
    assert [task.detail for task in world.tasks()] == ["plan_unreadable"]
