"""Two schedulers, or one and staff, at one sender at the same moment on PostgreSQL, in both orders."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations

import pytest
import sqlalchemy as sa

from channels.base import Fault
from content.library import Library
from scheduler.clock import Moment
from scheduler.delivery import dispatcher, failures
from scheduler.delivery.allowance import Complaint
from scheduler.delivery.dispatcher import Ready
from store import clinics, messages, senders
from store.database import Database
from store.senders import Standing, sender, sender_standing
from tests.scheduler.test_lock_order import _until_waiting
from tests.scheduler.world import ENROLLED, LEASE, VISIT, World, phone
from tests.store.conftest import EMPTY

SOON = ENROLLED + timedelta(minutes=1)
Turn = Callable[[World, str], object]


@pytest.fixture
def world(one_postgres: Database, library: Library) -> Iterator[World]:
    """A clinic on PostgreSQL with one sender: on SQLite there is one writer at a time."""
    yield World.build(one_postgres, library, ENROLLED)
    with one_postgres.writing() as tx:
        tx.conn.exec_driver_sql(EMPTY)


def _gives(world: World, owner: str, complaints: tuple[Complaint, ...] = ()) -> list[Ready]:
    """A turn of a scheduler with a text that it has claimed."""
    ids, directory = world.claim(SOON, owner=owner, limit=1), world.directory
    with world.database.writing() as tx:
        return dispatcher.begin(
            tx,
            Moment(SOON, SOON),
            world.library,
            directory,
            ids,
            owner=owner,
            lease_until=SOON + LEASE,
            status_callback=None,
            complaints=complaints,
        )


def _slows_down(world: World, owner: str) -> list[Ready]:
    """The same, after an answer that said: too fast."""
    return _gives(world, owner, (Complaint(_sender(world), Fault.THROTTLE),))


def _sender(world: World) -> int:
    return world.entry.senders[0].id


def _standing(world: World) -> Standing:
    with world.database.reading() as tx:
        return senders.standings(tx, [_sender(world)])[_sender(world)]


@pytest.mark.parametrize(("first", "second"), [*permutations((_gives, _slows_down)), (_slows_down, _slows_down)])
def test_two_turns_count_together_whichever_comes_first(world: World, first: Turn, second: Turn) -> None:
    """Both wait for the sender's standing; neither forgets what the other has written there."""
    for number in range(3):
        world.enrol(ENROLLED, VISIT, phone=phone(number))
    _gives(world, "before")
    before = _standing(world)
    with ThreadPoolExecutor(2) as elsewhere:
        with world.database.writing() as tx:
            tx.conn.execute(sa.select(sender_standing).with_for_update())
            one = elsewhere.submit(first, world, "one")
            _until_waiting(tx, 1, one)
            other = elsewhere.submit(second, world, "other")
            _until_waiting(tx, 2, one, other)
        begun = [*one.result(), *other.result()]  # type: ignore[misc]
    after = _standing(world)
    assert len(begun) == 2
    with world.database.reading() as tx:
        sent = [messages.get_message(tx, ready.message_id) for ready in begun]
    assert after.used == before.used + sum(text.segments or 0 for text in sent if text)
    assert (after.slowed, after.slowed_at) == (1, SOON)
    assert after.free_at is not None
    assert before.free_at is not None
    assert after.free_at > before.free_at


def _stops(world: World) -> None:
    with world.database.writing() as tx:
        (text,) = tx.conn.execute(sa.select(messages.message.c.id)).scalars()
        failures.stop_sender(tx, SOON, world.entry.clinic.id, _sender(world), text, "21606")


def _resumes(world: World) -> None:
    with world.database.writing() as tx:
        clinics.resume_sender(tx, SOON, _sender(world))


@pytest.mark.parametrize("is_stopped", [True, False])
@pytest.mark.parametrize(("first", "second"), [(_stops, _resumes), (_resumes, _stops), (_stops, _stops)])
def test_of_stop_and_resume_the_one_that_comes_last_stands_and_staff_hear_of_each_stop_once(
    world: World, first: Callable[[World], None], second: Callable[[World], None], is_stopped: bool
) -> None:
    world.enrol(ENROLLED, VISIT)
    if is_stopped:
        with world.database.writing() as tx:
            clinics.stop_sender(tx, ENROLLED, _sender(world), "21606")
    with ThreadPoolExecutor(2) as elsewhere:
        with world.database.writing() as tx:
            tx.conn.execute(sa.select(sender.c.id).with_for_update(key_share=True))
            one = elsewhere.submit(first, world)
            _until_waiting(tx, 1, one)
            other = elsewhere.submit(second, world)
            _until_waiting(tx, 2, one, other)
        one.result()
        other.result()
    with world.database.reading() as tx:
        (found,) = senders.all_senders(tx)
    assert (found.stopped_at is not None) == (second is _stops)
    is_news = not is_stopped or (first is _resumes and second is _stops)
    assert [task.kind for task in world.tasks()] == ["sender"] * is_news
