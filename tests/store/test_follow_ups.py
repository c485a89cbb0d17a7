from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import follow_ups
from store.database import Database
from tests.store.sample import NOW, OTHER_PHONE, add_received, add_sample

MINUTE = timedelta(minutes=1)


def test_the_most_urgent_comes_first_then_what_is_open_longest_of_ones_own_clinic(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        text = add_received(tx, sample, "I cannot breathe")
        opened = [
            follow_ups.open_follow_up(tx, NOW + after, clinic_id=clinic_id, kind="other", urgency=urgency)
            for after, urgency, clinic_id in (
                (MINUTE, 1, sample.clinic.id),
                (0 * MINUTE, 1, sample.clinic.id),
                (2 * MINUTE, 2, sample.clinic.id),
                (0 * MINUTE, 3, other.clinic.id),
            )
        ]
        danger = follow_ups.open_follow_up(
            tx,
            NOW + 3 * MINUTE,
            clinic_id=sample.clinic.id,
            contact_id=sample.contact.id,
            patient_id=sample.patient.id,
            message_id=text,
            kind="danger",
            urgency=3,
            due_by=NOW + 10 * MINUTE,
            detail="breathing",
        )
        assert follow_ups.open_ones(tx, sample.clinic.id) == [danger, opened[2], opened[1], opened[0]]
    assert (danger.detail, danger.note, danger.state, danger.due_by) == ("breathing", None, "open", NOW + 10 * MINUTE)


def test_what_is_done_is_off_the_list_and_keeps_who_did_it_first(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        opened = follow_ups.open_follow_up(tx, NOW, clinic_id=sample.clinic.id, kind="join", urgency=0)
        done = follow_ups.close_follow_up(tx, NOW + MINUTE, opened.id, "nurse:7", "called, all well")
        again = follow_ups.close_follow_up(tx, NOW + 2 * MINUTE, opened.id, "nurse:8", "me too")
        assert follow_ups.open_ones(tx, sample.clinic.id) == []
        with pytest.raises(LookupError):
            follow_ups.close_follow_up(tx, NOW, 99, "nurse:7")
    assert done == again
    assert (done.state, done.closed_by, done.closed_at, done.note) == (
        "done",
        "nurse:7",
        NOW + MINUTE,
        "called, all well",
    )


def test_another_text_joins_what_is_open_and_a_reply_settles_it(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        texts = [add_received(tx, sample, "I cannot breathe") for _ in range(2)]
        assert follow_ups.open_one(tx, sample.contact.id, "danger") is None
        opened = follow_ups.open_follow_up(
            tx,
            NOW,
            clinic_id=sample.clinic.id,
            contact_id=sample.contact.id,
            message_id=texts[0],
            kind="danger",
            urgency=2,
            due_by=NOW + MINUTE,
            detail="one",
            reply="underway",
        )
        soon = NOW + 2 * MINUTE
        assert opened.rung_at == NOW
        seen = follow_ups.see(tx, NOW, opened.id, NOW, "ines@harbor.example")
        assert (seen.seen_by, seen.seen_at) == ("ines@harbor.example", NOW)
        assert follow_ups.see(tx, soon, opened.id, NOW, "amal@harbor.example").seen_by == "ines@harbor.example"
        later = NOW + MINUTE
        follow_ups.join(
            tx,
            later,
            opened.id,
            message_id=texts[1],
            urgency=3,
            due_by=soon,
            detail="one\ntwo",
            reply="underway",
        )
        # Whoever had seen it has not seen this, and who read the page before the text came takes nothing.
        assert follow_ups.see(tx, soon, opened.id, NOW, "amal@harbor.example").seen_by is None
        follow_ups.set_reply(tx, opened.id, "lost", urgency=3, due_by=soon)
        found = follow_ups.open_one(tx, sample.contact.id, "danger")
        assert found is not None
        assert (found.id, found.message_id, found.urgency, found.due_by, found.detail, found.reply) == (
            opened.id,
            texts[1],
            3,
            soon,
            "one\ntwo",
            "lost",
        )
        assert found.opened_at == NOW
        assert (found.rung_at, found.seen_by) == (later, None)
        assert follow_ups.closed_alerts(tx, sample.clinic.id, 10) == []
        follow_ups.close_follow_up(tx, soon, found.id, "nurse:7")
        assert [each.id for each in follow_ups.closed_alerts(tx, sample.clinic.id, 10)] == [found.id]
        assert follow_ups.get_follow_up(tx, sample.clinic.id, found.id) is not None
        assert follow_ups.get_follow_up(tx, sample.clinic.id + 1, found.id) is None
        assert follow_ups.open_one(tx, sample.contact.id, "danger") is None
        assert [task.state for task in follow_ups.about(tx, sample.contact.id)] == ["done"]


def test_words_that_cannot_be_opened_keep_no_alert_from_being_seen(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        known = {"clinic_id": sample.clinic.id, "contact_id": sample.contact.id, "kind": "danger", "urgency": 3}
        first, second = (follow_ups.open_follow_up(tx, NOW, **known, detail=detail).id for detail in ("one", "two"))  # type: ignore[arg-type]
        damaged = sa.update(follow_ups.follow_up).where(follow_ups.follow_up.c.id == first)
        tx.conn.execute(damaged.values(detail_sealed=b"damaged", note_sealed=b"damaged"))
        assert [(each.id, each.detail) for each in follow_ups.open_ones(tx, sample.clinic.id)] == [
            (first, None),
            (second, "two"),
        ]
