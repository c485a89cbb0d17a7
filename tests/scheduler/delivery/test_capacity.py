"""The forecast: what a day asks of a sender, when the last text leaves, and what cannot be done."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from channels.base import Via
from scheduler.delivery.capacity import Counting, Leaving, cannot_be_done, queued, senders_in_use
from scheduler.duties.foretelling import Foretelling
from scheduler.enrolment import NewPlan, add_plan
from store import clinics, forecasts
from store.clinics import Sender
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, at, phone

NINE = datetime(2026, 3, 2, 14, tzinfo=UTC)
LONG_CODE = Sender(1, 1, "+12025550100", "number", "us", None, None)


def test_the_last_of_412_texts_of_430_segments_leaves_seven_minutes_after_nine() -> None:
    long = Leaving(NINE - timedelta(seconds=1), NINE + timedelta(hours=1), 19)
    texts = [Leaving(NINE, NINE + timedelta(hours=1), 1) for _ in range(411)]
    made = queued(LONG_CODE, date(2026, 3, 2), [*texts, long])
    assert (made.texts, made.segments, made.late, made.over_cap) == (412, 430, 0, 0)
    assert made.last_at == NINE + timedelta(seconds=428)
    assert not cannot_be_done(made)


def test_texts_that_leave_when_they_are_of_no_use_and_what_is_over_the_cap_are_counted() -> None:
    texts = [Leaving(NINE, NINE + timedelta(seconds=60), 1) for _ in range(100)]
    made = queued(LONG_CODE, date(2026, 3, 2), texts)
    assert made.late == 40
    assert cannot_be_done(made)
    capped = Sender(1, 1, "+12025550100", "number", "us", None, None, "long_code", 100, 90)
    assert queued(capped, date(2026, 3, 2), texts).over_cap == 10


def test_a_day_without_texts_can_be_done() -> None:
    made = queued(LONG_CODE, date(2026, 3, 2), [])
    assert (made.texts, made.last_at, cannot_be_done(made)) == (0, None, False)


def test_what_is_counted_from_the_calendars_is_what_is_sent_on_that_day(world: World) -> None:
    world.set_clinic(ENROLLED, program="The Outpatient Infusion and Immunotherapy Program of Riverside and the Valley")
    people = [world.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(3)]
    world.send(ENROLLED)
    counting = Counting(world.library, world.entry, date(2026, 1, 4))
    with world.database.reading() as tx:
        assert not counting.count_some(tx)
    (made,) = counting.made()
    sent = world.send(DAY_BEFORE)
    assert made.texts == len(sent) == 3
    assert made.segments == sum(world.texts(each)[-1].segments or 0 for each in people) == 6


@pytest.mark.parametrize(("limit", "texts"), [(1, 1), (9, 2)])
def test_no_more_is_counted_for_a_person_than_a_day_may_have(world: World, limit: int, texts: int) -> None:
    world.set_clinic(ENROLLED, max_texts_per_day=limit)
    enrolled = world.enrol(ENROLLED, VISIT, visit_time=time(10))
    capsules = NewPlan(
        patient_id=enrolled.patient.id, regimen_id="len_mm", start=VISIT, visit_time=time(14), by="nurse@riverside"
    )
    with world.database.writing() as tx:
        add_plan(tx, ENROLLED, world.library, world.entry, capsules)
    # The last of the first capsules, and the eve of the second infusion.
    counting = Counting(world.library, world.entry, VISIT + timedelta(days=20))
    with world.database.reading() as tx:
        counting.count_some(tx)
    assert [made.texts for made in counting.made()] == [texts]


def test_a_sender_that_is_stopped_is_not_counted_on_and_sms_stands_in_for_whatsapp(world: World) -> None:
    (first,) = world.entry.senders
    with world.database.writing() as tx:
        second = clinics.add_sender(tx, ENROLLED, world.entry.clinic.id, phone(99), kind="number")
        clinics.stop_sender(tx, ENROLLED, first.id, "account")
    (entry,) = world.directory.values()
    assert senders_in_use(world.entry) == {Via.SMS: first, Via.WHATSAPP: first}
    assert senders_in_use(entry) == {Via.SMS: second, Via.WHATSAPP: second}


def test_tomorrow_is_foretold_once_in_the_afternoon_and_staff_hear_of_what_cannot_be_done(world: World) -> None:
    with world.database.writing() as tx:
        clinics.set_sender(tx, ENROLLED, world.entry.senders[0].id, daily_cap=1)
    for number in range(3):
        world.enrol(ENROLLED, VISIT, phone=phone(number))
    for hour, kept in ((14, 0), (15, 1), (16, 1)):
        foretelling = Foretelling(world.database, world.library, lambda hour=hour: at(2026, 1, 3, hour), demo=False)  # type: ignore[misc]
        while foretelling.step():
            pass
        with world.database.reading() as tx:
            found = forecasts.forecasts(tx, world.entry.clinic.id, date(2026, 1, 4))
        assert len(found) == kept
    with world.database.reading() as tx:
        assert [each.texts for each in forecasts.forecasts(tx, world.entry.clinic.id, date(2026, 1, 4))] == [3]
    assert [task.kind for task in world.tasks()] == ["sender"]


def test_a_day_that_can_be_done_is_no_task(world: World) -> None:
    world.enrol(ENROLLED, VISIT)
    foretelling = Foretelling(world.database, world.library, lambda: at(2026, 1, 3, 15), demo=False)
    assert [foretelling.step() for _ in range(2)] == [1, 0]
    with world.database.reading() as tx:
        (made,) = forecasts.forecasts(tx, world.entry.clinic.id, date(2026, 1, 4))
    assert made.texts == 1
    assert world.tasks() == []


def test_of_a_clinic_that_cannot_send_nothing_is_foretold(world: World) -> None:
    """Nor is it begun again and again."""
    with world.database.writing() as tx:
        clinics.stop_sender(tx, ENROLLED, world.entry.senders[0].id, "account")
    assert Foretelling(world.database, world.library, lambda: at(2026, 1, 3, 15), demo=False).step() == 0
