"""STOP is honoured in the same transaction and confirmed once; START takes it back; HELP is always answered."""

from datetime import date, timedelta

import pytest

from bot.services import Services
from store import outbox, patients, plans
from store.consents import consents
from tests.bot.conftest import OptOutType, Phone, Watch, enrol, open_clinic

START = date(2026, 5, 5)


def test_stop_opts_out_and_confirms_with_the_emergency_number(phone_on_both: Phone) -> None:
    phone = phone_on_both
    patient = enrol(phone.services, "pembro_q3w", START)
    body = phone.says("STOP")
    assert body.startswith("Care Texts: you are opted out")
    assert "911" in body
    assert phone.contact().opt_out_reason == "stop"
    with phone.services.database.reading() as tx:
        found = patients.get_patient(tx, patient.id)
        kinds = [event.kind for event in consents(tx, patient.contact_id)]
    assert found is not None
    assert found.next_text_at is None
    assert kinds == ["given", "withdrawn"]


def test_everything_that_waited_is_cancelled_with_the_stop(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", START)
    phone.text("STOP")
    waiting = [message for message in phone.messages() if message.kind == "welcome"]
    assert [(message.state, message.gate) for message in waiting] == [("cancelled", "opted_out")]


def test_a_second_stop_is_not_confirmed_again(phone: Phone) -> None:
    assert phone.text("STOP").body
    assert phone.text("STOP").body is None
    assert [message.direction for message in phone.messages()] == ["in", "out", "in"]


def test_start_takes_the_stop_back_and_the_reminders_go_on(phone: Phone) -> None:
    patient = enrol(phone.services, "pembro_q3w", START)
    phone.text("STOP")
    assert phone.says("START").startswith("Care Texts: you are signed up")
    assert phone.contact().opted_out_at is None
    with phone.services.database.reading() as tx:
        found = patients.get_patient(tx, patient.id)
    assert found is not None
    assert found.next_text_at is not None


def test_a_stranger_does_not_sign_up_by_texting_start(phone: Phone) -> None:
    assert phone.says("START").startswith("This number has no reminders.")


def test_a_stranger_who_said_stop_may_take_it_back(phone: Phone) -> None:
    phone.text("STOP")
    assert phone.says("START").startswith("Care Texts: you are signed up")


def test_help_says_who_we_are_and_how_to_stop(phone: Phone) -> None:
    body = phone.says("HELP")
    assert body.startswith("Care Texts: ")
    assert "STOP" in body
    assert "911" in body


def test_who_opted_out_is_still_answered(phone: Phone) -> None:
    phone.text("STOP")
    assert "needle site" in phone.says("SIDE EFFECTS")
    assert phone.says("HELP").startswith("Care Texts: ")


def test_a_wrong_number_learns_nothing_about_clinic_or_treatment(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", START)
    body = phone.says("wrong number")
    assert body == "Care Texts: sorry. This number will get no more texts from us."
    assert phone.contact().opt_out_reason == "wrong_number"
    assert [task.kind for task in phone.follow_ups()] == ["wrong_number"]


@pytest.mark.parametrize("words", ["STOP", "START", "HELP"])
def test_what_twilio_has_answered_is_recorded_and_not_answered_again(services: Services, words: str) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, opt_out_by="provider").id)
    phone.text("STOP")
    assert phone.text(words).body is None
    assert [message.direction for message in phone.messages()] == ["in", "in"]
    assert (phone.contact().opted_out_at is None) == (words == "START")


def test_what_twilio_does_not_know_as_a_keyword_is_confirmed_by_us(services: Services) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, opt_out_by="provider").id)
    assert phone.says("please stop texting me").startswith("Care Texts: you are opted out")


def test_yes_from_a_patient_who_never_left_confirms_the_visit(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", START)
    assert phone.says("YES").startswith("Thanks, noted: you will come")


def test_an_opt_out_type_says_that_twilio_has_answered(phone: Phone) -> None:
    assert phone.text("STOP", opt_out_type="STOP").body is None
    assert phone.contact().opted_out_at is not None


@pytest.mark.parametrize(
    ("words", "took", "kind"), [("BASTA YA", "STOP", "opt_out"), ("VOLVER", "START", "opt_in"), ("QUE", "HELP", "help")]
)
def test_a_word_that_was_set_up_with_the_provider_is_what_the_provider_did_with_it(
    phone: Phone, words: str, took: OptOutType, kind: str
) -> None:
    phone.text("STOP")
    if took == "STOP":
        phone.text("START")
    assert phone.text(words, opt_out_type=took).body is None
    assert phone.messages()[-1].outcome_kind == kind
    assert (phone.contact().opted_out_at is None) == (took == "START")


def test_danger_in_a_text_that_the_provider_took_for_stop_is_answered_and_must_be_phoned(phone: Phone) -> None:
    body = phone.text("STOP I cant breathe", opt_out_type="STOP").body
    assert body is not None
    assert body.startswith("This may be an emergency.")
    assert "no more texts" not in body
    assert phone.contact().opted_out_at is not None
    assert [(task.kind, task.reply) for task in phone.follow_ups()] == [("danger", "lost")]


def test_a_stranger_whose_start_the_provider_has_answered_is_answered_no_second_time(services: Services) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, opt_out_by="provider").id)
    assert phone.text("START").body is None


def test_a_loss_ends_every_plan_tells_staff_and_nothing_ever_goes_out_again(phone_on_both: Phone) -> None:
    phone = phone_on_both
    patient = enrol(phone.services, "len_mm", START)
    body = phone.says("my husband passed away")
    assert body.startswith("Care Texts: we are very sorry.")
    assert "START" not in body
    assert "treatment" not in body
    with phone.services.database.reading() as tx:
        found = patients.get_patient(tx, patient.id)
        courses = plans.all_plans_of(tx, patient.id)
    assert found is not None
    assert (found.state, found.next_text_at) == ("ended", None)
    assert {plan.state for plan in courses} == {"stopped"}
    assert [(task.kind, task.patient_id) for task in phone.follow_ups()] == [("loss", patient.id)]
    assert {message.state for message in phone.messages() if message.kind == "welcome"} == {"cancelled"}
    phone.text("START", opt_out_type="START")
    with phone.services.database.writing() as tx:
        later = phone.services.clock() + timedelta(days=30)
        assert patients.claim_due(tx, later, 10) == []
        assert outbox.claim(tx, later, later + timedelta(minutes=1), "test", 10, later) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("my husband passed away, please stop these texts", "loss"),
        ("Mom died on Sunday. No more messages please", "loss"),
        ("mi esposo falleció, ya no me manden mensajes", "loss"),
        ("stop texting me, you have the wrong number", "wrong_number"),
        ("please stop, these texts come at night", "stop"),
    ],
)
def test_why_somebody_leaves_is_heard_beside_the_wish_to(phone: Phone, words: str, reason: str) -> None:
    phone.text(words)
    assert phone.contact().opt_out_reason == reason


def test_a_wrong_number_that_had_said_stop_before_is_an_incident_too(phone: Phone) -> None:
    phone.text("STOP")
    assert phone.text("wrong number").body is None
    phone.text("wrong number")
    assert [task.kind for task in phone.follow_ups()] == ["wrong_number"]


def test_a_loss_closes_a_plan_that_is_on_hold(phone: Phone) -> None:
    patient = enrol(phone.services, "pembro_q3w", START)
    with phone.services.database.writing() as tx:
        (plan,) = plans.all_plans_of(tx, patient.id)
        plans.set_plan_state(tx, plan.id, "held")
    phone.text("my husband passed away")
    with phone.services.database.reading() as tx:
        assert [plan.state for plan in plans.all_plans_of(tx, patient.id)] == ["stopped"]


def welcomes(phone: Phone) -> list[tuple[str, str | None]]:
    return [(message.state, message.gate) for message in phone.messages() if message.kind == "welcome"]


def send_the_welcome(phone: Phone) -> None:
    """As far as it concerns what may still be said: it is with the provider."""
    now = phone.services.clock()
    lease = now + timedelta(minutes=1)
    with phone.services.database.writing() as tx:
        claimed = outbox.claim(tx, now, lease, "test", 10, now)
        texts = outbox.to_send(tx, claimed, "test")
        words = [outbox.Composed(text.id, "Welcome.", "en", 1, "GSM-7", "v", None, 1) for text in texts]
        outbox.mark_sending(tx, now, words)
        outbox.record_results(tx, now, [outbox.SentRow(text.id, "accepted", "SM1", None, "", 1) for text in texts])


def test_resume_after_a_pause_that_came_before_the_welcome_confirms_the_enrolment(phone_on_both: Phone) -> None:
    phone = phone_on_both
    enrol(phone.services, "pembro_q3w", START)
    phone.text("PAUSE")
    assert welcomes(phone) == [("cancelled", "paused")]
    body = phone.says("RESUME")
    assert body.startswith("Care Texts: you are signed up")
    assert "STOP" in body


def test_start_while_the_welcome_waits_is_answered_with_it_and_it_goes_no_second_time(phone_on_both: Phone) -> None:
    phone = phone_on_both
    enrol(phone.services, "pembro_q3w", START)
    assert phone.says("START").startswith("Care Texts: you are signed up")
    assert welcomes(phone) == [("cancelled", "told_in_answer")]


def test_a_welcome_still_goes_where_the_provider_has_answered_start(services: Services) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, opt_out_by="provider").id)
    enrol(services, "pembro_q3w", START)
    assert phone.text("START").body is None
    assert welcomes(phone) == [("due", None)]


def test_pause_holds_the_reminders_until_resume(phone: Phone) -> None:
    patient = enrol(phone.services, "pembro_q3w", START)
    send_the_welcome(phone)
    assert phone.says("PAUSE").startswith("Reminders are paused.")
    assert phone.contact().opt_out_reason == "pause"
    assert phone.says("RESUME").startswith("Reminders are on again.")
    assert phone.contact().opted_out_at is None
    with phone.services.database.reading() as tx:
        found = patients.get_patient(tx, patient.id)
    assert found is not None
    assert found.next_text_at is not None


def test_a_stop_after_a_pause_is_a_stop(phone: Phone) -> None:
    enrol(phone.services, "pembro_q3w", START)
    phone.text("PAUSE")
    assert phone.says("STOP").startswith("Care Texts: you are opted out")
    assert phone.contact().opt_out_reason == "stop"
    assert phone.text("STOP").body is None


def test_join_with_the_clinics_code_becomes_a_task_and_enrols_nobody(phone: Phone) -> None:
    from store import clinics

    with phone.services.database.writing() as tx:
        clinics.set_join_code(tx, phone.services.clock(), phone.clinic_id, "harbor7")
    phone.services.directory.refresh(phone.services.database)
    assert phone.says("JOIN harbor7").startswith("Thanks. Test Clinic must sign you up")
    phone.text("JOIN HARBOR7")
    assert [(task.kind, task.patient_id) for task in phone.follow_ups()] == [("join", None)]


def test_join_with_another_code_is_told_so(phone: Phone) -> None:
    assert phone.says("JOIN harbor7").startswith("I do not know that code.")
    assert phone.follow_ups() == []


def test_a_clinic_that_is_not_live_honours_stop_and_says_only_what_is_urgent(services: Services, watch: Watch) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, live=False).id)
    body = phone.says("STOP")
    assert body.startswith("Care Texts will send you no more texts. If this may be an emergency, call 911 now.")
    assert phone.contact().opted_out_at is not None
    for words in ("SIDE EFFECTS", "HELP", "NEXT", "MENU", "MORE", "PAUSE", "START"):
        watch.forward(timedelta(minutes=1))
        assert phone.says(words).startswith("If this may be an emergency, call 911 now.")
    assert phone.contact().opted_out_at is None
