from datetime import datetime, timedelta

from store import outbox
from store.database import Database, Tx
from store.outbox import SentRow
from store.sent_before import SentBefore, sent_before
from tests.store.sample import (
    LEASE,
    NOW,
    OTHER_PHONE,
    add_received,
    add_reminder,
    add_reply,
    add_sample,
    add_welcome,
    composed,
)

HOUR = timedelta(hours=1)


def _send(tx: Tx, number: int, now: datetime) -> None:
    outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
    outbox.mark_sending(tx, now, [composed(number)])
    outbox.record_results(tx, now, [SentRow(number, "accepted", None, None, "", 1)])


def test_the_welcome_and_the_nth_latest_text_nobody_asked_for_are_known(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        people = [sample.contact.id, other.contact.id]
        assert sent_before(tx, people, 1) == {each: SentBefore(None, None) for each in people}
        add_welcome(tx, sample, NOW + 9 * HOUR)
        # The first was made first and went last: what counts is when it went.
        late = add_reminder(tx, sample, due_at=NOW - 9 * HOUR)
        for hours in (3, 2):
            number = add_reminder(tx, sample, due_at=NOW)
            _send(tx, number, NOW - hours * HOUR)
        _send(tx, late, NOW - HOUR)
        add_reminder(tx, sample)
        add_reply(tx, sample, add_received(tx, sample))
        assert sent_before(tx, people, 3) == {
            sample.contact.id: SentBefore("due", NOW - 3 * HOUR, sample.sender.id),
            other.contact.id: SentBefore(None, None),
        }
        assert sent_before(tx, people, 4)[sample.contact.id] == SentBefore("due", None, sample.sender.id)
