"""What falls due becomes a text, once, whatever is done again; the shadow of a plan goes ahead of it."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.regimens import Regimen
from scheduler.delivery import planner
from scheduler.enrolment import Enrolled
from scheduler.plan.calendar import Calendar
from scheduler.plan.reminders import Reminder, upcoming
from store import follow_ups, messages, patients, plans
from store.messages import Cover, Message
from tests.scheduler.world import NEW_YORK, World, at, phone

ENROLLED = at(2026, 1, 1, 12)
START = date(2026, 1, 5)
A_YEAR = at(2027, 1, 1, 12)
Told = tuple[str, str, date]


def _told(world: World, enrolled: Enrolled) -> list[tuple[Message, Cover]]:
    texts = world.texts(enrolled)
    with world.database.reading() as tx:
        return [(text, cover) for text in texts for cover in messages.covers(tx, text.id)]


def _meant(world: World, enrolled: Enrolled, after: datetime, until: datetime) -> list[Reminder]:
    """What the calendar says by itself, without a store."""
    return list(
        upcoming(
            Calendar(world.library.regimens[enrolled.plan.regimen_id], enrolled.plan.start, enrolled.plan.start_cycle),
            timezone=enrolled.patient.timezone,
            window_from=world.entry.clinic.window_from,
            window_until=world.entry.clinic.window_until,
            visit_time=enrolled.plan.visit_time,
            after=after,
            until=until,
        )
    )


def _next_text(world: World, enrolled: Enrolled) -> datetime | None:
    with world.database.reading() as tx:
        patient = patients.get_patient(tx, enrolled.patient.id)
    assert patient is not None
    return patient.next_text_at


def test_a_year_of_a_plan_is_told_exactly_once(world: World) -> None:
    """Planned in steps of uneven length: no reminder is missing, none is told twice, each is due at its own time."""
    enrolled = world.enrol(ENROLLED, START, visit_time=time(14))
    step, now = timedelta(hours=7), ENROLLED
    while now < A_YEAR:
        now = min(now + step, A_YEAR)
        step = step * 3 % timedelta(hours=101)
        world.plan(now)

    meant = {
        (each.event, each.rule, each.event_date): each.due_at for each in _meant(world, enrolled, ENROLLED, A_YEAR)
    }
    told = {(cover.event, cover.rule, cover.event_date): text.due_at for text, cover in _told(world, enrolled)}
    assert told == meant
    assert len(_told(world, enrolled)) == len(meant)
    assert len(meant) > 50


def test_planning_again_after_a_crash_doubles_nothing(world: World) -> None:
    """The patient is put back to where planning began, as if the process had died before the commit of that alone."""
    enrolled = world.enrol(ENROLLED, START)
    first = enrolled.patient.next_text_at
    world.plan(at(2026, 2, 1))
    told = _told(world, enrolled)

    with world.database.writing() as tx:
        patients.set_next_text(tx, enrolled.patient.id, first)
    world.plan(at(2026, 2, 1))

    assert _told(world, enrolled) == told


def test_the_next_text_is_due_after_now_or_never(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, "tebe")

    for now in (at(2026, 1, 2), at(2026, 1, 4, 16), at(2026, 3, 1), at(2026, 12, 31)):
        world.plan(now)
        following = _next_text(world, enrolled)
        assert following is not None
        assert following > now


def test_a_text_is_planned_at_the_very_moment_it_is_due(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START)
    due = enrolled.patient.next_text_at
    assert due is not None

    assert world.plan(due - timedelta(microseconds=1)) == 0
    assert world.plan(due) == 1
    assert [text.due_at for text in world.texts(enrolled)][1:] == [due]


def test_what_became_useless_in_an_outage_is_kept_and_expired_with_its_reason(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START)
    world.send(ENROLLED)

    sent = world.send(at(2026, 1, 8, 12))

    texts = {text.template: text for text in world.texts(enrolled)}
    assert sent == []
    assert {
        texts[name].state for name in ("visit_before_untimed", "visit_tomorrow_untimed", "visit_today_untimed")
    } == {"expired"}
    assert texts["visit_today_untimed"].gate == "too_late"


def test_two_plans_with_a_visit_on_one_day_share_their_texts(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, visit_time=time(10))
    with world.database.writing() as tx:
        second = plans.add_plan(
            tx,
            ENROLLED,
            clinic_id=world.entry.clinic.id,
            patient_id=enrolled.patient.id,
            regimen_id="nivo_q4w",
            regimen_version=1,
            regimen_json=world.library.regimens["nivo_q4w"].to_json(),
            digest=world.library.regimens["nivo_q4w"].digest(),
            start=START,
            visit_time=time(10),
        )
    world.plan(at(2026, 1, 5, 12))

    told = _told(world, enrolled)
    shared = Counter(text.id for text, _ in told)
    assert [text.template for text in world.texts(enrolled)][1:] == ["visit_before", "visit_tomorrow", "visit_today"]
    assert list(shared.values()) == [2, 2, 2]
    assert {cover.plan_id for _, cover in told} == {enrolled.plan.id, second.id}


@pytest.mark.parametrize("is_added_late", [False, True])
def test_a_visit_that_is_told_later_on_the_day_is_told_once_whenever_its_plan_came(
    world: World, is_added_late: bool
) -> None:
    """Two plans tell of one day at ten and at noon: at ten both, unless the second one is added after that."""
    enrolled = world.enrol(ENROLLED, START, visit_time=time(10))
    definition = dict(world.library.regimens["nivo_q4w"].definition)
    definition["reminders"] = {"visit_before": {"days_before": 3, "at": "12:00"}}
    second = Regimen.from_json(json.dumps(definition))

    def add() -> None:
        with world.database.writing() as tx:
            plans.add_plan(
                tx,
                ENROLLED,
                clinic_id=world.entry.clinic.id,
                patient_id=enrolled.patient.id,
                regimen_id=second.id,
                regimen_version=second.version,
                regimen_json=second.to_json(),
                digest=second.digest(),
                start=START,
                visit_time=time(14),
            )

    if not is_added_late:
        add()
    world.plan(at(2026, 1, 2, 11))
    if is_added_late:
        add()
    with world.database.writing() as tx:
        patients.set_next_text(tx, enrolled.patient.id, at(2026, 1, 2, 11, 30))
    world.plan(at(2026, 1, 2, 13))

    told = [(text.template, text.args.get("time"), text.args.get("times")) for text in world.texts(enrolled)][1:]
    apart = [("visit_before", "10:00", None), ("visit_before", "14:00", None)]
    assert told == (apart if is_added_late else [("visits_before", None, "10:00,14:00")])


def test_reminders_of_other_times_or_words_stay_texts_of_their_own() -> None:
    one = Reminder("e", START, "r", "visit_today", {"date": "2026-01-05"}, START, time(9), ENROLLED, A_YEAR, 1)
    others = [
        one._replace(due_at=ENROLLED + timedelta(hours=1)),
        one._replace(template="visit_before"),
        one._replace(args={"date": "2026-01-05", "time": "09:30"}),
        one._replace(event_date=date(2026, 1, 6)),
    ]

    assert [len(due.covers) for due in planner.merged([(1, one), (2, one._replace(event="f"))])] == [2]
    for other in others:
        assert [len(due.covers) for due in planner.merged([(1, one), (2, other)])] == [1, 1]


def test_a_merged_text_is_of_use_as_long_as_all_of_it_is() -> None:
    one = Reminder("e", START, "r", "visit_today", {}, START, time(9), ENROLLED, A_YEAR, 1)
    sooner = one._replace(event="f", expires_at=ENROLLED + timedelta(hours=1))

    (due,) = planner.merged([(1, one), (1, sooner)])

    assert due.expires_at == sooner.expires_at


def test_a_plan_that_ends_is_finished_after_its_last_text(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, "cemi_adj")
    texts = world.texts(enrolled)
    world.plan(at(2028, 1, 1))

    texts = world.texts(enrolled)
    with world.database.reading() as tx:
        plan = plans.get_plan(tx, enrolled.plan.id)
    assert [text.template for text in texts][-5:] == ["finished", *["late_effects"] * 4]
    assert plan is not None
    assert plan.state == "finished"
    assert _next_text(world, enrolled) is None


def test_the_last_text_of_a_finished_plan_is_sent(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, "cemi_adj")
    world.send(ENROLLED)
    now = _meant(world, enrolled, ENROLLED, at(2028, 1, 1))[-1].due_at

    assert "months after your last treatment" in world.send(now)[-1].body


def test_a_few_patients_at_a_time_until_nobody_is_due(world: World) -> None:
    people = [world.enrol(ENROLLED, START, phone=phone(number)) for number in range(5)]
    due = people[0].patient.next_text_at
    assert due is not None

    assert [world.plan_some(due, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_budget_that_is_spent_leaves_the_others_due(world: World) -> None:
    for number in range(3):
        world.enrol(ENROLLED, START, phone=phone(number))
    with world.database.writing() as tx:
        assert planner.plan_due(tx, at(2026, 1, 2, 10), world.known.fresh(tx), budget=0) == 1
    assert world.plan(at(2026, 1, 2, 10)) == 2


def test_one_plan_that_cannot_be_read_holds_up_nobody_and_staff_hear_of_it(world: World) -> None:
    broken = world.enrol(ENROLLED, START, phone=phone(1))
    fine = world.enrol(ENROLLED, START, phone=phone(2))
    world.make_unreadable(broken)
    now = at(2026, 1, 2, 10)
    world.plan(now)

    with world.database.reading() as tx:
        (task,) = follow_ups.open_ones(tx, world.entry.clinic.id)
    assert (task.patient_id, task.detail) == (broken.patient.id, "plan_unreadable")
    assert _next_text(world, broken) == now + timedelta(days=1)
    assert [text.template for text in world.texts(fine)][1:] == ["visit_before_untimed"]


def test_the_shadow_is_topped_up_and_is_what_the_calendar_says(world: World) -> None:
    enrolled = world.enrol(ENROLLED, START, "len_mm")
    calendar = Calendar(world.library.regimens["len_mm"], START)
    for now in (ENROLLED + timedelta(days=days) for days in range(0, 400, 17)):
        with world.database.writing() as tx:
            planner.top_up(tx, now)
    with world.database.reading() as tx:
        plan = plans.get_plan(tx, enrolled.plan.id)
        assert plan is not None
        until = plan.shadow_until
        assert until is not None
        rows = plans.events_between(tx, plan.id, START, until)

    assert until >= (ENROLLED + timedelta(days=391 + 30)).date()
    assert [(row.name, row.date, row.end_date) for row in rows] == sorted(
        ((event.name, event.date, event.end_date) for event in calendar.events(START, until)),
        key=lambda event: (event[1], event[0]),
    )
    assert all(row.status == "planned" for row in rows)


def test_a_shadow_that_reaches_far_enough_is_left_alone(world: World) -> None:
    world.enrol(ENROLLED, START)

    with world.database.writing() as tx:
        assert planner.top_up(tx, ENROLLED + timedelta(days=29)) == 0
        assert planner.top_up(tx, ENROLLED + timedelta(days=31)) == 1
        assert planner.top_up(tx, ENROLLED + timedelta(days=31)) == 0


def test_a_text_about_an_event_beyond_the_shadow_writes_the_shadow_first(world: World) -> None:
    """Nobody topped up for months: the gates must still find what the text is about."""
    enrolled = world.enrol(ENROLLED, START)
    world.send(ENROLLED)
    now = next(each for each in _meant(world, enrolled, at(2026, 6, 1), A_YEAR) if each.rule == "visit_before").due_at
    with world.database.writing() as tx:
        patients.set_next_text(tx, enrolled.patient.id, now)

    (text,) = world.send(now)

    assert "visit on" in text.body


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    regimen_id=st.sampled_from(["pembro_q3w", "len_mm", "blina_mrd", "nivo_ipi_mel", "tvec"]),
    zone=st.sampled_from([NEW_YORK, "Europe/Madrid", "Australia/Lord_Howe"]),
    start_cycle=st.integers(1, 2),
    steps=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=9)), min_size=3, max_size=12),
)
def test_whatever_the_steps_of_planning_the_texts_are_the_calendars(
    world: World, regimen_id: str, zone: str, start_cycle: int, steps: list[timedelta]
) -> None:
    with world.database.writing() as tx:
        for patient, _ in patients.list_patients(tx, world.entry.clinic.id):
            patients.end_patient(tx, ENROLLED, patient.id, "another example")
    enrolled = world.enrol(ENROLLED, START, regimen_id, timezone=zone, start_cycle=start_cycle)
    now = ENROLLED
    for step in steps:
        now += step
        world.plan(now)

    texts = [
        text for text in world.texts(enrolled) if text.patient_id == enrolled.patient.id and text.kind == "reminder"
    ]
    wanted = sorted(each.due_at for each in _meant(world, enrolled, ENROLLED, now))
    assert sorted(text.due_at for text in texts if text.due_at) == wanted
    assert all(one.due_at <= two.due_at for one, two in pairwise(texts) if one.due_at and two.due_at)


def test_a_plan_is_read_from_what_it_carries(world: World) -> None:
    """Editing the library moves nobody: the planner does not even see it."""
    enrolled = world.enrol(ENROLLED, START)
    world.library = replace(world.library, regimens={})

    assert world.plan(at(2026, 1, 2, 10)) == 1
    assert _next_text(world, enrolled) == at(2026, 1, 4, 16)


@pytest.mark.parametrize("regimen_id", ["pembro_q3w", "len_mm"])
def test_what_is_said_on_one_day_never_repeats_itself(world: World, regimen_id: str) -> None:
    enrolled = world.enrol(ENROLLED, START, regimen_id)
    world.plan(at(2026, 4, 1))

    same = Counter((text.template, tuple(sorted(text.args.items())), text.due_at) for text in world.texts(enrolled))
    assert set(same.values()) == {1}
