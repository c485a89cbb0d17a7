"""A danger sign gets its urgent reply whatever else is wrong, and the staff an alert."""

import threading
from datetime import timedelta

import pytest

from bot.conversation.guard import Limit
from bot.services import Services
from tests.bot.conftest import NOON, Phone, Watch, open_clinic


@pytest.mark.parametrize(
    ("words", "beginning", "kind", "urgency"),
    [
        ("I have chest pain", "This may be an emergency. Call 911 now.", "emergency", 3),
        ("I want to kill myself", "I'm sorry you feel this way.", "crisis", 3),
        ("I have a fever of 102", "Please do not wait. Call Test Clinic now at 202-555-0111", "call_now", 2),
    ],
)
def test_an_urgent_sign_is_answered_and_alerts_the_staff(
    phone_on_both: Phone, words: str, beginning: str, kind: str, urgency: int
) -> None:
    phone = phone_on_both
    assert phone.says(words).startswith(beginning)
    (alert,) = phone.follow_ups()
    text, reply = phone.messages()
    assert (alert.kind, alert.urgency, alert.message_id) == ("danger", urgency, text.id)
    assert alert.due_by is not None
    assert NOON < alert.due_by <= NOON + timedelta(hours=1)
    assert alert.detail is not None
    assert alert.detail.startswith(kind)
    assert f'"{words}"' in alert.detail
    assert (text.outcome_kind, reply.in_reply_to) == (kind, text.id)


def test_danger_texts_that_come_at_the_same_time_are_one_alert(phone_on_both: Phone) -> None:
    phone = phone_on_both
    phone.text("hello")
    threads = [threading.Thread(target=phone.text, args=(f"I have chest pain {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (alert,) = phone.follow_ups()
    assert len((alert.detail or "").splitlines()) == 8
    assert not phone.services.spool.holds_texts()


def test_the_words_for_danger_follow_the_language_of_the_text(phone: Phone) -> None:
    assert phone.says("me duele el pecho").startswith("Puede ser una emergencia. Llame al 911 ya.")


def test_who_is_in_danger_is_answered_each_time(phone: Phone) -> None:
    assert all(phone.text("I have chest pain").body for _ in range(12))


def test_who_opted_out_is_answered_in_danger(phone: Phone) -> None:
    phone.text("STOP")
    assert phone.says("I have chest pain").startswith("This may be an emergency.")


def test_a_clinic_that_is_not_live_still_says_whom_to_call(services: Services) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, live=False).id)
    assert phone.says("I have chest pain").startswith("If this may be an emergency, call 911 now.")
    assert phone.says("I want to kill myself").startswith("I'm sorry you feel this way.")
    assert [task.kind for task in phone.follow_ups()] == ["danger"]


def test_a_number_that_no_clinic_has_still_says_whom_to_call(services: Services) -> None:
    phone = Phone(services)
    services.directory.refresh(services.database)
    answer = phone.text("I have chest pain")
    assert answer.body is not None
    assert "your local emergency number" in answer.body


def test_a_provider_that_answers_stop_does_not_answer_danger(services: Services) -> None:
    phone = Phone(services, clinic_id=open_clinic(services, opt_out_by="provider").id)
    assert phone.says("I have chest pain").startswith("This may be an emergency.")


def test_a_mild_sign_is_answered_and_more_brings_its_facts(phone: Phone) -> None:
    assert phone.says("my arm is a bit sore where the needle was").startswith(
        "Thanks for telling me. Please call your team"
    )
    phone.text("MORE")
    assert phone.messages()[-1].fact is not None
    assert phone.follow_ups() == []


def test_a_bare_number_is_asked_about_and_the_answer_is_judged(phone: Phone) -> None:
    assert phone.says("101").startswith("Is that your temperature? Call at once")
    assert phone.follow_ups() == []
    assert phone.says("yes").startswith("Please do not wait.")
    assert [task.kind for task in phone.follow_ups()] == ["danger"]


def test_a_number_after_the_question_is_judged_as_the_temperature(phone: Phone) -> None:
    phone.text("38.5")
    assert phone.says("39.1").startswith("Please do not wait.")


@pytest.mark.parametrize(
    ("words", "beginning"),
    [
        ("no fever", "Thanks for telling me. Call at once, day or night, if your temperature is 100.4F"),
        ("temp is 98.6", "Thanks for telling me. Call at once, day or night, if your temperature is 100.4F"),
        ("no chest pain today", "Thanks for telling me. Symptoms? Call 202-555-0111. Emergency: 911."),
        ("had a fever last week, fine now", "Please call your team about it today. Symptoms? Call 202-555-0111."),
        ("tuve fiebre la semana pasada, ya estoy bien", "Llame hoy a su equipo para contarlo. ¿Sintomas?"),
        ("fever?", "Is your temperature 100.4F (38C) or more? Call now"),
        ("my friend got a rash on keytruda", "Rash and itch can happen. Call your team early"),
        ("cancel tuesday", "To change a visit, call Test Clinic"),
        ("took them all", "If anyone took too much of any medicine, call 911"),
        ("it hurts", "I can't tell what you need."),
        ("can I stop my pills", "I can't give advice about doses"),
    ],
)
def test_what_is_near_danger_has_its_own_fixed_reply(phone: Phone, words: str, beginning: str) -> None:
    body = phone.says(words)
    assert body.startswith(beginning)
    assert "202-555-0111" in body or "911" in body
    assert phone.follow_ups() == []


def test_more_after_thanks_brings_the_facts_of_what_was_meant(phone: Phone) -> None:
    phone.text("no fever")
    phone.text("MORE")
    assert phone.messages()[-1].fact == "fever.1"
    phone.text("MORE")
    assert phone.messages()[-1].fact == "fever.2"
    assert phone.says("SOURCE").startswith("Source: ")


@pytest.mark.parametrize(
    "words",
    [
        "STOP I cant breathe",
        "stop texting me. I have chest pain",
        "I have chest pain, unsubscribe",
        "I cant breathe STOP",
        "chest pain and please stop texting me",
        "STOP I want to kill myself",
        "no puedo respirar. ya no me manden mensajes",
        "ALTO no puedo respirar",
    ],
)
def test_danger_and_a_wish_to_leave_in_one_text_are_both_heard(phone: Phone, words: str) -> None:
    body = phone.says(words)
    assert phone.contact().opt_out_reason == "stop"
    assert body.endswith(("Care Texts will send you no more texts.", "Care Texts ya no le enviara mensajes."))
    assert [(task.kind, task.reply) for task in phone.follow_ups()] == [("danger", "underway")]
    assert [message.direction for message in phone.messages()] == ["in", "out"]


@pytest.mark.parametrize(
    "words",
    [
        "the bleeding wont stop",
        "STOP THE BLEEDING HELP IT WONT STOP",
        "cant stop shaking, fever 103",
        "goodbye everyone, dont text me any more, I want to die",
        "no mas. quiero morir",
        "alto dolor de pecho",
        "I am out of the office. In an emergency call 911.",
    ],
)
def test_a_stop_that_means_something_else_ends_no_texts(phone: Phone, words: str) -> None:
    phone.text(words)
    assert [task.kind for task in phone.follow_ups()] == ["danger"]
    assert phone.contact().opted_out_at is None


def test_a_second_stop_with_danger_is_not_confirmed_again(phone: Phone) -> None:
    phone.text("STOP")
    body = phone.says("STOP I cant breathe")
    assert body.startswith("This may be an emergency.")
    assert "no more texts" not in body


def test_a_question_is_forgotten_after_a_while(phone: Phone, watch: Watch) -> None:
    phone.text("101")
    watch.forward(timedelta(hours=3))
    phone.text("yes")
    assert phone.follow_ups() == []


def test_the_brake_on_robots_never_holds_back_what_the_answer_to_a_question_makes_urgent(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.text("101")
    monkeypatch.setattr("bot.conversation.guard.LIMITS", (Limit(timedelta(days=1), 0, 0),))
    assert phone.says("102").startswith("Please do not wait.")
