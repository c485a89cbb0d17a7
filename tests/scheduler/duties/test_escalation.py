"""Alerts that nobody has seen: who is on by the rota at a moment, and each step told once while nobody sees to it."""

import re
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from scheduler import alerts
from scheduler.duties import escalation
from scheduler.duties.escalating import Escalating
from scheduler.duties.telling import Reader
from store import audit, clinics, contacts, follow_ups, inbox, notices, on_call, rota, staff
from store.clinic_entry import CALL_MINUTES, DANGER_MINUTES
from store.follow_ups import FollowUp
from store.notices import Notice
from store.on_call import Recipient
from store.rota import RotaStep, Shift
from tests.scheduler.duties.post import Clock
from tests.scheduler.world import NEW_YORK, PHONE, World, at

MINUTE = timedelta(minutes=1)
MONDAY = date(2026, 1, 5)
WEEK = tuple(range(7))
WORKDAYS = tuple(range(5))
NOON, NIGHT = time(12), time(19)
STAND_IN = Recipient("text", "+12025550179")


def shift(
    step: RotaStep = "nurse",
    phone: str = "+12025550171",
    *,
    days: tuple[int, ...] = WEEK,
    begins: time = time(7),
    ends: time = time(19),
    holidays: bool = False,
    mail: str | None = None,
) -> Shift:
    return Shift(step, f"Somebody at {phone}", phone, mail, days, begins, ends, holidays)


def is_on(who: Shift, moment: datetime, holidays: tuple[date, ...] = ()) -> bool:
    return escalation.on_duty([who], who.step, moment, NEW_YORK, holidays) != ()


def test_a_day_shift_is_on_from_its_first_minute_until_its_last() -> None:
    day = shift(days=WORKDAYS)
    assert not is_on(day, at(2026, 1, 5, 6, 59))
    assert is_on(day, at(2026, 1, 5, 7))
    assert is_on(day, at(2026, 1, 5, 18, 59))
    assert not is_on(day, at(2026, 1, 5, 19))
    assert not is_on(day, at(2026, 1, 4, 12))  # a Sunday


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = shift(days=(4,), begins=NIGHT, ends=time(7))
    assert is_on(night, at(2026, 1, 9, 22))  # Friday evening
    assert is_on(night, at(2026, 1, 10, 6, 59))
    assert not is_on(night, at(2026, 1, 10, 7))
    assert not is_on(night, at(2026, 1, 9, 3))  # the night of Thursday


def test_a_shift_that_ends_when_it_begins_is_a_whole_day() -> None:
    whole = shift(days=(5,), begins=time(8), ends=time(8))
    assert is_on(whole, at(2026, 1, 10, 8))
    assert is_on(whole, at(2026, 1, 11, 7, 59))
    assert not is_on(whole, at(2026, 1, 11, 8))


@pytest.mark.parametrize("moment", [at(2026, 1, 5, 12), at(2026, 1, 6, 3)])
def test_on_a_holiday_only_those_for_holidays_are_on_and_through_the_night_that_follows(moment: datetime) -> None:
    begins, ends = (time(7), NIGHT) if moment.hour > 12 else (NIGHT, time(7))
    usual = shift(begins=begins, ends=ends)
    holiday = shift(days=(), begins=begins, ends=ends, holidays=True)
    assert (is_on(usual, moment), is_on(holiday, moment)) == (True, False)
    assert (is_on(usual, moment, (MONDAY,)), is_on(holiday, moment, (MONDAY,))) == (False, True)


def test_a_night_in_which_the_clocks_change_has_no_gap() -> None:
    """2026-03-08: 2:00 is 3:00 in New York."""
    night = shift(begins=NIGHT, ends=time(2, 30))
    early = shift(begins=time(2, 30), ends=time(7))
    moment = at(2026, 3, 7, 20)
    while moment < at(2026, 3, 8, 7):
        assert is_on(night, moment) is not is_on(early, moment)
        moment += timedelta(minutes=10)


def test_a_step_is_told_by_text_and_by_mail_each_place_once() -> None:
    people = [shift(mail="charge@example.org"), shift(mail="other@example.org"), shift("charge", "+12025550172")]
    assert escalation.told(people, [STAND_IN], 0, at(2026, 1, 5, 12), NEW_YORK, ()) == (
        Recipient("text", "+12025550171"),
        Recipient("mail", "charge@example.org"),
        Recipient("mail", "other@example.org"),
    )


def test_where_nobody_is_on_for_a_step_the_on_call_list_is_told_and_the_next_step_too() -> None:
    above = shift("charge", "+12025550172", begins=time(0), ends=time(0))
    night = at(2026, 1, 5, 23)
    people = [shift(), above, shift("on_call", "+12025550173", begins=time(0), ends=time(0))]
    assert escalation.told(people, [STAND_IN], 0, night, NEW_YORK, ()) == (STAND_IN, *above.recipients())
    assert escalation.told([], [STAND_IN], 0, night, NEW_YORK, ()) == (STAND_IN,)
    assert escalation.told([], [], 0, night, NEW_YORK, ()) == ()


def test_the_last_step_is_told_when_the_alert_is_overdue(world: World) -> None:
    for kind, minutes in (("call_now", CALL_MINUTES), ("emergency", DANGER_MINUTES)):
        rings = RINGS + minutes[0] * MINUTE
        assert danger(world, rings, kind).due_by == rings + minutes[-1] * MINUTE
        assert len(minutes) == len(escalation.STEPS)


# What is done, on both databases.

STAFF = {"nurse": "+12025550171", "charge": "+12025550172", "on_call": "+12025550173"}
RINGS = at(2026, 1, 5, 14, 5)


@pytest.fixture
def clock() -> Clock:
    return Clock(RINGS)


@pytest.fixture
def climbing(world: World, clock: Clock) -> Escalating:
    """A clinic with somebody on for each step at any time."""
    with world.database.writing() as tx:
        for step in escalation.STEPS:
            rota.add_shift(
                tx, RINGS, world.entry.clinic.id, shift(step, STAFF[step], begins=time(0), ends=time(0), holidays=True)
            )
    return Escalating(world.database, clock, "https://texts.example.org")


def danger(world: World, now: datetime, kind: str = "emergency") -> FollowUp:
    """A text of danger came."""
    with world.database.writing() as tx:
        clinic_id = world.entry.clinic.id
        contact = contacts.open_contact(tx, now, clinic_id, PHONE, "en", "sms")
        number = inbox.record_text(
            tx,
            now,
            clinic_id=clinic_id,
            contact_id=contact.id,
            provider_id=f"SM{now.timestamp():032.0f}",
            sender_id=None,
            body="my chest hurts so much",
            via="sms",
            media=0,
        )
        assert number is not None
        alerts.told(tx, now, contact, kind=kind, why="chest", patient_id=None, message_id=number, reachable=True)
        (alert,) = follow_ups.open_ones(tx, clinic_id)
    return alert


def told(world: World) -> list[Notice]:
    """The oldest first."""
    with world.database.reading() as tx:
        return notices.latest(tx)[::-1]


def numbers(world: World) -> list[str]:
    return [each.to.address for each in told(world)]


def test_an_alert_that_nobody_sees_climbs_step_by_step_and_names_no_patient(
    world: World, climbing: Escalating, clock: Clock
) -> None:
    alert = danger(world, RINGS)
    assert climbing.round() == 0
    for minutes, expected in (
        (2, ["nurse"]),
        (6, ["nurse"]),
        (7, ["nurse", "charge"]),
        (15, list(STAFF)),
        (90, list(STAFF)),
    ):
        clock.now = RINGS + minutes * MINUTE
        climbing.round()
        climbing.round()
        assert numbers(world) == [STAFF[step] for step in expected]
    assert told(world)[0].body == (
        "Immunotext: Riverside: A danger alert waits since 14:05. "
        f"Open the console: https://texts.example.org/c/{world.entry.clinic.id}/alerts"
    )
    with world.database.reading() as tx:
        climbed = [entry.fields for entry in audit.entries(tx, alert.clinic_id) if entry.action == "climb"]
    assert climbed == [("on_call",), ("charge",), ("nurse",)]


def test_each_is_told_in_the_language_of_their_account_else_in_the_clinics(world: World, clock: Clock) -> None:
    world.set_clinic(RINGS, default_language="es")
    people = {"ann@example.org": "en", "bea@example.org": None}
    with world.database.writing() as tx:
        for email, language in people.items():
            staff.set_user(tx, staff.add_user(tx, RINGS, email, "Somebody").id, language=language)
        for number, mail in (("+12025550171", "Ann@example.org"), ("+12025550172", "bea@example.org")):
            rota.add_shift(tx, RINGS, world.entry.clinic.id, shift(phone=number, mail=mail))
        rota.add_shift(tx, RINGS, world.entry.clinic.id, shift(phone="+12025550173"))
    danger(world, RINGS)
    clock.forward(2 * MINUTE)
    Escalating(world.database, clock, "https://texts.example.org", told_to).round()
    assert {each.to.address: re.findall(r"\[.+?\]", each.subject + each.body) for each in told(world)} == {
        "+12025550171": ["[en-us]"] * 2,
        "Ann@example.org": ["[en-us]"] * 2,
        "+12025550172": ["[es-us]"] * 2,
        "bea@example.org": ["[es-us]"] * 2,
        "+12025550173": ["[es-us]"] * 2,
    }


def told_to(sentence: str, reader: Reader) -> str:
    """A language in which every sentence begins with who reads it."""
    return f"[{reader.language}-{reader.country}] {sentence}"


def test_a_less_urgent_alert_climbs_slower(world: World, climbing: Escalating, clock: Clock) -> None:
    danger(world, RINGS, "call_now")
    clock.forward(9 * MINUTE)
    assert climbing.round() == 0
    clock.forward(MINUTE)
    assert climbing.round() == 1


def test_a_clinic_sets_its_own_minutes_and_they_count_at_once(world: World, climbing: Escalating, clock: Clock) -> None:
    danger(world, RINGS, "call_now")
    assert climbing.round() == 0
    with world.database.writing() as tx:
        clinics.set_clinic(tx, RINGS, world.entry.clinic.id, call_minutes=(0, 4, 4), danger_minutes=(1, 2, 3))
    assert [climbing.round(), climbing.round()] == [1, 0]
    clock.forward(4 * MINUTE)
    assert [climbing.round(), climbing.round(), climbing.round()] == [1, 1, 0]
    assert numbers(world) == [*STAFF.values()]
    assert danger(world, clock.now).due_by == clock.now + 3 * MINUTE


@pytest.mark.parametrize("ends", ["seen", "closed"])
def test_it_stops_when_somebody_has_seen_or_closed_it(
    ends: str, world: World, climbing: Escalating, clock: Clock
) -> None:
    alert = danger(world, RINGS)
    clock.forward(2 * MINUTE)
    climbing.round()
    assert alert.rung_at is not None
    with world.database.writing() as tx:
        if ends == "seen":
            alerts.see(tx, clock.now, alert, alert.rung_at, "nurse@riverside")
        else:
            alerts.close(tx, clock.now, alert, "nurse@riverside", "phoned")
    clock.forward(60 * MINUTE)
    assert climbing.round() == 0
    assert numbers(world) == [STAFF["nurse"]]


def test_another_text_rings_anew_from_the_first_step(world: World, climbing: Escalating, clock: Clock) -> None:
    danger(world, RINGS)
    clock.forward(8 * MINUTE)
    assert [climbing.round(), climbing.round(), climbing.round()] == [1, 1, 0]
    danger(world, clock.now)
    clock.forward(2 * MINUTE)
    climbing.round()
    assert numbers(world) == [STAFF["nurse"], STAFF["charge"], STAFF["nurse"]]
    assert "since 14:13" in told(world)[-1].body


def test_of_many_schedulers_one_tells_each_step(world: World, climbing: Escalating, clock: Clock) -> None:
    danger(world, RINGS)
    clock.forward(2 * MINUTE)
    together, failed = threading.Barrier(4), list[BaseException]()

    def look(one: Escalating) -> None:
        try:
            together.wait()
            one.round()
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            failed.append(error)

    processes = [Escalating(world.database, clock, climbing.address) for _ in range(4)]
    threads = [threading.Thread(target=look, args=(one,)) for one in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert numbers(world) == [STAFF["nurse"]]
    with world.database.reading() as tx:
        assert follow_ups.unseen_alerts(tx, 3)[0].climbed == 1
        assert follow_ups.unseen_alerts(tx, 1) == []


def test_without_a_rota_those_on_call_are_told_at_each_step_and_without_anybody_the_log_says_so(
    world: World, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    climbing = Escalating(world.database, clock, "https://texts.example.org")
    alert = danger(world, RINGS)
    clock.forward(2 * MINUTE)
    assert climbing.round() == 1
    assert f"alert {alert.id}: nobody can be told" in caplog.text
    with world.database.writing() as tx:
        on_call.add(tx, RINGS, world.entry.clinic.id, STAND_IN)
    clock.forward(20 * MINUTE)
    assert [climbing.round(), climbing.round(), climbing.round()] == [1, 1, 0]
    assert numbers(world) == [STAND_IN.address] * 2


def test_an_alert_of_one_clinic_is_told_to_nobody_of_another(
    world: World, climbing: Escalating, clock: Clock, second: Callable[[], int]
) -> None:
    other = second()
    with world.database.writing() as tx:
        rota.add_shift(tx, RINGS, other, shift("nurse", "+12025550199", begins=time(0), ends=time(0)))
    danger(world, RINGS)
    clock.forward(2 * MINUTE)
    climbing.round()
    assert numbers(world) == [STAFF["nurse"]]


@pytest.fixture
def second(world: World) -> Callable[[], int]:
    """Adds another clinic; its id."""

    def add() -> int:
        return World.build(world.database, world.library, RINGS, number="+12025550198", name="Hillside").entry.clinic.id

    return add
