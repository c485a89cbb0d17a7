"""A clinic is closed on a day: whose visits it touches, and what is shown before they move."""

from datetime import date

from scheduler.changing import Override
from scheduler.closing import affected, preview_closure, preview_slice
from scheduler.plan.changes import Close
from tests.scheduler.door import NOW, Door, Opens

CLOSED = Close(date(2026, 1, 26), date(2026, 1, 27))


def touched(door: Door, change: Close, after: int = 0) -> list[int]:
    return [plan.id for plan in affected(door.world.database, door.world.entry, change, after)]


def test_every_plan_with_a_visit_on_the_day_is_touched_and_no_other(opens: Opens) -> None:
    first, second, *_others = opens(), opens(), opens(start=date(2026, 1, 6)), opens("len_mm")
    assert touched(first, CLOSED) == [first.plan.id, second.plan.id]
    assert touched(first, CLOSED, first.plan.id) == [second.plan.id]
    first.change(CLOSED, override=Override("Dr. Quinn", "the building is closed"))
    assert touched(first, CLOSED) == [second.plan.id]


def test_a_closure_is_looked_at_before_it_is_made(opens: Opens) -> None:
    door = opens()
    opens(start=date(2026, 1, 6))
    before = door.plan

    world = door.world
    (preview,) = preview_closure(world.database, NOW, world.library, world.entry, CLOSED)

    assert preview.plan_id == door.plan.id
    assert [new.date for _, new in preview.events.moves if new.name.endswith("visit")] == [CLOSED.to]
    assert door.plan == before


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
