"""By which way texts go, and what happens where one fails: on both databases, driven step by step."""

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.base import Fault, Receipt, ReceiptState, SendResult, Verdict, Via
from channels.limits import carrier_of
from content.library import Library
from scheduler.clock import Moment
from scheduler.delivery import dispatcher
from store import clinics, contacts, inbox, messages, senders, whatsapp
from store.clinics import Sender
from store.database import Database
from store.whatsapp import Template
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.world import DAY_BEFORE, ENROLLED, LEASE, VISIT, World, phone

SECOND = timedelta(seconds=1)
WHATSAPP = f"whatsapp:{NUMBER}"
NOT_THERE = SendResult(Verdict.REFUSED, None, 63024, Fault.RECIPIENT_PERMANENT, "")


@pytest.fixture
def slow(database: Database, library: Library) -> World:
    """A clinic with one long code."""
    return World.build(database, library, ENROLLED, sender_rate=1)


def add_sender(world: World, address: str, **more: object) -> Sender:
    with world.database.writing() as tx:
        return clinics.add_sender(tx, ENROLLED, world.entry.clinic.id, address, **{"kind": "number", **more})  # type: ignore[arg-type]


def add_template(world: World, key: str, words: str) -> None:
    with world.database.writing() as tx:
        whatsapp.set_template(tx, Template(world.entry.clinic.id, key, "en", "HX" + "b" * 32, words, ENROLLED))


def first_texts(world: World, number: int) -> None:
    """So many people who are to be welcomed now."""
    for each in range(number):
        world.enrol(ENROLLED, VISIT, phone=phone(each))


def test_a_long_code_gets_a_burst_and_then_a_text_a_second_and_nothing_is_lost(slow: World) -> None:
    first_texts(slow, 14)
    sent = [len(slow.send(ENROLLED + second * SECOND)) for second in range(0, 40, 4)]
    assert sum(sent) == 14
    assert sent[0] < 14
    assert all(count <= 4 for count in sent[1:])


def test_the_backlog_of_one_clinic_holds_up_no_other(slow: World) -> None:
    first_texts(slow, 14)
    slow.send(ENROLLED)
    other = World.build(slow.database, slow.library, ENROLLED, name="Hill", sender_rate=1000, number="+12025550101")
    other.enrol(ENROLLED, VISIT, phone=phone(50))
    assert [text.to for text in other.send(ENROLLED)] == [phone(50)]


def test_what_a_sender_must_not_be_given_yet_waits_in_its_lane_and_goes_by_and_by(slow: World) -> None:
    patients = [slow.enrol(ENROLLED, VISIT, phone=phone(each)) for each in range(14)]
    slow.send(ENROLLED)
    waiting = [each for each in patients if slow.texts(each)[-1].state == "due"]
    assert waiting
    assert all(slow.texts(each)[-1].lane == slow.entry.senders[0].id for each in waiting)
    for minute in range(1, 4):
        slow.send(ENROLLED + timedelta(minutes=minute))
    assert all(slow.texts(each)[-1].state == "accepted" for each in patients)


def test_an_answer_that_says_too_fast_slows_the_sender_and_it_recovers(slow: World) -> None:
    first_texts(slow, 14)
    ready = slow.begin(ENROLLED, slow.claim(ENROLLED, limit=1))
    with slow.database.writing() as tx:
        throttled = SendResult(Verdict.LATER, None, 20429, Fault.THROTTLE, "")
        complaints = dispatcher.finish(tx, ENROLLED, slow.library, [(text, throttled) for text in ready], slow.chance)
        dispatcher.begin(
            tx,
            Moment(ENROLLED, ENROLLED),
            slow.library,
            slow.known.fresh(tx),
            [],
            owner="one",
            lease_until=ENROLLED + LEASE,
            status_callback=None,
            complaints=complaints,
        )
    soon, later = (len(slow.begin(ENROLLED + each)) for each in (30 * SECOND, timedelta(minutes=3)))
    assert (soon, later) == (3, 5)  # of two segments each, in ten seconds: at half the rate, and at all of it


@pytest.mark.parametrize("other", ["+12025550109", WHATSAPP, "MG" + "0" * 32])
def test_what_waits_for_a_far_too_slow_sender_is_left_alone_where_no_other_can_take_it(slow: World, other: str) -> None:
    added = add_sender(slow, other, carrier=carrier_of(other), kind="service" if other.startswith("MG") else "number")
    first_texts(slow, 14)
    for _ in range(3):
        slow.begin(ENROLLED)
    with slow.database.writing() as tx:
        known = senders.lock_standings(tx, [slow.entry.senders[0].id, added.id]).values()
        too_fast = [replace(each, slowed=6, slowed_at=ENROLLED, free_at=ENROLLED + 10 * SECOND) for each in known]
        senders.set_standings(tx, too_fast)
    assert slow.claim(ENROLLED) == []


def test_what_waits_for_a_far_too_slow_sender_goes_from_another_that_can_take_it(slow: World) -> None:
    added = add_sender(slow, "+12025550109", rate=1000)
    first_texts(slow, 14)
    with slow.database.writing() as tx:
        clinics.stop_sender(tx, ENROLLED, added.id, "a fault")
    slow.send(ENROLLED)
    with slow.database.writing() as tx:
        clinics.resume_sender(tx, ENROLLED, added.id)
        (standing,) = senders.lock_standings(tx, [slow.entry.senders[0].id]).values()
        senders.set_standings(tx, [replace(standing, slowed=6, slowed_at=ENROLLED)])
    assert {text.sender for text in slow.send(ENROLLED)} == {added.address}


def test_a_full_sender_waits_for_its_next_day_and_staff_hear_of_it_once(world: World) -> None:
    with world.database.writing() as tx:
        clinics.set_sender(tx, ENROLLED, world.entry.senders[0].id, daily_cap=2)
    first_texts(world, 5)
    world.send(ENROLLED)
    waiting = world.send(ENROLLED + timedelta(hours=1))
    assert waiting == []
    assert [(task.kind, task.detail) for task in world.tasks()] == [("sender", "daily_cap")]


def test_the_next_sender_takes_over_and_who_knows_it_keeps_it(world: World) -> None:
    enrolled = world.reminded()
    second = add_sender(world, "+12025550109", rate=1000)
    with world.database.writing() as tx:
        clinics.stop_sender(tx, DAY_BEFORE, world.entry.senders[0].id, "30032")
    (text,) = world.send(DAY_BEFORE)
    assert text.sender == second.address
    with world.database.writing() as tx:
        clinics.resume_sender(tx, DAY_BEFORE, world.entry.senders[0].id)
    world.add_text(enrolled, DAY_BEFORE + timedelta(hours=1))
    assert [each.sender for each in world.send(DAY_BEFORE + timedelta(hours=1))] == [second.address]


def test_by_whatsapp_a_reminder_goes_as_the_approved_template(world: World) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    add_template(world, "optin_confirm", "{program}: you are signed up.")
    world.enrol(ENROLLED, VISIT, via=Via.WHATSAPP)
    (text,) = world.send(ENROLLED)
    assert (text.via, text.sender, text.body) == (Via.WHATSAPP, WHATSAPP, "Riverside Care: you are signed up.")
    assert (text.content_sid, text.content_variables) == ("HX" + "b" * 32, {"1": "Riverside Care"})


def test_without_a_template_it_goes_as_sms_and_within_a_day_of_their_text_in_free_words(world: World) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    enrolled = world.enrol(ENROLLED, VISIT, via=Via.WHATSAPP)
    (first,) = world.send(ENROLLED)
    assert (first.via, first.sender) == (Via.SMS, NUMBER)
    with world.database.writing() as tx:
        inbox.record_text(
            tx,
            DAY_BEFORE - timedelta(hours=23),
            clinic_id=world.entry.clinic.id,
            contact_id=enrolled.patient.contact_id,
            provider_id="SM1",
            sender_id=None,
            body="NEXT",
            via="whatsapp",
        )
    (reminder,) = world.send(DAY_BEFORE)
    assert (reminder.via, reminder.content_sid) == (Via.WHATSAPP, None)


def test_who_wants_no_sms_waits_for_a_template_and_staff_see_it(world: World) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    enrolled = world.enrol(ENROLLED, VISIT, via=Via.WHATSAPP)
    with world.database.writing() as tx:
        contacts.set_fallback(tx, enrolled.patient.contact_id, "no")
    assert world.send(ENROLLED) == []
    assert world.send(ENROLLED + timedelta(hours=1)) == []
    assert [(task.kind, task.detail) for task in world.tasks()] == [("failed_text", "no_template")]


def test_what_whatsapp_does_not_take_for_good_goes_once_as_sms(world: World) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    add_template(world, "optin_confirm", "{program}: you are signed up.")
    enrolled = world.enrol(ENROLLED, VISIT, via=Via.WHATSAPP)
    ready = world.begin(ENROLLED)
    world.finish(ENROLLED, ready)
    failed = Receipt(f"SM{1:032x}", ReceiptState.FAILED, 63024, ready[0].outgoing.attempt, Fault.RECIPIENT_PERMANENT)
    world.receive(ENROLLED, failed)
    world.receive(ENROLLED, failed)
    (again,) = world.send(ENROLLED)
    assert (again.via, again.sender, again.attempt) == (Via.SMS, NUMBER, f"{ready[0].message_id}.2")
    assert world.send(ENROLLED + timedelta(hours=1)) == []
    with world.database.reading() as tx:
        told = [change.detail for change in messages.history(tx, ready[0].message_id)]
    assert any("by sms after whatsapp" in detail for detail in told)
    assert len(world.texts(enrolled)) == 1


def test_a_clinic_may_have_whatsapp_alone_where_the_person_did_not_say(world: World) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    world.set_clinic(ENROLLED, fallback=False)
    enrolled = world.enrol(ENROLLED, VISIT, via=Via.WHATSAPP)
    assert world.send(ENROLLED) == []
    with world.database.writing() as tx:
        contacts.set_fallback(tx, enrolled.patient.contact_id, "yes")
    assert [text.via for text in world.send(ENROLLED + timedelta(hours=1))] == [Via.SMS]


def test_who_blocked_us_on_whatsapp_is_not_written_to_by_sms_and_staff_see_it(world: World) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    add_template(world, "optin_confirm", "{program}: you are signed up.")
    world.enrol(ENROLLED, VISIT, via=Via.WHATSAPP)
    ready = world.begin(ENROLLED)
    world.finish(ENROLLED, ready)
    blocked = Receipt(f"SM{1:032x}", ReceiptState.FAILED, 63033, ready[0].outgoing.attempt, Fault.BLOCKED)
    world.receive(ENROLLED, blocked)
    assert world.send(ENROLLED + timedelta(hours=1)) == []
    assert [(task.kind, task.detail) for task in world.tasks()] == [("failed_text", "blocked")]


@pytest.mark.parametrize(("agreed", "vias"), [(None, [Via.SMS]), ("yes", [Via.SMS, Via.WHATSAPP])])
def test_who_chose_sms_is_reached_by_whatsapp_only_if_they_agreed(
    world: World, agreed: contacts.Fallback | None, vias: list[Via]
) -> None:
    add_sender(world, WHATSAPP, carrier="whatsapp")
    add_template(world, "optin_confirm", "{program}: you are signed up.")
    enrolled = world.enrol(ENROLLED, VISIT)
    with world.database.writing() as tx:
        contacts.set_fallback(tx, enrolled.patient.contact_id, agreed)
    sent = world.send(ENROLLED, replace(NOT_THERE, code=30006))
    assert [text.via for text in sent] == vias
    assert world.texts(enrolled)[-1].state == "failed"
