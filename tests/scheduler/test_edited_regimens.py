"""Whoever edits a regimen file, or brings a new release, moves nobody who is enrolled (rule 8 of the house)."""

from dataclasses import replace
from datetime import timedelta

from scheduler.planned import calendar_of
from store import clinics, plans
from tests.scheduler.door import NOW, START, Door
from tests.scheduler.world import ENROLLED, World, phone

UNTIL = START + timedelta(days=400)


def test_every_regimen_is_edited_and_every_enrolled_calendar_stays(world: World) -> None:
    with world.database.writing() as tx:
        for regimen in world.library.regimens.values():
            clinics.sign_regimen(
                tx, NOW, world.entry.clinic.id, regimen.id, regimen.version, regimen.digest(), "Dr. Quinn"
            )
    world.entry = world.directory[world.entry.clinic.id]
    doors = [
        Door(world, world.enrol(ENROLLED, START, name, phone=phone(number)))
        for number, name in enumerate(world.library.regimens)
    ]
    assert len(doors) >= 42
    before = [(door.events(), list(calendar_of(door.plan).events(None, UNTIL))) for door in doors]
    edited = {
        name: replace(regimen, version=regimen.version + 1, reminders=(), phases=regimen.phases[:1])
        for name, regimen in world.library.regimens.items()
    }
    world.library = replace(world.library, regimens=edited)

    world.send(NOW)

    for door, (events, calendar) in zip(doors, before, strict=True):
        assert door.events() == events
        assert list(calendar_of(door.plan).events(None, UNTIL)) == calendar
        with world.database.reading() as tx:
            assert plans.changes(tx, door.enrolled.plan.id) == []
