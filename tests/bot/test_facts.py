"""Whoever texts a word gets a fact, in their language, and more of them on MORE."""

import threading

import pytest

from bot.services import Services
from bot.understanding.engine import Outcome
from channels.base import Via
from content.sms_text import measure
from tests.bot.conftest import OURS, PHONE, Phone, open_clinic


def test_a_stranger_gets_a_fact_with_the_urgent_line(phone_on_both: Phone) -> None:
    phone = phone_on_both
    answer = phone.text("SIDE EFFECTS")
    text, reply = phone.messages()
    assert answer.body is not None
    assert "needle site" in answer.body
    assert answer.body.endswith("Call 202-555-0111. Emergency: 911.")
    assert (text.direction, text.body, text.outcome_kind, text.outcome_id) == ("in", "SIDE EFFECTS", "topic", "effects")
    assert (reply.id, reply.body, reply.fact, reply.in_reply_to) == (
        answer.message_id,
        answer.body,
        "effects.1",
        text.id,
    )
    assert (reply.state, reply.language, reply.via, reply.segments) == ("accepted", "en", "sms", 1)
    assert reply.content_version == phone.services.library.version


def test_more_brings_one_fact_after_another_and_then_says_that_there_is_none(phone_on_both: Phone) -> None:
    phone = phone_on_both
    facts = [fact.id for fact in phone.services.library.topics["effects"].facts]
    phone.text("SIDE EFFECTS")
    for _ in facts[1:]:
        phone.text("MORE")
    told = [message.fact for message in phone.messages() if message.direction == "out"]
    assert told == facts
    assert phone.says("MORE").startswith("No more facts")


def test_more_goes_on_in_the_topic_asked_last(phone: Phone) -> None:
    phone.text("SIDE EFFECTS")
    phone.text("FEVER")
    phone.text("MORE")
    assert phone.messages()[-1].fact == "fever.2"


def test_more_after_nothing_says_so(phone: Phone) -> None:
    assert phone.says("MORE").startswith("No more facts")


def test_source_names_where_the_last_fact_is_from(phone: Phone) -> None:
    phone.text("SIDE EFFECTS")
    assert phone.says("SOURCE").startswith("Source: ")
    assert "National Cancer Institute" in phone.says("SOURCE")


def test_source_after_nothing_says_so(phone: Phone) -> None:
    assert phone.says("SOURCE").startswith("The last text has no source")


def test_menu_lists_words(phone: Phone) -> None:
    assert phone.says("MENU").startswith("Text a word: EFFECTS")


def test_spanish_goes_out_in_the_plain_alphabet_and_is_stored_as_sent(phone: Phone) -> None:
    body = phone.says("EFECTOS")
    assert "¿Sintomas? Llame: 202-555-0111. Emergencia: 911." in body
    assert measure(body).encoding == "GSM-7"
    reply = phone.messages()[-1]
    assert (reply.body, reply.language, reply.encoding) == (body, "es", "GSM-7")
    assert phone.contact().language == "es"


def test_whatsapp_keeps_its_accents(phone: Phone) -> None:
    phone.via = Via.WHATSAPP
    body = phone.says("EFECTOS")
    assert "¿Síntomas?" in body
    assert phone.messages()[-1].via == "whatsapp"
    assert phone.contact().via == "whatsapp"


def test_the_language_changes_on_demand_and_is_remembered(phone: Phone) -> None:
    phone.text("SIDE EFFECTS")
    assert phone.says("LANG ES") == "De acuerdo. Desde ahora le escribiré en español."
    assert phone.contact().language == "es"
    assert phone.says("qwrtp zxcv").startswith("Perdon, no entendi.")
    assert phone.says("LANG EN").startswith("OK. From now on")
    assert phone.contact().language == "en"


def test_what_means_nothing_gets_the_fallback_with_the_urgent_line(phone: Phone) -> None:
    body = phone.says("qwrtp zxcv")
    assert body.startswith("Sorry, I did not get that.")
    assert "202-555-0111" in body
    assert "911" in body


def test_a_photo_is_not_fetched_and_the_staff_see_that_one_came(phone: Phone) -> None:
    body = phone.text("", media=1).body
    assert body is not None
    assert body.startswith("I can't open photos")
    assert phone.messages()[0].media == 1


def test_a_fact_about_another_countrys_services_stays_there(phone: Phone) -> None:
    library = phone.services.library
    elsewhere = [fact.id for fact in library.facts.values() if not fact.holds_in("us")]
    for topic in library.topics.values():
        told = [fact.id for fact in topic.facts_in("us")]
        assert not set(told) & set(elsewhere)


def test_the_same_text_again_gets_the_same_answer_and_leaves_one_row(phone_on_both: Phone) -> None:
    phone = phone_on_both
    first = phone.text("SIDE EFFECTS", provider_id="SM" + "a" * 32)
    again = phone.text("SIDE EFFECTS", provider_id="SM" + "a" * 32)
    assert again == first
    assert len(phone.messages()) == 2


def test_a_text_delivered_many_times_at_once_is_taken_once(phone_on_both: Phone) -> None:
    phone = phone_on_both
    barrier = threading.Barrier(6)
    answers = []

    def deliver() -> None:
        barrier.wait()
        answers.append(phone.text("SIDE EFFECTS", provider_id="SM" + "b" * 32))

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(answers) == 6
    assert len(phone.messages()) == 2


def test_two_robots_do_not_talk_for_ever(phone: Phone) -> None:
    answers = [phone.text("I am out of the office until Monday").body for _ in range(10)]
    assert answers[0] is not None
    assert answers[-1] is None
    assert len([message for message in phone.messages() if message.direction == "in"]) == 10


def test_a_number_that_no_clinic_has_is_not_answered_and_leaves_nothing(services: Services) -> None:
    open_clinic(services)
    stranger = Phone(services)
    stranger.services.directory._by_address.pop(OURS)
    answer = stranger.text("SIDE EFFECTS")
    assert answer.body is None
    with services.database.reading() as tx:
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM message").scalar() == 0


@pytest.mark.parametrize("body", ["", " ", "😀", "x" * 4000, "\ufffd", "A" * 1600])
def test_odd_bodies_are_answered(phone: Phone, body: str) -> None:
    assert phone.text(body).body


def test_the_patient_of_a_clinic_is_found_by_the_number_that_was_texted(phone: Phone) -> None:
    phone.text("SIDE EFFECTS")
    assert phone.contact().phone == PHONE
    assert phone.contact().clinic_id == phone.clinic_id


COMMANDS = (
    "next day confirm change done missed more source menu language_en language_es pause resume join".split()  # noqa: SIM905
)
KINDS = "crisis emergency overdose call_now same_day info clarify limit opt_out opt_in help unknown".split()  # noqa: SIM905


@pytest.mark.parametrize(
    ("kind", "outcome_id"), [*(("command", each) for each in COMMANDS), *((each, None) for each in KINDS)]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_outcome_is_answered_in_every_language(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, kind: str, outcome_id: str | None, language: str
) -> None:
    outcome = Outcome(kind, outcome_id, None, urgent_line=False, matched="test", language=language)
    monkeypatch.setattr(phone.services.engine, "understand", lambda *_, **__: outcome)
    words = {"en": "the number of the clinic", "es": "el número de la clínica"}[language]
    assert phone.text(words).body
    assert not phone.services.spool.holds_texts()


def test_of_a_photo_with_words_the_words_are_answered_and_staff_see_once_that_one_came(phone: Phone) -> None:
    for words, beginning in (("SIDE EFFECTS", "You may have side effects."), ("look", "I can't open photos")):
        body = phone.text(words, media=1).body
        assert body is not None
        assert body.startswith(beginning)
    assert [task.kind for task in phone.follow_ups()] == ["media"]


def test_a_photo_with_danger_is_an_alert_and_nothing_else(phone: Phone) -> None:
    phone.text("I have chest pain", media=1)
    assert [task.kind for task in phone.follow_ups()] == ["danger"]
