"""The reply that a clinic may ask for: asked twice, awaited by nobody, and who has not given it is known."""

from datetime import date, timedelta

import pytest

from scheduler import confirmation, consent
from scheduler.enrolment import Enrolled
from store import confirmations
from store.confirmations import NotConfirmed
from store.patients import end_patient
from tests.scheduler.world import World, at

NOW = at(2026, 1, 2, 15)  # Friday, ten in New York
TOMORROW = NOW + timedelta(days=1)
START = date(2026, 1, 12)


@pytest.fixture
def asked(world: World) -> Enrolled:
    """Somebody enrolled by a clinic that asks for a reply."""
    world.set_clinic(NOW, ask_confirmation=True)
    return world.enrol(NOW, START, code="R-17")


def waiting(world: World) -> list[NotConfirmed]:
    with world.database.reading() as tx:
        return confirmations.not_confirmed(tx, world.entry.clinic.id)


def answer(world: World, asked: Enrolled, by: str = "patient") -> bool:
    with world.database.writing() as tx:
        return confirmation.answered(tx, TOMORROW, asked.patient.id, by)


def test_who_does_not_answer_is_asked_once_more_after_a_day_and_gets_every_reminder(
    world: World, asked: Enrolled
) -> None:
    assert waiting(world) == [NotConfirmed(asked.patient.id, "Ana Diaz", "R-17", NOW, asked_again=False)]
    (first,) = world.send(NOW)
    assert "Reply C to confirm" in first.body
    assert world.send(TOMORROW - timedelta(minutes=1)) == []
    (second,) = world.send(TOMORROW)
    assert second.body == first.body
    assert [each.asked_again for each in waiting(world)] == [True]
    assert world.send(NOW + timedelta(days=4)) == []
    (reminder,) = world.send(at(2026, 1, 9, 15))
    assert "visit" in reminder.body
    assert len(waiting(world)) == 1


def test_who_answers_is_not_asked_again(world: World, asked: Enrolled) -> None:
    world.send(NOW)

    assert answer(world, asked)
    assert not answer(world, asked)
    assert world.send(TOMORROW) == []
    assert waiting(world) == []
    assert [(text.state, text.gate) for text in world.texts(asked)] == [("accepted", None), ("cancelled", "confirmed")]


def test_a_clinic_that_changes_its_mind_asks_those_who_come_after(world: World, asked: Enrolled) -> None:
    world.set_clinic(NOW, ask_confirmation=False)
    later = world.enrol(NOW, START, phone="+12025550188")

    assert [text.template for text in world.texts(later)] == ["optin_confirm"]
    assert [text.template for text in world.texts(asked)] == ["optin_ask", "optin_ask"]
    assert [each.patient_id for each in waiting(world)] == [asked.patient.id]


def test_who_left_or_said_stop_is_not_waited_for_and_start_is_an_answer(world: World, asked: Enrolled) -> None:
    with world.database.writing() as tx:
        consent.stop(tx, NOW, world.library, world.contact_in(tx, asked), "stop", source="text")
    assert waiting(world) == []
    with world.database.writing() as tx:
        consent.start(tx, NOW, world.library, world.contact_in(tx, asked), source="text")
    assert waiting(world) == []
    assert not answer(world, asked)

    other = world.enrol(NOW, START, phone="+12025550188")
    assert len(waiting(world)) == 1
    with world.database.writing() as tx:
        end_patient(tx, NOW, other.patient.id, "moved")
    assert waiting(world) == []


def test_those_asked_longest_ago_come_first_and_no_more_than_asked_for(world: World, asked: Enrolled) -> None:
    later = world.enrol(NOW + timedelta(hours=1), START, phone="+12025550188")

    assert [each.patient_id for each in waiting(world)] == [asked.patient.id, later.patient.id]
    with world.database.reading() as tx:
        assert len(confirmations.not_confirmed(tx, world.entry.clinic.id, limit=1)) == 1
        assert confirmations.not_confirmed(tx, world.entry.clinic.id + 1) == []


def test_a_c_after_a_reminder_is_about_the_visit_too(world: World, asked: Enrolled) -> None:
    def is_all() -> bool:
        with world.database.reading() as tx:
            return confirmation.is_all_that_was_asked(tx, asked.patient.contact_id)

    world.send(NOW)
    world.send(TOMORROW)
    assert is_all()
    world.send(at(2026, 1, 9, 15))
    assert not is_all()
