"""The steps around a call: what goes, what waits, what is given back, and what follows from each kind of answer."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from channels.base import Fault, SendResult, Verdict, Via
from channels.twilio_errors import verdict_of
from content.sms_text import measure
from scheduler.enrolment import Enrolled
from store import clinics, contacts, follow_ups, health, messages, outbox, plans
from store.follow_ups import FollowUp
from store.messages import Cover, Message
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.world import LEASE, World, at, phone

ENROLLED = at(2026, 1, 2, 15)
VISIT = date(2026, 1, 5)
DAY_BEFORE = at(2026, 1, 4, 16)
DAY_ITSELF = at(2026, 1, 5, 9)


def _result(fault: Fault, code: int | None = None, detail: str = "") -> SendResult:
    return SendResult(verdict_of(fault), None, code, fault, detail)


def _reminder(world: World, now: datetime = DAY_BEFORE, **more: Any) -> Enrolled:
    """A patient who was welcomed, and whose next reminder is planned."""
    enrolled = world.enrol(ENROLLED, VISIT, **more)
    world.send(ENROLLED)
    world.plan(now)
    return enrolled


def _last(world: World, enrolled: Enrolled) -> Message:
    return world.texts(enrolled)[-1]


def _tasks(world: World) -> list[FollowUp]:
    with world.database.reading() as tx:
        return follow_ups.open_ones(tx, world.entry.clinic.id)


def _text(world: World, enrolled: Enrolled, now: datetime, **more: Any) -> int:
    """A text of its own, about no event."""
    with world.database.writing() as tx:
        number = outbox.add_text(
            tx,
            now,
            **{
                "clinic_id": world.entry.clinic.id,
                "contact_id": enrolled.patient.contact_id,
                "patient_id": enrolled.patient.id,
                "kind": "reminder",
                "template": "visit_today_untimed",
                "args": {},
                "due_at": now,
                "expires_at": now + timedelta(hours=6),
                "priority": 2,
                **more,
            },
        )
    assert number is not None
    return number


def test_a_text_is_stored_in_the_words_in_which_it_goes(world: World) -> None:
    enrolled = _reminder(world)

    (ready,) = world.begin(DAY_BEFORE)

    text = _last(world, enrolled)
    assert (text.state, text.body, text.attempts) == ("sending", ready.outgoing.body, 1)
    assert (text.content_version, text.language) == (world.library.version, "en")
    assert (text.encoding, text.segments) == ("GSM-7", measure(ready.outgoing.body).segments)
    assert ready.outgoing.attempt == f"{text.id}.1"
    assert (ready.outgoing.to, ready.outgoing.sender, ready.outgoing.via) == ("+12025550143", NUMBER, Via.SMS)


def test_the_language_is_the_one_of_the_moment_of_sending(world: World) -> None:
    enrolled = _reminder(world)
    with world.database.writing() as tx:
        contacts.set_language(tx, enrolled.patient.contact_id, "es")

    (ready,) = world.begin(DAY_BEFORE)

    assert ready.outgoing.body.startswith("Riverside Care: cita mañana")


def test_the_provider_may_hold_a_text_only_as_long_as_it_is_of_use(world: World) -> None:
    _reminder(world, visit_time=None)

    (ready,) = world.begin(DAY_BEFORE)

    expires = ready.expires_at
    assert expires is not None
    assert ready.outgoing.validity_seconds == min((expires - DAY_BEFORE).total_seconds(), 36_000)


def test_the_confirmation_is_the_first_text_and_holds_back_the_others(world: World) -> None:
    enrolled = world.enrol(DAY_BEFORE, VISIT)
    world.plan(DAY_BEFORE + timedelta(minutes=1))
    _text(world, enrolled, DAY_BEFORE, priority=0)

    first = world.begin(DAY_BEFORE + timedelta(minutes=1))
    assert ["you are signed up" in ready.outgoing.body for ready in first] == [True]

    assert world.begin(DAY_BEFORE + timedelta(minutes=1)) == []
    world.finish(DAY_BEFORE + timedelta(minutes=1), first)
    assert len(world.begin(DAY_BEFORE + timedelta(minutes=3))) == 1


def test_of_several_texts_to_one_person_one_goes_at_a_time(world: World) -> None:
    enrolled = _reminder(world)
    second = _text(world, enrolled, DAY_BEFORE, priority=9)

    first = world.begin(DAY_BEFORE)

    assert len(first) == 1
    with world.database.reading() as tx:
        waiting = messages.get_message(tx, second)
    assert waiting is not None
    assert waiting.state == "due"
    assert [ready.message_id for ready in world.begin(DAY_BEFORE)] == [second]


def test_two_dispatchers_never_have_the_same_text(world: World) -> None:
    for number in range(20):
        _reminder(world, phone=phone(number))

    one = world.claim(DAY_BEFORE, owner="one", limit=12)
    two = world.claim(DAY_BEFORE, owner="two", limit=12)

    assert (len(one), len(two)) == (12, 8)
    assert not set(one) & set(two)
    assert world.begin(DAY_BEFORE, one, owner="two") == []


def test_a_claim_that_ran_out_goes_to_the_next_and_the_first_leaves_it_alone(world: World) -> None:
    _reminder(world)
    one = world.claim(DAY_BEFORE, owner="one")
    later = DAY_BEFORE + LEASE

    two = world.claim(DAY_BEFORE, real=later, owner="two")

    assert one == two
    assert world.begin(DAY_BEFORE, one, real=later, owner="one") == []
    assert len(world.begin(DAY_BEFORE, two, real=later, owner="two")) == 1


def test_a_crash_before_the_call_loses_nothing(world: World) -> None:
    """Claimed but never begun: the text is free again when the lease ends."""
    _reminder(world)
    world.claim(DAY_BEFORE, owner="gone")

    assert world.begin(DAY_BEFORE, real=DAY_BEFORE + LEASE - timedelta(seconds=1)) == []
    assert len(world.begin(DAY_BEFORE, real=DAY_BEFORE + LEASE)) == 1


def test_a_crash_in_the_middle_of_the_call_leaves_it_unknown_and_never_doubles_it(world: World) -> None:
    enrolled = _reminder(world)
    (ready,) = world.begin(DAY_BEFORE, owner="gone")
    over = DAY_BEFORE + LEASE

    with world.database.writing() as tx:
        assert outbox.unknown_after_crash(tx, over, over - timedelta(seconds=1), 10) == []
        assert outbox.unknown_after_crash(tx, over, over, 10) == [ready.message_id]

    assert _last(world, enrolled).state == "unknown"
    assert world.begin(over + timedelta(hours=1)) == []


def test_a_result_that_comes_after_the_lease_still_settles_the_text(world: World) -> None:
    enrolled = _reminder(world)
    ready = world.begin(DAY_BEFORE)
    with world.database.writing() as tx:
        outbox.unknown_after_crash(tx, DAY_BEFORE, DAY_BEFORE + LEASE, 10)

    world.finish(DAY_BEFORE + LEASE, ready)

    assert _last(world, enrolled).state == "accepted"


def test_a_visit_that_moved_is_not_reminded_of(world: World) -> None:
    enrolled = _reminder(world)
    with world.database.writing() as tx:
        events = plans.events_between(tx, enrolled.plan.id, VISIT, date(2026, 1, 25))
        moved = [replace(each, date=date(2026, 1, 7)) if each.kind == "treatment" else each for each in events]
        plans.write_events(tx, enrolled.plan.id, moved, date(2026, 1, 25), since=VISIT)

    assert world.begin(DAY_BEFORE) == []
    assert (_last(world, enrolled).state, _last(world, enrolled).gate) == ("cancelled", "event_moved")


def test_outside_the_window_a_text_waits_in_its_row(world: World) -> None:
    enrolled = _reminder(world)
    number = _text(world, enrolled, at(2026, 1, 4, 21), expires_at=None)

    world.send(at(2026, 1, 4, 21))

    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
        history = messages.history(tx, number)
    assert text is not None
    assert (text.state, text.due_at) == ("due", at(2026, 1, 5, 9))
    assert history[-1].detail == "outside_window"


def test_no_more_texts_in_a_week_than_the_person_agreed_to(world: World) -> None:
    world.set_clinic(ENROLLED, max_texts_per_week=3)
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12), "len_mm")
    world.send(ENROLLED)
    sent = [len(world.send(at(2026, 1, day, 9))) for day in range(12, 20)]

    assert sent == [1, 1, 1, 0, 0, 0, 0, 1]
    assert [text.gate for text in world.texts(enrolled) if text.state == "expired"] == ["weekly_limit"] * 4


def test_texts_that_cannot_be_composed_are_set_aside_for_staff(world: World) -> None:
    enrolled = _reminder(world)
    number = _text(world, enrolled, DAY_BEFORE, template="no_such_text", priority=0)

    assert len(world.begin(DAY_BEFORE)) == 1

    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
    assert text is not None
    assert (text.state, text.gate) == ("cancelled", "words")
    assert [(task.kind, task.message_id, task.detail) for task in _tasks(world)] == [("failed_text", number, "words")]


def test_an_accepted_text_waits_for_its_receipt_and_a_simulated_one_has_arrived(world: World) -> None:
    enrolled = _reminder(world)
    ready = world.begin(DAY_BEFORE)
    world.finish(DAY_BEFORE, ready, SendResult(Verdict.ACCEPTED, "SIM1", None, Fault.NONE, "simulated", delivered=True))

    text = _last(world, enrolled)
    assert (text.state, text.provider_id, text.lease_until) == ("delivered", "SIM1", None)


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.NOT_SENT, Fault.RECIPIENT_TEMPORARY])
def test_what_the_provider_never_took_is_tried_again_while_it_is_of_use(world: World, fault: Fault) -> None:
    enrolled = _reminder(world)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(fault, 20429, "429"))

    text = _last(world, enrolled)
    assert text.state == "due"
    assert text.due_at is not None
    assert text.due_at > DAY_BEFORE
    (again,) = world.begin(text.due_at)
    assert again.outgoing.attempt == f"{text.id}.2"


def test_waits_grow_and_are_spread_out(world: World) -> None:
    enrolled = _reminder(world, visit_time=None)
    now, waits = DAY_BEFORE, []
    while ready := world.begin(now):
        world.finish(now, ready, _result(Fault.NOT_SENT))
        text = _last(world, enrolled)
        if text.state != "due":
            break
        assert text.due_at is not None
        waits.append((text.due_at - now).total_seconds())
        now = text.due_at

    assert [15 * 2**number <= wait <= 15 * 2**number * 1.5 for number, wait in enumerate(waits)] == [True] * len(waits)
    assert len(set(waits)) == len(waits) > 5


def test_when_no_attempt_is_of_use_any_more_the_text_has_failed_and_staff_hear_of_it(world: World) -> None:
    enrolled = _reminder(world)
    ready = world.begin(DAY_BEFORE)
    almost_over = replace(ready[0], expires_at=DAY_BEFORE + timedelta(seconds=5))

    world.finish(DAY_BEFORE, [almost_over], _result(Fault.THROTTLE, 20429))

    text = _last(world, enrolled)
    assert (text.state, text.error_code) == ("failed", 20429)
    assert [(task.kind, task.detail) for task in _tasks(world)] == [("failed_text", "throttle")]


def test_a_handset_that_is_off_is_tried_three_times(world: World) -> None:
    enrolled = _reminder(world)
    ready = world.begin(DAY_BEFORE)

    world.finish(DAY_BEFORE, [replace(ready[0], attempt=3)], _result(Fault.RECIPIENT_TEMPORARY, 30003))

    assert _last(world, enrolled).state == "failed"


@pytest.mark.parametrize("fault", [Fault.CONTENT, Fault.BLOCKED, Fault.DESTINATION, Fault.TEMPLATE])
def test_what_is_refused_is_never_tried_again_and_staff_hear_of_it(world: World, fault: Fault) -> None:
    enrolled = _reminder(world)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(fault, 30007))

    assert _last(world, enrolled).state == "failed"
    assert [(task.kind, task.detail) for task in _tasks(world)] == [("failed_text", str(fault))]
    assert world.begin(DAY_BEFORE + timedelta(hours=1)) == []


def test_one_bad_answer_silences_nobody_but_two_in_a_row_do(world: World) -> None:
    enrolled = _reminder(world)
    bad = _result(Fault.RECIPIENT_PERMANENT, 21614)

    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), bad)
    with world.database.reading() as tx:
        contact = contacts.get_contact(tx, enrolled.patient.contact_id)
    assert contact is not None
    assert contact.quarantined_at is None

    world.plan(DAY_ITSELF)
    world.finish(DAY_ITSELF, world.begin(DAY_ITSELF), bad)
    with world.database.reading() as tx:
        contact = contacts.get_contact(tx, enrolled.patient.contact_id)
    assert contact is not None
    assert (contact.quarantined_at, contact.quarantine_reason) == (DAY_ITSELF, "recipient_permanent")
    assert world.send(at(2026, 1, 10, 11)) == []


def test_a_text_that_arrives_between_two_bad_answers_clears_the_number(world: World) -> None:
    enrolled = _reminder(world)
    bad = _result(Fault.RECIPIENT_PERMANENT, 21614)
    arrived = SendResult(Verdict.ACCEPTED, None, None, Fault.NONE, "", delivered=True)
    for result in (bad, arrived, bad):
        _text(world, enrolled, DAY_BEFORE, priority=0)
        world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), replace(result, provider_id=str(world.sids)))
        world.sids += 1

    with world.database.reading() as tx:
        contact = contacts.get_contact(tx, enrolled.patient.contact_id)
    assert contact is not None
    assert contact.quarantined_at is None


def test_twilios_block_list_is_taken_over_as_an_opt_out(world: World) -> None:
    enrolled = _reminder(world)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(Fault.OPTED_OUT, 21610))

    with world.database.reading() as tx:
        contact = contacts.get_contact(tx, enrolled.patient.contact_id)
    assert contact is not None
    assert (contact.opted_out_at, contact.opt_out_reason) == (DAY_BEFORE, "provider")
    assert _last(world, enrolled).state == "failed"
    assert [(task.kind, task.detail) for task in _tasks(world)] == [("other", "provider")]


@pytest.mark.parametrize("fault", [Fault.SENDER, Fault.ACCOUNT])
def test_a_sender_at_fault_is_stopped_once_and_its_texts_wait(world: World, fault: Fault) -> None:
    for number in range(3):
        _reminder(world, phone=phone(number))
    ready = world.begin(DAY_BEFORE)

    world.finish(DAY_BEFORE, ready, _result(fault, 20003))

    (task,) = _tasks(world)
    assert (task.kind, task.urgency, task.detail) == ("sender", 3, str(fault))
    (sender,) = world.directory[world.entry.clinic.id].senders
    assert sender.stopped_at == DAY_BEFORE
    assert world.begin(DAY_BEFORE) == []
    with world.database.writing() as tx:
        clinics.resume_sender(tx, DAY_BEFORE, sender.id)
    assert len(world.begin(DAY_BEFORE + timedelta(minutes=15))) == 3


def test_when_one_sender_is_stopped_the_next_one_takes_over(world: World) -> None:
    with world.database.writing() as tx:
        clinics.add_sender(tx, ENROLLED, world.entry.clinic.id, "MG" + "0" * 32, kind="service")
    _reminder(world)

    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(Fault.SENDER, 21606))

    (ready,) = world.begin(DAY_BEFORE)
    assert ready.outgoing.sender == "MG" + "0" * 32


def test_an_unknown_outcome_is_kept_as_such_and_never_sent_again(world: World) -> None:
    enrolled = _reminder(world)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(Fault.UNKNOWN_OUTCOME, None, "no answer"))

    assert _last(world, enrolled).state == "unknown"
    assert world.begin(DAY_BEFORE + timedelta(hours=1)) == []
    assert _tasks(world) == []


def test_results_that_are_recorded_twice_do_nothing_twice(world: World) -> None:
    """The commit came through, but the process was told that it did not."""
    _reminder(world)
    ready = world.begin(DAY_BEFORE)
    bad = _result(Fault.CONTENT, 21617)

    world.finish(DAY_BEFORE, ready, bad)
    world.finish(DAY_BEFORE, ready, bad)

    assert len(_tasks(world)) == 1


def test_a_text_to_a_patient_without_a_plan_is_sent_by_the_same_rules(world: World) -> None:
    enrolled = _reminder(world)
    world.send(DAY_BEFORE)
    _text(world, enrolled, DAY_BEFORE + timedelta(hours=1), kind="text", template="held", args={"date": "2026-01-05"})

    (sent,) = world.send(DAY_BEFORE + timedelta(hours=1))

    assert "your visit on Jan 5 is on hold" in sent.body


def test_what_is_told_already_is_not_told_by_a_second_text(world: World) -> None:
    enrolled = _reminder(world)
    number = _last(world, enrolled).id
    with world.database.reading() as tx:
        (cover,) = messages.covers(tx, number)
    with world.database.writing() as tx:
        again = outbox.add_text(
            tx,
            DAY_BEFORE,
            clinic_id=world.entry.clinic.id,
            contact_id=enrolled.patient.contact_id,
            patient_id=enrolled.patient.id,
            kind="reminder",
            template="visit_tomorrow_untimed",
            args={},
            due_at=DAY_BEFORE,
            expires_at=None,
            priority=1,
            covers=[Cover(cover.plan_id, cover.event, cover.rule, cover.event_date)],
        )
    assert again is None


def test_the_jitter_comes_from_the_chance_that_is_given(world: World) -> None:
    enrolled = _reminder(world)
    ready = world.begin(DAY_BEFORE)
    world.chance = Random(1)
    world.finish(DAY_BEFORE, ready, _result(Fault.THROTTLE))

    assert _last(world, enrolled).due_at == DAY_BEFORE + timedelta(seconds=30) * Random(1).uniform(1, 1.5)


def test_the_demo_clock_touches_no_lease(world: World) -> None:
    """The demo is a month ahead; the lease of what is sent runs by the real clock all the same."""
    _reminder(world)
    real = DAY_BEFORE - timedelta(days=30)
    world.begin(DAY_BEFORE, real=real)

    with world.database.writing() as tx:
        health.beat(tx, real, "p", "h", "scheduler")
        assert outbox.unknown_after_crash(tx, DAY_BEFORE, real + LEASE - timedelta(seconds=1), 10) == []
        assert len(outbox.unknown_after_crash(tx, DAY_BEFORE, real + LEASE, 10)) == 1
