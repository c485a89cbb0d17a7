"""An enrolled plan is changed: what moves with it, what is told, and what is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from scheduler.changing import Changed, NotChanged, Override, change_plan, preview_change, preview_undo, undo_change
from scheduler.enrolment import Enrolled
from scheduler.plan.changes import Change, parse_change
from scheduler.previewing import Preview
from store import audit, contacts, messages, patients, plans
from store.plans import Plan
from tests.scheduler.world import ENROLLED, World, at

START = date(2026, 1, 5)
NOW = at(2026, 1, 8, 12)


@dataclass
class Door:
    """The door to one enrolled plan of a world."""

    world: World
    enrolled: Enrolled

    @property
    def plan(self) -> Plan:
        with self.world.database.reading() as tx:
            found = plans.get_plan(tx, self.enrolled.plan.id)
        assert found is not None
        return found

    @property
    def next_text_at(self) -> datetime | None:
        with self.world.database.reading() as tx:
            found = patients.get_patient(tx, self.enrolled.patient.id)
        assert found is not None
        return found.next_text_at

    def parsed(self, change: Change | str) -> Change:
        return parse_change(change, self.world.library.regimens.__getitem__) if isinstance(change, str) else change

    def change(self, change: Change | str, now: datetime = NOW, **more: Any) -> Changed:
        known = {"by": "nurse@riverside", "reason": None, "expected_version": self.plan.version}
        with self.world.database.writing() as tx:
            return change_plan(
                tx,
                now,
                self.world.library,
                self.world.entry,
                self.enrolled.plan.id,
                self.parsed(change),
                **{**known, **more},
            )

    def undo(self, now: datetime = NOW, **more: Any) -> Changed:
        known = {"by": "nurse@riverside", "reason": None, "expected_version": self.plan.version}
        with self.world.database.writing() as tx:
            return undo_change(
                tx, now, self.world.library, self.world.entry, self.enrolled.plan.id, **{**known, **more}
            )

    def preview(self, change: Change | str, now: datetime = NOW) -> Preview:
        with self.world.database.reading() as tx:
            return preview_change(
                tx, now, self.world.library, self.world.entry, self.enrolled.plan.id, self.parsed(change)
            )

    def preview_undo(self, now: datetime = NOW) -> Preview:
        with self.world.database.reading() as tx:
            return preview_undo(tx, now, self.world.library, self.world.entry, self.enrolled.plan.id)

    def refused(self, change: Change | str, now: datetime = NOW, **more: Any) -> NotChanged:
        with pytest.raises(NotChanged) as refused:
            self.change(change, now, **more)
        return refused.value

    def events(self) -> list[tuple[str, date, str]]:
        """Every event that is not gone: name, date, status."""
        with self.world.database.reading() as tx:
            rows = plans.events_of(tx, self.enrolled.plan.id)
        return [(row.name, row.date, row.status) for row in rows if row.status != "gone"]

    def visits(self) -> list[date]:
        return [day for name, day, status in self.events() if name.endswith("/visit") and status != "held"]

    def waiting(self) -> list[tuple[int, str, dict[str, str], datetime | None, datetime | None]]:
        """The texts that wait to be sent."""
        return [
            (text.id, text.template or "", text.args, text.due_at, text.expires_at)
            for text in self.world.texts(self.enrolled)
            if text.state == "due"
        ]

    def mark(self, name: str, status: plans.EventStatus) -> None:
        with self.world.database.writing() as tx:
            plans.set_event_status(tx, self.enrolled.plan.id, name, status)


Opens = Callable[..., Door]


@pytest.fixture
def opens(world: World) -> Opens:
    """Enrols a patient, and gives the door to the plan."""

    def enrolled(regimen_id: str = "pembro_q3w", start: date = START, **more: Any) -> Door:
        door = Door(world, world.enrol(ENROLLED, start, regimen_id, **more))
        world.send(ENROLLED)
        return door

    return enrolled


CHANGES: list[tuple[str, str, list[date], str]] = [
    ("pembro_q3w", "delay:cycle=2,days=7", [START, date(2026, 2, 2), date(2026, 2, 23)], "active"),
    ("pembro_q3w", "delay:cycle=2,days=7,policy=keepgrid", [START, date(2026, 2, 2), date(2026, 2, 16)], "active"),
    ("pembro_q3w", "hold:from=2026-01-20", [START], "active"),
    ("pembro_q3w", "hold:from=2026-01-08", [START], "held"),
    ("pembro_q3w", "skip:date=2026-01-26", [START, date(2026, 2, 16)], "active"),
    ("pembro_q3w", "move:date=2026-01-26,to=2026-01-28", [START, date(2026, 1, 28), date(2026, 2, 16)], "active"),
    ("pembro_q3w", "close:date=2026-01-26,to=2026-01-27", [START, date(2026, 1, 27), date(2026, 2, 16)], "active"),
    ("pembro_q3w", "stop:on=2026-01-20", [START], "active"),
    ("pembro_q3w", "stop:on=2026-01-08", [START], "stopped"),
    ("pembro_q3w", "switch:to=nivo_q4w,from=2026-01-26", [START, date(2026, 1, 26), date(2026, 2, 23)], "active"),
]

SOONER = ("keepgrid", "move", "close")
"""What has the visit after it come sooner than the regimen allows."""


def test_each_change_moves_the_events_and_the_state_and_its_undo_brings_all_back(
    opens: Opens, subtests: pytest.Subtests
) -> None:
    for number, (regimen_id, change, visits, state) in enumerate(CHANGES):
        with subtests.test(change=change):
            door = opens(regimen_id, phone=f"+12025550{150 + number}")
            door.world.send(NOW)
            before = (door.events(), door.next_text_at, door.waiting(), door.plan.state)

            override = Override("Dr. Quinn", "agreed") if any(each in change for each in SOONER) else None
            changed = door.change(change, reason="low counts", override=override)

            assert (door.visits(), changed.plan.state, door.plan.state) == (visits, state, state)
            assert changed.next_text_at == door.next_text_at
            door.undo()
            assert (door.events(), door.next_text_at, door.waiting(), door.plan.state) == before
