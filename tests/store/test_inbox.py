import threading
from datetime import timedelta

from store import inbox, messages
from store.database import Database
from store.inbox import Exchange, StoredReply
from tests.store.sample import NOW, OTHER_PHONE, add_received, add_reply, add_sample

SID = "SM" + "a" * 32


def test_a_text_is_stored_with_all_that_came_with_it(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = inbox.record_text(
            tx,
            NOW,
            clinic_id=sample.clinic.id,
            contact_id=sample.contact.id,
            provider_id=SID,
            sender_id=sample.sender.id,
            body="Side effects, please \N{PERSON WITH FOLDED HANDS}",
            via="whatsapp",
            media=2,
            patient_id=sample.patient.id,
            language="en",
            outcome_kind="topic",
            outcome_id="side_effects",
            matched="keyword",
        )
        assert number is not None
        found = messages.get_message(tx, number)
    assert found is not None
    assert (found.body, found.via, found.media, found.language) == (
        "Side effects, please \N{PERSON WITH FOLDED HANDS}",
        "whatsapp",
        2,
        "en",
    )
    assert (found.direction, found.kind, found.state, found.state_at) == ("in", "text", "received", NOW)
    assert (found.outcome_kind, found.outcome_id, found.matched) == ("topic", "side_effects", "keyword")
    assert (found.provider_id, found.sender_id, found.patient_id) == (SID, sample.sender.id, sample.patient.id)


def test_an_outcome_may_come_later(database: Database) -> None:
    with database.writing() as tx:
        number = add_received(tx, add_sample(tx))
        inbox.set_outcome(tx, number, "unknown", None, "nothing fits")
        found = messages.get_message(tx, number)
    assert found is not None
    assert (found.outcome_kind, found.outcome_id, found.matched) == ("unknown", None, "nothing fits")


def test_a_text_that_stands_already_is_not_stored_again_whoever_it_is_from(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        add_received(tx, sample, provider_id=SID)
        for each in (sample, other):
            assert (
                inbox.record_text(
                    tx,
                    NOW,
                    clinic_id=each.clinic.id,
                    contact_id=each.contact.id,
                    provider_id=SID,
                    sender_id=None,
                    body="HELP",
                    via="sms",
                )
                is None
            )
        assert len(messages.conversation(tx, sample.contact.id)) == 1
        assert messages.conversation(tx, other.contact.id) == []


def test_of_two_deliveries_at_once_one_is_stored_and_the_other_finds_its_reply(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
    together, seen = threading.Barrier(2), list[StoredReply | None]()

    def deliver() -> None:
        together.wait()
        with database.writing(deadline=30) as tx:
            number = inbox.record_text(
                tx,
                NOW,
                clinic_id=sample.clinic.id,
                contact_id=sample.contact.id,
                provider_id=SID,
                sender_id=None,
                body="SIDE EFFECTS",
                via="sms",
            )
            if number is not None:
                add_reply(tx, sample, number)
            seen.append(inbox.stored_reply(tx, SID))

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 2
    assert seen[0] == seen[1]
    with database.reading() as tx:
        text, reply = messages.conversation(tx, sample.contact.id)
    assert seen[0] == StoredReply(reply.id, "Rash is common.")
    assert reply.in_reply_to == text.id


def test_what_was_answered_is_known_by_the_id_of_the_text(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        assert inbox.stored_reply(tx, SID) is None
        number = add_received(tx, sample, provider_id=SID)
        assert inbox.stored_reply(tx, SID) == StoredReply(None, None)
        reply = add_reply(tx, sample, number)
        assert inbox.stored_reply(tx, SID) == StoredReply(reply, "Rash is common.")
        found = messages.get_message(tx, reply)
    assert found is not None
    assert (found.state, found.direction, found.kind, found.fact) == ("accepted", "out", "reply", "rash")
    assert (found.segments, found.encoding, found.content_version, found.attempts) == (1, "GSM-7", "abc123", 1)


def test_the_last_reply_is_the_newest_that_carries_a_fact(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        assert inbox.last_reply(tx, sample.contact.id) is None
        for fact in ("rash", "fever", None):
            add_reply(tx, sample, add_received(tx, sample), fact=fact)
        last = inbox.last_reply(tx, sample.contact.id)
    assert last is not None
    assert last.fact == "fever"


def test_the_last_exchanges_are_told_without_their_words_newest_first(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        assert inbox.last_exchanges(tx, sample.contact.id, 2) == []
        for topic in ("rash", "fever", "fatigue"):
            number = add_received(tx, sample)
            inbox.set_outcome(tx, number, "topic", topic, "keyword")
            add_reply(tx, sample, number, fact=topic)
        add_received(tx, sample)
        last = inbox.last_exchanges(tx, sample.contact.id, 2)
    assert last == [Exchange(NOW, None, topic, "topic", topic) for topic in ("fatigue", "fever")]


def test_a_conversation_is_read_from_its_end_or_from_where_one_was(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        numbers = [add_received(tx, sample, body=f"text {number}") for number in range(5)]
        newest = messages.conversation(tx, sample.contact.id, limit=3)
        after = messages.conversation(tx, sample.contact.id, after_id=numbers[2])
    assert [message.body for message in newest] == ["text 2", "text 3", "text 4"]
    assert [message.id for message in after] == numbers[3:]
    assert newest[0].created_at <= newest[-1].created_at < NOW + timedelta(seconds=1)
