"""A later zone-data update: texts keep their local time, what is not sent yet moves, and nothing goes twice."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

from scheduler import replan
from scheduler.duties.duties import Duties
from scheduler.enrolment import Enrolled
from scheduler.plan.local_time import to_local
from store import messages, patients, replanning
from tests import zones
from tests.scheduler.world import ENROLLED, NEW_YORK, World, at, phone

JULY = date(2026, 7, 6)
BEFORE = datetime.combine(date(2026, 7, 3), time(10))


def _next(world: World, enrolled: Enrolled) -> datetime:
    with world.database.reading() as tx:
        patient = patients.get_patient(tx, enrolled.patient.id)
    assert patient is not None
    assert patient.next_text_at is not None
    return patient.next_text_at


def _note(world: World, now: datetime, version: str) -> bool:
    with world.database.writing() as tx:
        return replan.note_zone_data(tx, now, version)


def _work_off(world: World, now: datetime) -> int:
    done = 0
    while True:
        with world.database.writing() as tx:
            slice_done = replan.work_off(tx, now, limit=2)
        if not slice_done:
            return done
        done += slice_done


def test_only_other_zone_data_have_everybody_planned_for_anew(world: World) -> None:
    assert [_note(world, ENROLLED, version) for version in ("2026a", "2026a", "2026b")] == [False, False, True]
    with world.database.reading() as tx:
        assert replanning.is_open(tx)
        assert replanning.known_zone_data(tx) == "2026b"


def test_the_version_of_the_zone_data_is_one_word() -> None:
    version = replan.zone_data_version()
    assert version
    assert len(version.split()) == 1


def test_the_local_time_stays_and_the_instant_moves(world: World, tmp_path: Path) -> None:
    people = [world.enrol(ENROLLED, JULY, phone=phone(number)) for number in range(3)]
    before = [_next(world, each) for each in people]
    _note(world, ENROLLED, "2026a")
    now = at(2026, 6, 1)
    with zones.changed(tmp_path, America__New_York="America/Bogota"):
        _note(world, now, "2026b")
        assert _work_off(world, now) == 3
        world.plan(now)
        after = [_next(world, each) for each in people]
        assert {to_local(each, NEW_YORK) for each in after} == {BEFORE}
    assert {to_local(each, NEW_YORK) for each in before} == {BEFORE}
    assert {late - early for early, late in zip(before, after, strict=True)} == {timedelta(hours=1)}


def test_what_the_new_data_put_into_the_past_is_told_now_and_once(world: World, tmp_path: Path) -> None:
    """The clocks go forward for good: what was due in half an hour was due half an hour ago."""
    enrolled = world.enrol(ENROLLED, JULY, visit_time=None)
    world.send(ENROLLED)
    now = at(2026, 7, 3, 9, 30)
    assert world.send(now) == []
    with zones.changed(tmp_path, America__New_York="America/Sao_Paulo"):
        _note(world, now, "2026a")
        _note(world, now, "2026b")
        _work_off(world, now)
        assert [text.body.partition(":")[2][:9] for text in world.send(now)] == [" visit on"]
        assert world.send(now + timedelta(minutes=40)) == []
    assert [text.template for text in world.texts(enrolled)][1:] == ["visit_before_untimed"]


def test_what_was_told_is_not_told_again_by_the_new_clock(world: World, tmp_path: Path) -> None:
    enrolled = world.enrol(ENROLLED, JULY)
    world.send(ENROLLED)
    now = at(2026, 7, 3, 10)
    assert len(world.send(now)) == 1
    _note(world, now, "2026a")
    with zones.changed(tmp_path, America__New_York="America/Bogota"):
        _note(world, now, "2026b")
        _work_off(world, now)
        for minutes in range(0, 180, 20):
            assert world.send(now + timedelta(minutes=minutes)) == []
    assert len(world.texts(enrolled)) == 2


def test_a_text_that_waits_for_the_window_waits_by_the_new_clock(world: World, tmp_path: Path) -> None:
    enrolled = world.reminded()
    evening = at(2026, 7, 3, 21)
    number = world.add_text(enrolled, evening, expires_at=None)
    world.send(evening)
    _note(world, evening, "2026a")
    with zones.changed(tmp_path, America__New_York="America/Bogota"):
        _note(world, evening, "2026b")
        _work_off(world, evening)
        world.send(evening)
        with world.database.reading() as tx:
            text = messages.get_message(tx, number)
        assert text is not None
        assert (text.state, text.due_at) == ("due", at(2026, 7, 4, 9))
    assert text.due_at == at(2026, 7, 4, 10)


def test_nobody_is_planned_for_from_before_they_were_enrolled(world: World) -> None:
    now = at(2026, 1, 9, 11)
    enrolled = world.enrol(now, date(2026, 1, 12), phone=phone(3))
    world.send(now)
    _note(world, now, "2026a")
    _note(world, now, "2026b")
    _work_off(world, now + timedelta(minutes=5))
    world.send(now + timedelta(minutes=5))
    assert [text.template for text in world.texts(enrolled)] == ["optin_confirm"]


def test_a_scheduler_that_starts_with_newer_zone_data_has_everybody_planned_for_anew(world: World) -> None:
    enrolled = world.enrol(ENROLLED, JULY)

    def started(zone_data: str) -> list[int]:
        duties = Duties(world.database, world.library, "one", zone_data=zone_data)
        duties.note_zone_data()
        return [duties.replan(), duties.replan()]

    assert started("2026a") == [0, 0]
    assert started("2026b") == [1, 0]
    assert started("2026b") == [0, 0]
    assert _next(world, enrolled) <= world.database.now()
