"""Receipts late, twice, unordered, early, and of texts that are none of ours."""

from datetime import timedelta
from itertools import permutations

import pytest

from channels.base import Fault, Receipt, ReceiptState, SendResult, Verdict
from scheduler import consent
from scheduler.delivery import receipts
from scheduler.delivery.dispatcher import Ready
from scheduler.enrolment import Enrolled
from store import inbox, messages, senders
from store.messages import Message
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, at

SECOND = timedelta(seconds=1)
HALF_AN_HOUR = timedelta(minutes=30)
SID = "SM" + "a" * 32


def _sending(world: World) -> tuple[Enrolled, Ready]:
    """A patient whose first text is under way."""
    enrolled = world.enrol(ENROLLED, VISIT)
    (ready,) = world.begin(ENROLLED)
    return enrolled, ready


def _accepted(world: World) -> tuple[Enrolled, Ready]:
    enrolled, ready = _sending(world)
    world.finish(ENROLLED, [ready], SendResult(Verdict.ACCEPTED, SID, None, Fault.NONE, ""))
    return enrolled, ready


def _receipt(
    state: str, ready: Ready | None = None, fault: Fault = Fault.NONE, code: int | None = None, sid: str = SID
) -> Receipt:
    return Receipt(sid, ReceiptState(state), code, ready.outgoing.attempt if ready else None, fault)


def _only(world: World, enrolled: Enrolled) -> Message:
    (text,) = world.texts(enrolled)
    return text


def test_in_whatever_order_they_come_the_furthest_state_stands(world: World) -> None:
    """Every order of sent, delivered and a repeated queued, on one text each."""
    for number, order in enumerate(permutations(["queued", "sent", "delivered", "sent"])):
        enrolled = world.enrol(ENROLLED, VISIT, phone=f"+120255501{number + 10}")
        (ready,) = world.begin(ENROLLED)
        world.finish(ENROLLED, [ready])
        sid = _only(world, enrolled).provider_id or ""
        for later, state in enumerate(order):
            world.receive(ENROLLED + later * SECOND, _receipt(state, ready, sid=sid))
        assert _only(world, enrolled).state == "delivered"


def test_a_receipt_may_come_before_our_own_commit(world: World) -> None:
    enrolled, ready = _sending(world)

    world.receive(ENROLLED + SECOND, _receipt("delivered", ready))
    world.finish(ENROLLED + 2 * SECOND, [ready], SendResult(Verdict.ACCEPTED, SID, None, Fault.NONE, ""))

    text = _only(world, enrolled)
    assert (text.state, text.provider_id) == ("delivered", SID)


def test_a_receipt_settles_what_was_unknown(world: World) -> None:
    enrolled, ready = _sending(world)
    world.finish(ENROLLED, [ready], SendResult(Verdict.UNKNOWN, None, None, Fault.UNKNOWN_OUTCOME, "no answer"))

    world.receive(ENROLLED + SECOND, _receipt("sent", ready))

    text = _only(world, enrolled)
    assert (text.state, text.provider_id) == ("sent", SID)


def test_a_receipt_without_our_attempt_is_known_by_the_providers_id(world: World) -> None:
    enrolled, _ = _accepted(world)

    world.receive(ENROLLED + SECOND, _receipt("delivered"))

    assert _only(world, enrolled).state == "delivered"


@pytest.mark.parametrize("attempt", [None, "", "7", "7.", ".1", "seven.1", "-7.1", "9" * 30 + ".1", "999999.1"])
def test_a_receipt_of_something_else_changes_nothing(world: World, attempt: str | None) -> None:
    enrolled, _ = _accepted(world)
    before = _only(world, enrolled)

    assert world.receive(ENROLLED, Receipt("SM" + "f" * 32, ReceiptState.FAILED, 30007, attempt, Fault.CONTENT)) is None

    assert _only(world, enrolled) == before
    assert world.tasks() == []


@pytest.mark.parametrize("state", ["undelivered", "failed", "canceled"])
def test_a_text_that_did_not_arrive_is_a_task_for_staff_once(world: World, state: str) -> None:
    enrolled, ready = _accepted(world)

    for later in range(3):
        world.receive(ENROLLED + later * SECOND, _receipt(state, ready, Fault.BLOCKED, 30004))
    world.receive(ENROLLED, _receipt(state, ready, Fault.BLOCKED, 30004))

    (task,) = world.tasks()
    assert (task.kind, task.message_id, task.detail) == ("failed_text", ready.message_id, "blocked")
    assert _only(world, enrolled).error_code == 30004


def test_the_same_receipt_at_the_same_moment_is_followed_up_once(world: World) -> None:
    _, ready = _accepted(world)

    for _ in range(2):
        world.receive(ENROLLED, _receipt("undelivered", ready, Fault.BLOCKED, 30004))

    assert len(world.tasks()) == 1


def test_two_texts_in_a_row_to_a_number_nobody_has_put_it_in_quarantine(world: World) -> None:
    enrolled, ready = _accepted(world)
    world.receive(ENROLLED, _receipt("undelivered", ready, Fault.RECIPIENT_PERMANENT, 30005))
    assert world.contact(enrolled).quarantined_at is None

    now = at(2026, 1, 4, 16)
    world.plan(now)
    (second,) = world.begin(now)
    world.finish(now, [second])
    sid = world.texts(enrolled)[-1].provider_id or ""
    world.receive(now + SECOND, _receipt("undelivered", second, Fault.RECIPIENT_PERMANENT, 30005, sid=sid))

    assert world.contact(enrolled).quarantined_at == now + SECOND


def test_an_opt_out_that_only_a_receipt_tells_of_is_taken_over(world: World) -> None:
    """From a messaging service the block shows in the receipt alone."""
    enrolled, ready = _accepted(world)

    world.receive(ENROLLED + SECOND, _receipt("failed", ready, Fault.OPTED_OUT, 21610))

    assert world.contact(enrolled).opt_out_reason == "provider"
    assert world.send(at(2026, 1, 4, 16)) == []


def test_a_sender_that_carriers_refuse_is_stopped(world: World) -> None:
    _, ready = _accepted(world)

    world.receive(ENROLLED + SECOND, _receipt("undelivered", ready, Fault.SENDER, 30034))

    (sender,) = world.directory[world.entry.clinic.id].senders
    assert sender.stopped_reason == "sender"
    assert [task.kind for task in world.tasks()] == ["sender", "failed_text"]


@pytest.mark.parametrize(("outcome", "kind", "urgency"), [("emergency", "danger", 3), ("topic", "failed_text", 1)])
def test_an_urgent_answer_that_did_not_arrive_must_be_told_by_a_person(
    world: World, outcome: str, kind: str, urgency: int
) -> None:
    enrolled, _ = _accepted(world)
    clinic_id, contact_id = world.entry.clinic.id, enrolled.patient.contact_id
    with world.database.writing() as tx:
        asked = inbox.record_text(
            tx,
            ENROLLED,
            clinic_id=clinic_id,
            contact_id=contact_id,
            provider_id="SM" + "b" * 32,
            sender_id=None,
            body="my chest hurts",
            via="sms",
            outcome_kind=outcome,
            outcome_id=None,
            matched="",
        )
        assert asked is not None
        answer = inbox.record_reply(
            tx,
            ENROLLED,
            clinic_id=clinic_id,
            contact_id=contact_id,
            patient_id=enrolled.patient.id,
            in_reply_to=asked,
            body="Call 911",
            template="emergency",
            fact=None,
            language="en",
            via="sms",
            segments=1,
            encoding="GSM-7",
            content_version="v",
            sender_id=None,
        )
    receipt = Receipt("SM" + "c" * 32, ReceiptState.UNDELIVERED, 30003, f"{answer}.1", Fault.RECIPIENT_TEMPORARY)

    world.receive(ENROLLED + SECOND, receipt)

    (task,) = world.tasks()
    assert (task.kind, task.urgency, task.message_id) == (kind, urgency, asked if kind == "danger" else answer)


def test_a_late_failure_of_an_earlier_attempt_says_nothing_of_the_later_one(world: World) -> None:
    enrolled, ready = _sending(world)
    world.finish(ENROLLED, [ready], SendResult(Verdict.LATER, None, 20429, Fault.THROTTLE, ""))
    again = _only(world, enrolled).due_at
    assert again is not None
    (second,) = world.begin(again)
    world.finish(again, [second])

    world.receive(again + SECOND, _receipt("failed", ready, Fault.CONTENT, 30007, sid="SM" + "d" * 32))

    assert _only(world, enrolled).state == "accepted"
    assert world.tasks() == []


@pytest.mark.parametrize("state", ["undelivered", "failed"])
def test_what_a_passing_fault_kept_from_arriving_is_sent_once_more_after_a_while(world: World, state: str) -> None:
    enrolled, ready = _accepted(world)

    world.receive(ENROLLED + SECOND, _receipt(state, ready, Fault.RECIPIENT_TEMPORARY, 30003))

    text = _only(world, enrolled)
    assert (text.state, text.provider_id, text.error_code) == ("due", None, None)
    assert text.due_at is not None
    assert HALF_AN_HOUR <= text.due_at - ENROLLED - SECOND <= 1.5 * HALF_AN_HOUR
    assert world.tasks() == []
    (second,) = world.begin(text.due_at)
    assert second.attempt == 2
    world.finish(text.due_at, [second])
    with world.database.reading() as tx:
        history = messages.history(tx, text.id)
    assert [(each.state, each.detail, each.provider_id) for each in history[2:4]] == [
        (state, "recipient_temporary", None),
        ("due", "once more after recipient_temporary", SID),
    ]


def test_it_is_sent_once_more_and_no_more_than_that(world: World) -> None:
    enrolled, ready = _accepted(world)
    world.receive(ENROLLED, _receipt("undelivered", ready, Fault.RECIPIENT_TEMPORARY, 30003))
    again = _only(world, enrolled).due_at
    assert again is not None
    (second,) = world.begin(again)
    world.finish(again, [second])
    sid = _only(world, enrolled).provider_id or ""

    world.receive(again + SECOND, _receipt("undelivered", second, Fault.RECIPIENT_TEMPORARY, 30003, sid=sid))

    assert _only(world, enrolled).state == "undelivered"
    assert [task.detail for task in world.tasks()] == ["recipient_temporary"]


@pytest.mark.parametrize("state", ["queued", "sent", "undelivered", "failed"])
@pytest.mark.parametrize("stage", ["due", "sending", "accepted"])
def test_what_is_told_late_of_the_attempt_that_did_not_arrive_changes_nothing(
    world: World, state: str, stage: str
) -> None:
    enrolled, ready = _accepted(world)
    world.receive(ENROLLED, _receipt("undelivered", ready, Fault.RECIPIENT_TEMPORARY, 30003))
    again = _only(world, enrolled).due_at
    assert again is not None
    if stage != "due":
        second = world.begin(again)
        if stage == "accepted":
            world.finish(again, second)
    before = _only(world, enrolled)

    fault = Fault.RECIPIENT_TEMPORARY if state in {"undelivered", "failed"} else Fault.NONE
    world.receive(again, _receipt(state, ready, fault))
    world.receive(again, _receipt(state, None, fault))

    assert _only(world, enrolled) == before
    assert world.tasks() == []


@pytest.mark.parametrize(
    "fault",
    [Fault.RECIPIENT_PERMANENT, Fault.BLOCKED, Fault.CONTENT, Fault.TEMPLATE, Fault.DESTINATION, Fault.NOT_SAID],
)
def test_what_a_lasting_fault_kept_from_arriving_is_not_sent_again(world: World, fault: Fault) -> None:
    enrolled, ready = _accepted(world)

    world.receive(ENROLLED, _receipt("undelivered", ready, fault))

    assert _only(world, enrolled).state == "undelivered"
    assert len(world.tasks()) == 1


def test_what_would_be_of_no_use_by_then_is_not_sent_again(world: World) -> None:
    enrolled = world.reminded()
    number = world.add_text(enrolled, DAY_BEFORE, expires_at=DAY_BEFORE + HALF_AN_HOUR)
    world.send(DAY_BEFORE)
    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
    assert text is not None
    assert text.state == "accepted"

    receipt = Receipt(text.provider_id or "", ReceiptState.UNDELIVERED, 30003, f"{number}.1", Fault.RECIPIENT_TEMPORARY)
    after = world.receive(DAY_BEFORE, receipt)

    assert after is not None
    assert after.state == "undelivered"
    assert [task.message_id for task in world.tasks()] == [number]


def test_a_stop_keeps_what_waits_for_its_second_attempt_from_going(world: World) -> None:
    enrolled, ready = _accepted(world)
    world.receive(ENROLLED, _receipt("undelivered", ready, Fault.RECIPIENT_TEMPORARY, 30003))
    with world.database.writing() as tx:
        contact = world.contact_in(tx, enrolled)
        consent.stop(tx, ENROLLED, world.library, contact, "stop", source="text", by="patient", message_id=None)

    assert world.send(ENROLLED + 2 * HALF_AN_HOUR) == []
    assert _only(world, enrolled).state == "cancelled"


def test_a_sender_that_was_too_fast_is_slowed_down_by_the_real_clock_whatever_day_the_demo_has(world: World) -> None:
    world.enrol(ENROLLED, VISIT)
    (sent,) = world.send(ENROLLED)
    real = ENROLLED - timedelta(days=300)
    with world.database.writing() as tx:
        number = int(sent.attempt.partition(".")[0])
        text = messages.get_message(tx, number)
        assert text is not None
        receipt = Receipt(text.provider_id or "", ReceiptState.FAILED, 30022, sent.attempt, Fault.THROTTLE)
        receipts.apply(tx, ENROLLED, world.library, receipt, real=real)
        (standing,) = senders.standings(tx, [text.sender_id or 0]).values()
    assert (standing.slowed, standing.slowed_at) == (1, real)
