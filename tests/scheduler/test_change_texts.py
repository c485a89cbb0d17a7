"""The one text that tells a patient of a change, where staff ask for it."""

from datetime import date, time

import pytest

from store import contacts
from tests.scheduler.door import NOW, Opens
from tests.scheduler.world import at

TOLD: list[tuple[str, str, str]] = [
    ("pembro_q3w", "delay:cycle=2,days=7", "your next visit is now Mon Feb 2 at 9:30 AM, not the date you had."),
    ("pembro_q3w", "hold:from=2026-01-09", "your visit on Jan 26 is on hold."),
    ("pembro_q3w", "skip:date=2026-01-26", "your visit on Mon Jan 26 is off."),
    ("pembro_q3w", "stop:on=2026-01-09", "no more dates are planned in this plan."),
    ("len_mm", "hold:from=2026-01-12", "on hold from Jan 12: your capsules."),
    ("len_mm", "delay:cycle=2,days=7", "the dates of your capsules have changed. Your next date is Mon Feb 9."),
]


def test_a_change_is_told_in_one_text_where_staff_ask_for_it(opens: Opens, subtests: pytest.Subtests) -> None:
    for regimen_id, change, says in TOLD:
        with subtests.test(change=change, regimen=regimen_id):
            door = opens(regimen_id, visit_time=time(9, 30))
            door.world.send(NOW)
            preview = door.preview(change)

            changed = door.change(change, tell=True)

            texts = [text.body for text in door.world.send(NOW)]
            assert texts == [changed.text] == [preview.text]
            assert says in texts[0]


def test_a_change_is_not_told_unless_staff_ask_for_it(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    assert door.change("delay:cycle=2,days=7").text is None
    assert door.world.send(NOW) == []


def test_a_visit_without_a_time_is_told_without_one(opens: Opens) -> None:
    door = opens()
    text = door.change("delay:cycle=2,days=7", tell=True).text
    assert text is not None
    assert "Your team will tell you the time" in text


def test_it_waits_for_the_hours_of_the_patient_and_speaks_their_language(opens: Opens) -> None:
    door = opens(language="es")
    late = at(2026, 1, 8, 22)
    door.world.send(late)
    door.change("delay:cycle=2,days=7", late, tell=True)
    assert door.world.send(late) == []
    (sent,) = door.world.send(at(2026, 1, 9, 9))
    assert "la fecha anterior no vale" in sent.body.lower()


def test_an_undo_takes_back_what_was_not_sent_and_who_never_heard_of_the_change_is_told_nothing(opens: Opens) -> None:
    door = opens()
    late = at(2026, 1, 8, 22)
    door.world.send(late)
    door.change("delay:cycle=2,days=7", late, tell=True)
    assert door.preview_undo(late).text is None
    assert door.undo(late, tell=True).text is None
    assert door.world.send(at(2026, 1, 9, 9)) == []


def test_an_undo_of_a_change_that_nobody_told_of_is_not_told_either(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("delay:cycle=2,days=7")
    assert door.undo(tell=True).text is None
    assert door.world.send(NOW) == []


def test_an_undo_tells_the_date_that_holds_again_to_who_heard_of_the_other(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("delay:cycle=2,days=7", tell=True)
    assert len(door.world.send(NOW)) == 1
    door.undo(tell=True)
    (sent,) = door.world.send(NOW)
    assert "Mon Jan 26" in sent.body


def test_an_undo_is_told_to_who_had_a_reminder_of_the_moved_visit(opens: Opens) -> None:
    """Nobody told of the change itself, but a reminder named the date that is taken back."""
    door = opens()
    door.world.send(NOW)
    door.change("delay:cycle=2,days=2")
    eve = at(2026, 1, 25, 16)
    assert any("Jan 28" in text.body for text in door.world.send(eve))
    door.undo(eve, tell=True)
    assert any("your next visit is now Mon Jan 26" in text.body for text in door.world.send(eve))


def test_a_second_change_makes_the_text_of_the_first_untrue_and_its_undo_true_again(opens: Opens) -> None:
    door = opens()
    late = at(2026, 1, 8, 22)
    door.world.send(late)
    door.change("delay:cycle=2,days=7", late, tell=True)
    before = door.waiting()
    door.change("hold:from=2026-01-09", late)
    assert door.waiting() == []
    door.undo(late)
    assert door.waiting() == before


def test_the_text_of_a_change_is_untouched_by_one_that_leaves_it_true(opens: Opens) -> None:
    door = opens()
    late = at(2026, 1, 8, 22)
    door.world.send(late)
    door.change("delay:cycle=2,days=7", late, tell=True)
    before = door.waiting()
    door.change("delay:cycle=4,days=7", late)
    assert door.waiting() == before


def test_who_opted_out_is_told_nothing(opens: Opens) -> None:
    door = opens()
    with door.world.database.writing() as tx:
        contacts.opt_out(tx, NOW, door.enrolled.patient.contact_id, "stop")
    door.change("delay:cycle=2,days=7", tell=True)
    assert door.world.send(NOW) == []
    assert door.next_text_at is None
    assert door.visits()[1] == date(2026, 2, 2)
