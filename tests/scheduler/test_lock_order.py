"""On PostgreSQL, whoever locks several rows locks them in one order: nobody waits for somebody who waits for them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from channels.base import Fault, Receipt, ReceiptState
from content.library import Library
from scheduler import closure_job, consent
from scheduler.changing import change_plan
from scheduler.enrolment import Enrolled
from scheduler.plan.changes import Close, Delay
from store import contacts, inbox, outbox, patients, plans, senders
from store.database import Database, Tx
from store.jobs import Job
from store.messages import message
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World
from tests.store.conftest import EMPTY

SOON = DAY_BEFORE + timedelta(minutes=1)


@pytest.fixture
def world(one_postgres: Database, library: Library) -> Iterator[World]:
    """A clinic on PostgreSQL: on SQLite there is one writer, who has locked everything."""
    yield World.build(one_postgres, library, ENROLLED)
    with one_postgres.writing() as tx:
        tx.conn.exec_driver_sql(EMPTY)


def _claimed(world: World, **urgent: Any) -> tuple[Enrolled, list[int]]:
    """A patient with two texts that are claimed; the one that was made later is the more urgent."""
    enrolled = world.reminded()
    world.add_text(enrolled, DAY_BEFORE, **{"priority": 0, **urgent})
    ids = world.claim(DAY_BEFORE)
    assert len(ids) == 2
    assert ids == sorted(ids, reverse=True)
    return enrolled, ids


def _change(world: World, enrolled: Enrolled) -> None:
    with world.database.writing() as tx:
        change = Delay(1, 2)
        known: dict[str, Any] = {"by": "nurse", "reason": None, "expected_version": 1}
        change_plan(tx, SOON, world.library, world.entry, enrolled.plan.id, change, **known)


def _stop(world: World, enrolled: Enrolled) -> None:
    with world.database.writing() as tx:
        consent.stop(tx, SOON, world.library, world.contact_in(tx, enrolled), "stop", source="text")


def _send(world: World, ids: list[int]) -> None:
    world.begin(SOON, ids)


def _release(world: World, ids: list[int]) -> None:
    with world.database.writing() as tx:
        outbox.release(tx, ids)


@pytest.mark.parametrize("staff", [_change, _stop])
@pytest.mark.parametrize("sender", [_send, _release])
def test_a_change_and_the_sender_never_wait_for_each_other(
    world: World, staff: Callable[[World, Enrolled], None], sender: Callable[[World, list[int]], None]
) -> None:
    """Both are made to wait for the text that was made first; the other one must then be nobody's yet."""
    enrolled, ids = _claimed(world)
    with ThreadPoolExecutor(2) as elsewhere:
        with world.database.writing() as tx:
            tx.conn.execute(sa.select(message.c.id).where(message.c.id == min(ids)).with_for_update())
            changing = elsewhere.submit(staff, world, enrolled)
            _until_waiting(tx, 1, changing)
            sending = elsewhere.submit(sender, world, ids)
            _until_waiting(tx, 2, changing, sending)
        changing.result()
        sending.result()
    assert all(text.state != "claimed" for text in world.texts(enrolled))


def test_a_task_about_a_text_waits_for_no_change_of_the_plan(world: World) -> None:
    """The sender holds the text, for which the change will ask, and then writes of its patient and contact."""
    enrolled, ids = _claimed(world, template="no_such_words")
    with ThreadPoolExecutor(1) as elsewhere, world.database.writing() as tx:
        patients.lock_patient(tx, enrolled.patient.id)
        plans.lock_plan(tx, enrolled.plan.id)
        elsewhere.submit(_send, world, ids).result()
    assert [task.kind for task in world.tasks()] == ["failed_text"]


def test_a_lost_reply_that_slows_its_sender_waits_for_its_person_before_the_senders_standing(world: World) -> None:
    """As a turn of the dispatcher does: it stops whoever opted out, and then gives the senders their texts."""
    enrolled, sender_id = world.enrol(ENROLLED, VISIT), world.entry.senders[0].id
    reply = _answered_danger(world, enrolled, sender_id)
    too_fast = Receipt("SM" + "c" * 32, ReceiptState.UNDELIVERED, 30001, f"{reply}.1", Fault.THROTTLE)
    with ThreadPoolExecutor(1) as elsewhere:
        with world.database.writing() as tx:
            contacts.lock(tx, enrolled.patient.contact_id)
            receiving = elsewhere.submit(world.receive, SOON, too_fast)
            _until_waiting(tx, 1, receiving)
            senders.lock_standings(tx, [sender_id])
        receiving.result()
    assert [task.reply for task in world.tasks()] == ["lost"]
    with world.database.reading() as tx:
        assert senders.standings(tx, [sender_id])[sender_id].slowed == 1


def test_of_a_closure_ordered_twice_at_one_moment_there_is_one_job(world: World) -> None:
    """The second waits until the first is written, and then finds it."""

    def order(tx: Tx) -> Job:
        return closure_job.order(tx, SOON, world.entry.clinic, Close(VISIT, VISIT), by="nurse", reason=None)

    def again() -> Job:
        with world.database.writing() as tx:
            return order(tx)

    with ThreadPoolExecutor(1) as elsewhere:
        with world.database.writing() as tx:
            first = order(tx)
            ordering = elsewhere.submit(again)
            _until_waiting(tx, 1, ordering)
        assert ordering.result().id == first.id


def _answered_danger(world: World, enrolled: Enrolled, sender_id: int) -> int:
    """The number of the reply to a text that told of danger."""
    of = {"clinic_id": enrolled.patient.clinic_id, "contact_id": enrolled.patient.contact_id}
    with world.database.writing() as tx:
        known: dict[str, Any] = {**of, "sender_id": sender_id, "via": "sms", "body": "words"}
        understood: dict[str, Any] = {"outcome_kind": "emergency", "outcome_id": "chest", "matched": "chest pain"}
        text = inbox.record_text(tx, SOON, provider_id="SM" + "d" * 32, **known, **understood)
        assert text is not None
        known |= {"patient_id": enrolled.patient.id, "in_reply_to": text, "template": "emergency", "fact": None}
        known |= {"language": "en", "segments": 1, "encoding": "GSM-7", "content_version": "v"}
        return inbox.record_reply(tx, SOON, **known)


def _until_waiting(tx: Tx, how_many: int, *others: "Future[Any]") -> None:
    waiting = sa.text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    pause = threading.Event()
    while tx.conn.execute(waiting).scalar_one() < how_many and not any(each.done() for each in others):
        pause.wait(0.01)
