import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import contacts, inbox
from store.database import Database, Tx
from store.erasure import erase
from tests.store.sample import NOW, PHONE, add_clinic

LATER = NOW + timedelta(days=1)


def open_one(tx: Tx, clinic_id: int) -> contacts.Contact:
    return contacts.open_contact(tx, NOW, clinic_id, PHONE, "en", "sms")


def test_a_contact_is_made_once_and_found_by_its_number(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        assert contacts.find_contact(tx, clinic.id, PHONE) is None
        made = open_one(tx, clinic.id)
        again = contacts.open_contact(tx, LATER, clinic.id, PHONE, "es", "whatsapp")
        assert made == again == contacts.find_contact(tx, clinic.id, PHONE) == contacts.get_contact(tx, made.id)
        assert contacts.get_contact(tx, 99) is None
    assert (made.phone, made.language, made.via, made.created_at) == (PHONE, "en", "sms", NOW)


def test_one_number_is_another_contact_in_another_clinic(database: Database) -> None:
    with database.writing() as tx:
        harbor, hill = add_clinic(tx, "Harbor Clinic"), add_clinic(tx, "Hill Clinic")
        there, here = open_one(tx, harbor.id), open_one(tx, hill.id)
        contacts.opt_out(tx, NOW, there.id, "stop")
        hashes = list(tx.conn.execute(sa.select(contacts.contact.c.phone_hash)).scalars())
        found = contacts.find_contact(tx, hill.id, PHONE)
    assert there.id != here.id
    assert hashes[0] != hashes[1]
    assert found == here


def test_the_database_itself_refuses_a_number_twice_in_a_clinic(database: Database) -> None:
    with database.writing() as tx:
        made = open_one(tx, add_clinic(tx).id)
        row = tx.conn.execute(sa.select(contacts.contact)).one()._asdict()
    with pytest.raises(sa.exc.IntegrityError), database.writing() as tx:
        tx.conn.execute(sa.insert(contacts.contact), row | {"id": made.id + 1})


def test_a_number_that_texts_twice_at_once_is_one_contact(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
    together, found = threading.Barrier(2), list[int]()

    def text() -> None:
        together.wait()
        with database.writing(deadline=30) as tx:
            found.append(open_one(tx, clinic.id).id)

    threads = [threading.Thread(target=text) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_the_first_opt_out_stands_until_it_is_taken_back(database: Database) -> None:
    with database.writing() as tx:
        made = open_one(tx, add_clinic(tx).id)
        contacts.opt_out(tx, NOW, made.id, "stop")
        contacts.opt_out(tx, LATER, made.id, "provider")
        out = contacts.get_contact(tx, made.id)
        contacts.opt_in(tx, LATER, made.id)
        back = contacts.get_contact(tx, made.id)
    assert out is not None
    assert (out.opted_out_at, out.opt_out_reason) == (NOW, "stop")
    assert back is not None
    assert (back.opted_out_at, back.opt_out_reason, back.opted_in_at) == (None, None, LATER)


def test_the_first_quarantine_stands(database: Database) -> None:
    with database.writing() as tx:
        made = open_one(tx, add_clinic(tx).id)
        contacts.quarantine(tx, NOW, made.id, "wrong_number")
        contacts.quarantine(tx, LATER, made.id, "30005")
        found = contacts.get_contact(tx, made.id)
    assert found is not None
    assert (found.quarantined_at, found.quarantine_reason) == (NOW, "wrong_number")


def test_the_latest_alarm_stands_in_whatever_order_they_are_noted(database: Database) -> None:
    with database.writing() as tx:
        contact = contacts.open_contact(tx, NOW, add_clinic(tx).id, PHONE, "en", "sms")
        for after in (1, 3, 2):
            contacts.note_alarm(tx, NOW + timedelta(hours=after), contact.id)
        alarmed = tx.conn.execute(sa.select(contacts.contact.c.alarmed_at)).scalar()
    assert alarmed == NOW + timedelta(hours=3)


def test_the_lock_of_a_contact_does_not_keep_its_texts_out(database: Database) -> None:
    """Whoever stores a text refers to the contact; on SQLite one writes at a time anyway."""
    with database.writing() as tx:
        clinic = add_clinic(tx)
        contact = contacts.open_contact(tx, NOW, clinic.id, PHONE, "en", "sms")
    if database.dialect == "sqlite":
        return
    stored = threading.Event()

    def store() -> None:
        with database.writing() as other:
            inbox.record_text(
                other,
                NOW,
                clinic_id=clinic.id,
                contact_id=contact.id,
                provider_id="SM1",
                sender_id=None,
                body="hello",
                via="sms",
            )
        stored.set()

    with database.writing() as tx:
        contacts.lock(tx, contact.id)
        thread = threading.Thread(target=store)
        thread.start()
        assert stored.wait(10)
    thread.join()


def test_language_and_network_can_be_changed(database: Database) -> None:
    with database.writing() as tx:
        made = open_one(tx, add_clinic(tx).id)
        contacts.set_language(tx, made.id, "es")
        contacts.set_via(tx, made.id, "whatsapp")
        found = contacts.get_contact(tx, made.id)
        with pytest.raises(LookupError, match="there is no contact 99"):
            contacts.set_language(tx, 99, "es")
    assert found is not None
    assert (found.language, found.via) == ("es", "whatsapp")


def test_an_erased_contact_is_found_with_its_opt_out_and_gets_its_number_back_when_it_texts(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        made = open_one(tx, clinic.id)
        contacts.opt_out(tx, NOW, made.id, "stop")
        erase(tx, NOW, made.id)
        erased = contacts.find_contact(tx, clinic.id, PHONE)
        assert erased is not None
        assert (erased.id, erased.phone, erased.opted_out_at) == (made.id, None, NOW)
        back = open_one(tx, clinic.id)
        assert (back.id, back.phone, back.opted_out_at) == (made.id, PHONE, NOW)
        assert contacts.get_contact(tx, made.id) == back
