"""The words of old texts are deleted as a clinic wants it, on both databases, and all else of them stays."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scheduler import alerts
from scheduler.duties.retention import Retention
from scheduler.enrolment import Enrolled
from store import audit, inbox, retention
from store.messages import Message
from tests.scheduler.duties.post import Clock
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, phone

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY_BEFORE)


@pytest.fixture
def duty(world: World, clock: Clock) -> Retention:
    return Retention(world.database, clock, demo=False)


def all_steps(duty: Retention) -> None:
    while duty.step():
        pass


def hear(world: World, who: Enrolled, when: datetime, kind: str = "unknown") -> int:
    with world.database.writing() as tx:
        number = inbox.record_text(
            tx, when, clinic_id=world.entry.clinic.id, contact_id=who.patient.contact_id, provider_id=f"SM{when}",
            sender_id=world.entry.senders[0].id, body="I cannot breathe", via="sms", outcome_kind=kind,
            matched="breathe",
        )  # fmt: skip
        assert number is not None
        if kind in alerts.URGENCIES:
            line = alerts.line(kind, "breathing", "I cannot breathe", "breathe")
            contact = world.contact_in(tx, who)
            alerts.told(tx, when, contact, kind=kind, why=line, patient_id=None, message_id=number, reachable=True)
    return number


def without_words(text: Message) -> Message:
    return replace(text, body=None, matched=None, args={})


def deletions(world: World) -> list[tuple[datetime, tuple[str, ...]]]:
    with world.database.reading() as tx:
        entries = audit.entries(tx, world.entry.clinic.id)
    return [(each.at, each.fields) for each in entries if each.actor == "retention"]


def test_words_go_after_the_clinics_days_and_what_became_of_the_texts_stays(
    world: World, duty: Retention, clock: Clock
) -> None:
    world.set_clinic(ENROLLED, keep_words_days=30)
    patient = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    hear(world, patient, ENROLLED + timedelta(hours=1), "emergency")
    hear(world, patient, ENROLLED + 20 * DAY)
    before = world.texts(patient)
    clock.now = ENROLLED + 30 * DAY
    all_steps(duty)
    assert world.texts(patient) == before
    assert deletions(world) == []
    clock.forward(DAY)
    all_steps(duty)
    welcome, danger, later = world.texts(patient)
    assert (welcome, danger) == (without_words(before[0]), without_words(before[1]))
    assert (danger.outcome_kind, later) == ("emergency", before[2])
    assert "I cannot breathe" in (world.tasks()[0].detail or "")
    assert deletions(world) == [(clock.now, ("args", "body", "matched"))]
    clock.forward(timedelta(hours=23))
    all_steps(duty)
    assert len(deletions(world)) == 1


def test_a_clinic_without_a_limit_keeps_all_and_another_clinics_limit_is_not_its_own(
    world: World, duty: Retention, clock: Clock
) -> None:
    other = World.build(world.database, world.library, ENROLLED, name="Hillside", number="+12025550199")
    assert (world.entry.clinic.keep_words_days, other.entry.clinic.keep_words_days) == (90, 90)
    world.set_clinic(ENROLLED, keep_words_days=None)
    ours, theirs = world.enrol(ENROLLED, VISIT), other.enrol(ENROLLED, VISIT, phone=phone(7))
    hear(world, ours, ENROLLED)
    hear(other, theirs, ENROLLED + timedelta(seconds=1))
    clock.now = ENROLLED + 400 * DAY
    all_steps(duty)
    assert (world.texts(ours)[-1].body, other.texts(theirs)[-1].body) == ("I cannot breathe", None)


def test_what_still_waits_keeps_what_it_is_made_from(world: World, duty: Retention, clock: Clock) -> None:
    world.set_clinic(ENROLLED, keep_words_days=7)
    patient = world.enrol(ENROLLED, VISIT)
    waiting = world.add_text(patient, ENROLLED, args={"time": "9:30"}, expires_at=None)
    clock.now = ENROLLED + 20 * DAY
    all_steps(duty)
    (found,) = (text for text in world.texts(patient) if text.id == waiting)
    assert (found.state, found.args) == ("due", {"time": "9:30"})


def test_a_longer_time_that_is_set_meanwhile_ends_a_deletion(
    world: World, duty: Retention, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.duties.retention._SLICE", 2)
    world.set_clinic(ENROLLED, keep_words_days=7)
    patient = world.enrol(ENROLLED, VISIT)
    for number in range(6):
        hear(world, patient, ENROLLED + timedelta(minutes=number))
    clock.now = ENROLLED + 10 * DAY
    assert duty.step() == 1
    world.set_clinic(clock.now, keep_words_days=365)
    all_steps(duty)
    heard = [text.body for text in world.texts(patient) if text.direction == "in"]
    assert heard == [None, None, *["I cannot breathe"] * 4]
    world.set_clinic(clock.now, keep_words_days=7)
    all_steps(duty)
    assert {text.body for text in world.texts(patient) if text.direction == "in"} == {None}
    with world.database.reading() as tx:
        assert retention.gone_before(tx)[world.entry.clinic.id] == clock.now - 7 * DAY
