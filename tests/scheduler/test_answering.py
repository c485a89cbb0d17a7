"""Words that staff wrote go out as they were written, by the same gates as any text."""

from datetime import datetime, timedelta

import pytest

from scheduler import answering, own_words
from scheduler.answering import CannotBeAnswered
from scheduler.enrolment import Enrolled
from store import audit, contacts, inbox, messages
from store.contacts import Contact
from tests.scheduler.world import ENROLLED, VISIT, World, at

AT_NIGHT = at(2026, 1, 5, 2, 30)
BY = "nurse@riverside.example"


def _texted(world: World, enrolled: Enrolled, when: datetime) -> Contact:
    """A text of theirs came in."""
    with world.database.writing() as tx:
        contact = world.contact_in(tx, enrolled)
        number = inbox.record_text(
            tx,
            when,
            clinic_id=contact.clinic_id,
            contact_id=contact.id,
            provider_id="SM" + "1" * 32,
            sender_id=None,
            body="where can my brother park",
            via="sms",
        )
    assert number is not None
    return contact


def _answer(world: World, now: datetime, contact: Contact, words: str) -> int:
    with world.database.writing() as tx:
        return answering.answer(tx, now, contact, words, BY)


def test_an_answer_goes_at_night_in_its_own_words_and_says_by_whom_in_the_audit(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    contact = _texted(world, enrolled, AT_NIGHT)
    number = _answer(world, AT_NIGHT, contact, "Gate {two}, mañana. Ask for Núria.")
    (sent,) = world.send(AT_NIGHT)
    assert sent.body == "Gate {two}, mañana. Ask for Nuria."
    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
        entries = audit.entries(tx, contact.clinic_id)
    assert text is not None
    assert (text.body, text.template, text.segments, text.state) == (sent.body, None, 1, "accepted")
    assert (entries[0].actor, entries[0].action, entries[0].subject_id) == (BY, "answer", number)


def test_what_nobody_asked_for_waits_for_the_hours_and_is_sent_no_more_when_it_is_old(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    contact = _texted(world, enrolled, AT_NIGHT - timedelta(days=2))
    number = _answer(world, AT_NIGHT, contact, "Please call us.")
    assert world.send(AT_NIGHT) == []
    assert "Please call us." in [sent.body for sent in world.send(at(2026, 1, 5, 9, 30))]
    late = _answer(world, AT_NIGHT, contact, "Please call us today.")
    assert "Please call us today." not in [sent.body for sent in world.send(AT_NIGHT + timedelta(days=3))]
    with world.database.reading() as tx:
        states = [text.state for text in (messages.get_message(tx, each) for each in (number, late)) if text]
    assert states == ["accepted", "expired"]


def test_a_stop_that_comes_before_it_goes_keeps_it_back(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    contact = _texted(world, enrolled, AT_NIGHT)
    _answer(world, AT_NIGHT, contact, "Gate two.")
    with world.database.writing() as tx:
        contacts.opt_out(tx, AT_NIGHT, contact.id, "stop")
    assert world.send(AT_NIGHT) == []
    with pytest.raises(CannotBeAnswered, match="said STOP"):
        _answer(world, AT_NIGHT, contact, "Gate two.")


def test_a_reminder_goes_out_in_the_clinics_own_words_and_names_their_version(world: World) -> None:
    texts = {
        "en": "{program}: You are on our list. Msg frequency varies, up to {n} msgs/week. Msg&data rates may apply. "
        "Reply HELP for help, STOP to opt out. Emergency: {emergency}.",
        "es": "{program}: Está en nuestra lista. Hasta {n} mensajes/semana. Puede haber cargos. "
        "Responda AYUDA, o STOP para salir. Emergencia: {emergency}.",
    }
    clinic_id = world.entry.clinic.id
    with world.database.writing() as tx:
        made = own_words.propose(tx, ENROLLED, world.library, clinic_id, "wording", "optin_confirm", texts, BY)
        own_words.approve(tx, ENROLLED, world.library, clinic_id, made.id, "other@riverside.example")
    enrolled = world.enrol(ENROLLED, VISIT)
    (sent,) = world.send(ENROLLED)
    assert sent.body.startswith("Riverside Care: You are on our list.")
    (welcome,) = (text for text in world.texts(enrolled) if text.kind == "welcome")
    assert (welcome.content_version or "").startswith(f"{world.library.version}+")
