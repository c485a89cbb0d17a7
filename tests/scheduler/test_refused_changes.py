"""What the door to a plan refuses, and who may override it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest

from scheduler.changing import NotChanged, Override
from scheduler.plan.changes import Move
from store import audit, plans
from tests.scheduler.door import Opens

REFUSED: list[tuple[str, str, str]] = [
    ("delay:cycle=900,days=7,phase=none", "change", "no phase"),
    ("delay:cycle=2,days=400", "days", "a year at most"),
    ("move:date=2026-01-26,to=2026-02-20", "change", "not before the next visit"),
    ("move:date=2026-01-26,to=2030-01-01", "to", "check the year"),
    ("hold:from=2025-12-31", "from", "starts on 2026-01-05"),
    ("resume:on=2026-01-26", "change", "not on hold"),
    ("skip:date=2026-01-27", "change", "nothing is given"),
    ("enter:phase=surgery,on=2026-03-01", "change", "waits for a date"),
    ("branch:id=second,take=yes", "change", "no choice"),
    ("switch:to=pembro_q6w,from=2026-01-26", "to", "not signed off"),
    ("move:date=2026-01-26,to=2026-01-20", "override", "at least 21 are needed"),
]


def test_what_cannot_be_is_refused_in_one_sentence_and_changes_nothing(opens: Opens, subtests: pytest.Subtests) -> None:
    door = opens()
    before = (door.plan, door.events(), door.next_text_at)
    for change, field, says in REFUSED:
        with subtests.test(change=change):
            refused = door.refused(change)
            assert refused.field == field
            assert says in refused.sentence
            assert refused.sentence.endswith(".")
            assert says in " ".join(each.sentence for each in door.preview(change).refusals)
            assert (door.plan, door.events(), door.next_text_at) == before


def test_a_visit_under_the_minimum_interval_needs_a_person_who_answers_for_it(opens: Opens) -> None:
    door = opens()
    sooner = Move(date(2026, 1, 26), date(2026, 1, 20))
    for override in (None, Override("", "why"), Override("Dr. Quinn", " ")):
        assert door.refused(sooner, override=override).field == "override"

    door.change(sooner, override=Override("Dr. Quinn", "agreed with the trial centre"))

    with door.world.database.reading() as tx:
        (change,) = plans.changes(tx, door.enrolled.plan.id)
        entry = audit.entries(tx, door.world.entry.clinic.id)[0]
    assert (change.override_by, change.override_reason) == ("Dr. Quinn", "agreed with the trial centre")
    assert entry.fields == ("move", "override")


def test_who_answered_for_a_change_is_not_asked_again_by_the_next_one(opens: Opens) -> None:
    door = opens()
    door.change("move:date=2026-01-26,to=2026-01-20", override=Override("Dr. Quinn", "agreed"))

    door.change("delay:cycle=4,days=7")

    with door.world.database.reading() as tx:
        assert plans.changes(tx, door.enrolled.plan.id)[1].override_by is None


def test_of_two_nurses_at_once_the_second_is_told_to_look_again(opens: Opens) -> None:
    door = opens()
    seen = door.plan.version
    door.change("delay:cycle=2,days=7", expected_version=seen)

    refused = door.refused("delay:cycle=2,days=7", expected_version=seen)

    assert refused.field == "version"
    assert door.visits()[1] == date(2026, 2, 2)


def test_what_was_given_stays_where_it_was(opens: Opens) -> None:
    door = opens()
    door.mark("treatment/c1/d1/visit", "given")

    for change in ("move:date=2026-01-05,to=2026-01-06", "delay:cycle=1,days=1", "hold:from=2026-01-05"):
        assert "was given" in door.refused(change).sentence
    assert "treatment/c1/d1/visit" in {name for name, _, status in door.events() if status == "given"}


def test_a_plan_of_another_clinic_is_not_there(opens: Opens) -> None:
    door = opens()
    world = door.world
    world.entry = replace(world.entry, clinic=replace(world.entry.clinic, id=99, name="Hill"))

    assert door.refused("delay:cycle=2,days=7").sentence == "Hill has no plan 1."


def test_of_two_changes_at_the_same_moment_one_is_made(opens: Opens) -> None:
    door = opens()
    seen = door.plan.version
    change = door.parsed("delay:cycle=2,days=7")
    together = Barrier(2)

    def nurse(_: int) -> str:
        together.wait()
        try:
            door.change(change, expected_version=seen)
        except NotChanged as error:
            return error.field
        return "made"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(nurse, range(2))) == ["made", "version"]
    assert door.visits()[1] == date(2026, 2, 2)
