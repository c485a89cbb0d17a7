"""After an outage: of what it left to somebody the newest goes first, and what is about today before the rest."""

import json
from datetime import date, datetime

from content.regimens import Regimen
from scheduler.enrolment import Enrolled
from store import plans
from tests.scheduler.world import World, at, phone

ENROLLED = at(2026, 1, 2, 12)
START = date(2026, 1, 5)
LAST_SIGN = at(2026, 2, 13, 12)
BACK = at(2026, 2, 15, 17)
"""Due since then were `hospital_before`, the day before, and `off_last`, an hour ago. Both are of use for hours yet."""


def went(world: World, now: datetime, people: list[Enrolled], limit: int) -> list[tuple[int, str | None]]:
    """To which of these people which texts went, in that order, claimed so many at once."""
    number = {enrolled.patient.contact_id: place for place, enrolled in enumerate(people)}
    order = []
    while ids := world.claim(now, limit=limit):
        ready = world.begin(now, ids)
        world.finish(now, ready)
        texts = {text.id: text for enrolled in people for text in world.texts(enrolled)}
        order += [(number[text.contact_id], text.template) for text in (texts[each.message_id] for each in ready)]
    return order


def test_the_newest_goes_first_to_each_and_the_rest_when_everybody_had_theirs(world: World) -> None:
    people = [world.enrol(ENROLLED, START, "blina_mrd", phone=phone(number)) for number in range(3)]
    world.send(LAST_SIGN)
    world.plan(BACK)

    order = went(world, BACK, people, limit=2)

    assert [template for _, template in order] == ["off_last"] * 3 + ["hospital_before"] * 3
    assert sorted(person for person, _ in order[:3]) == [0, 1, 2]


def test_what_is_about_today_goes_before_a_newer_text_that_is_not(world: World) -> None:
    definition = dict(world.library.regimens["len_mm"].definition)
    definition["reminders"] = {**definition["reminders"], "visit_before": {"days_before": 10, "at": "12:00"}}
    regimen = Regimen.from_json(json.dumps(definition))
    person = world.enrol(ENROLLED, START, "tvec")
    with world.database.writing() as tx:
        plans.set_plan_state(tx, person.plan.id, "stopped")
        plans.add_plan(
            tx,
            ENROLLED,
            clinic_id=person.plan.clinic_id,
            patient_id=person.patient.id,
            regimen_id=regimen.id,
            regimen_version=regimen.version,
            regimen_json=regimen.to_json(),
            digest=regimen.digest(),
            start=START,
        )
    world.send(at(2026, 1, 21, 19))

    world.plan(at(2026, 1, 22, 13))

    assert [template for _, template in went(world, at(2026, 1, 22, 13), [person], limit=1)] == [
        "pill_today",
        "visit_before_untimed",
    ]
