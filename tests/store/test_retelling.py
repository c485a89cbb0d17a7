"""Texts that were not sent yet, put into other words, cancelled and brought back to life."""

from dataclasses import replace
from datetime import date, timedelta

from store import messages, outbox
from store.database import Database, Tx
from store.retelling import Waiting, tell_anew, told_since, waiting_for
from tests.store.sample import (
    LEASE,
    NOW,
    SOON,
    VISIT,
    Sample,
    add_reminder,
    add_sample,
    add_sending,
    composed,
    cover,
    try_reminder,
)

GATES = {"event_moved"}


def waiting(tx: Tx, sample: Sample) -> list[Waiting]:
    return waiting_for(tx, NOW, sample.contact.id, sample.patient.id, GATES, to_write=True)


def test_what_waits_and_what_a_change_cancelled_can_still_be_reached(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        due = add_reminder(tx, sample, covers=[cover(sample.plan)])
        moved, opted_out = add_reminder(tx, sample), add_reminder(tx, sample)
        outbox.drop(tx, NOW, moved, "cancelled", "event_moved")
        outbox.drop(tx, NOW, opted_out, "cancelled", "opted_out")
        assert add_sending(tx, sample) > opted_out
        found = waiting(tx, sample)
        later = waiting_for(tx, SOON, sample.contact.id, sample.patient.id, GATES, to_write=True)
    assert [(text.id, text.waits, text.gate) for text in found] == [(due, True, None), (moved, False, "event_moved")]
    assert found[0].covers == (cover(sample.plan),)
    assert [text.id for text in later] == [due], "of no use any more"


def test_a_text_gets_other_words_and_tells_something_else(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_reminder(tx, sample, covers=[cover(sample.plan)])
        claimed = outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        (text,) = waiting(tx, sample)
        tomorrow = cover(sample.plan, "tomorrow")
        anew = replace(text, template="visit_tomorrow", args={"time": "09:30"}, covers=(tomorrow,), due_at=SOON)
        tell_anew(tx, NOW, [anew], {})
        found = messages.get_message(tx, number)
        told = messages.covers(tx, number)
        assert outbox.to_send(tx, claimed, "ours") == []
    assert found is not None
    assert (found.state, found.template, found.args, found.due_at) == ("due", "visit_tomorrow", {"time": "09:30"}, SOON)
    assert told == [tomorrow]


def test_a_cancelled_text_keeps_what_it_tells_and_comes_back_with_it(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_reminder(tx, sample, covers=[cover(sample.plan)])
        (before,) = waiting(tx, sample)
        tell_anew(tx, NOW, [], {number: "event_moved"})
        again = try_reminder(tx, sample, covers=[cover(sample.plan)])
        (cancelled,) = waiting(tx, sample)
        tell_anew(tx, NOW, [replace(cancelled, state="due", gate=None)], {})
        (after,) = waiting(tx, sample)
        states = [(change.state, change.detail) for change in messages.history(tx, number)]
    assert again is None
    assert (cancelled.state, cancelled.gate) == ("cancelled", "event_moved")
    assert after == before
    assert states == [("cancelled", "event_moved"), ("due", "the plan was changed")]


def test_what_one_text_takes_over_no_other_tells(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        first, second = (add_reminder(tx, sample, covers=[cover(sample.plan, rule)]) for rule in ("before", "tomorrow"))
        one, other = waiting(tx, sample)
        tell_anew(tx, NOW, [replace(one, covers=(*one.covers, *other.covers))], {second: "told_otherwise"})
        assert {each.rule for each in messages.covers(tx, first)} == {"before", "tomorrow"}
        assert messages.covers(tx, second) == []


def test_everything_that_was_told_of_a_plan_from_a_day_on_is_known(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_reminder(tx, sample, covers=[cover(sample.plan)])
        outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
        outbox.mark_sending(tx, NOW, [composed(number)])
        (told,) = told_since(tx, sample.plan.id, VISIT)
        assert (told.message_id, told.state, told.cover) == (number, "sending", cover(sample.plan))
        assert told_since(tx, sample.plan.id, VISIT + timedelta(days=1)) == []
        assert told_since(tx, sample.plan.id + 1, date.min) == []
