"""A patient travels: their texts arrive by the clock there, their visits stay where they are."""

from datetime import date, datetime, time

import pytest

from scheduler.changing import NotChanged
from scheduler.journeys import entered, set_journey
from scheduler.plan.local_time import Away
from store import patients
from tests.scheduler.door import NOW, Door, Opens
from tests.scheduler.world import at

TOKYO = "Asia/Tokyo"
AWAY = Away(TOKYO, date(2026, 1, 20), date(2026, 1, 27))


def travels(door: Door, journey: Away | None, now: datetime = NOW) -> None:
    with door.world.database.writing() as tx:
        patient = patients.get_patient(tx, door.enrolled.patient.id)
        assert patient is not None
        seen = entered(patient)
        set_journey(tx, now, door.world.entry, patient.id, journey, by="nurse@riverside", seen=seen)


def test_texts_of_a_journey_are_due_by_the_clock_there(opens: Opens) -> None:
    door = opens(visit_time=time(9, 30))
    now = at(2026, 1, 21, 12)
    door.world.send(now)
    travels(door, AWAY, now)
    assert door.next_text_at == at(2026, 1, 23, 10, zone=TOKYO)
    travels(door, None, now)
    assert door.next_text_at == at(2026, 1, 23, 10)


def test_a_change_of_plan_is_worked_out_for_where_the_patient_is(opens: Opens) -> None:
    door = opens()
    travels(door, AWAY)
    door.world.send(at(2026, 1, 20, 9))
    door.change("delay:cycle=2,days=1", at(2026, 1, 20, 9))
    assert door.next_text_at == at(2026, 1, 24, 10, zone=TOKYO)


def test_a_journey_that_cannot_be_is_refused(opens: Opens) -> None:
    door = opens()
    for journey, field in (
        (Away("Tokyo", AWAY.first, AWAY.last), "timezone"),
        (Away(TOKYO, AWAY.last, AWAY.first), "until"),
        (Away(TOKYO, date(2026, 1, 1), date(2026, 1, 3)), "until"),
    ):
        with pytest.raises(NotChanged) as refused:
            travels(door, journey)
        assert refused.value.field == field
