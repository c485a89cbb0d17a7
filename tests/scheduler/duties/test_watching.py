"""The watch on both databases: an alarm is opened once, told once, told again after an hour, and cleared once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from channels.base import Fault, SendResult, Verdict
from scheduler.duties.living import Living
from scheduler.duties.watchdog import Limits
from scheduler.duties.watching import Watching
from scheduler.enrolment import Enrolled
from store import alarms, clinics, health, notices, on_call, patients, staff
from store.alarms import Alarm
from store.health import ProcessKind, Vitals
from store.notices import Notice
from store.on_call import Recipient
from tests.scheduler.duties.post import OPERATOR, Clock
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World, at, phone

MINUTE = timedelta(minutes=1)
NURSE = Recipient("text", "+12025550171")
CLINIC_MAIL = Recipient("mail", "nurses@example.org")


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY_BEFORE)


@pytest.fixture
def watch(world: World, clock: Clock) -> Watching:
    """The watch of one process, beside a scheduler and a web process that live, and with people on call."""
    with world.database.writing() as tx:
        for who in (NURSE, CLINIC_MAIL):
            on_call.add(tx, clock.now, world.entry.clinic.id, who)
    show(world, clock)
    return Watching(world.database, clock, OPERATOR)


def show(world: World, clock: Clock, *kinds: ProcessKind, vitals: Vitals | None = None) -> None:
    """Processes show themselves: those named, or one of each kind."""
    for kind in kinds or ("scheduler", "web"):
        Living(world.database, clock, clock, f"{kind}-1", kind, lambda: vitals or Vitals()).beat()


def open_now(world: World) -> list[Alarm]:
    with world.database.reading() as tx:
        return alarms.open_alarms(tx)


def all_notices(world: World) -> list[Notice]:
    """The oldest first."""
    with world.database.reading() as tx:
        return notices.latest(tx)[::-1]


def kinds(world: World) -> list[str]:
    return [alarm.kind for alarm in open_now(world)]


def test_where_all_is_well_nothing_is_written(world: World, watch: Watching) -> None:
    world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    world.send(DAY_BEFORE)
    assert watch.round().open == []
    assert all_notices(world) == []


def test_a_scheduler_that_is_silent_is_told_to_the_operator_and_to_every_clinic(
    world: World, watch: Watching, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.forward(MINUTE)
    show(world, clock, "web")
    watch.round()
    (alarm,) = open_now(world)
    assert (alarm.kind, alarm.clinic_id, alarm.told) == ("scheduler_silent", None, 1)
    told = all_notices(world)
    assert {each.to for each in told} == {*OPERATOR, NURSE, CLINIC_MAIL}
    said = {each.to: each.body for each in told if each.to.means == "text"}
    # A moment to whoever reads it by a clock of their own, and as it is in the log to the operator.
    for who, moment in ((NURSE, "2026-01-04T21:00:00+00:00"), (OPERATOR[0], "2026-01-04 21:00 UTC")):
        assert said[who] == (
            f"Immunotext: No scheduler has shown itself since {moment}: no reminder goes out. "
            "Start 'immunotext scheduler'; its log says why it ended."
        )
    assert f"alarm {alarm.id} (scheduler_silent): No scheduler has shown itself" in caplog.text


def test_the_people_of_a_clinic_read_their_language_and_the_operator_english(world: World, clock: Clock) -> None:
    world.set_clinic(clock.now, default_language="es")
    with world.database.writing() as tx:
        for who in (NURSE, CLINIC_MAIL):
            on_call.add(tx, clock.now, world.entry.clinic.id, who)
        staff.set_user(tx, staff.add_user(tx, clock.now, CLINIC_MAIL.address, "Nurses").id, language="en")
    show(world, clock)
    clock.forward(MINUTE)
    show(world, clock, "web")
    Watching(world.database, clock, OPERATOR, lambda sentence, reader: f"[{reader.language}]{sentence}").round()
    begins = {each.to: each.body.removeprefix("Immunotext: ")[:6] for each in all_notices(world)}
    assert begins == {NURSE: "[es]No", CLINIC_MAIL: "[en]No"} | dict.fromkeys(OPERATOR, "No sch")


def test_an_alarm_is_told_once_then_every_hour_and_when_it_is_over(world: World, watch: Watching, clock: Clock) -> None:
    def look_at(after: timedelta, *alive: ProcessKind) -> int:
        clock.forward(after)
        show(world, clock, *alive)
        watch.round()
        return len(all_notices(world))

    assert look_at(MINUTE, "web") == 4
    assert look_at(timedelta(seconds=10), "web") == 4
    assert look_at(timedelta(minutes=58), "web") == 4
    assert look_at(2 * MINUTE, "web") == 8
    assert look_at(10 * MINUTE, "web") == 8
    assert look_at(MINUTE) == 12
    assert look_at(MINUTE) == 12
    assert open_now(world) == []
    with world.database.reading() as tx:
        (alarm,) = alarms.history(tx)
    assert (alarm.told, alarm.cleared_at) == (2, clock.now - MINUTE)
    bodies = [each.body for each in all_notices(world) if each.to == NURSE]
    assert [body.split(":")[1].strip() for body in bodies] == [
        "No scheduler has shown itself since 2026-01-04T21",
        "Still so",
        "Over",
    ]


def test_many_who_watch_at_once_open_and_tell_an_alarm_once(world: World, watch: Watching, clock: Clock) -> None:
    clock.forward(MINUTE)
    show(world, clock, "web")
    both = threading.Barrier(4)
    failed: list[BaseException] = []

    def look() -> None:
        try:
            both.wait()
            watch.round()
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert kinds(world) == ["scheduler_silent"]
    assert len(all_notices(world)) == 4


def test_what_mends_itself_within_its_patience_is_told_to_nobody(world: World, watch: Watching, clock: Clock) -> None:
    show(world, clock, "scheduler", vitals=Vitals(spooled=2))
    watch.round()
    assert kinds(world) == ["spool_waiting"]
    clock.forward(MINUTE / 2)
    show(world, clock)
    watch.round()
    assert (kinds(world), all_notices(world)) == ([], [])


def test_what_lasts_longer_than_its_patience_is_told_to_the_operator_alone(
    world: World, watch: Watching, clock: Clock
) -> None:
    for _ in range(6):
        show(world, clock, vitals=Vitals(spooled=2))
        watch.round()
        clock.forward(MINUTE)
    assert {each.to for each in all_notices(world)} == set(OPERATOR)
    assert len(all_notices(world)) == 2


def test_texts_that_nobody_sends_are_overdue_and_their_clinic_is_told(
    world: World, watch: Watching, clock: Clock
) -> None:
    """62,000 texts stuck for good: cht-core#10428."""
    world.reminded()
    clock.forward(14 * MINUTE)
    show(world, clock)
    assert watch.round().open == []
    clock.forward(MINUTE)
    show(world, clock)
    watch.round()
    (alarm,) = open_now(world)
    clinic = world.entry.clinic
    assert (alarm.kind, alarm.clinic_id) == ("overdue", clinic.id)
    assert alarm.detail == {"count": 1, "oldest": "2026-01-04 21:00 UTC"}
    assert {each.to for each in all_notices(world)} == {*OPERATOR, NURSE, CLINIC_MAIL}
    assert all_notices(world)[0].subject == "Immunotext: Riverside: alarm (overdue)"
    world.send(clock.now)
    watch.round()
    assert open_now(world) == []


def test_patients_for_whom_nobody_plans_are_told(world: World, watch: Watching, clock: Clock) -> None:
    world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    clock.forward(15 * MINUTE)
    show(world, clock)
    watch.round()
    assert [(alarm.kind, alarm.detail["count"]) for alarm in open_now(world)] == [("unplanned", 1)]
    with world.database.reading() as tx:
        assert patients.next_due_at(tx) == DAY_BEFORE


REFUSES_ALL = SendResult(Verdict.REFUSED, None, 30007, Fault.CONTENT, "filtered")
CUT_OFF = SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, "no connection")
NEVER_ANSWERS = SendResult(Verdict.UNKNOWN, None, None, Fault.UNKNOWN_OUTCOME, "no answer")


@pytest.mark.parametrize("result", [REFUSES_ALL, CUT_OFF, NEVER_ANSWERS])
def test_that_nothing_went_out_on_a_day_with_texts_due_is_an_alarm(
    world: World, watch: Watching, clock: Clock, result: SendResult
) -> None:
    """No texts for a month, and nobody saw it: simple-server#5214."""
    people = _welcomed(world)
    world.plan(DAY_BEFORE)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), result)
    clock.forward(5 * MINUTE)
    show(world, clock)
    watch.round()
    (alarm,) = open_now(world)
    assert (alarm.kind, alarm.detail) == ("nothing_sent", {"count": 5, "minutes": 60})
    # One that goes is enough.
    world.add_text(people[0], clock.now)
    going = world.begin(clock.now)
    assert going
    world.finish(clock.now, going)
    watch.round()
    assert "nothing_sent" not in kinds(world)


def neighbour_sends(world: World, clock: Clock) -> None:
    """Another clinic fills the newest part of the history."""
    other = World.build(world.database, world.library, ENROLLED, name="Hill", number="+12025550101")
    for number in range(50, 55):
        other.enrol(clock.now, VISIT, phone=phone(number))
    other.send(clock.now)


def test_that_nothing_went_out_stays_an_alarm_however_much_others_send(
    world: World, watch: Watching, clock: Clock
) -> None:
    few = replace(watch, limits=Limits(most=12))
    people = _welcomed(world)
    world.plan(DAY_BEFORE)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), REFUSES_ALL)
    clock.forward(5 * MINUTE)
    show(world, clock)
    few.round()
    world.add_text(people[0], clock.now, kind="reply", template=None, body="We will call you.", priority=0)
    answers = world.begin(clock.now)
    assert len(answers) == 1
    world.finish(clock.now, answers)  # what a nurse wrote is no reminder
    neighbour_sends(world, clock)
    few.round()
    assert [(alarm.kind, alarm.detail["count"]) for alarm in open_now(world)] == [("nothing_sent", 5)]


def test_what_went_out_before_others_sent_much_is_not_forgotten(world: World, watch: Watching, clock: Clock) -> None:
    few = replace(watch, limits=Limits(most=12))
    people = _welcomed(world)
    world.send(DAY_BEFORE)
    neighbour_sends(world, clock)
    for enrolled in people:
        world.add_text(enrolled, DAY_BEFORE, expires_at=DAY_BEFORE + 20 * MINUTE)
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), REFUSES_ALL)
    clock.forward(5 * MINUTE)
    show(world, clock)
    few.round()
    assert kinds(world) == []


def test_what_waits_for_the_hours_of_its_patients_is_no_alarm(world: World, watch: Watching, clock: Clock) -> None:
    night = at(2026, 1, 4, 22)
    people = _welcomed(world)
    world.send(DAY_BEFORE)
    for enrolled in people:
        world.add_text(enrolled, night, expires_at=night + timedelta(hours=20))
    assert world.begin(night) == []
    clock.now = night + 20 * MINUTE
    show(world, clock)
    assert watch.round().open == []


def test_unknown_texts_that_nobody_settles_are_told(world: World, watch: Watching, clock: Clock) -> None:
    world.reminded()
    world.finish(DAY_BEFORE, world.begin(DAY_BEFORE), NEVER_ANSWERS)
    clock.forward(30 * MINUTE)
    show(world, clock)
    watch.round()
    assert kinds(world) == ["unknown_waiting"]


def test_a_stopped_sender_is_told_until_it_is_resumed(world: World, watch: Watching, clock: Clock) -> None:
    sender = world.entry.senders[0].id
    with world.database.writing() as tx:
        clinics.stop_sender(tx, clock.now, sender, "account")
    watch.round()
    assert [(alarm.kind, alarm.detail["senders"]) for alarm in open_now(world)] == [("sender_stopped", [sender])]
    with world.database.writing() as tx:
        clinics.resume_sender(tx, clock.now, sender)
    watch.round()
    assert kinds(world) == []


def test_a_process_whose_clock_is_off_is_told_after_a_minute(world: World, watch: Watching, clock: Clock) -> None:
    def ahead() -> None:
        Living(world.database, clock, lambda: clock.now + timedelta(seconds=42), "web-2", "web").beat()

    ahead()
    watch.round()
    (alarm,) = open_now(world)
    assert (alarm.kind, alarm.detail["seconds"], alarm.told) == ("clock_skew", 42, 0)
    clock.forward(MINUTE)
    show(world, clock)
    ahead()
    watch.round()
    assert open_now(world)[0].told == 1


def test_one_who_is_on_call_for_clinic_and_operator_is_told_once(world: World, watch: Watching, clock: Clock) -> None:
    with world.database.writing() as tx:
        on_call.add(tx, clock.now, world.entry.clinic.id, OPERATOR[0])
    clock.forward(MINUTE)
    show(world, clock, "web")
    watch.round()
    assert [each.to for each in all_notices(world)].count(OPERATOR[0]) == 1


def test_an_address_that_cannot_be_opened_keeps_nobody_else_from_being_told(
    world: World, watch: Watching, clock: Clock
) -> None:
    with world.database.writing() as tx:
        is_text = on_call.on_call.c.means == "text"
        tx.conn.execute(sa.update(on_call.on_call).where(is_text).values(address_sealed=b"damaged"))
    clock.forward(MINUTE)
    show(world, clock, "web")
    watch.round()
    assert {each.to for each in all_notices(world)} == {*OPERATOR, CLINIC_MAIL}


def test_the_clinics_of_others_hear_nothing_of_a_clinics_alarm(world: World, watch: Watching, clock: Clock) -> None:
    with world.database.writing() as tx:
        fields = {"program": "Other", "timezone": "UTC", "country": "us", "languages": ["en"], "default_language": "en"}
        other = clinics.add_clinic(tx, clock.now, name="Elsewhere", **fields)  # type: ignore[arg-type]
        on_call.add(tx, clock.now, other.id, Recipient("mail", "elsewhere@example.org"))
        clinics.stop_sender(tx, clock.now, world.entry.senders[0].id, "account")
    watch.round()
    assert Recipient("mail", "elsewhere@example.org") not in {each.to for each in all_notices(world)}


def test_no_notice_and_no_alarm_holds_anything_of_a_patient(world: World, watch: Watching, clock: Clock) -> None:
    world.reminded()
    clock.forward(timedelta(hours=2))
    show(world, clock, "web")
    watch.round()
    words = repr([(each.subject, each.body, each.name) for each in all_notices(world)]) + repr(open_now(world))
    assert "overdue" in words
    assert "Ana" not in words
    assert "0143" not in words


def test_the_demo_is_watched_by_its_own_clock(world: World, clock: Clock) -> None:
    """What leases and signs of life go by stays the real one."""
    real = world.database.now()
    world.reminded()
    for kind in ("scheduler", "web"):
        Living(world.database, world.database.now, world.database.now, f"{kind}-1", kind).beat()
    watch = Watching(world.database, world.database.now, demo=True)
    assert _at(world, watch, DAY_BEFORE - real) == []
    assert _at(world, watch, DAY_BEFORE - real + 16 * MINUTE) == ["overdue"]


def _welcomed(world: World) -> list[Enrolled]:
    """Five people, one after another: their clinic's number has its rate."""
    people = []
    for number in range(5):
        then = ENROLLED + number * MINUTE
        people.append(world.enrol(then, VISIT, phone=phone(number)))
        world.send(then)
    return people


def _at(world: World, watch: Watching, offset: timedelta) -> list[str]:
    with world.database.writing() as tx:
        health.set_demo_clock(tx, health.DemoClock(offset, False))
    watch.round()
    return kinds(world)
