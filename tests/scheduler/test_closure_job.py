"""The closure of a day as a job: in slices, by one process at a time, and whole even where one is killed."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from content.library import Library
from scheduler import closure_job, long_work
from scheduler.changing import Override
from scheduler.plan.changes import Close
from store import audit, jobs, plans
from store.jobs import Job
from tests.scheduler.door import NOW, START, Opens, opener
from tests.scheduler.world import ENROLLED, World, open_database
from tests.store.elsewhere import running

CLOSED = Close(date(2026, 1, 26), date(2026, 1, 27))
OVERRIDE = Override("Dr. Quinn", "the building is closed")
LEASE = timedelta(minutes=2)

# Says so when the third visit has moved and nothing of that is written yet, and waits to be killed.
KILLED = """
import sys
from datetime import timedelta
from content.library import load
from scheduler import closure_job, long_work
from tests.scheduler.door import NOW
from tests.scheduler.world import open_database
change_plan, made = closure_job.change_plan, []
def third_waits(*args, **more):
    made.append(change_plan(*args, **more))
    if len(made) == 3:
        print("the third", flush=True)
        sys.stdin.readline()
closure_job.change_plan = third_waits
long_work.work_slice(open_database(sys.argv[1]), load(), NOW, "killed", timedelta(), demo=False)
"""


def _order(world: World, override: Override | None = OVERRIDE, change: Close = CLOSED) -> Job:
    with world.database.writing() as tx:
        clinic = world.entry.clinic
        return closure_job.order(tx, NOW, clinic, change, by="admin", reason="burst pipe", override=override)


def _work(world: World, owner: str = "one", limit: int = 2) -> int:
    return long_work.work_slice(world.database, world.library, NOW, owner, LEASE, demo=False, limit=limit)


def _work_off(world: World) -> list[int]:
    done = []
    while count := _work(world):
        done.append(count)
    return done


def _job(world: World, job: Job) -> Job:
    with world.database.reading() as tx:
        found = jobs.get_job(tx, job.id)
    assert found is not None
    return found


def test_a_closure_is_worked_off_in_slices_and_says_what_came_of_it(world: World, opens: Opens) -> None:
    doors = [opens(), opens(), opens(), opens(), opens()]
    other = opens(start=date(2026, 1, 6))
    doors[3].mark("treatment/c2/d1/visit", "given")
    job = _order(world)

    assert _work_off(world) == [2, 2, 1]

    moved = [door for door in doors if door is not doors[3]]
    assert [door.visits()[1] for door in moved] == [CLOSED.to] * 4
    assert doors[3].visits()[1] == CLOSED.date
    assert other.plan.version == 1
    done = _job(world, job)
    assert (done.state, done.done, done.detail) == ("done", 5, "4 visits moved, 1 stayed.")
    (stayed,) = closure_job.stayed(done)
    assert (stayed.plan_id, stayed.patient_id) == (doors[3].plan.id, doors[3].plan.patient_id)
    assert "was given" in str(stayed.refused)
    with world.database.reading() as tx:
        (change,) = plans.changes(tx, doors[0].enrolled.plan.id)
        actions = [row.action for row in audit.entries(tx, world.entry.clinic.id)]
    assert (change.by, change.reason, change.override_by) == ("admin", "burst pipe", "Dr. Quinn")
    assert actions.count("clinic.close_day") == 1


def test_what_comes_too_soon_stays_unless_somebody_answers_for_it_and_that_is_audited(
    world: World, opens: Opens
) -> None:
    door = opens()
    without = _order(world, override=None)
    _work_off(world)
    (stayed,) = closure_job.stayed(_job(world, without))
    assert stayed.refused == "2026-02-16: pembrolizumab: 20 days after the dose before, and at least 21 are needed."
    assert door.visits()[1] == CLOSED.date

    _order(world)
    _work_off(world)

    assert door.visits()[1] == CLOSED.to
    with world.database.reading() as tx:
        (change,) = plans.changes(tx, door.enrolled.plan.id)
        (row,) = [row for row in audit.entries(tx, world.entry.clinic.id) if row.action == "plan.change"]
    assert (change.override_by, change.override_reason) == ("Dr. Quinn", "the building is closed")
    assert "override" in row.fields


def test_a_closure_reaches_beyond_the_rows_that_stand(world: World, opens: Opens) -> None:
    door = opens()
    job = _order(world, change=Close(date(2026, 6, 1), date(2026, 6, 2)))
    assert _work_off(world) == [1]
    assert _job(world, job).detail == "1 visits moved, 0 stayed."
    with world.database.reading() as tx:
        assert len(plans.changes(tx, door.enrolled.plan.id)) == 1
    assert door.visits()[0] == START


def test_reasons_stand_nowhere_in_the_open(world: World) -> None:
    job = _order(world)
    assert "pipe" not in repr(job.args)
    assert "Quinn" not in repr(job.args)


def test_a_closure_without_anybody_to_move_is_done_at_once(world: World) -> None:
    job = _order(world)
    assert _work_off(world) == [1]
    assert _job(world, job).detail == "0 visits moved, 0 stayed."
    assert _work(world) == 0


def test_nobody_else_works_on_it_while_its_lease_lasts_and_whoever_lost_it_stops(world: World, opens: Opens) -> None:
    doors = [opens(), opens(), opens()]
    job = _order(world)
    with world.database.writing() as tx:
        ours = jobs.claim_job(tx, NOW, NOW + LEASE, "ours")
    assert ours is not None
    assert _work(world, "theirs") == 0
    with world.database.writing() as tx:
        assert jobs.progress(tx, job.id, "ours", 0, NOW)
    assert _work(world, "theirs") == 2

    entry, library = world.entry, world.library
    lost = closure_job.work_slice(world.database, NOW, library, entry, ours, lease_until=NOW + LEASE, limit=9)
    assert lost == 0
    assert [door.visits()[1] for door in doors] == [CLOSED.to, CLOSED.to, CLOSED.date]
    assert _work_off(world) == [1]
    assert _job(world, job).detail == "3 visits moved, 0 stayed."


def test_work_that_this_release_does_not_know_is_told_plainly(world: World) -> None:
    with world.database.writing() as tx:
        job = jobs.add_job(tx, NOW, clinic_id=world.entry.clinic.id, kind="tea", args={}, by="admin")
    assert _work(world) == 1
    assert _job(world, job).detail == "This release knows no work called tea."


@pytest.fixture
def anywhere(migrated_url: str, library: Library) -> Iterator[World]:
    """A clinic on a database that other processes can open, once of each kind."""
    database = open_database(migrated_url)
    yield World.build(database, library, ENROLLED)
    database.close()


def test_a_closure_goes_on_where_a_killed_process_left_it(anywhere: World, migrated_url: str) -> None:
    opens = opener(anywhere)
    doors = [opens(), opens(), opens(), opens()]
    job = _order(anywhere)

    with running(KILLED, migrated_url):
        pass
    left = _job(anywhere, job)
    assert (left.state, left.lease_owner, left.done) == ("running", "killed", 2)
    assert [door.visits()[1] for door in doors] == [CLOSED.to, CLOSED.to, CLOSED.date, CLOSED.date]

    assert _work_off(anywhere) == [2, 1]
    assert [door.visits()[1] for door in doors] == [CLOSED.to] * 4
    assert [door.plan.version for door in doors] == [2] * 4
    assert _job(anywhere, job).detail == "4 visits moved, 0 stayed."
