"""A course of treatment as it goes in life: enrolled, delayed, undone, held, resumed, and every text at its own time.

The scheduler is driven from one due moment to the next, as the demo clock does; nothing is looked at but what was sent.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from content.library import Library, load
from scheduler.changing import NotChanged
from scheduler.plan.local_time import to_local
from store import outbox, patients
from store.database import Database
from tests.scheduler.door import Door
from tests.scheduler.world import ENROLLED, NEW_YORK, World, at, open_database

START = date(2026, 1, 5)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    opened.close()


def visits_told(door: Door, since: datetime, until: datetime) -> list[tuple[date, str]]:
    """The local day and the words of every text about a visit, sent from one moment to another, in their order."""
    told, now = [], since
    while now <= until:
        told += [(to_local(now, NEW_YORK).date(), text.body) for text in door.world.send(now)]
        with door.world.database.reading() as tx:
            due = [moment for moment in (patients.next_due_at(tx), outbox.next_due_at(tx)) if moment is not None]
        now = max(min(due, default=until + timedelta(days=1)), now + timedelta(minutes=1))
    return [(day, body) for day, body in told if "visit" in body and "your next visit is" not in body]


def test_a_course_is_delayed_undone_held_and_resumed_and_its_texts_follow(database: Database, library: Library) -> None:
    world = World.build(database, library, at(2026, 1, 1, 12))
    door = Door(world, world.enrol(ENROLLED, START, visit_time=time(9, 30)))
    first = visits_told(door, ENROLLED, at(2026, 3, 1))
    assert [day for day, body in first if "visit tomorrow" in body] == [
        date(2026, 1, 4),
        date(2026, 1, 25),
        date(2026, 2, 15),
    ]

    # Cycle 4 of 9 March is put off by a week, and the patient is told.
    now = at(2026, 3, 2, 11)
    seen = door.plan.version
    told = door.change("delay:cycle=4,days=7", now, tell=True, reason="low counts", expected_version=seen).text
    assert told is not None
    with pytest.raises(NotChanged):
        door.change("stop:on=2026-03-03", now, expected_version=seen)
    assert [text.body for text in world.send(now)] == [told]
    assert "Mon Mar 16 at 9:30 AM" in told

    # They are better than was thought: it is taken back, and the old date is told as if nothing had been.
    door.undo(at(2026, 3, 3, 11))
    second = visits_told(door, at(2026, 3, 3, 12), at(2026, 3, 10))
    assert [(day, "Mon Mar 9" in body) for day, body in second if "visit on" in body] == [(date(2026, 3, 6), True)]
    assert [day for day, body in second if "visit tomorrow" in body] == [date(2026, 3, 8)]
    assert [day for day, body in second if "is today" in body] == [date(2026, 3, 9)]

    # On hold nothing is said of visits; treatment goes on with a new day 1, and so do the texts.
    door.change("hold:from=2026-03-20", at(2026, 3, 20, 10))
    assert visits_told(door, at(2026, 3, 20, 11), at(2026, 4, 20)) == []
    assert door.plan.state == "held"
    door.change("resume:on=2026-05-04", at(2026, 4, 20, 10))
    third = visits_told(door, at(2026, 4, 20, 11), at(2026, 6, 1))
    assert [day for day, body in third if "visit tomorrow" in body] == [date(2026, 5, 3), date(2026, 5, 24)]

    # A second look at everything that ever went out: nothing was said twice.
    bodies = [(text.template, text.args.get("date")) for text in world.texts(door.enrolled) if text.state == "accepted"]
    visits = [told for told in bodies if (told[0] or "").startswith(("visit_tomorrow", "visit_today", "visit_before"))]
    assert len(visits) == len(set(visits))
