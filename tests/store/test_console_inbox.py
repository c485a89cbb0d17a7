"""The conversations of a clinic: each once, the newest first, page after page, and never another clinic's."""

from datetime import timedelta

from store import console_inbox, contacts, erasure, follow_ups, inbox, threads
from store.database import Database, Tx
from tests.store.sample import NAME, NOW, Sample, add_received, add_sample

FAR = "+120255501{:02}"


def _written(tx: Tx, sample: Sample, phone: str, body: str, kind: str = "unknown") -> int:
    contact = contacts.open_contact(tx, NOW, sample.clinic.id, phone, "en", "sms")
    number = inbox.record_text(
        tx,
        NOW,
        clinic_id=sample.clinic.id,
        contact_id=contact.id,
        provider_id=f"SM{body}{phone}",
        sender_id=sample.sender.id,
        body=body,
        via="sms",
        outcome_kind=kind,
    )
    assert number is not None
    return number


def test_each_conversation_stands_once_on_one_page(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        other = add_sample(tx, "Other Clinic", "+12025550101")
        add_received(tx, other, "of another clinic")
        for turn in ("first", "second"):
            for number in range(5):
                _written(tx, sample, FAR.format(50 + number), turn)
        _written(tx, sample, FAR.format(50), "third")
    seen: list[list[str]] = []
    before: int | None = None
    with database.reading() as tx:
        while True:
            found, before = console_inbox.newest_of_each(tx, sample.clinic.id, 2, before, among=4)
            people = console_inbox.correspondents(tx, sample.clinic.id, [text.contact_id for text in found])
            seen.append([f"{(people[text.contact_id].phone or '')[-2:]} {text.words}" for text in found])
            if before is None:
                break
    assert [row for page in seen for row in page] == ["50 third", "54 second", "53 second", "52 second", "51 second"]
    assert all(len(page) <= 2 for page in seen)


def test_what_was_not_understood_and_what_is_open_is_found(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        first = _written(tx, sample, FAR.format(60), "zoombugs")
        _written(tx, sample, FAR.format(61), "fever", "topic")
        contact = contacts.find_contact(tx, sample.clinic.id, FAR.format(60))
        assert contact is not None
        for urgency, about in ((1, sample.contact.id), (2, contact.id)):
            follow_ups.open_follow_up(
                tx, NOW, clinic_id=sample.clinic.id, kind="media", urgency=urgency, contact_id=about
            )
    with database.reading() as tx:
        number = sample.clinic.id
        assert console_inbox.not_understood(tx, number, NOW, 10) == [(contact.id, first)]
        assert console_inbox.not_understood(tx, number, NOW + timedelta(seconds=1), 10) == []
        (text,) = console_inbox.newest_received(tx, number, 10, ["unknown"])
        assert (text.id, text.words) == (first, "zoombugs")
        assert [each.contact_id for each in console_inbox.waiting(tx, number, 10)] == [contact.id, sample.contact.id]
        people = console_inbox.correspondents(tx, number, [contact.id, sample.contact.id])
        assert (people[contact.id].name, people[sample.contact.id].name) == (None, NAME)
        assert console_inbox.correspondents(tx, number + 1, [contact.id]) == {}


def test_who_looks_after_a_conversation_and_how_far_it_is_done_are_kept_apart(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        who = sample.contact.id
        threads.done_through(tx, sample.clinic.id, who, 7)
        threads.assign(tx, sample.clinic.id, who, None)
        threads.done_through(tx, sample.clinic.id, who, 5)
        threads.add_note(tx, NOW, sample.clinic.id, who, "nurse", "rings on Friday")
        assert threads.threads(tx, sample.clinic.id, [who])[who].done_through == 7
        assert threads.threads(tx, sample.clinic.id + 1, [who]) == {}
        erasure.erase(tx, NOW, who)
        assert [note.words for note in threads.notes(tx, who)] == [None]
