import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from store import claimed, contacts, messages, outbox, patients, plans, queues, sent_before, settling
from store.contacts import contact
from store.database import Database, Tx
from store.messages import Cover, State
from store.outbox import CoverNow
from tests.store.sample import (
    LEASE,
    NOW,
    OTHER_PHONE,
    PHONE,
    SOON,
    VISIT,
    Sample,
    add_plan,
    add_reminder,
    add_sample,
    add_sending,
    add_welcome,
    composed,
    cover,
    try_reminder,
    visit,
)

SECOND = timedelta(seconds=1)


def state(tx: Tx, number: int) -> State:
    found = messages.get_message(tx, number)
    assert found is not None
    return found.state


def told(tx: Tx, number: int) -> list[tuple[State, str]]:
    return [(change.state, change.detail) for change in messages.history(tx, number)]


def add(tx: Tx, sample: Sample, *covers: Cover) -> int | None:
    return try_reminder(tx, sample, covers=covers)


def test_a_text_stands_with_what_it_tells(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        contacts.set_via(tx, sample.contact.id, "whatsapp")
        number = add(tx, sample, cover(sample.plan, "before"), cover(sample.plan, "today"))
        assert number is not None
        found = messages.get_message(tx, number)
        assert messages.covers(tx, number) == [cover(sample.plan, "before"), cover(sample.plan, "today")]
        assert messages.history(tx, number) == []
    assert found is not None
    assert (found.state, found.via, found.body, found.args) == ("due", "whatsapp", None, {"date": "2026-03-05"})
    assert (found.due_at, found.expires_at, found.attempts) == (NOW, SOON, 0)


def test_nothing_is_told_twice_even_when_the_first_text_was_cancelled(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        first = add(tx, sample, cover(sample.plan))
        assert first is not None
        assert add(tx, sample, cover(sample.plan)) is None
        outbox.drop(tx, NOW, first, "cancelled", "held")
        assert add(tx, sample, cover(sample.plan)) is None
        assert [message.id for message in messages.conversation(tx, sample.contact.id)] == [first]


def test_a_moved_visit_is_told_anew_and_so_is_another_rule(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        assert add(tx, sample, cover(sample.plan)) is not None
        assert add(tx, sample, cover(sample.plan, on=VISIT + timedelta(days=7))) is not None
        assert add(tx, sample, cover(sample.plan, "today")) is not None


def test_a_text_tells_only_what_no_other_tells(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        add(tx, sample, cover(sample.plan))
        second = add(tx, sample, cover(sample.plan), cover(sample.plan, "today"))
        assert second is not None
        assert messages.covers(tx, second) == [cover(sample.plan, "today")]


def test_two_planners_tell_the_same_thing_once(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
    together, made = threading.Barrier(2), list[int | None]()

    def plan() -> None:
        together.wait()
        with database.writing(deadline=30) as tx:
            made.append(add(tx, sample, cover(sample.plan)))

    threads = [threading.Thread(target=plan) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number is None for number in made) == [False, True]


def test_the_most_urgent_is_claimed_first_then_what_is_due_longest_and_nothing_early(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        late = add_reminder(tx, sample, due_at=NOW - SECOND)
        now = add_reminder(tx, sample, due_at=NOW)
        urgent = add_reminder(tx, sample, due_at=NOW, priority=0)
        early = add_reminder(tx, sample, due_at=NOW + SECOND)
        add_reminder(tx, sample, due_at=NOW + 2 * SECOND, priority=7)
        assert outbox.next_due_at(tx) == NOW - SECOND
        assert outbox.claim(tx, NOW, LEASE, "ours", 2, NOW) == [urgent, late]
        assert outbox.claim(tx, NOW, LEASE, "ours", 10, NOW) == [now]
        assert outbox.claim(tx, NOW, LEASE, "ours", 10, NOW) == []
        assert state(tx, early) == "due"


def test_a_claim_is_free_again_when_its_lease_has_run_out_by_the_real_clock(database: Database) -> None:
    with database.writing() as tx:
        number = add_reminder(tx, add_sample(tx))
        assert outbox.claim(tx, NOW, LEASE, "ours", 10, NOW) == [number]
        assert outbox.claim(tx, NOW + timedelta(days=9), LEASE, "theirs", 10, LEASE - SECOND) == []
        assert outbox.claim(tx, NOW, LEASE + timedelta(minutes=1), "theirs", 10, LEASE) == [number]
        assert outbox.to_send(tx, [number], "ours") == []
        assert [text.id for text in outbox.to_send(tx, [number], "theirs")] == [number]
        outbox.release(tx, [number])
        assert outbox.to_send(tx, [number], "theirs") == []
        assert outbox.claim(tx, NOW, LEASE, "ours", 10, NOW) == [number]


def test_claims_made_at_once_never_overlap_and_miss_nothing(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        numbers = [add_reminder(tx, sample) for _ in range(60)]
    claimed: list[int] = []

    def claim(owner: str) -> None:
        while True:
            with database.writing(deadline=30) as tx:
                ours = outbox.claim(tx, NOW, LEASE, owner, 7, NOW)
            claimed.extend(ours)
            if not ours:
                return

    threads = [threading.Thread(target=claim, args=(f"owner {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == numbers


def test_a_claim_alone_does_not_wait_for_the_disk(postgres: Database) -> None:
    asked = sa.text("SHOW synchronous_commit")
    with postgres.writing() as tx:
        number = add_reminder(tx, add_sample(tx))
    with postgres.writing() as tx:
        assert outbox.claim(tx, NOW, LEASE, "one", 10, NOW) == [number]
        assert tx.conn.execute(asked).scalar_one() == "off"
    with postgres.writing() as tx:
        outbox.to_send(tx, [number], "one")
        outbox.mark_sending(tx, NOW, [composed(number)])
        assert tx.conn.execute(asked).scalar_one() == "on"


def test_a_claimed_text_comes_with_all_that_decides_whether_it_goes(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        plans.write_events(tx, sample.plan.id, [visit(sample.plan)], date(2026, 5, 1))
        moved = cover(sample.plan, on=VISIT - timedelta(days=1))
        number = add_reminder(tx, sample, covers=[cover(sample.plan), moved, Cover(sample.plan.id, "no", "no", VISIT)])
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        (text,) = outbox.to_send(tx, [number], "ours")
        contacts.opt_out(tx, NOW, sample.contact.id, "stop")
        contacts.set_language(tx, sample.contact.id, "es")
        patients.end_patient(tx, NOW, sample.patient.id, "finished")
        plans.set_plan_state(tx, sample.plan.id, "held")
        plans.set_event_status(tx, sample.plan.id, visit(sample.plan).name, "missed")
        (later,) = outbox.to_send(tx, [number], "ours")
    assert (text.phone, text.language, text.via, text.timezone) == (PHONE, "en", "sms", "America/New_York")
    assert (text.opted_out_at, text.quarantined_at, text.patient_state) == (None, None, "active")
    assert (text.due_at, text.expires_at, text.attempts) == (NOW, SOON, 0)
    name = visit(sample.plan).name
    assert text.covers == (
        CoverNow(sample.plan.id, name, "before", VISIT - timedelta(days=1), "active", "planned", VISIT),
        CoverNow(sample.plan.id, name, "before", VISIT, "active", "planned", VISIT),
        CoverNow(sample.plan.id, "no", "no", VISIT, "active", None, None),
    )
    assert (later.opted_out_at, later.language, later.patient_state) == (NOW, "es", "ended")
    assert later.covers[1] == replace(text.covers[1], plan_state="held", event_status="missed")


def test_one_number_that_cannot_be_opened_does_not_hold_up_the_others(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        numbers = [add_reminder(tx, sample), add_reminder(tx, other)]
        tx.conn.execute(sa.update(contact).where(contact.c.id == sample.contact.id).values(phone_sealed=b"damaged"))
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        assert [text.phone for text in outbox.to_send(tx, numbers, "ours")] == [None, OTHER_PHONE]


def test_a_text_goes_to_the_number_that_stands_in_its_row_when_it_is_sent(database: Database) -> None:
    """However long ago it was planned or claimed: no text carries a number of its own (ehealth.api#2887)."""
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_reminder(tx, sample)
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        changed = {"phone_sealed": tx.sealer.seal(OTHER_PHONE)}
        tx.conn.execute(sa.update(contact).where(contact.c.id == sample.contact.id).values(**changed))
        assert [text.phone for text in outbox.to_send(tx, [number], "ours")] == [OTHER_PHONE]
        assert not any("phone" in column.name or column.name == "to" for column in messages.message.c)


def test_a_text_is_stored_as_it_is_sent(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_reminder(tx, sample)
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        contacts.set_via(tx, sample.contact.id, "whatsapp")
        words = composed(number, "Nos vemos el jueves.", attempts=2)
        words = replace(words, language="es", sender_id=sample.sender.id, via="whatsapp", note="why")
        outbox.mark_sending(tx, NOW, [words], lease_until=SOON)
        found = messages.get_message(tx, number)
        assert told(tx, number) == [("sending", "why")]
    assert found is not None
    assert (found.body, found.language, found.via, found.attempts) == ("Nos vemos el jueves.", "es", "whatsapp", 2)
    assert (found.state, found.lease_until, found.sender_id) == ("sending", SOON, sample.sender.id)


def test_only_a_claimed_text_can_be_sent(database: Database) -> None:
    with database.writing() as tx:
        number = add_reminder(tx, add_sample(tx))
        with pytest.raises(LookupError, match="not claimed"):
            outbox.mark_sending(tx, NOW, [composed(number)])
        outbox.mark_sending(tx, NOW, [])
        assert state(tx, number) == "due"


def test_what_is_dropped_says_which_gate_kept_it_and_only_what_was_not_sent_is_dropped(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number, sent = add_reminder(tx, sample), add_sending(tx, sample)
        outbox.record_results(tx, NOW, [outbox.SentRow(sent, "accepted", "SM1", None, "", 1)])
        assert outbox.drop(tx, NOW, number, "expired", "shelf_life")
        assert not outbox.drop(tx, NOW, number, "cancelled", "opted_out")
        assert not outbox.drop(tx, NOW, sent, "cancelled", "opted_out")
        found = messages.get_message(tx, number)
        assert told(tx, number) == [("expired", "shelf_life")]
        assert outbox.claim(tx, SOON, SOON, "ours", 10, SOON) == []
        assert state(tx, sent) == "accepted"
    assert found is not None
    assert (found.state, found.gate, found.lease_until) == ("expired", "shelf_life", None)


def test_a_postponed_text_is_due_again_at_its_new_moment(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_sending(tx, sample)
        assert outbox.try_again(tx, NOW, number, 1, SOON, "throttled")
        assert outbox.claim(tx, SOON - SECOND, LEASE, "ours", 10, NOW) == []
        assert outbox.claim(tx, SOON, LEASE, "ours", 10, NOW) == [number]
        assert [text.attempts for text in outbox.to_send(tx, [number], "ours")] == [1]
        assert told(tx, number) == [("sending", ""), ("due", "throttled")]
        outbox.drop(tx, NOW, number, "expired", "shelf_life")
        assert not outbox.try_again(tx, NOW, number, 1, SOON, "throttled")


def test_only_what_was_being_sent_is_unknown_after_a_crash_and_only_when_its_lease_is_over(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        sending = add_sending(tx, sample)
        claimed = add_reminder(tx, sample)
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        assert outbox.unknown_after_crash(tx, NOW, LEASE - SECOND, 10) == []
        assert outbox.unknown_after_crash(tx, NOW, LEASE, 10) == [sending]
        assert outbox.unknown_after_crash(tx, NOW, LEASE, 10) == []
        assert (state(tx, sending), state(tx, claimed)) == ("unknown", "claimed")
        assert told(tx, sending)[-1] == ("unknown", "the process that sent it went away")


def test_everything_that_waits_for_a_contact_is_cancelled_and_nothing_of_others(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        sending = add_sending(tx, sample)
        claimed = add_reminder(tx, sample)
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        due, theirs = add_reminder(tx, sample), add_reminder(tx, other)
        assert outbox.cancel_due(tx, NOW, contact_id=sample.contact.id, gate="opted_out") == 2
        assert outbox.cancel_due(tx, NOW, contact_id=sample.contact.id, gate="opted_out") == 0
        states = [state(tx, number) for number in (sending, claimed, due, theirs)]
        assert told(tx, claimed) == [("cancelled", "opted_out")]
    assert states == ["sending", "cancelled", "cancelled", "due"]


def test_a_welcome_that_waits_is_cancelled_by_itself(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_reminder(tx, sample)
        welcome = add_welcome(tx, sample)
        assert outbox.cancel_welcome(tx, NOW, sample.contact.id, "told_in_answer")
        assert not outbox.cancel_welcome(tx, NOW, sample.contact.id, "told_in_answer")
        assert told(tx, welcome)[-1] == ("cancelled", "told_in_answer")
        assert [state(tx, number) for number in (welcome, other)] == ["cancelled", "due"]


def test_what_tells_of_one_plan_alone_is_cancelled_with_it(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        second = add_plan(tx, sample.patient)
        alone = add_reminder(tx, sample, covers=[cover(sample.plan)])
        both = add_reminder(tx, sample, covers=[cover(sample.plan, "today"), cover(second, "today")])
        neither = add_reminder(tx, sample, covers=[cover(second)])
        assert outbox.cancel_due(tx, NOW, plan_id=sample.plan.id, gate="held") == 1
        assert [state(tx, number) for number in (alone, both, neither)] == ["cancelled", "due", "due"]
        assert outbox.cancel_due(tx, NOW, plan_id=second.id, contact_id=sample.contact.id, gate="held") == 2


def test_nothing_waits_at_first(database: Database) -> None:
    with database.reading() as tx:
        assert outbox.next_due_at(tx) is None


def test_a_batch_is_found_without_looking_at_any_other_text(sqlite: Database) -> None:
    with sqlite.writing() as tx:
        for statement in (
            claimed._TO_SEND,
            claimed._COVERS_NOW,
            outbox._REMEMBER_AMONG,
            sent_before._BEFORE,
            settling._STANDING,
            settling._OWNERS,
            plans._ACTIVE_OF,
        ):
            words = statement.sql(tx)
            steps = tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", (None,) * words.count("?"))
            # What is handed in, and the few rows that another step has found.
            given = ("json_each", "SCAN latest")
            assert [
                step for *_, step in steps if step.startswith("SCAN") and not any(map(step.__contains__, given))
            ] == []


def test_claims_are_found_without_looking_at_texts_that_are_done(sqlite: Database) -> None:
    with sqlite.writing() as tx:
        for statement, index in ((queues._CLAIMABLE, "ix_message_waiting"), (outbox._CRASHED, "ix_message_sending")):
            words = statement.sql(tx)
            values = (None,) * words.count("?")
            (plan,) = {row[3] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)}
            assert index in plan
            assert "SCAN message USING INDEX" in plan or "SEARCH message USING" in plan


def test_the_history_says_once_what_a_text_waits_for(database: Database) -> None:
    """A gate that looks again every few minutes for a week would else leave thousands of rows."""
    with database.writing() as tx:
        number = add_reminder(tx, add_sample(tx))
        for gate in ("not_welcomed", "not_welcomed", "outside_window", "not_welcomed"):
            assert outbox.postpone(tx, NOW, number, SOON, gate)
        assert told(tx, number) == [("due", "not_welcomed"), ("due", "outside_window"), ("due", "not_welcomed")]
