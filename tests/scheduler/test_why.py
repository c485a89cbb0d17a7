"""Why a text went or did not, and why there was none."""

from datetime import date, datetime, timedelta

from channels.base import Fault, SendResult, Verdict
from scheduler import consent, own_rules, why
from scheduler.enrolment import Enrolled
from scheduler.why import Reason
from store import patients
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World


def _of_day(world: World, enrolled: Enrolled, now: datetime, day: date) -> list[Reason]:
    with world.database.reading() as tx:
        person = patients.get_patient(tx, enrolled.patient.id)
        assert person is not None
        return why.of_day(tx, now, world.entry.clinic, person, day)


def _of_text(world: World, number: int) -> list[str]:
    with world.database.reading() as tx:
        return [reason.sentence for reason in why.of_text(tx, number)]


def test_a_text_that_went_names_its_gates_its_moments_and_its_id_at_the_provider(world: World) -> None:
    enrolled = world.reminded()
    world.send(DAY_BEFORE)
    text = world.texts(enrolled)[-1]

    with world.database.reading() as tx:
        found = why.of_text(tx, text.id)

    assert [reason.at for reason in found[2:]] == [DAY_BEFORE] * 5
    assert "It passed every gate (opted_out, quarantined, " in found[2].sentence
    assert found[3].sentence == "sending"
    assert found[-2].sentence == f"It goes from {NUMBER} by sms."
    assert found[-1].provider_id == text.provider_id
    assert all(reason.message_id == text.id for reason in found)
    assert str(world.contact(enrolled).phone) not in str(found)


def test_a_text_that_did_not_go_names_the_gate(world: World) -> None:
    enrolled = world.reminded()
    with world.database.writing() as tx:
        contact = world.contact_in(tx, enrolled)
        consent.stop(tx, DAY_BEFORE, world.library, contact, "stop", source="text", by="patient", message_id=None)

    assert _of_text(world, world.texts(enrolled)[-1].id)[-1] == "cancelled: opted_out: This number opted out."


def test_a_text_that_was_tried_twice_tells_both(world: World) -> None:
    enrolled = world.reminded()
    world.send(DAY_BEFORE, SendResult(Verdict.LATER, None, 20429, Fault.THROTTLE, "HTTP 429"))
    world.send(DAY_BEFORE + timedelta(minutes=2))

    told = [sentence.partition(" (")[0] for sentence in _of_text(world, world.texts(enrolled)[-1].id)]

    assert told[2:7] == ["It passed every gate", "sending", "due: throttle HTTP 429", "It passed every gate", "sending"]


def test_there_is_no_such_text(world: World) -> None:
    assert _of_text(world, 99) == []


def test_what_is_to_come_says_when(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    found = [reason.sentence for reason in _of_day(world, enrolled, ENROLLED, VISIT)]

    before, eve, day = found
    assert "the plan was only entered at 2026-01-02T20:00:00+00:00" in before
    assert "no text: it is planned for 2026-01-04T21:00:00+00:00." in eve
    assert "no text: it is planned for 2026-01-05T14:00:00+00:00." in day


def test_what_was_too_late_at_the_enrolment_says_so(world: World) -> None:
    late = DAY_BEFORE + timedelta(hours=2)
    enrolled = world.enrol(late, VISIT)
    world.send(late)

    _, eve, _ = _of_day(world, enrolled, late, VISIT)

    assert "the plan was only entered at 2026-01-04T23:00:00+00:00, when its moment had passed." in eve.sentence


def test_what_was_told_is_shown_by_its_text_whether_it_came_that_day_or_tells_of_it(world: World) -> None:
    enrolled = world.reminded()
    world.send(DAY_BEFORE)
    number = world.texts(enrolled)[-1].id

    for day in (VISIT, VISIT - timedelta(days=1)):
        found = _of_day(world, enrolled, DAY_BEFORE, day)
        assert number in {reason.message_id for reason in found}


def test_who_wants_no_texts_is_planned_nothing_and_the_reason_is_theirs(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    with world.database.writing() as tx:
        contact = world.contact_in(tx, enrolled)
        consent.stop(tx, ENROLLED, world.library, contact, "pause", source="text", by="patient", message_id=None)

    found = _of_day(world, enrolled, DAY_BEFORE, VISIT)

    since = "nothing is planned for the number since 2026-01-02T20:00:00+00:00. They asked for a pause"
    assert all(since in reason.sentence for reason in found)


def test_what_no_scheduler_has_planned_says_so(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    _, eve, _ = _of_day(world, enrolled, DAY_BEFORE + timedelta(hours=1), VISIT)

    assert "no scheduler has planned it yet" in eve.sentence


def test_a_reminder_that_the_clinic_switched_off_says_so(world: World) -> None:
    with world.database.writing() as tx:
        own_rules.set_of_clinic(tx, ENROLLED, world.library, world.entry.clinic, "visit_tomorrow", "off", None, "admin")
    enrolled = world.enrol(ENROLLED, VISIT)

    found = _of_day(world, enrolled, DAY_BEFORE, VISIT)

    assert any("switched off" in reason.sentence for reason in found)


def test_a_day_on_which_nothing_is_says_so(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)

    (only,) = _of_day(world, enrolled, ENROLLED, VISIT - timedelta(days=200))

    assert only.sentence == "No plan of this patient has anything to tell on 2025-06-19 or of it."
