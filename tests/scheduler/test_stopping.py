"""After the end of a plan: texts about late side effects, and when there are none."""

from datetime import date

import pytest

from scheduler import consent
from tests.scheduler.door import NOW, Door, Opens
from tests.scheduler.test_second_plan import added
from tests.scheduler.world import at

STOP = "stop:on=2026-01-08"
# The only treatment was on the 5th of January; the tail is of 28, 91, 182 and 365 days.
TAIL = [at(2026, 2, 2, 11), at(2026, 4, 6, 11), at(2026, 7, 6, 11), at(2027, 1, 5, 11)]


def sent(door: Door) -> list[str]:
    """What is sent on all days of the tail, and in between."""
    moments = sorted([*TAIL, at(2026, 1, 25, 16), at(2026, 1, 26, 11), at(2026, 6, 1, 11), at(2027, 6, 1, 11)])
    return [text.body.partition(": ")[2] for moment in moments for text in door.world.send(moment)]


def test_a_plan_that_was_stopped_has_its_tail_and_nothing_else(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    changed = door.change(STOP)
    assert (changed.plan.state, changed.next_text_at) == ("stopped", TAIL[0])
    assert "follow until 2027-01-05" in changed.warnings[0]
    told = sent(door)
    assert len(told) == len(TAIL)
    assert all(text.startswith("side effects can start months after your last treatment") for text in told)
    assert (door.plan.state, door.next_text_at) == ("stopped", None)


def test_the_preview_of_an_end_shows_the_tail_and_how_to_leave_it_out(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    preview = door.preview(STOP)
    assert [each.local_date for each in preview.texts.appears] == [moment.date() for moment in TAIL[:-1]] + [
        date(2027, 1, 5)
    ]
    assert "unless they are left out" in preview.warnings[0]
    assert "If the patient has died, record that instead" in preview.warnings[0]
    assert door.preview(f"{STOP},tail=no").warnings == ()


def test_an_end_without_a_tail_is_silent(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    assert door.change(f"{STOP},tail=no").next_text_at is None
    assert sent(door) == []


def test_an_end_that_is_taken_back_takes_its_tail_back(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    before = door.events()
    door.change(STOP)
    door.world.plan(TAIL[0])
    assert [template for _, template, *_ in door.waiting()] == ["late_effects"]
    door.undo(TAIL[0])
    assert door.events()[: len(before)] == before
    assert "late_effects" not in [template for _, template, *_ in door.waiting()]


def test_what_a_hold_kept_from_happening_does_not_happen_when_the_plan_is_stopped(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("hold:from=2026-01-20")
    door.change("stop:on=2026-03-01", at(2026, 2, 1, 12))
    assert door.plan.state == "active"
    assert door.visits() == [date(2026, 1, 5)]
    assert "held" not in {status for *_, status in door.events()}
    # That of the 2nd of February was before the end.
    assert len(sent(door)) == len(TAIL) - 1


@pytest.mark.parametrize("is_stopped", [True, False])
def test_after_a_death_nothing_is_texted_whatever_the_plan_was(opens: Opens, is_stopped: bool) -> None:
    door = opens()
    door.world.send(NOW)
    if is_stopped:
        door.change(STOP)
        door.world.plan(TAIL[0])
    contact = door.world.contact(door.enrolled)
    with door.world.database.writing() as tx:
        consent.stop(tx, NOW, door.world.library, contact, "loss", source="console")
    assert sent(door) == []
    assert door.waiting() == []


def test_who_opted_out_has_no_tail_until_they_come_back(opens: Opens) -> None:
    door = opens()
    door.change(STOP)
    contact = door.world.contact(door.enrolled)
    with door.world.database.writing() as tx:
        consent.stop(tx, NOW, door.world.library, contact, "stop", source="text")
    assert door.world.send(TAIL[0]) == []
    contact = door.world.contact(door.enrolled)
    with door.world.database.writing() as tx:
        consent.start(tx, TAIL[0], door.world.library, contact, source="text")
    assert door.next_text_at == TAIL[1]


def test_another_plan_goes_on_beside_the_tail(opens: Opens) -> None:
    door = opens()
    other = added(door, "nivo_q4w", date(2026, 1, 26))
    door.change(STOP)
    door.world.send(NOW)
    assert other.next_text_at == at(2026, 1, 23, 10)
    bodies = [text.body for moment in (at(2026, 1, 23, 10), TAIL[0]) for text in door.world.send(moment)]
    assert ["visit" in body for body in bodies] == [True, False]
