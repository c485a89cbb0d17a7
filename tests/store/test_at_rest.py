"""What lies on the disk: nothing that says who a patient is or what was said, and keys that can be changed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import contacts, erasure, follow_ups, inbox, keys, messages, outbox, patients, plans
from store.database import Database, Tx, WrongKey
from store.rotation import Mark, reseal
from store.schema import metadata
from store.sealed import Sealer
from tests.store.sample import (
    CODE,
    DATA_KEY,
    INDEX_KEY,
    LEASE,
    NAME,
    NOW,
    OTHER_KEY,
    PHONE,
    Sample,
    add_received,
    add_reminder,
    add_reply,
    add_sample,
    composed,
    cover,
)

BODY = "my stool is black since tuesday"
REPLY = "Call the clinic now at this number."
REMINDER = "See you on Thursday at nine."
NOTE = "Called her daughter, Ximena"
DETAIL = "bleeding, says the daughter"
REASON = "low counts after the flu"
MATCHED = "stool is black"
WHY = "the scan could not wait"
SECRETS = (PHONE, PHONE[1:], NAME, "Quispe", CODE, BODY, REPLY, REMINDER, NOTE, DETAIL, REASON, MATCHED, WHY)


def add_everything(tx: Tx) -> Sample:
    """A patient of whom every kind of thing that is sealed is known."""
    sample = add_sample(tx)
    plans.add_change(tx, NOW, sample.plan.id, "{}", "nurse:7", REASON, override=("Dr. Quinn", WHY))
    text = add_received(tx, sample, BODY)
    inbox.set_outcome(tx, text, "call_now", "bleeding", MATCHED)
    add_reply(tx, sample, text, REPLY)
    number = add_reminder(tx, sample, covers=[cover(sample.plan)])
    outbox.claim(tx, NOW, LEASE, "ours", 10, NOW)
    outbox.mark_sending(tx, NOW, [composed(number, REMINDER)])
    opened = follow_ups.open_follow_up(
        tx, NOW, clinic_id=sample.clinic.id, contact_id=sample.contact.id, kind="danger", urgency=3, detail=DETAIL
    )
    follow_ups.close_follow_up(tx, NOW, opened.id, "nurse:7", NOTE)
    return sample


def everything_known(tx: Tx, sample: Sample) -> tuple[object, ...]:
    """All that was sealed, opened."""
    return (
        contacts.get_contact(tx, sample.contact.id),
        patients.get_patient(tx, sample.patient.id),
        messages.conversation(tx, sample.contact.id),
        plans.changes(tx, sample.plan.id),
        follow_ups.close_follow_up(tx, NOW, 1, "nurse:7"),
    )


def values_on_disk(tx: Tx) -> str:
    """Every value of every column of every table, as the database itself gives it."""
    rows: list[object] = []
    for table in metadata.sorted_tables:
        rows += tx.conn.exec_driver_sql(f"SELECT * FROM {table.name}").all()
    return repr(rows)


def test_nothing_that_says_who_a_patient_is_stands_readable_in_any_column(database: Database) -> None:
    with database.writing() as tx:
        add_everything(tx)
        found = values_on_disk(tx)
    assert "maintenance/c1/d1/visit" in found
    assert [secret for secret in SECRETS if secret in found] == []


def test_nor_in_any_file_of_a_sqlite_database(sqlite: Database, migrated_sqlite_url: str) -> None:
    with sqlite.writing() as tx:
        add_everything(tx)
    path = Path(migrated_sqlite_url.removeprefix("sqlite:///"))
    raw = b"".join(each.read_bytes() for each in path.parent.iterdir() if each.name.startswith(path.name))
    assert b"Harbor Clinic" in raw
    assert [secret for secret in SECRETS if secret.encode() in raw] == []


def rotate(url: str, data_keys: list[str], limit: int) -> int:
    """Seals all anew in slices, one transaction each; how many tokens that were."""
    database = Database.open(url, Sealer(data_keys, INDEX_KEY))
    resealed, after = 0, None
    while True:
        with database.writing() as tx:
            done = reseal(tx, limit, after)
        resealed += done.resealed
        after = done.after
        if after is None:
            database.close()
            return resealed


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_after_a_rotation_the_old_key_is_needed_no_more(database: Database, migrated_url: str, limit: int) -> None:
    with database.writing() as tx:
        keys.check_keys(tx)
        sample = add_everything(tx)
        before = everything_known(tx, sample)
    assert rotate(migrated_url, [OTHER_KEY, DATA_KEY], limit) == 12
    assert rotate(migrated_url, [OTHER_KEY, DATA_KEY], limit) == 0
    newest = Database.open(migrated_url, Sealer([OTHER_KEY], INDEX_KEY))
    with newest.writing() as tx:
        keys.check_keys(tx)
        assert everything_known(tx, sample) == before
        assert contacts.find_contact(tx, sample.clinic.id, PHONE) == before[0]
        assert patients.find_by_code(tx, sample.clinic.id, CODE) == before[1]
    newest.close()


def test_a_rotation_goes_on_where_it_stood(database: Database) -> None:
    with database.writing() as tx:
        add_everything(tx)
        number = tx.conn.execute(sa.select(contacts.contact.c.id)).scalar_one()
        first = reseal(tx, 1)
        assert (first.rows, first.after) == (1, Mark("contact", number))
        second = reseal(tx, 1, first.after)
        assert second.after != first.after
        assert reseal(tx, 99, second.after).after is None


def opened_with(url: str, data_key: str, index_key: str) -> Callable[[], None]:
    def check() -> None:
        database = Database.open(url, Sealer([data_key], index_key))
        try:
            with database.writing() as tx:
                keys.check_keys(tx)
        finally:
            database.close()

    return check


def test_keys_that_are_not_this_databases_are_told_at_once(database: Database, migrated_url: str) -> None:
    for _ in range(2):
        with database.writing() as tx:
            keys.check_keys(tx)
    with pytest.raises(WrongKey, match="a key that DATA_KEYS does not hold"):
        opened_with(migrated_url, OTHER_KEY, INDEX_KEY)()
    with pytest.raises(WrongKey, match="INDEX_KEY is not the one"):
        opened_with(migrated_url, DATA_KEY, "x" * 40)()


def test_what_another_key_sealed_says_so_when_it_is_read(database: Database, migrated_url: str) -> None:
    with database.writing() as tx:
        sample = add_everything(tx)
    wrong = Database.open(migrated_url, Sealer([OTHER_KEY], INDEX_KEY))
    with pytest.raises(WrongKey, match="Add the older keys"), wrong.reading() as tx:
        patients.get_patient(tx, sample.patient.id)
    wrong.close()


def test_of_an_erased_person_the_hash_and_the_opt_out_alone_remain(database: Database) -> None:
    with database.writing() as tx:
        sample = add_everything(tx)
        patients.set_next_text(tx, sample.patient.id, NOW)
        due = add_reminder(tx, sample)
        contacts.opt_out(tx, NOW, sample.contact.id, "stop")
        erasure.erase(tx, NOW, sample.contact.id)
        sealed = [
            column
            for table in (contacts.contact, patients.patient, plans.plan_change, messages.message, follow_ups.follow_up)
            for column in table.c
            if column.name.endswith("_sealed") or column.name == "code_hash"
        ]
        left = [tx.conn.execute(sa.select(column).where(column.is_not(None))).all() for column in sealed]
        patient = patients.get_patient(tx, sample.patient.id)
        cancelled = messages.get_message(tx, due)
        found = contacts.find_contact(tx, sample.clinic.id, PHONE)
        assert plans.plans_of(tx, [sample.patient.id]) == {sample.patient.id: []}
        with pytest.raises(LookupError):
            erasure.erase(tx, NOW, 99)
    assert [rows for rows in left if rows] == []
    assert patient is not None
    assert (patient.name, patient.code, patient.state, patient.next_text_at) == ("", None, "ended", None)
    assert cancelled is not None
    assert (cancelled.state, cancelled.gate, cancelled.args) == ("cancelled", "erased", {})
    assert found is not None
    assert (found.phone, found.opted_out_at) == (None, NOW)
