"""Texts of which nobody knows whether they went out, and what the provider's list says of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from channels.base import Fault, Listed, Receipt, ReceiptState, SendResult, Verdict
from scheduler import consent
from scheduler.clock import Moment
from scheduler.delivery import reconcile
from scheduler.delivery.reconcile import NOT_SETTLED, SENT_ONCE_MORE, SOONEST, Question
from scheduler.enrolment import Enrolled
from store import messages
from store.messages import Message
from tests.scheduler.world import DAY_BEFORE, World

UNKNOWN = SendResult(Verdict.UNKNOWN, None, None, Fault.UNKNOWN_OUTCOME, "no answer")
SID = "SM" + "e" * 32
FIRST = DAY_BEFORE + SOONEST
SECOND = FIRST + SOONEST


@pytest.fixture
def lost(world: World) -> Enrolled:
    """A patient whose reminder of the day before may have gone out or not."""
    enrolled = world.reminded()
    (text,) = world.send(DAY_BEFORE, UNKNOWN)
    assert _text(world, enrolled).state == "unknown"
    assert text.to
    return enrolled


def _text(world: World, enrolled: Enrolled) -> Message:
    return world.texts(enrolled)[-1]


def _questions(world: World, now: datetime) -> list[Question]:
    with world.database.reading() as tx:
        return reconcile.to_ask(tx, Moment(now, now))


def _listed(world: World, enrolled: Enrolled, state: ReceiptState = ReceiptState.DELIVERED) -> Listed:
    text = _text(world, enrolled)
    return Listed(SID, text.body or "", state, None, Fault.NONE, DAY_BEFORE)


def _ask(
    world: World, now: datetime, found: tuple[Listed, ...] | None, first: datetime | None = None
) -> datetime | None:
    """Asks for what is unknown; ``first``, and what comes back: when it was absent first, None where that is over."""
    answers = [(question, found) for question in _questions(world, now)]
    before = {question.attempt: first for question, _ in answers if first is not None}
    with world.database.writing() as tx:
        absent = reconcile.settle(tx, Moment(now, now), world.library, answers, before)
    return min(absent.values(), default=None)


def test_nothing_is_asked_before_a_minute_has_passed(world: World, lost: Enrolled) -> None:
    assert _questions(world, FIRST - timedelta(seconds=1)) == []
    (question,) = _questions(world, FIRST)
    assert question.text.to == world.contact(lost).phone
    assert question.text.body == _text(world, lost).body
    assert question.since == DAY_BEFORE - timedelta(minutes=5)


def test_what_the_provider_has_takes_the_state_it_has_there(world: World, lost: Enrolled) -> None:
    assert _ask(world, FIRST, (_listed(world, lost),)) is None
    text = _text(world, lost)
    assert (text.state, text.provider_id) == ("delivered", SID)
    assert _questions(world, SECOND) == []


def test_what_failed_at_the_provider_is_followed_up_as_from_a_receipt(world: World, lost: Enrolled) -> None:
    failed = replace(_listed(world, lost, ReceiptState.UNDELIVERED), code=30004, fault=Fault.BLOCKED)
    _ask(world, FIRST, (failed,))
    text = _text(world, lost)
    assert (text.state, text.error_code) == ("undelivered", 30004)
    assert [task.kind for task in world.tasks()] == ["failed_text"]


def test_what_is_absent_twice_and_of_use_is_sent_once_more_as_another_attempt(world: World, lost: Enrolled) -> None:
    assert _ask(world, FIRST, ()) == FIRST
    assert _ask(world, SECOND - timedelta(seconds=1), (), first=FIRST) == FIRST
    assert _text(world, lost).state == "unknown"
    assert _ask(world, SECOND, (), first=FIRST) is None
    assert _text(world, lost).state == "due"

    (sent,) = world.send(SECOND)
    text = _text(world, lost)
    assert sent.attempt == f"{text.id}.2"
    assert text.state == "accepted"
    with world.database.reading() as tx:
        assert SENT_ONCE_MORE in [change.detail for change in messages.history(tx, text.id)]


def test_it_is_sent_once_more_only_once(world: World, lost: Enrolled) -> None:
    _ask(world, SECOND, (), first=FIRST)
    world.send(SECOND, UNKNOWN)
    later = SECOND + SOONEST
    _ask(world, later + SOONEST, (), first=later)
    text = _text(world, lost)
    assert (text.state, text.gate) == ("unknown", NOT_SETTLED)
    assert [task.kind for task in world.tasks()] == ["failed_text"]
    assert _questions(world, later + timedelta(hours=1)) == []


def test_what_is_of_no_use_any_more_stays_unknown_and_staff_see_it(world: World, lost: Enrolled) -> None:
    expired = _text(world, lost).expires_at
    assert expired is not None
    _ask(world, expired, (), first=FIRST)
    text = _text(world, lost)
    assert (text.state, text.gate) == ("unknown", NOT_SETTLED)
    assert [task.message_id for task in world.tasks()] == [text.id]


def test_while_the_provider_cannot_be_asked_nothing_is_decided_before_it_is_too_late(
    world: World, lost: Enrolled
) -> None:
    expired = _text(world, lost).expires_at
    assert expired is not None
    assert _ask(world, SECOND, None, first=FIRST) == FIRST
    assert _text(world, lost).gate is None
    assert _ask(world, expired, None, first=FIRST) is None
    assert _text(world, lost).gate == NOT_SETTLED
    assert [task.kind for task in world.tasks()] == ["failed_text"]


def test_a_text_of_other_words_and_one_that_another_row_has_are_not_taken_for_it(world: World, lost: Enrolled) -> None:
    other = replace(_listed(world, lost), body="Something else")
    later = replace(_listed(world, lost), at=DAY_BEFORE + timedelta(minutes=7))
    welcome = world.texts(lost)[0]
    assert welcome.provider_id is not None
    owned = replace(_listed(world, lost), provider_id=welcome.provider_id)
    assert _ask(world, FIRST, (other, owned, later)) == FIRST
    assert _text(world, lost).state == "unknown"


def test_one_that_the_provider_has_is_never_two_texts(world: World, lost: Enrolled) -> None:
    """Two people of one number and the same words: what is found once settles one of them."""
    text = _text(world, lost)
    again = world.add_text(lost, DAY_BEFORE, template=text.template, args=text.args, expires_at=text.expires_at)
    world.send(DAY_BEFORE, UNKNOWN)
    _ask(world, FIRST, (_listed(world, lost),))
    with world.database.reading() as tx:
        states = [messages.get_message(tx, number) for number in (text.id, again)]
    assert sorted(found.state for found in states if found) == ["delivered", "unknown"]


def test_who_opted_out_meanwhile_is_not_texted_once_more(world: World, lost: Enrolled) -> None:
    contact = world.contact(lost)
    with world.database.writing() as tx:
        consent.stop(tx, FIRST, world.library, contact, "stop", source="text")
    _ask(world, SECOND, (), first=FIRST)
    assert world.send(SECOND) == []
    text = _text(world, lost)
    assert (text.state, text.gate) == ("cancelled", "opted_out")


def test_a_receipt_that_comes_after_all_stops_the_second_attempt(world: World, lost: Enrolled) -> None:
    _ask(world, SECOND, (), first=FIRST)
    text = _text(world, lost)
    world.receive(SECOND, Receipt(SID, ReceiptState.SENT, None, f"{text.id}.1"))
    assert world.send(SECOND) == []
    assert _text(world, lost).state == "sent"


def test_two_schedulers_that_decide_at_the_same_time_send_it_once_more_once(world: World, lost: Enrolled) -> None:
    answers = [(question, ()) for question in _questions(world, SECOND)]
    absent = {question.attempt: FIRST for question, _ in answers}
    for _ in range(2):
        with world.database.writing() as tx:
            reconcile.settle(tx, Moment(SECOND, SECOND), world.library, answers, absent)
    assert len(world.send(SECOND)) == 1
    assert world.send(SECOND + SOONEST) == []


def test_of_a_number_that_was_erased_nobody_asks(world: World, lost: Enrolled) -> None:
    with world.database.writing() as tx:
        tx.conn.exec_driver_sql("UPDATE contact SET phone_sealed = NULL")
    (question,) = _questions(world, FIRST)
    assert question.text.to is None
    assert _ask(world, FIRST, None) is None
    assert _text(world, lost).gate == NOT_SETTLED


def _same_again(world: World, lost: Enrolled, now: datetime, real: datetime) -> Message:
    """A second text of the same words to the same person, of which nobody knows either whether it went."""
    first = _text(world, lost)
    number = world.add_text(lost, now, template=first.template, args=first.args, expires_at=now + timedelta(hours=6))
    world.finish(now, world.begin(now, real=real), UNKNOWN)
    again = _by_id(world, number)
    assert (again.state, again.body) == ("unknown", first.body)
    return again


def _by_id(world: World, number: int) -> Message:
    with world.database.reading() as tx:
        text = messages.get_message(tx, number)
    assert text is not None
    return text


def _settle_all(world: World, moment: Moment, *found: Listed) -> None:
    with world.database.writing() as tx:
        answers = [(question, found) for question in reconcile.to_ask(tx, moment)]
        reconcile.settle(tx, moment, world.library, answers, {})


def test_a_message_of_the_same_words_an_hour_before_is_another_text(world: World, lost: Enrolled) -> None:
    """Also where the patients' clock was put forward a day in that hour, and puts both calls into one day."""
    first = _text(world, lost)
    now, real = DAY_BEFORE + timedelta(days=1), DAY_BEFORE + timedelta(hours=1)
    listed = _listed(world, lost)
    again = _same_again(world, lost, now, real)
    with world.database.writing() as tx:
        later = Moment(now + SOONEST, real + SOONEST)
        (question,) = [each for each in reconcile.to_ask(tx, later) if each.text.id == again.id]
        assert question.since == real - timedelta(minutes=5)
        reconcile.settle(tx, later, world.library, [(question, (listed,))], {})
    assert _by_id(world, again.id).state == "unknown"
    _settle_all(world, later, listed)
    assert [_by_id(world, text.id).state for text in (first, again)] == ["delivered", "unknown"]


def test_of_two_of_the_same_words_in_the_same_minutes_each_is_what_came_nearest(world: World, lost: Enrolled) -> None:
    first, real = _text(world, lost), DAY_BEFORE + timedelta(seconds=90)
    again = _same_again(world, lost, real, real)
    theirs = [
        replace(_listed(world, lost), provider_id=f"SM{number:032x}", at=at)
        for number, at in ((9, real), (8, DAY_BEFORE))
    ]
    later = real + SOONEST
    _settle_all(world, Moment(later, later), *theirs)
    assert [_by_id(world, text.id).provider_id for text in (again, first)] == [each.provider_id for each in theirs]


def test_a_receipt_puts_right_what_was_found_by_its_words(world: World, lost: Enrolled) -> None:
    """Twilio took the second of two alike, and its list was read for the first."""
    first, real = _text(world, lost), DAY_BEFORE + timedelta(seconds=30)
    again = _same_again(world, lost, real, real)
    later = real + SOONEST
    _settle_all(world, Moment(later, later), _listed(world, lost))
    assert [_by_id(world, text.id).state for text in (first, again)] == ["delivered", "unknown"]

    world.receive(later, Receipt(SID, ReceiptState.SENT, None, f"{again.id}.1"))
    assert [_by_id(world, text.id).state for text in (first, again)] == ["unknown", "sent"]
    assert [_by_id(world, text.id).provider_id for text in (first, again)] == [None, SID]

    asked = later + SOONEST
    (question,) = _questions(world, asked)
    assert question.text.id == first.id
    assert _ask(world, asked, (_listed(world, lost),)) == asked, "what is another text's is not found again"
    _ask(world, asked + SOONEST, (_listed(world, lost),), first=asked)
    assert _by_id(world, first.id).state == "due"


def test_receipts_put_two_right_that_were_each_taken_for_the_other(world: World, lost: Enrolled) -> None:
    first, real = _text(world, lost), DAY_BEFORE + timedelta(seconds=90)
    again = _same_again(world, lost, real, real)
    listed = _listed(world, lost, ReceiptState.SENT)
    of_first, of_again = "SM" + "8" * 32, "SM" + "9" * 32
    later = real + SOONEST
    # Twilio's clock puts each nearer to the call for the other.
    _settle_all(
        world,
        Moment(later, later),
        replace(listed, provider_id=of_first, at=real),
        replace(listed, provider_id=of_again, at=DAY_BEFORE),
    )
    assert [_by_id(world, text.id).provider_id for text in (first, again)] == [of_again, of_first]

    world.receive(later, Receipt(of_first, ReceiptState.DELIVERED, None, f"{first.id}.1"))
    assert [_by_id(world, text.id).state for text in (first, again)] == ["delivered", "unknown"]
    world.receive(later, Receipt(of_again, ReceiptState.DELIVERED, None, f"{again.id}.1"))
    assert [_by_id(world, text.id).state for text in (first, again)] == ["delivered", "delivered"]
    assert [_by_id(world, text.id).provider_id for text in (first, again)] == [of_first, of_again]


def test_a_receipt_that_names_its_attempt_counts_for_more_than_the_list(world: World, lost: Enrolled) -> None:
    """What the text was taken for is another's; the receipt of an attempt before it says nothing."""
    text = _text(world, lost)
    later = DAY_BEFORE + SOONEST
    _ask(world, later, (_listed(world, lost, ReceiptState.SENT),))
    mine = "SM" + "8" * 32
    world.receive(later, Receipt(mine, ReceiptState.DELIVERED, None, f"{text.id}.0"))
    assert [_by_id(world, text.id).state, _by_id(world, text.id).provider_id] == ["sent", SID]
    world.receive(later, Receipt(mine, ReceiptState.DELIVERED, None, f"{text.id}.1"))
    assert [_by_id(world, text.id).state, _by_id(world, text.id).provider_id] == ["delivered", mine]
    world.receive(later, Receipt(SID, ReceiptState.DELIVERED, None, None))
    assert _by_id(world, text.id).provider_id == mine


def test_a_receipt_moves_no_text_whose_own_call_gave_the_id(world: World, lost: Enrolled) -> None:
    welcome = world.texts(lost)[0]
    assert welcome.provider_id is not None
    text = _text(world, lost)
    world.receive(SECOND, Receipt(welcome.provider_id, ReceiptState.SENT, None, f"{text.id}.1"))
    assert _by_id(world, welcome.id).provider_id == welcome.provider_id
    assert _text(world, lost).state == "unknown"
