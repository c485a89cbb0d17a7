"""Who is on CAR T or a bispecific is answered at the higher level, with the database there and without it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.services import Services
from channels.base import Via
from scheduler import changing
from scheduler.plan.changes import Change, Stop, Switch
from store import patients, plans
from store.patients import Patient
from tests.bot.conftest import NOON, OURS, Phone, Watch, enrol
from tests.bot.test_outage import database_away

START = date(2026, 5, 5)
EMERGENCY = "This may be an emergency."
CALL = "Please do not wait."


def stop(services: Services, patient: Patient, on: date) -> None:
    """The patient's one plan is stopped, as staff do it."""
    change(services, patient, Stop(on))


def change(services: Services, patient: Patient, what: Change) -> None:
    """The patient's one plan is changed."""
    (entry,) = services.directory.entries
    with services.database.writing() as tx:
        (plan,) = plans.all_plans_of(tx, patient.id)
        changing.change_plan(
            tx,
            services.clock(),
            services.library,
            entry,
            plan.id,
            what,
            by="test",
            reason="side effects",
            expected_version=plan.version,
        )


@pytest.mark.parametrize("regimen_id", ["cart", "tecli", "blina_rr", "tebe"])
def test_a_fever_is_an_emergency_on_cell_therapy(phone_on_both: Phone, regimen_id: str) -> None:
    phone = phone_on_both
    enrol(phone.services, regimen_id, START)
    assert phone.says("I have a fever of 102").startswith(EMERGENCY)
    assert [task.urgency for task in phone.follow_ups()] == [3]
    (text, _) = [message for message in phone.messages() if message.kind != "welcome"]
    assert text.outcome_kind == "emergency"


def test_a_plan_that_was_switched_to_cell_therapy_counts_with_and_without_the_database(
    phone_on_both: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, services = phone_on_both, phone_on_both.services
    patient = enrol(services, "pembro_q3w", START)
    assert phone.says("I have a fever of 102").startswith(CALL)
    change(services, patient, Switch(services.library.regimens["tecli"], date(2026, 5, 26)))
    assert phone.says("I have a fever of 102").startswith(EMERGENCY)
    services.conversation.profiles.refresh(services.database, services.clock())
    with database_away(services, monkeypatch):
        assert phone.says("I have a fever of 102").startswith(EMERGENCY)


def test_on_anything_else_and_for_a_stranger_it_needs_a_call(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", START)
    assert phone.says("I have a fever of 102").startswith(CALL)
    assert Phone(phone.services, "+12025550177").says("I have a fever of 102").startswith(CALL)


def test_a_plan_that_was_stopped_counts_for_a_year_after_its_last_treatment(phone_on_both: Phone, watch: Watch) -> None:
    phone = phone_on_both
    patient = enrol(phone.services, "tecli", START)
    watch.forward(timedelta(days=2))
    stop(phone.services, patient, date(2026, 5, 6))
    assert phone.says("I have a fever of 102").startswith(EMERGENCY)
    known = phone.services.conversation.profiles
    reached = phone.services.directory.reached(OURS, None, Via.SMS)
    assert reached is not None
    for later, answer in ((START + timedelta(days=365), EMERGENCY), (START + timedelta(days=366), CALL)):
        watch.now = datetime.combine(later, NOON.timetz())
        assert phone.says("I have a fever of 102").startswith(answer)
        known.refresh(phone.services.database, watch.now)
        recalled = known.recall(reached, phone.number)
        assert recalled == ("bispecific" if answer == EMERGENCY else None)


def test_a_plan_that_was_stopped_before_its_first_treatment_does_not_count(phone: Phone, watch: Watch) -> None:
    patient = enrol(phone.services, "tecli", START)
    watch.forward(timedelta(days=1))
    stop(phone.services, patient, START)
    assert phone.says("I have a fever of 102").startswith(CALL)


def test_a_patient_who_left_no_longer_counts(phone: Phone) -> None:
    patient = enrol(phone.services, "tecli", START)
    with phone.services.database.writing() as tx:
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
    phone.services.conversation.profiles.refresh(phone.services.database, NOON)
    with database_away(phone.services, monkeypatch):
        assert phone.says("I have a fever of 102").startswith(EMERGENCY)
        assert Phone(phone.services, "+12025550177").says("I have a fever of 102").startswith(CALL)
    assert phone.services.desk.replay()
    assert phone.follow_ups()[0].reply == "underway"


def test_a_process_that_starts_without_the_database_knows_them_from_a_sealed_file(
    phone: Phone, make_services: Callable[[str], Services], tmp_path: Path
) -> None:
    enrol(phone.services, "tecli", START)
    phone.services.conversation.profiles.refresh(phone.services.database, NOON)
    later = Phone(make_services(f"sqlite:///{tmp_path}/nowhere/at-all.db"))
    assert later.says("I have a fever of 102").startswith(EMERGENCY)
    later.number = "+12025550177"
    assert later.says("I have a fever of 102").startswith(CALL)
    file = tmp_path / "var" / "profiles.sealed"
    assert b"bispecific" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("written", [b"", b"[]", b"\xff"])
def test_a_damaged_file_is_as_good_as_none(
    phone: Phone, make_services: Callable[[str], Services], tmp_path: Path, written: bytes
) -> None:
    (tmp_path / "var" / "profiles.sealed").write_bytes(written)
    later = Phone(make_services(f"sqlite:///{tmp_path}/nowhere/at-all.db"))
    assert later.says("I have a fever of 102").startswith(CALL)


def test_who_is_on_it_no_more_is_forgotten_with_the_next_look(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = enrol(phone.services, "tecli", START)
    known = phone.services.conversation.profiles
    known.refresh(phone.services.database, NOON)
    with phone.services.database.writing() as tx:
        patients.end_patient(tx, NOON, patient.id, "moved away")
    known.refresh(phone.services.database, NOON)
    with database_away(phone.services, monkeypatch):
        assert phone.says("I have a fever of 102").startswith(CALL)


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
