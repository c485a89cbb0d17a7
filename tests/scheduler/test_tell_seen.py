"""Who texted of danger may be told that somebody has seen it: at any hour, and never after a STOP."""

from datetime import timedelta

import pytest

from channels.base import Via
from scheduler import alerts
from scheduler.delivery.words import compose
from scheduler.enrolment import Enrolled
from store import contacts, follow_ups, inbox, messages, outbox
from tests.scheduler.world import ENROLLED, PHONE, VISIT, World, at

AT_NIGHT = at(2026, 1, 5, 2, 30)
MINUTE = timedelta(minutes=1)


def seen(world: World, enrolled: Enrolled | None, name: str = "Jane Roe") -> int | None:
    """A text of danger to life comes at night, and a nurse takes the alert; the id of the text that says so."""
    with world.database.writing() as tx:
        clinic_id = world.entry.clinic.id
        contact = contacts.open_contact(tx, AT_NIGHT, clinic_id, PHONE, "en", "sms")
        number = inbox.record_text(
            tx,
            AT_NIGHT,
            clinic_id=clinic_id,
            contact_id=contact.id,
            provider_id="SM" + "1" * 32,
            sender_id=None,
            body="my chest hurts so much",
            via="sms",
            media=0,
        )
        assert number is not None
        alerts.told(
            tx,
            AT_NIGHT,
            contact,
            kind="emergency",
            why="chest",
            patient_id=None if enrolled is None else enrolled.patient.id,
            message_id=number,
            reachable=True,
        )
        (alert,) = (each for each in follow_ups.open_ones(tx, clinic_id) if each.kind == "danger")
        return alerts.tell_seen(tx, AT_NIGHT, world.entry.clinic, alert, name, "nurse@riverside.example")


def test_it_goes_at_night_within_quiet_hours_with_an_initial_and_the_persons_own_time(world: World) -> None:
    world.set_clinic(ENROLLED, tell_seen=True)
    enrolled = world.enrol(ENROLLED, VISIT, timezone="America/Chicago")
    world.send(ENROLLED)
    assert seen(world, enrolled) is not None
    (text,) = world.send(AT_NIGHT)
    assert text.body == (
        "Riverside Care: J. at the clinic saw your text at 1:30 AM. Do not wait for us: if you are unwell call "
        "202-555-0100, in an emergency 911."
    )


def test_who_is_not_enrolled_is_told_too(world: World) -> None:
    world.set_clinic(ENROLLED, tell_seen=True)
    assert seen(world, None) is not None
    (text,) = world.send(AT_NIGHT)
    assert "saw your text at 2:30 AM" in text.body


def test_a_clinic_that_does_not_want_it_sends_nothing(world: World) -> None:
    assert seen(world, world.enrol(ENROLLED, VISIT)) is None


def test_who_said_stop_is_not_told(world: World) -> None:
    world.set_clinic(ENROLLED, tell_seen=True)
    assert seen(world, None) is not None
    with world.database.writing() as tx:
        contact = contacts.find_contact(tx, world.entry.clinic.id, PHONE)
        assert contact is not None
        contacts.opt_out(tx, AT_NIGHT, contact.id, "stop")
    assert world.send(AT_NIGHT) == []


def test_what_cannot_go_soon_goes_not_at_all(world: World) -> None:
    world.set_clinic(ENROLLED, tell_seen=True)
    number = seen(world, None)
    assert number is not None
    assert world.send(AT_NIGHT + 31 * MINUTE) == []
    with world.database.reading() as tx:
        assert outbox.next_due_at(tx) is None


@pytest.mark.parametrize(
    ("name", "initial"), [("Jane", "J."), ("Émile", "É."), ("Łucja", "L."), ("李娜", "N."), ("", "N.")]
)
def test_it_is_one_plain_sms_whatever_the_name(name: str, initial: str, world: World) -> None:
    world.set_clinic(ENROLLED, tell_seen=True)
    number = seen(world, None, name)
    with world.database.reading() as tx:
        text = messages.get_message(tx, number or 0)
    assert text is not None
    assert text.args["who"] == initial
    for language in ("en", "es"):
        words = compose(world.library, world.entry.clinic, "seen", text.args, language, Via.SMS)
        assert (words.segments, words.encoding) == (1, "GSM-7")
