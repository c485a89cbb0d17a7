"""An enrolled plan is changed: what moves with it, what is told, and what is refused."""

from datetime import date, time, timedelta

import pytest

from scheduler.changing import Override, change_plan
from scheduler.plan.changes import Switch
from store import audit, clinics, messages, plans
from tests.scheduler.door import NOW, START, Opens
from tests.scheduler.world import World, at

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
    for regimen_id, change, visits, state in CHANGES:
        with subtests.test(change=change):
            door = opens(regimen_id)
            door.world.send(NOW)
            before = (door.events(), door.next_text_at, door.waiting(), door.plan.state)

            override = Override("Dr. Quinn", "agreed") if any(each in change for each in SOONER) else None
            changed = door.change(change, reason="low counts", override=override)

            assert (door.visits(), changed.plan.state, door.plan.state) == (visits, state, state)
            assert changed.next_text_at == door.next_text_at
            door.undo()
            assert (door.events(), door.next_text_at, door.waiting(), door.plan.state) == before


def test_one_change_writes_all_that_belongs_to_it(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    version = door.plan.version

    changed = door.change("delay:cycle=2,days=7", reason="low counts")

    with door.world.database.reading() as tx:
        (change,) = plans.changes(tx, door.enrolled.plan.id)
        entry = audit.entries(tx, door.world.entry.clinic.id)[0]
    assert (change.position, change.reason, change.by, change.override_by) == (1, "low counts", "nurse@riverside", None)
    assert (entry.action, entry.subject, entry.subject_id) == ("plan.change", "plan", door.plan.id)
    assert entry.fields == ("delay",)
    assert "low counts" not in repr(entry)
    assert changed.plan == door.plan
    assert door.plan.version > version
    assert changed.next_text_at == door.next_text_at == at(2026, 1, 10, 11)


def test_the_reminders_follow_the_visit_that_was_delayed(opens: Opens) -> None:
    door = opens()
    door.change("delay:cycle=2,days=7")

    told = [(day, door.world.send(at(2026, 1, day, 19))) for day in range(9, 32)]

    assert [day for day, texts in told for text in texts if "visit on" in text.body] == [30]
    assert "Mon Feb 2" in next(text.body for _, texts in told for text in texts if "visit on" in text.body)


def test_a_text_that_waits_is_cancelled_by_the_change_and_brought_back_by_the_undo(opens: Opens) -> None:
    """The reminder of the day before is put out at 16:00; before it is sent the visit moves."""
    door = opens()
    now = at(2026, 1, 25, 16)
    door.world.send(at(2026, 1, 25, 15))
    door.world.plan(now)
    (waiting,) = door.waiting()

    changed = door.change("delay:cycle=2,days=7", now)

    assert [(text.id, gate) for text, gate in changed.waiting.cancelled] == [(waiting[0], "event_moved")]
    assert door.waiting() == []
    assert door.world.send(now) == []
    undone = door.undo(now + timedelta(minutes=5))
    assert [text.id for text in undone.waiting.texts] == [waiting[0]]
    assert door.waiting() == [waiting]
    (sent,) = door.world.send(now + timedelta(minutes=5))
    assert "visit tomorrow" in sent.body


def test_what_was_sent_stays_sent_and_a_visit_that_comes_back_is_not_told_twice(opens: Opens) -> None:
    door = opens()
    now = at(2026, 1, 25, 16)
    door.world.send(at(2026, 1, 23, 12))
    (sent,) = [text for text in door.world.send(now) if "tomorrow" in text.body]

    preview = door.preview("delay:cycle=2,days=7", now)
    door.change("delay:cycle=2,days=7", now)
    door.undo(now)

    assert {(told.cover.event, told.cover.rule) for told in preview.told} == {
        ("treatment/c2/d1/visit", "visit_before"),
        ("treatment/c2/d1/visit", "visit_tomorrow"),
    }
    assert door.world.send(at(2026, 1, 25, 19)) == []
    assert sent.body.count("tomorrow") == 1


def test_a_claimed_text_of_a_visit_that_moves_is_not_sent(opens: Opens) -> None:
    door = opens()
    now = at(2026, 1, 25, 16)
    door.world.send(at(2026, 1, 25, 15))
    door.world.plan(now)
    claimed = door.world.claim(now)

    door.change("delay:cycle=2,days=7", now)

    assert claimed
    assert door.world.begin(now, claimed) == []
    (text,) = [text for text in door.world.texts(door.enrolled) if text.id in claimed]
    assert (text.state, text.gate) == ("cancelled", "event_moved")


def test_a_text_that_waits_gets_the_words_that_are_true_now(opens: Opens) -> None:
    """What is said of the days between two visits names the next one."""
    door = opens()
    late = at(2026, 1, 10, 21)
    for day in range(5, 11):
        door.world.send(at(2026, 1, day, 8))
    known = {text.template for text in door.world.texts(door.enrolled)}
    door.world.plan(at(2026, 1, 10, 16))
    between = [text for text in door.waiting() if text[1] not in known]

    door.change("delay:cycle=2,days=7", at(2026, 1, 10, 16))
    door.world.plan(late)

    after = {text[0]: text[2] for text in door.waiting()}
    assert between
    for number, _, args, *_ in between:
        assert (args["date"], after[number]["date"]) == ("2026-01-26", "2026-02-02")


def test_a_visit_that_is_moved_to_tomorrow_is_told_at_once(opens: Opens) -> None:
    """The moment of the reminder of the day before has passed, but it is of use until the evening."""
    door = opens(visit_time=time(9, 30))
    now = at(2026, 1, 20, 18)
    door.world.send(now)
    answers = Override("Dr. Quinn", "the scan could not wait")

    changed = door.change("move:date=2026-01-26,to=2026-01-21", now, override=answers)

    assert [due.reminder.rule for due in changed.waiting.added] == ["visit_tomorrow"]
    (sent,) = door.world.send(now)
    assert "visit tomorrow at 9:30 AM" in sent.body


def test_the_first_visit_comes_sooner_than_the_plan_began(opens: Opens) -> None:
    door = opens(visit_time=time(9, 30))
    now = at(2026, 1, 2, 18)

    door.change("move:date=2026-01-05,to=2026-01-03", now)

    assert door.visits()[:2] == [date(2026, 1, 3), date(2026, 1, 26)]
    assert "visit tomorrow at 9:30 AM" in door.world.send(now)[-1].body
    assert door.change("skip:date=2026-01-03", now).plan.state == "active"
    door.undo(now)
    door.undo(now)
    assert door.visits()[0] == START


def test_a_hold_says_nothing_until_treatment_goes_on(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("hold:from=2026-01-09")

    silent = [door.world.send(at(2026, 1, day, 19)) for day in range(9, 32)]

    assert not any(silent)
    assert (door.plan.state, door.next_text_at) == ("held", None)
    assert door.visits() == [START]
    assert ("treatment/c2/d1/visit", date(2026, 1, 26), "held") in door.events()
    resumed = door.change("resume:on=2026-02-09", at(2026, 1, 31, 20))
    assert resumed.plan.state == "active"
    assert resumed.next_text_at == at(2026, 2, 6, 10)
    assert door.visits()[:2] == [START, date(2026, 2, 9)]


def test_after_a_long_hold_the_rows_stand_for_some_weeks_ahead_at_once(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("hold:from=2026-01-09")

    door.change("resume:on=2026-07-06", at(2026, 7, 1, 12))

    assert door.visits() == [START, date(2026, 7, 6), date(2026, 7, 27), date(2026, 8, 17)]


def test_a_hold_from_a_later_day_begins_on_that_day(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("hold:from=2026-01-20")

    assert door.plan.state == "active"
    door.world.send(at(2026, 1, 19, 23))
    assert door.plan.state == "active"
    door.world.send(at(2026, 1, 20))
    assert (door.plan.state, door.next_text_at) == ("held", None)


def test_an_end_on_a_later_day_comes_on_that_day_and_is_final(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)
    door.change("stop:on=2026-01-20")

    door.world.send(at(2026, 1, 21))

    assert door.plan.state == "stopped"
    assert "stopped on 2026-01-20" in door.refused("delay:cycle=2,days=7", at(2026, 1, 21)).sentence
    assert door.undo(at(2026, 1, 21)).plan.state == "active"


def test_a_visit_that_did_not_take_place_can_be_put_off_afterwards(opens: Opens) -> None:
    door = opens()
    door.world.send(NOW)

    door.change("delay:cycle=1,days=7")

    assert door.visits()[:2] == [date(2026, 1, 12), date(2026, 2, 2)]


def test_a_confirmation_is_of_a_date_and_comes_back_with_it(opens: Opens) -> None:
    door = opens()
    name = "treatment/c2/d1/visit"
    door.mark(name, "confirmed")

    changed = door.change("delay:cycle=2,days=7")

    assert "The patient has confirmed the visit of 2026-01-26." in changed.warnings
    assert (name, date(2026, 2, 2), "planned") in door.events()
    door.undo()
    assert (name, date(2026, 1, 26), "confirmed") in door.events()


def test_there_is_nothing_to_undo_in_a_plan_that_was_never_changed(opens: Opens) -> None:
    door = opens()
    (refusal,) = door.preview_undo().refusals
    assert "no change that could be taken back" in refusal.sentence


def test_undoing_twice_takes_back_the_last_two(opens: Opens) -> None:
    door = opens()
    before = door.events()
    door.change("delay:cycle=2,days=7")
    door.change("delay:cycle=2,days=7")
    door.undo()
    assert door.visits()[1] == date(2026, 2, 2)
    door.undo()
    assert door.events() == before
    assert "no change" in door.preview_undo().refusals[0].sentence


def test_a_switch_goes_on_with_the_regimen_that_was_signed_off(opens: Opens) -> None:
    door = opens()
    door.change(Switch(door.world.library.regimens["nivo_q4w"], date(2026, 1, 26)))

    assert door.visits() == [START, date(2026, 1, 26), date(2026, 2, 23)]
    assert door.plan.regimen_id == "pembro_q3w"
    door.world.plan(at(2026, 2, 22, 20))
    texts = door.world.texts(door.enrolled)
    with door.world.database.reading() as tx:
        told = [cover for text in texts for cover in messages.covers(tx, text.id)]
    assert {cover.event_date for cover in told if cover.event.endswith("visit")} >= {date(2026, 2, 23)}


def sign(world: World, *regimen_ids: str) -> None:
    """The clinic signs off regimens of the library as they are."""
    with world.database.writing() as tx:
        for regimen in (world.library.regimens[name] for name in regimen_ids):
            clinics.sign_regimen(
                tx, NOW, world.entry.clinic.id, regimen.id, regimen.version, regimen.digest(), "Dr. Quinn"
            )
    world.entry = world.directory[world.entry.clinic.id]


def test_a_phase_that_waits_is_texted_about_once_its_date_is_entered(world: World, opens: Opens) -> None:
    sign(world, "nivo_periop")
    door = opens("nivo_periop")
    before = (door.events(), door.next_text_at)
    door.change("enter:phase=adjuvant,on=2026-05-04", at(2026, 3, 20, 9))

    assert door.next_text_at is not None
    sent = [text for day in (1, 2, 3) for text in world.send(at(2026, 5, day, 17))]
    assert [text.body for text in sent if "visit tomorrow" in text.body]
    assert before[0] != door.events()


def test_a_date_that_leaves_planned_cycles_out_needs_a_person_who_answers_for_it(world: World, opens: Opens) -> None:
    sign(world, "nivo_periop")
    door = opens("nivo_periop")
    before = door.events()
    early = "enter:phase=adjuvant,on=2026-02-16"
    assert "neoadjuvant: 2 planned treatment days fall away (cycles 3 to 4)" in door.refused(early).sentence
    assert [each.can_be_overridden for each in door.preview(early).refusals] == [True]

    door.change(early, override=Override("Dr. Quinn", "surgery came earlier"))
    assert "adjuvant/start" in {name for name, _, _ in door.events()}
    door.undo()
    assert door.events() == before


def test_a_branch_is_staffs_to_take(world: World, opens: Opens) -> None:
    sign(world, "bcg_label")
    door = opens("bcg_label")
    (choice, *_) = world.library.regimens["bcg_label"].choices
    before = door.events()

    door.change(f"branch:id={choice.id},take=yes", NOW)

    with world.database.reading() as tx:
        assert len(plans.changes(tx, door.enrolled.plan.id)) == 1
    door.undo(NOW)
    assert door.events() == before


def test_what_breaks_in_the_middle_leaves_everything_as_it_was(opens: Opens) -> None:
    door = opens()
    door.world.send(at(2026, 1, 25, 15))
    door.world.plan(at(2026, 1, 25, 16))
    before = (door.plan, door.events(), door.waiting(), door.next_text_at)
    change, world = door.parsed("delay:cycle=2,days=7"), door.world
    given = {"by": "nurse", "reason": None, "expected_version": before[0].version}

    def cut_off() -> None:
        with world.database.writing() as tx:
            change_plan(tx, at(2026, 1, 25, 16), world.library, world.entry, before[0].id, change, **given)  # type: ignore[arg-type]
            raise RuntimeError("the plug is pulled")

    with pytest.raises(RuntimeError):
        cut_off()

    assert (door.plan, door.events(), door.waiting(), door.next_text_at) == before
