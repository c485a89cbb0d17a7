"""The step after a call: what follows from each kind of answer."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from channels.base import Fault, SendResult, Verdict
from channels.twilio_errors import verdict_of
from store import clinics
from tests.scheduler.world import DAY_BEFORE, ENROLLED, World, at, phone

DAY_ITSELF = at(2026, 1, 5, 9)


def _result(fault: Fault, code: int | None = None, detail: str = "") -> SendResult:
    return SendResult(verdict_of(fault), None, code, fault, detail)


def test_an_accepted_text_waits_for_its_receipt_and_a_simulated_one_has_arrived(world: World) -> None:
    enrolled = world.reminded()
    ready = world.begin(DAY_BEFORE)
    world.finish(DAY_BEFORE, ready, SendResult(Verdict.ACCEPTED, "SIM1", None, Fault.NONE, "simulated", delivered=True))

    text = world.texts(enrolled)[-1]
    assert (text.state, text.provider_id, text.lease_until) == ("delivered", "SIM1", None)


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.NOT_SENT, Fault.RECIPIENT_TEMPORARY])
def test_what_the_provider_never_took_is_tried_again_while_it_is_of_use(world: World, fault: Fault) -> None:
    enrolled = world.reminded()
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(fault, 20429, "429"))

    text = world.texts(enrolled)[-1]
    assert text.state == "due"
    assert text.due_at is not None
    assert text.due_at > DAY_BEFORE
    (again,) = world.begin(text.due_at)
    assert again.outgoing.attempt == f"{text.id}.2"


def test_waits_grow_and_are_spread_out(world: World) -> None:
    enrolled = world.reminded(visit_time=None)
    now, waits = DAY_BEFORE, []
    while ready := world.begin(now):
        world.finish(now, ready, _result(Fault.NOT_SENT))
        text = world.texts(enrolled)[-1]
        if text.state != "due":
            break
        assert text.due_at is not None
        waits.append((text.due_at - now).total_seconds())
        now = text.due_at

    assert [15 * 2**number <= wait <= 15 * 2**number * 1.5 for number, wait in enumerate(waits)] == [True] * len(waits)
    assert len(set(waits)) == len(waits) > 5


def test_when_no_attempt_is_of_use_any_more_the_text_has_failed_and_staff_hear_of_it(world: World) -> None:
    enrolled = world.reminded()
    ready = world.begin(DAY_BEFORE)
    almost_over = replace(ready[0], expires_at=DAY_BEFORE + timedelta(seconds=5))

    world.finish(DAY_BEFORE, [almost_over], _result(Fault.THROTTLE, 20429))

    text = world.texts(enrolled)[-1]
    assert (text.state, text.error_code) == ("failed", 20429)
    assert [(task.kind, task.detail) for task in world.tasks()] == [("failed_text", "throttle")]


def test_a_handset_that_is_off_is_tried_three_times(world: World) -> None:
    enrolled = world.reminded()
    ready = world.begin(DAY_BEFORE)

    world.finish(DAY_BEFORE, [replace(ready[0], attempt=3)], _result(Fault.RECIPIENT_TEMPORARY, 30003))

    assert world.texts(enrolled)[-1].state == "failed"


@pytest.mark.parametrize("fault", [Fault.CONTENT, Fault.BLOCKED, Fault.DESTINATION, Fault.TEMPLATE])
def test_what_is_refused_is_never_tried_again_and_staff_hear_of_it(world: World, fault: Fault) -> None:
    enrolled = world.reminded()
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(fault, 30007))

    assert world.texts(enrolled)[-1].state == "failed"
    assert [(task.kind, task.detail) for task in world.tasks()] == [("failed_text", str(fault))]
    assert world.begin(DAY_BEFORE + timedelta(hours=1)) == []


def test_one_bad_answer_silences_nobody_but_two_in_a_row_do(world: World) -> None:
    enrolled = world.reminded()
    bad = _result(Fault.RECIPIENT_PERMANENT, 21614)

    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), bad)
    contact = world.contact(enrolled)
    assert contact.quarantined_at is None

    world.plan(DAY_ITSELF)
    world.finish(DAY_ITSELF, world.begin(DAY_ITSELF), bad)
    contact = world.contact(enrolled)
    assert (contact.quarantined_at, contact.quarantine_reason) == (DAY_ITSELF, "recipient_permanent")
    assert world.send(at(2026, 1, 10, 11)) == []


def test_a_text_that_arrives_between_two_bad_answers_clears_the_number(world: World) -> None:
    enrolled = world.reminded()
    bad = _result(Fault.RECIPIENT_PERMANENT, 21614)
    arrived = SendResult(Verdict.ACCEPTED, None, None, Fault.NONE, "", delivered=True)
    for result in (bad, arrived, bad):
        world.add_text(enrolled, DAY_BEFORE, priority=0)
        world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), replace(result, provider_id=str(world.sids)))
        world.sids += 1

    contact = world.contact(enrolled)
    assert contact.quarantined_at is None


def test_twilios_block_list_is_taken_over_as_an_opt_out(world: World) -> None:
    enrolled = world.reminded()
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(Fault.OPTED_OUT, 21610))

    contact = world.contact(enrolled)
    assert (contact.opted_out_at, contact.opt_out_reason) == (DAY_BEFORE, "provider")
    assert world.texts(enrolled)[-1].state == "failed"
    assert [(task.kind, task.detail) for task in world.tasks()] == [("other", "provider")]


@pytest.mark.parametrize("fault", [Fault.SENDER, Fault.ACCOUNT])
def test_a_sender_at_fault_is_stopped_once_and_its_texts_wait(world: World, fault: Fault) -> None:
    for number in range(3):
        world.reminded(phone=phone(number))
    ready = world.begin(DAY_BEFORE)

    world.finish(DAY_BEFORE, ready, _result(fault, 20003))

    (task,) = world.tasks()
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
    world.reminded()

    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(Fault.SENDER, 21606))

    (ready,) = world.begin(DAY_BEFORE)
    assert ready.outgoing.sender == "MG" + "0" * 32


def test_an_unknown_outcome_is_kept_as_such_and_never_sent_again(world: World) -> None:
    enrolled = world.reminded()
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), _result(Fault.UNKNOWN_OUTCOME, None, "no answer"))

    assert world.texts(enrolled)[-1].state == "unknown"
    assert world.begin(DAY_BEFORE + timedelta(hours=1)) == []
    assert world.tasks() == []


def test_results_that_are_recorded_twice_do_nothing_twice(world: World) -> None:
    """The commit came through, but the process was told that it did not."""
    world.reminded()
    ready = world.begin(DAY_BEFORE)
    bad = _result(Fault.CONTENT, 21617)

    world.finish(DAY_BEFORE, ready, bad)
    world.finish(DAY_BEFORE, ready, bad)

    assert len(world.tasks()) == 1


def test_the_jitter_comes_from_the_chance_that_is_given(world: World) -> None:
    enrolled = world.reminded()
    ready = world.begin(DAY_BEFORE)
    world.chance = Random(1)
    world.finish(DAY_BEFORE, ready, _result(Fault.THROTTLE))

    assert world.texts(enrolled)[-1].due_at == DAY_BEFORE + timedelta(seconds=30) * Random(1).uniform(1, 1.5)
