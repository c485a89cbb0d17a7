import threading
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import permutations

import pytest
import sqlalchemy as sa

from store import messages, outbox
from store.database import Database, DatabaseBusy
from store.messages import RANKS, State
from store.outbox import FOUND, SentRow, apply_receipt, record_results
from store.settling import send_anew
from tests.store.sample import NOW, OTHER_PHONE, add_received, add_reminder, add_reply, add_sample, add_sending

SID = "SM" + "b" * 32


def test_a_result_moves_a_text_on_and_is_remembered(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        assert record_results(tx, NOW, [SentRow(number, "failed", SID, 30005, "refused", 1)]) == [number]
        found = messages.get_message(tx, number)
        last = messages.history(tx, number)[-1]
    assert found is not None
    assert (found.state, found.provider_id, found.error_code) == ("failed", SID, 30005)
    assert (found.lease_until, found.lease_owner) == (None, None)
    assert (last.state, last.at, last.detail, last.code) == ("failed", NOW, "refused", 30005)


def test_results_of_nothing_and_of_texts_that_do_not_exist_do_nothing(database: Database) -> None:
    with database.writing() as tx:
        assert record_results(tx, NOW, []) == []
        assert record_results(tx, NOW, [SentRow(99, "accepted", SID, None, "", 1)]) == []


def test_a_receipt_before_our_own_commit_is_not_undone_by_it(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        early = apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="delivered", code=None)
        assert record_results(tx, NOW, [SentRow(number, "accepted", SID, None, "", 1)]) == []
        found = messages.get_message(tx, number)
    assert early is not None
    assert early == found
    assert (early.state, early.provider_id) == ("delivered", SID)


def test_one_id_of_the_provider_never_belongs_to_two_texts(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        first, second = add_sending(tx, sample), add_sending(tx, sample)
        rows = [SentRow(number, "accepted", SID, None, "", 1) for number in (first, second)]
        assert record_results(tx, NOW, rows) == [first, second]
        third = add_sending(tx, sample)
        assert record_results(tx, NOW, [SentRow(third, "accepted", SID, None, "", 1)]) == [third]
        found = [messages.get_message(tx, number) for number in (first, second, third)]
        details = [messages.history(tx, number)[-1].detail for number in (second, third)]
        receipt = apply_receipt(tx, NOW, message_id=second, provider_id=SID, state="sent", code=None)
    assert [message.provider_id for message in found if message] == [SID, None, None]
    assert details == [f"(the provider gave the id of message {first})"] * 2
    assert receipt is not None
    assert receipt.id == first


@pytest.mark.parametrize("first", ["a receipt", "the result of the call"])
def test_a_receipt_that_waits_for_another_to_name_the_text_is_heard_too(postgres: Database, first: str) -> None:
    """Twilio tells of `sent` and `delivered` at once, before our own commit: neither is taken for somebody else's."""
    with postgres.writing() as tx:
        number = add_sending(tx, add_sample(tx))

    def receive() -> None:
        with postgres.writing() as tx:
            apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="delivered", code=None)

    with ThreadPoolExecutor(1) as elsewhere:
        with postgres.writing() as tx:
            if first == "a receipt":
                apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="sent", code=None)
            else:
                record_results(tx, NOW, [SentRow(number, "accepted", SID, None, "", 1)])
            second = elsewhere.submit(receive)
            _until_it_waits(tx.conn, second)
        second.result()
    with postgres.reading() as tx:
        found = messages.get_message(tx, number)
    assert found is not None
    assert (found.state, found.provider_id) == ("delivered", SID)


def test_who_names_a_second_text_for_a_message_that_another_names_meanwhile_is_told_to_try_again(
    postgres: Database,
) -> None:
    """The provider's list is read for one text while its receipt comes for another."""
    with postgres.writing() as tx:
        sample = add_sample(tx)
        found, meant = add_sending(tx, sample), add_sending(tx, sample)

    def receive() -> None:
        with postgres.writing() as tx:
            apply_receipt(tx, NOW, message_id=meant, provider_id=SID, state="delivered", code=None)

    with ThreadPoolExecutor(1) as elsewhere:
        with postgres.writing() as tx:
            apply_receipt(tx, NOW, message_id=found, provider_id=SID, state="sent", code=None, detail=FOUND)
            second = elsewhere.submit(receive)
            _until_it_waits(tx.conn, second)
        with pytest.raises(DatabaseBusy):
            second.result()
    receive()
    with postgres.reading() as tx:
        texts = [messages.get_message(tx, number) for number in (found, meant)]
    assert [(text.state, text.provider_id) for text in texts if text] == [("unknown", None), ("delivered", SID)]


def _until_it_waits(connection: sa.Connection, other: Future[None]) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    pause = threading.Event()
    while connection.execute(waiting).scalar_one() == 0 and not other.done():
        pause.wait(0.01)


@pytest.mark.parametrize("order", sorted(permutations(("accepted", "sent", "delivered", "sent"))))
def test_receipts_in_any_order_end_at_the_furthest_state(sqlite: Database, order: tuple[State, ...]) -> None:
    with sqlite.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        seen = [apply_receipt(tx, NOW, message_id=number, provider_id=SID, state=state, code=None) for state in order]
        ranks = [RANKS[change.state] for change in messages.history(tx, number)]
    assert seen[-1] is not None
    assert seen[-1].state == "delivered"
    assert ranks == sorted(set(ranks))


def test_the_end_of_a_text_is_never_taken_back(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="undelivered", code=30003)
        after = apply_receipt(tx, NOW, message_id=None, provider_id=SID, state="delivered", code=None)
    assert after is not None
    assert (after.state, after.error_code) == ("undelivered", 30003)


def test_an_unknown_text_is_settled_by_its_receipt(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        record_results(tx, NOW, [SentRow(number, "unknown", None, None, "no answer in time", 1)])
        after = apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="sent", code=None, detail="callback")
        states = [(change.state, change.detail) for change in messages.history(tx, number)]
    assert after is not None
    assert (after.state, after.provider_id) == ("sent", SID)
    assert states == [("sending", ""), ("unknown", "no answer in time"), ("sent", "callback")]


def test_a_reply_learns_its_id_and_its_fate_from_its_receipt(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        reply = add_reply(tx, sample, add_received(tx, sample))
        same = apply_receipt(tx, NOW, message_id=reply, provider_id=SID, state="accepted", code=None)
        after = apply_receipt(tx, NOW, message_id=None, provider_id=SID, state="delivered", code=None)
    assert same is not None
    assert (same.state, same.provider_id) == ("accepted", SID)
    assert after is not None
    assert (after.id, after.state) == (reply, "delivered")


def test_receipts_that_are_not_ours_change_nothing(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        sending = add_sending(tx, add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE))
        never_sent, received = add_reminder(tx, sample), add_received(tx, sample, provider_id="SM" + "c" * 32)
        record_results(tx, NOW, [SentRow(sending, "accepted", "SM" + "d" * 32, None, "", 1)])
        # Of another installation on the same account; of an earlier attempt; of a text that came in.
        for number in (99, never_sent, received, sending, None):
            assert apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="sent", code=None) is None
        came_in = "SM" + "c" * 32
        assert apply_receipt(tx, NOW, message_id=None, provider_id=came_in, state="sent", code=None) is None
        states = [message.state for message in messages.conversation(tx, sample.contact.id)]
    assert states == ["due", "received"]


def test_a_receipt_for_a_text_that_was_postponed_keeps_it_from_being_sent_again(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        outbox.try_again(tx, NOW, number, 1, NOW, "throttled")
        apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="sent", code=None)
        assert outbox.claim(tx, NOW, NOW, "ours", 10, NOW) == []


def test_a_result_that_comes_after_its_attempt_was_given_up_says_nothing_of_the_next(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        text = apply_receipt(tx, NOW, message_id=number, provider_id=SID, state="undelivered", code=30003)
        assert text is not None
        assert send_anew(tx, NOW, text, NOW, "once more after recipient_temporary")
        assert record_results(tx, NOW, [SentRow(number, "accepted", SID, None, "", 1)]) == []
        found = messages.get_message(tx, number)
    assert found is not None
    assert (found.state, found.provider_id) == ("due", None)


def test_a_call_that_failed_before_the_text_was_sent_anew_says_nothing_of_the_next(database: Database) -> None:
    with database.writing() as tx:
        number = add_sending(tx, add_sample(tx))
        tx.conn.execute(sa.update(messages.message).where(messages.message.c.id == number).values(attempts=2))
        for state in ("failed", "unknown"):
            assert record_results(tx, NOW, [SentRow(number, state, None, None, "late", 1)]) == []
        found = messages.get_message(tx, number)
        # What it was accepted by is another thing: that attempt may still arrive.
        assert record_results(tx, NOW, [SentRow(number, "accepted", SID, None, "", 1)]) == [number]
    assert found is not None
    assert found.state == "sending"
