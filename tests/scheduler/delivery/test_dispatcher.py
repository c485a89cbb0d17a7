"""The step before a call: what goes, what waits, what is given back, and what a crash leaves behind."""

from dataclasses import replace
from datetime import date, timedelta

from channels.base import Via
from content.sms_text import measure
from store import contacts, health, messages, outbox, plans
from store.messages import Cover
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.world import DAY_BEFORE, ENROLLED, LEASE, VISIT, World, at, phone


def test_a_text_is_stored_in_the_words_in_which_it_goes(world: World) -> None:
    enrolled = world.reminded()

    (ready,) = world.begin(DAY_BEFORE)

    text = world.texts(enrolled)[-1]
    assert (text.state, text.body, text.attempts) == ("sending", ready.outgoing.body, 1)
    assert (text.content_version, text.language) == (world.library.version, "en")
    assert (text.encoding, text.segments) == ("GSM-7", measure(ready.outgoing.body).segments)
    assert ready.outgoing.attempt == f"{text.id}.1"
    assert (ready.outgoing.to, ready.outgoing.sender, ready.outgoing.via) == ("+12025550143", NUMBER, Via.SMS)


def test_the_language_is_the_one_of_the_moment_of_sending(world: World) -> None:
    enrolled = world.reminded()
    with world.database.writing() as tx:
        contacts.set_language(tx, enrolled.patient.contact_id, "es")

    (ready,) = world.begin(DAY_BEFORE)

    assert ready.outgoing.body.startswith("Riverside Care: cita mañana")


def test_the_provider_may_hold_a_text_only_as_long_as_it_is_of_use(world: World) -> None:
    world.reminded(visit_time=None)

    (ready,) = world.begin(DAY_BEFORE)

    expires = ready.expires_at
    assert expires is not None
    assert ready.outgoing.validity_seconds == min((expires - DAY_BEFORE).total_seconds(), 36_000)


def test_the_confirmation_is_the_first_text_and_holds_back_the_others(world: World) -> None:
    enrolled = world.enrol(DAY_BEFORE, VISIT)
    world.plan(DAY_BEFORE + timedelta(minutes=1))
    world.add_text(enrolled, DAY_BEFORE, priority=0)

    first = world.begin(DAY_BEFORE + timedelta(minutes=1))
    assert ["you are signed up" in ready.outgoing.body for ready in first] == [True]

    assert world.begin(DAY_BEFORE + timedelta(minutes=1)) == []
    world.finish(DAY_BEFORE + timedelta(minutes=1), first)
    assert len(world.begin(DAY_BEFORE + timedelta(minutes=3))) == 1


def test_of_several_texts_to_one_person_one_goes_at_a_time(world: World) -> None:
    enrolled = world.reminded()
    second = world.add_text(enrolled, DAY_BEFORE, priority=9)

    first = world.begin(DAY_BEFORE)

    assert len(first) == 1
    with world.database.reading() as tx:
        waiting = messages.get_message(tx, second)
    assert waiting is not None
    assert waiting.state == "due"
    assert [ready.message_id for ready in world.begin(DAY_BEFORE)] == [second]


def test_two_dispatchers_never_have_the_same_text(world: World) -> None:
    for number in range(20):
        world.reminded(phone=phone(number))

    one = world.claim(DAY_BEFORE, owner="one", limit=12)
    two = world.claim(DAY_BEFORE, owner="two", limit=12)

    assert (len(one), len(two)) == (12, 8)
    assert not set(one) & set(two)
    assert world.begin(DAY_BEFORE, one, owner="two") == []


def test_a_claim_that_ran_out_goes_to_the_next_and_the_first_leaves_it_alone(world: World) -> None:
    world.reminded()
    one = world.claim(DAY_BEFORE, owner="one")
    later = DAY_BEFORE + LEASE

    two = world.claim(DAY_BEFORE, real=later, owner="two")

    assert one == two
    assert world.begin(DAY_BEFORE, one, real=later, owner="one") == []
    assert len(world.begin(DAY_BEFORE, two, real=later, owner="two")) == 1


def test_a_crash_before_the_call_loses_nothing(world: World) -> None:
    """Claimed but never begun: the text is free again when the lease ends."""
    world.reminded()
    world.claim(DAY_BEFORE, owner="gone")

    assert world.begin(DAY_BEFORE, real=DAY_BEFORE + LEASE - timedelta(seconds=1)) == []
    assert len(world.begin(DAY_BEFORE, real=DAY_BEFORE + LEASE)) == 1


def test_a_crash_in_the_middle_of_the_call_leaves_it_unknown_and_never_doubles_it(world: World) -> None:
    enrolled = world.reminded()
    (ready,) = world.begin(DAY_BEFORE, owner="gone")
    over = DAY_BEFORE + LEASE

    with world.database.writing() as tx:
        assert outbox.unknown_after_crash(tx, over, over - timedelta(seconds=1), 10) == []
        assert outbox.unknown_after_crash(tx, over, over, 10) == [ready.message_id]

    assert world.texts(enrolled)[-1].state == "unknown"
    assert world.begin(over + timedelta(hours=1)) == []


def test_a_result_that_comes_after_the_lease_still_settles_the_text(world: World) -> None:
    enrolled = world.reminded()
    ready = world.begin(DAY_BEFORE)
    with world.database.writing() as tx:
        outbox.unknown_after_crash(tx, DAY_BEFORE, DAY_BEFORE + LEASE, 10)

    world.finish(DAY_BEFORE + LEASE, ready)

    assert world.texts(enrolled)[-1].state == "accepted"


def test_a_visit_that_moved_is_not_reminded_of(world: World) -> None:
    enrolled = world.reminded()
    with world.database.writing() as tx:
        events = plans.events_between(tx, enrolled.plan.id, VISIT, date(2026, 1, 25))
        moved = [replace(each, date=date(2026, 1, 7)) if each.kind == "treatment" else each for each in events]
        plans.write_events(tx, enrolled.plan.id, moved, date(2026, 1, 25), since=VISIT)

    assert world.begin(DAY_BEFORE) == []
    assert (world.texts(enrolled)[-1].state, world.texts(enrolled)[-1].gate) == ("cancelled", "event_moved")


def test_outside_the_window_a_text_waits_in_its_row(world: World) -> None:
    enrolled = world.reminded()
    number = world.add_text(enrolled, at(2026, 1, 4, 21), expires_at=None)

    world.send(at(2026, 1, 4, 21))

    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
        history = messages.history(tx, number)
    assert text is not None
    assert (text.state, text.due_at) == ("due", at(2026, 1, 5, 9))
    assert history[-1].detail == "outside_window"


def test_no_more_texts_in_a_week_than_the_person_agreed_to(world: World) -> None:
    world.set_clinic(ENROLLED, max_texts_per_week=3)
    enrolled = world.enrol(ENROLLED, date(2026, 1, 12), "len_mm")
    world.send(ENROLLED)
    sent = [len(world.send(at(2026, 1, day, 9))) for day in range(12, 20)]

    assert sent == [1, 1, 1, 0, 0, 0, 0, 1]
    assert [text.gate for text in world.texts(enrolled) if text.state == "cancelled"] == ["weekly_limit"] * 4


def test_texts_that_cannot_be_composed_are_set_aside_for_staff(world: World) -> None:
    enrolled = world.reminded()
    number = world.add_text(enrolled, DAY_BEFORE, template="no_such_text", priority=0)

    assert len(world.begin(DAY_BEFORE)) == 1

    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
    assert text is not None
    assert (text.state, text.gate) == ("cancelled", "words")
    assert [(task.kind, task.message_id, task.detail) for task in world.tasks()] == [("failed_text", number, "words")]


def test_a_text_to_a_patient_without_a_plan_is_sent_by_the_same_rules(world: World) -> None:
    enrolled = world.reminded()
    world.send(DAY_BEFORE)
    world.add_text(enrolled, DAY_BEFORE + timedelta(hours=1), kind="text", template="held", args={"date": "2026-01-05"})

    (sent,) = world.send(DAY_BEFORE + timedelta(hours=1))

    assert "your visit on Jan 5 is on hold" in sent.body


def test_what_is_told_already_is_not_told_by_a_second_text(world: World) -> None:
    enrolled = world.reminded()
    number = world.texts(enrolled)[-1].id
    with world.database.reading() as tx:
        (cover,) = messages.covers(tx, number)
    with world.database.writing() as tx:
        again = outbox.add_text(
            tx,
            DAY_BEFORE,
            clinic_id=world.entry.clinic.id,
            contact_id=enrolled.patient.contact_id,
            patient_id=enrolled.patient.id,
            kind="reminder",
            template="visit_tomorrow_untimed",
            args={},
            due_at=DAY_BEFORE,
            expires_at=None,
            priority=1,
            covers=[Cover(cover.plan_id, cover.event, cover.rule, cover.event_date)],
        )
    assert again is None


def test_the_demo_clock_touches_no_lease(world: World) -> None:
    """The demo is a month ahead; the lease of what is sent runs by the real clock all the same."""
    world.reminded()
    real = DAY_BEFORE - timedelta(days=30)
    world.begin(DAY_BEFORE, real=real)

    with world.database.writing() as tx:
        health.beat(tx, real, "p", "h", "scheduler")
        assert outbox.unknown_after_crash(tx, DAY_BEFORE, real + LEASE - timedelta(seconds=1), 10) == []
        assert len(outbox.unknown_after_crash(tx, DAY_BEFORE, real + LEASE, 10)) == 1
