"""One alert for a number: texts join it, and it says whether our reply to the latest of them arrived."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from channels.base import Fault, Receipt, ReceiptState
from scheduler import alerts, consent
from scheduler.enrolment import Enrolled
from store import contacts, follow_ups, inbox
from store.follow_ups import FollowUp
from tests.scheduler.world import ENROLLED, VISIT, World, at

MINUTE = timedelta(minutes=1)

_texts = count(1)


def _danger(world: World, enrolled: Enrolled, now: datetime, kind: str = "emergency", words: str = "chest pain") -> int:
    """A danger text that was answered; the number of the answer."""
    contact = world.contact(enrolled)
    with world.database.writing() as tx:
        text = inbox.record_text(
            tx,
            now,
            clinic_id=contact.clinic_id,
            contact_id=contact.id,
            provider_id=f"SM{next(_texts):032x}",
            sender_id=None,
            body=words,
            via="sms",
            outcome_kind=kind,
            outcome_id="chest",
            matched="why",
        )
        assert text is not None
        alerts.told(
            tx,
            now,
            contact,
            kind=kind,
            why=alerts.line(kind, "chest", words, "why"),
            patient_id=enrolled.patient.id,
            message_id=text,
            reachable=True,
        )
        return inbox.record_reply(
            tx,
            now,
            clinic_id=contact.clinic_id,
            contact_id=contact.id,
            patient_id=enrolled.patient.id,
            in_reply_to=text,
            body="Call 911",
            template="emergency",
            fact=None,
            language="en",
            via="sms",
            segments=1,
            encoding="GSM-7",
            content_version="v",
            sender_id=None,
        )


def _receipt(answer: int, state: str, fault: Fault = Fault.NONE) -> Receipt:
    return Receipt(f"SM{answer:032d}", ReceiptState(state), None, f"{answer}.1", fault)


def _alert(world: World) -> FollowUp:
    (alert,) = [task for task in world.tasks() if task.kind == "danger"]
    return alert


def test_another_danger_text_joins_the_open_alert_raises_it_and_restarts_its_clock(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    _danger(world, enrolled, ENROLLED, "call_now", "fever of 102")
    assert (_alert(world).urgency, _alert(world).due_by) == (2, ENROLLED + timedelta(hours=1))

    _danger(world, enrolled, ENROLLED + 50 * MINUTE, "emergency", "chest pain")
    _danger(world, enrolled, ENROLLED + 55 * MINUTE, "call_now", "fever of 103")

    alert = _alert(world)
    assert (alert.urgency, alert.opened_at, alert.due_by) == (3, ENROLLED, ENROLLED + 70 * MINUTE)
    assert alert.detail == (
        'call_now chest: "fever of 102" (why)\n'
        'emergency chest: "chest pain" (why)\n'
        'call_now chest: "fever of 103" (why)'
    )


def test_after_staff_closed_an_alert_the_next_text_opens_another(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    _danger(world, enrolled, ENROLLED)
    first = _alert(world)
    with world.database.writing() as tx:
        follow_ups.close_follow_up(tx, ENROLLED + MINUTE, first.id, "nurse:1")

    _danger(world, enrolled, ENROLLED + 2 * MINUTE)

    assert _alert(world).id != first.id


def test_a_number_that_never_stops_does_not_make_its_alert_grow_without_end_nor_lose_the_gravest(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    for number in range(30):
        kind = "emergency" if number == 3 else "call_now"
        _danger(world, enrolled, ENROLLED + number * MINUTE, kind, f"text {number}")

    lines = (_alert(world).detail or "").splitlines()

    assert len(lines) == 20
    assert lines[0].endswith('"text 0" (why)')
    assert lines[1].endswith('"text 3" (why)')
    assert lines[-1].endswith('"text 29" (why)')


@pytest.mark.parametrize(
    ("state", "reply", "headline"),
    [
        (None, "underway", "it is not known yet whether our reply reached them"),
        ("sent", "underway", "it is not known yet whether our reply reached them"),
        ("delivered", "arrived", "our reply reached them"),
        ("read", "arrived", "our reply reached them"),
        ("undelivered", "lost", "our reply did not reach them: phone now"),
        ("failed", "lost", "our reply did not reach them: phone now"),
    ],
)
def test_an_alert_says_whether_our_reply_arrived(world: World, state: str | None, reply: str, headline: str) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    answer = _danger(world, enrolled, ENROLLED, "call_now")

    if state is not None:
        world.receive(ENROLLED + MINUTE, _receipt(answer, state))

    alert = _alert(world)
    assert (alert.reply, alerts.headline(alert)) == (reply, headline)
    assert alert.urgency == (3 if reply == "lost" else 2)
    assert len([task for task in world.tasks() if task.kind != "danger"]) == 0


def test_a_reply_that_did_not_arrive_leaves_staff_a_quarter_of_an_hour(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    answer = _danger(world, enrolled, ENROLLED, "call_now")

    world.receive(ENROLLED + MINUTE, _receipt(answer, "undelivered", Fault.BLOCKED))

    assert _alert(world).due_by == ENROLLED + 16 * MINUTE


@pytest.mark.parametrize("reason", ["stop", "wrong_number", "provider"])
def test_to_a_number_that_opted_out_no_reply_is_thought_to_arrive(world: World, reason: str) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    contact = world.contact(enrolled)
    with world.database.writing() as tx:
        consent.stop(tx, ENROLLED, world.library, contact, reason, source="text")

    answer = _danger(world, enrolled, ENROLLED + MINUTE)
    assert _alert(world).reply == "lost"

    world.receive(ENROLLED + 2 * MINUTE, _receipt(answer, "delivered"))
    assert _alert(world).reply == "arrived"


def test_to_a_number_in_quarantine_neither_but_a_pause_blocks_nobody(world: World) -> None:
    paused = world.enrol(ENROLLED, VISIT)
    dead = world.enrol(ENROLLED, VISIT, phone="+12025550177")
    contact = world.contact(paused)
    with world.database.writing() as tx:
        consent.stop(tx, ENROLLED, world.library, contact, "pause", source="text")
        contacts.quarantine(tx, ENROLLED, dead.patient.contact_id, "recipient_permanent")

    _danger(world, paused, ENROLLED + MINUTE)
    _danger(world, dead, ENROLLED + MINUTE)

    found = {task.contact_id: task.reply for task in world.tasks()}
    assert found == {paused.patient.contact_id: "underway", dead.patient.contact_id: "lost"}


def test_the_reply_to_the_latest_text_decides(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    first = _danger(world, enrolled, ENROLLED)
    second = _danger(world, enrolled, ENROLLED + MINUTE)

    world.receive(ENROLLED + 2 * MINUTE, _receipt(first, "delivered"))
    assert _alert(world).reply == "underway"
    world.receive(ENROLLED + 3 * MINUTE, _receipt(second, "delivered"))
    assert _alert(world).reply == "arrived"


def test_phone_now_stands_until_a_later_reply_arrived(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    first = _danger(world, enrolled, ENROLLED)
    second = _danger(world, enrolled, ENROLLED + MINUTE)

    world.receive(ENROLLED + 2 * MINUTE, _receipt(first, "failed"))
    assert _alert(world).reply == "lost"
    third = _danger(world, enrolled, ENROLLED + 3 * MINUTE)
    world.receive(ENROLLED + 4 * MINUTE, _receipt(second, "delivered"))
    assert _alert(world).reply == "lost"
    world.receive(ENROLLED + 5 * MINUTE, _receipt(third, "delivered"))
    assert _alert(world).reply == "arrived"


def test_a_failure_that_comes_after_staff_closed_the_alert_opens_another(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    answer = _danger(world, enrolled, ENROLLED)
    first = _alert(world)
    with world.database.writing() as tx:
        follow_ups.close_follow_up(tx, ENROLLED + MINUTE, first.id, "nurse:1")

    world.receive(ENROLLED + 2 * MINUTE, _receipt(answer, "failed"))

    alert = _alert(world)
    assert (alert.reply, alert.urgency, alert.detail) == ("lost", 3, 'emergency chest: "chest pain" (why)')


def test_a_block_that_only_the_receipt_of_the_reply_tells_of_opts_the_number_out(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    answer = _danger(world, enrolled, ENROLLED)

    world.receive(ENROLLED + MINUTE, _receipt(answer, "failed", Fault.OPTED_OUT))

    assert world.contact(enrolled).opt_out_reason == "provider"
    assert _alert(world).reply == "lost"


@pytest.mark.parametrize("kind", ["emergency", "crisis", "overdose"])
def test_for_twelve_hours_after_danger_to_life_only_visits_are_told_of(world: World, kind: str) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    now = at(2026, 1, 4, 10)
    _danger(world, enrolled, now, kind)
    pill = world.add_text(enrolled, now, template="pill_today", args={"item": "pills"}, expires_at=None)
    visit = world.add_text(enrolled, now + MINUTE)

    (sent,) = world.send(now + 2 * MINUTE)
    assert "your visit is today" in sent.body
    assert world.send(now + timedelta(hours=11, minutes=59)) == []
    states = {text.id: text.state for text in world.texts(enrolled)}
    assert (states[pill], states[visit]) == ("due", "accepted")

    bodies = [text.body for text in world.send(at(2026, 1, 5, 9))]
    assert any("your plan has pills today" in body for body in bodies)


def test_after_a_sign_that_only_needs_a_call_reminders_go_on(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    world.send(ENROLLED)
    now = at(2026, 1, 4, 10)
    _danger(world, enrolled, now, "call_now")
    world.add_text(enrolled, now, template="pill_today", args={"item": "pills"})

    assert len(world.send(now)) == 1


def test_words_that_turn_the_direction_of_writing_turn_round_nothing_behind_them() -> None:
    assert (
        alerts.line("emergency", "chest", "\u202echest\u2067 pain\u2069", "why")
        == 'emergency chest: "chest pain" (why)'
    )
