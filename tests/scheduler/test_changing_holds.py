"""What is so after any changes whatever: the rows are the calendar's, an undo restores, and no visit is told twice."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scheduler.changing import NotChanged, Override
from scheduler.plan.changes import Change, Close, Delay, Hold, Move, Resume, Skip, Stop
from scheduler.planned import calendar_of
from scheduler.shadow import row
from store import plans
from tests.scheduler.door import NOW, START, Door
from tests.scheduler.world import ENROLLED, REGIMENS, World, phone

DAYS = st.integers(0, 80).map(lambda days: START + timedelta(days=days))
POLICIES = ("reanchor", "keepgrid")
CHANGES: st.SearchStrategy[Change | str] = st.one_of(
    st.builds(
        Delay, cycle=st.integers(1, 5), days=st.integers(1, 20), policy=st.sampled_from(["reanchor", "keepgrid"])
    ),
    st.builds(Hold, from_=DAYS),
    st.builds(Resume, on=DAYS, cycle=st.sampled_from(["new", "same"])),
    st.builds(Skip, date=DAYS, counts=st.booleans()),
    st.builds(Move, date=DAYS, to=DAYS),
    st.builds(Close, date=DAYS, to=DAYS),
    st.builds(Stop, on=DAYS),
    st.builds("switch:to={},from={}".format, st.sampled_from(["nivo_q4w", "len_mm"]), DAYS),
)
WAITS = st.integers(0, 200).map(lambda hours: timedelta(hours=hours))
STEPS = st.lists(st.tuples(WAITS, CHANGES, st.booleans(), st.booleans()), min_size=1, max_size=6)
AT_ONCE = timedelta(0)
HELD_AND_RESUMED: list[tuple[timedelta, Change | str, bool, bool]] = [
    (AT_ONCE, Hold(START), False, False),
    (AT_ONCE, Resume(START + timedelta(days=1)), False, True),
]
DELAYED_ON_HOLD: list[tuple[timedelta, Change | str, bool, bool]] = [
    (AT_ONCE, Hold(START), False, False),
    (AT_ONCE, Delay(2, 5), False, False),
    (AT_ONCE, Stop(START + timedelta(days=69)), False, True),
]
ANSWERS = Override("Dr. Quinn", "agreed")
VISITS = ("visit_before", "visit_tomorrow", "visit_today")
_numbers = count()


def standing(door: Door) -> tuple[object, ...]:
    """All that an undo must bring back."""
    return door.events(), door.waiting(), door.next_text_at, door.plan.state


def rows_are_the_calendars(door: Door) -> None:
    plan = door.plan
    with door.world.database.reading() as tx:
        stand = [each for each in plans.events_since(tx, plan.id, date.min) if each.status not in ("gone", "held")]
    expected = {event.name: row(plan.id, event) for event in calendar_of(plan).events(None, plan.shadow_until)}
    assert {each.name: replace(each, status="planned", confirmed_for=None) for each in stand} == expected


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(regimen_id="pembro_q3w", steps=HELD_AND_RESUMED)
@example(regimen_id="nivo_ipi_mel", steps=DELAYED_ON_HOLD)
@given(regimen_id=st.sampled_from(REGIMENS), steps=STEPS)
def test_any_changes_keep_rows_texts_and_calendar_together(
    world: World, regimen_id: str, steps: list[tuple[timedelta, Change | str, bool, bool]]
) -> None:
    enrolled = world.enrol(ENROLLED, START, regimen_id, phone=phone(next(_numbers)))
    door = Door(world, enrolled)
    now = NOW
    for wait, change, tell, is_undone in steps:
        now += wait
        world.send(now)
        before = standing(door)
        try:
            door.change(change, now, override=ANSWERS, tell=tell)
        except NotChanged:
            assert standing(door) == before
            continue
        rows_are_the_calendars(door)
        if is_undone:
            door.undo(now, override=ANSWERS)
            rows_are_the_calendars(door)
            assert standing(door) == before
    world.send(now + timedelta(days=3))
    sent = [text for text in world.texts(enrolled) if text.state == "accepted" and text.template]
    told = Counter((text.template, text.args["date"]) for text in sent if (text.template or "").startswith(VISITS))
    assert set(told.values()) <= {1}
