"""A clinic is closed on a day: whose visit moves, and that a closure goes on where it was broken off."""

from datetime import date
from itertools import islice

from scheduler.changing import Override
from scheduler.closing import Closed, close_clinic_day, preview_closure, preview_slice
from scheduler.plan.changes import Close
from store import plans
from tests.scheduler.door import NOW, START, Door, Opens

CLOSED = Close(date(2026, 1, 26), date(2026, 1, 27))
OVERRIDE = Override("Dr. Quinn", "the building is closed")


def close(door: Door, how_many: int | None = None) -> list[Closed]:
    world = door.world
    done = close_clinic_day(
        world.database, NOW, world.library, world.entry, CLOSED, by="admin", reason=None, override=OVERRIDE
    )
    return list(islice(done, how_many))


def test_every_plan_with_a_visit_on_the_day_moves_and_no_other(opens: Opens) -> None:
    doors = [opens(), opens(), opens(start=date(2026, 1, 6)), opens("len_mm")]
    others = [door.plan for door in doors[2:]]

    closed = close(doors[0])

    assert closed == [Closed(door.plan.id, door.plan.patient_id, None) for door in doors[:2]]
    assert [door.visits()[1] for door in doors[:2]] == [date(2026, 1, 27)] * 2
    assert [door.plan for door in doors[2:]] == others


def test_a_closure_that_was_broken_off_goes_on_and_touches_nobody_twice(opens: Opens) -> None:
    doors = [opens(), opens(), opens()]
    close(doors[0], how_many=1)
    versions = doors[0].plan.version

    assert [closed.plan_id for closed in close(doors[0])] == [door.plan.id for door in doors[1:]]
    assert doors[0].plan.version == versions
    assert close(doors[0]) == []


def test_a_plan_for_which_the_day_will_not_do_stays_and_the_others_move(opens: Opens) -> None:
    given, moves = opens(), opens()
    given.mark("treatment/c2/d1/visit", "given")

    refused, moved = close(given)

    assert refused.refused is not None
    assert "was given" in refused.refused
    assert moved.refused is None
    assert (given.visits()[1], moves.visits()[1]) == (date(2026, 1, 26), date(2026, 1, 27))


def test_a_closure_is_looked_at_before_it_is_made(opens: Opens) -> None:
    door = opens()
    opens(start=date(2026, 1, 6))
    before = door.plan

    world = door.world
    (preview,) = preview_closure(world.database, NOW, world.library, world.entry, CLOSED)

    assert preview.plan_id == door.plan.id
    assert [new.date for _, new in preview.events.moves if new.name.endswith("visit")] == [CLOSED.to]
    assert door.plan == before


def test_a_closure_reaches_beyond_the_rows_that_stand(opens: Opens) -> None:
    door = opens()
    world = door.world
    far = Close(date(2026, 6, 1), date(2026, 6, 2))

    (closed,) = close_clinic_day(
        world.database, NOW, world.library, world.entry, far, by="admin", reason=None, override=OVERRIDE
    )

    assert closed.refused is None
    with world.database.reading() as tx:
        assert len(plans.changes(tx, closed.plan_id)) == 1
    assert door.visits()[0] == START


def test_a_closure_is_looked_at_in_parts_that_are_the_whole_together(opens: Opens) -> None:
    doors = [opens(), opens(start=date(2026, 1, 6)), opens(), opens()]
    world = doors[0].world
    after: int | None = 0
    parts = []
    while after is not None:
        part = preview_slice(world.database, NOW, world.library, world.entry, CLOSED, after, most=2)
        parts.append([each.plan_id for each in part.previews])
        after = part.after

    assert parts == [[doors[0].plan.id, doors[2].plan.id], [doors[3].plan.id], []]
