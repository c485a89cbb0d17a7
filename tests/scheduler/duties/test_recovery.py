"""After an outage of the database a scheduler sends answers alone, until other hosts have handed in their spools."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.duties.recovery import SHOWN
from store import health, outbox
from store.errors import DatabaseBusy, DatabaseDown
from tests.scheduler.loop import duties_of, states
from tests.scheduler.world import ENROLLED, VISIT, World, phone

WAIT = 15.0
AGO = SHOWN + timedelta(seconds=1)


def after(demo: World, error: DatabaseDown | None) -> Duties:
    """The duties of a scheduler that met an error and then none."""
    errors = [error] if error else []

    def may_send() -> bool:
        if errors:
            raise errors.pop()
        return True

    duties = duties_of(demo, may_send=may_send, pace=replace(Pace(), recovery=WAIT))
    if error:
        with pytest.raises(DatabaseDown):
            duties.claim()
    return duties


def add_answer(demo: World, enrolled_number: int) -> int:
    """An answer that a nurse wrote by hand to somebody else who texted."""
    other = demo.enrol(ENROLLED, VISIT, phone=phone(enrolled_number))
    with demo.database.writing() as tx:
        added = outbox.add_text(
            tx, ENROLLED, clinic_id=1, contact_id=other.patient.contact_id, patient_id=None, kind="reply",
            template=None, args={}, due_at=ENROLLED, expires_at=None, priority=0, body="We will call you.",
        )  # fmt: skip
    assert added is not None
    return added


def test_when_it_is_back_answers_go_at_once_and_all_else_when_the_spools_are_in(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    answer = add_answer(demo, 2)
    duties = after(demo, DatabaseDown("The database cannot be reached."))

    assert duties.claim() == [answer]
    assert [text.message_id for text in duties.turn([], [answer])] == [answer]
    assert states(demo, enrolled) == ["due"]
    assert duties.recovery.over_at is not None
    duties.recovery.over_at -= timedelta(seconds=WAIT)
    assert len(duties.claim()) == 2


def test_what_was_claimed_before_the_outage_is_given_back(demo: World) -> None:
    enrolled = demo.enrol(ENROLLED, VISIT)
    duties = after(demo, None)
    claimed = duties.claim()
    duties.recovery.was_away = True

    assert duties.turn([], claimed) == []
    assert states(demo, enrolled) == ["due"]


def test_that_others_keep_it_busy_is_no_outage(demo: World) -> None:
    demo.enrol(ENROLLED, VISIT)
    assert len(after(demo, DatabaseBusy("Another process writes.")).claim()) == 1


@pytest.mark.parametrize(
    ("shown", "waits"), [((), False), ((AGO,), True), ((AGO, timedelta(0)), False), ((timedelta(seconds=5),), False)]
)
def test_a_scheduler_that_begins_when_nobody_showed_themselves_just_before_waits_too(
    demo: World, shown: tuple[timedelta, ...], waits: bool
) -> None:
    duties, real = after(demo, None), demo.database.now()
    with demo.database.writing() as tx:
        for number, ago in enumerate(shown):
            health.beat(tx, real - ago, f"web-{number}", "host", "web")
    duties.begin()
    assert duties.recovery.was_away is waits
