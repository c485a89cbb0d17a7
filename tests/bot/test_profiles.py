"""Who is on CAR T or a bispecific is answered at the higher level, with the database there and without it."""

from datetime import date

import pytest

from store import patients, plans
from tests.bot.conftest import NOON, Phone, enrol
from tests.bot.test_outage import database_away

START = date(2026, 5, 5)
EMERGENCY = "This may be an emergency."
CALL = "Please do not wait."


@pytest.mark.parametrize("regimen_id", ["cart", "tecli", "blina_rr", "tebe"])
def test_a_fever_is_an_emergency_on_cell_therapy(phone_on_both: Phone, regimen_id: str) -> None:
    phone = phone_on_both
    enrol(phone.services, regimen_id, START)
    assert phone.says("I have a fever of 102").startswith(EMERGENCY)
    assert [task.urgency for task in phone.follow_ups()] == [3]
    (text, _) = [message for message in phone.messages() if message.kind != "welcome"]
    assert text.outcome_kind == "emergency"


def test_on_anything_else_and_for_a_stranger_it_needs_a_call(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", START)
    assert phone.says("I have a fever of 102").startswith(CALL)
    assert Phone(phone.services, "+12025550177").says("I have a fever of 102").startswith(CALL)


def test_a_plan_that_was_stopped_or_a_patient_who_left_no_longer_counts(phone: Phone) -> None:
    patient = enrol(phone.services, "tecli", START)
    with phone.services.database.writing() as tx:
        (plan,) = plans.all_plans_of(tx, patient.id)
        plans.set_plan_state(tx, plan.id, "stopped")
    assert phone.says("I have a fever of 102").startswith(CALL)
    with phone.services.database.writing() as tx:
        plans.set_plan_state(tx, plan.id, "active")
        patients.end_patient(tx, NOON, patient.id, "moved away")
    assert phone.says("I have a fever of 102").startswith(CALL)


def test_a_plan_on_hold_and_a_course_that_is_over_still_count(phone: Phone) -> None:
    patient = enrol(phone.services, "tecli", START)
    for state in ("held", "finished"):
        with phone.services.database.writing() as tx:
            (plan,) = plans.all_plans_of(tx, patient.id)
            plans.set_plan_state(tx, plan.id, state)
        assert phone.says("I have a fever of 102").startswith(EMERGENCY)


def test_without_the_database_what_was_read_last_is_used(phone_on_both: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = phone_on_both
    enrol(phone.services, "tecli", START)
    phone.services.conversation.profiles.refresh(phone.services.database)
    with database_away(phone.services, monkeypatch):
        assert phone.says("I have a fever of 102").startswith(EMERGENCY)
        assert Phone(phone.services, "+12025550177").says("I have a fever of 102").startswith(CALL)
    assert phone.services.desk.replay()
    assert phone.follow_ups()[0].reply == "underway"


def test_who_was_answered_less_than_what_was_needed_must_be_phoned(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that knows of no profile yet answers a fever as anybody's."""
    enrol(phone.services, "tecli", START)
    with database_away(phone.services, monkeypatch):
        assert phone.says("I have a fever of 102").startswith(CALL)
    assert phone.services.desk.replay()
    (alert,) = phone.follow_ups()
    assert (alert.urgency, alert.reply) == (3, "lost")
