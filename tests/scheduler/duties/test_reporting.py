"""The counts of a day, on both databases: what they tell, when they are made anew, and that words are none of them."""

from datetime import date, timedelta

import pytest

from channels.base import Fault, SendResult, Verdict
from scheduler import alerts, consent
from scheduler.duties.reporting import Reporting
from scheduler.enrolment import Enrolled
from store import inbox, reporting
from store.reporting import Acknowledged, Tally
from tests.scheduler.duties.post import Clock
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, at, phone

NOON = at(2026, 1, 4, 17)
SUNDAY = date(2026, 1, 4)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REFUSED = SendResult(Verdict.REFUSED, None, 30003, Fault.RECIPIENT_TEMPORARY, "")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def counting(world: World, clock: Clock) -> Reporting:
    return Reporting(world.database, clock, demo=False)


def days_of(counting: Reporting) -> int:
    """How many days it counts before all is fresh."""
    days = 0
    while counting.step():
        days += 1
    return days


def sums(world: World, first: date = SUNDAY, last: date = SUNDAY) -> Tally:
    with world.database.reading() as tx:
        return reporting.sums(tx, world.entry.clinic.id, first, last)


def hear(world: World, who: Enrolled, kind: str, outcome: str | None) -> int:
    """A text of this patient, taken for this."""
    with world.database.writing() as tx:
        number = inbox.record_text(
            tx, NOON, clinic_id=world.entry.clinic.id, contact_id=who.patient.contact_id,
            provider_id=f"SM-{who.patient.id}-{kind}-{outcome}", sender_id=world.entry.senders[0].id,
            body="her words", via="sms", outcome_kind=kind, outcome_id=outcome,
        )  # fmt: skip
    assert number is not None
    return number


def test_a_day_is_told_by_kinds_ids_and_states(world: World, counting: Reporting) -> None:
    first, second, _ = (world.enrol(ENROLLED, VISIT, phone=phone(number)) for number in range(3))
    world.send(ENROLLED)
    world.plan(DAY_BEFORE)
    ready = world.begin(DAY_BEFORE)
    world.finish(DAY_BEFORE, ready[:2])
    world.finish(DAY_BEFORE, ready[2:], REFUSED)
    for outcome in ("confirm", "change"):
        hear(world, first, "command", outcome)
    hear(world, second, "topic", "effects")
    hear(world, second, "unknown", None)
    with world.database.writing() as tx:
        consent.stop(tx, NOON + HOUR, world.library, world.contact_in(tx, second), "stop", source="text")
    assert days_of(counting) == 3
    told = sums(world)
    template = next(item for what, item in told if what == "template")
    assert {key: number for key, number in told.items() if key[0] != "out"} == {
        ("template", template): 2,
        ("segments", "sms"): told["segments", "sms"],
        ("failed", "30003"): 1,
        ("in", "command"): 2,
        ("command", "confirm"): 1,
        ("command", "change"): 1,
        ("in", "topic"): 1,
        ("topic", "effects"): 1,
        ("in", "unknown"): 1,
        ("opt_out", template): 1,
        ("patients", "-"): 3,
    }
    assert (told["out", "accepted"], told["out", "failed"]) == (2, 1)
    assert told["segments", "sms"] >= 2
    assert sums(world, SUNDAY - 2 * DAY, SUNDAY - 2 * DAY)["out", "accepted"] == 3


def test_days_are_the_clinics_own(world: World, counting: Reporting, clock: Clock) -> None:
    patient = world.enrol(ENROLLED, VISIT)
    world.set_clinic(ENROLLED, timezone="Asia/Tokyo")
    hear(world, patient, "unknown", None)  # Sunday at noon and later in New York is Monday in Tokyo
    days_of(counting)
    assert ("in", "unknown") not in sums(world)
    assert sums(world, SUNDAY + DAY, SUNDAY + DAY)["in", "unknown"] == 1


def test_a_day_is_counted_anew_until_it_is_settled_and_never_twice_over(
    world: World, counting: Reporting, clock: Clock
) -> None:
    patient = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    assert days_of(counting) == 3
    assert days_of(counting) == 0
    hear(world, patient, "unknown", None)
    clock.forward(HOUR)
    assert days_of(counting) == 2
    assert sums(world)["in", "unknown"] == 1
    clock.forward(HOUR)
    days_of(Reporting(world.database, clock, demo=False))
    assert sums(world)["in", "unknown"] == 1
    clock.forward(9 * DAY)
    days_of(counting)
    hear(world, patient, "topic", "effects")
    clock.forward(DAY)
    days_of(counting)
    assert ("in", "topic") not in sums(world)
    assert sums(world, SUNDAY - 5 * DAY, SUNDAY + 20 * DAY)["patients", "-"] == 13


def test_alerts_are_counted_by_urgency_and_told_with_the_time_until_somebody_saw_them(
    world: World, counting: Reporting
) -> None:
    patient = world.enrol(ENROLLED, VISIT)
    text = hear(world, patient, "emergency", "breathing")
    with world.database.writing() as tx:
        contact = world.contact_in(tx, patient)
        alerts.told(tx, NOON, contact, kind="emergency", why="", patient_id=None, message_id=text, reachable=True)
    (alert,) = world.tasks()
    with world.database.writing() as tx:
        alerts.see(tx, NOON + timedelta(minutes=4), alert, NOON, "nurse@riverside")
    days_of(counting)
    assert (sums(world)["alert", "3"], sums(world)["in", "emergency"]) == (1, 1)
    with world.database.reading() as tx:
        found = reporting.acknowledged(tx, world.entry.clinic.id, NOON - DAY, NOON + DAY)
        assert reporting.acknowledged(tx, world.entry.clinic.id, NOON + HOUR, NOON + DAY) == []
    assert found == [Acknowledged(3, NOON, NOON + timedelta(minutes=4))]


def test_another_clinics_texts_are_not_counted(world: World, counting: Reporting) -> None:
    other = World.build(world.database, world.library, ENROLLED, name="Hillside", number="+12025550199")
    hear(other, other.enrol(ENROLLED, VISIT, phone=phone(7)), "unknown", None)
    world.enrol(ENROLLED, VISIT)
    days_of(counting)
    assert ("in", "unknown") not in sums(world)
    assert sums(other)["in", "unknown"] == 1
