"""What both ways into the database promise, on both databases; a second connection looks at what is on the disk."""

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from store import clinics, contacts, inbox
from store.clinics import clinic
from store.database import Database, DatabaseBusy, DatabaseDown, DatabaseTooOld, NotADatabase
from store.errors import plainly
from store.sealed import Sealer
from tests.store.elsewhere import HOLD_FILE, WRITE_AND_STAY, WRITE_AND_WAIT, let_go, running
from tests.store.sample import NOW, PHONE, add_clinic, add_received, add_sample


def names(url: str) -> list[str]:
    """The clinics that a connection of its own, which knows nothing of the store, finds on the disk."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(sa.text("SELECT name FROM clinic ORDER BY id")).scalars())
    engine.dispose()
    return found


def hold(database: Database, url: str) -> sa.Connection:
    """A connection of its own that keeps writers of this clinic out."""
    connection = sa.create_engine(url, isolation_level="AUTOCOMMIT").connect()
    begin = "BEGIN IMMEDIATE" if database.dialect == "sqlite" else "BEGIN"
    connection.exec_driver_sql(begin)
    connection.exec_driver_sql("UPDATE clinic SET version = version")
    return connection


def test_what_was_written_stands_for_every_other_connection_when_the_block_ends(
    database: Database, migrated_url: str
) -> None:
    with database.writing() as tx:
        add_clinic(tx, "Harbor Clinic")
        assert names(migrated_url) == []
    assert names(migrated_url) == ["Harbor Clinic"]
    with database.writing() as tx:
        add_clinic(tx, "Hill Clinic")
    assert names(migrated_url) == ["Harbor Clinic", "Hill Clinic"]


def test_an_exception_takes_all_of_a_transaction_back(database: Database, migrated_url: str) -> None:
    def write() -> None:
        with database.writing() as tx:
            add_clinic(tx)
            raise KeyError

    with pytest.raises(KeyError):
        write()
    assert names(migrated_url) == []
    with database.writing() as tx:
        add_clinic(tx)
    assert names(migrated_url) == ["Harbor Clinic"]


def test_a_statement_that_fails_leaves_nothing_and_the_next_transaction_works(
    database: Database, migrated_url: str
) -> None:
    def write() -> None:
        with database.writing() as tx:
            add_clinic(tx)
            tx.conn.execute(sa.update(clinic).values(max_texts_per_week=0))

    with pytest.raises(sa.exc.IntegrityError):
        write()
    assert names(migrated_url) == []
    with database.writing() as tx:
        add_clinic(tx)
    assert names(migrated_url) == ["Harbor Clinic"]


def test_a_reader_sees_one_view_whatever_is_written_meanwhile(database: Database) -> None:
    def write() -> None:
        with database.writing() as tx:
            add_clinic(tx)

    with database.reading() as tx:
        assert clinics.entries(tx) == []
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert clinics.entries(tx) == []
    with database.reading() as tx:
        assert len(clinics.entries(tx)) == 1


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseDown), database.reading() as tx:
        add_clinic(tx)


def test_a_transaction_inside_another_is_refused_at_once(database: Database) -> None:
    with database.writing(), pytest.raises(RuntimeError, match="already inside a transaction"), database.writing():
        pass
    with database.reading(), pytest.raises(RuntimeError, match="already inside a transaction"), database.reading():
        pass


def test_many_threads_write_and_none_is_lost(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)

    def write() -> None:
        for _ in range(20):
            with database.writing(deadline=30) as tx:
                add_received(tx, sample)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as tx:
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM message").scalar() == 160


def test_the_deadline_holds_while_another_connection_writes(database: Database, migrated_url: str) -> None:
    with database.writing() as tx:
        add_clinic(tx)
    other = hold(database, migrated_url)
    with pytest.raises(DatabaseBusy, match="busy"), database.writing(deadline=0.05) as tx:
        clinics.set_clinic(tx, NOW, 1, program="Other")
    other.exec_driver_sql("ROLLBACK")
    with database.writing(deadline=0.05) as tx:
        assert clinics.set_clinic(tx, NOW, 1, program="Other").program == "Other"
    other.engine.dispose()


def test_the_deadline_holds_while_another_process_has_the_lock(sqlite: Database, migrated_sqlite_url: str) -> None:
    path = migrated_sqlite_url.removeprefix("sqlite:///")
    with running(HOLD_FILE, f"{path}.lock") as holder:
        with pytest.raises(DatabaseBusy, match="another process writes"), sqlite.writing(deadline=0.05):
            pass
        with sqlite.reading() as tx:
            assert clinics.entries(tx) == []
        assert holder.poll() is None
        let_go(holder)
    with sqlite.writing() as tx:
        add_clinic(tx)


def test_a_writer_that_is_killed_in_the_middle_leaves_nothing_and_frees_the_database(
    database: Database, migrated_url: str
) -> None:
    with running(WRITE_AND_WAIT, migrated_url) as writer:
        writer.kill()
        writer.wait()
    with database.writing(deadline=30) as tx:
        assert clinics.entries(tx) == []
        add_sample(tx)
    assert names(migrated_url) == ["Harbor Clinic"]


def test_what_a_process_wrote_stands_when_it_is_killed_at_once(database: Database, migrated_url: str) -> None:
    with running(WRITE_AND_STAY, migrated_url) as writer:
        writer.kill()
        writer.wait()
    assert names(migrated_url) == ["Harbor Clinic"]
    with database.reading() as tx:
        assert len(clinics.entries(tx)) == 1


def test_sqlite_flushes_every_commit_and_minds_what_refers_to_what(sqlite: Database) -> None:
    settings = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with sqlite.writing() as tx:
        found = {name: tx.conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in settings}
    assert found == settings


def test_a_writer_in_another_process_is_waited_for(database: Database, migrated_url: str) -> None:
    with running(WRITE_AND_WAIT, migrated_url) as writer:
        let_go(writer)
        with database.writing(deadline=30) as tx:
            assert [entry.clinic.name for entry in clinics.entries(tx)] == ["Harbor Clinic"]


def test_a_full_disk_is_told_plainly_and_nothing_is_half_done(sqlite: Database, migrated_sqlite_url: str) -> None:
    with sqlite.writing() as tx:
        sample = add_sample(tx)
    with sqlite.writing() as tx:
        pages = tx.conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def write() -> None:
        with sqlite.writing() as tx:
            for _ in range(200):
                add_received(tx, sample, body="SIDE EFFECTS" * 100)

    with pytest.raises(DatabaseDown, match="disk that holds the database is full"):
        write()
    with sqlite.reading() as tx:
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM message").scalar() == 0
    # When there is room again, it goes on by itself.
    with sqlite.writing() as tx:
        add_received(tx, sample)


def test_a_database_that_cannot_be_written_is_told_plainly(sqlite: Database) -> None:
    with sqlite.writing() as tx:
        tx.conn.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(DatabaseDown, match="cannot be written"), sqlite.writing() as tx:
        add_clinic(tx)


def test_a_path_without_a_database_is_told_plainly_and_makes_none(tmp_path: Path, sealer: Sealer) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'none.db'}", sealer)
    with pytest.raises(DatabaseDown, match="run: immunotext migrate"), database.writing():
        pass
    with pytest.raises(DatabaseDown, match="run: immunotext migrate"):
        database.check_release()
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_told_plainly(tmp_path: Path, sealer: Sealer) -> None:
    (tmp_path / "letter.db").write_text("Dear patient, " * 100)
    with pytest.raises(NotADatabase, match="no SQLite database"):
        Database.open(f"sqlite:///{tmp_path / 'letter.db'}", sealer).check_release()


def test_a_server_that_is_not_there_is_told_plainly(sealer: Sealer) -> None:
    database = Database.open("postgres://nobody@127.0.0.1:1/none", sealer)
    with pytest.raises(DatabaseDown, match="cannot be reached"), database.writing():
        pass
    with pytest.raises(DatabaseDown, match="cannot be reached"), database.reading():
        pass


@pytest.mark.parametrize("is_only_asked", [False, True])
def test_a_connection_that_the_server_ended_is_replaced_by_itself(
    postgres: Database, migrated_postgres_url: str, is_only_asked: bool
) -> None:
    with postgres.writing() as tx:
        add_clinic(tx)
        backend = tx.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    engine = sa.create_engine(migrated_postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({backend}, 10000)")
    engine.dispose()
    lost = postgres.lost
    if is_only_asked:
        assert postgres.now().tzinfo is UTC
    with postgres.writing() as tx:
        assert postgres.lost == lost + 1
        assert clinics.find_clinic(tx, "Harbor Clinic") is not None


def test_a_server_that_goes_away_in_the_middle_is_told_plainly(postgres: Database, migrated_postgres_url: str) -> None:
    engine = sa.create_engine(migrated_postgres_url, isolation_level="AUTOCOMMIT")

    def write() -> None:
        with engine.connect() as other, postgres.writing() as tx:
            backend = tx.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            other.exec_driver_sql(f"SELECT pg_terminate_backend({backend}, 10000)")
            add_sample(tx)

    lost = postgres.lost
    with pytest.raises(DatabaseDown, match="cannot be reached"):
        write()
    engine.dispose()
    with postgres.writing() as tx:
        assert postgres.lost == lost + 1
        sample = add_sample(tx)
        contacts.find_contact(tx, sample.clinic.id, PHONE)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_database_of_ours_is_refused(url: str, sealer: Sealer) -> None:
    with pytest.raises(DatabaseDown, match="DATABASE_URL must"):
        Database.open(url, sealer)


def test_postgres_urls_of_either_spelling_are_understood(migrated_postgres_url: str, sealer: Sealer) -> None:
    rest = migrated_postgres_url.partition("://")[2]
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        database = Database.open(f"{scheme}://{rest}", sealer)
        database.check_release()
        database.close()


def test_the_clock_is_read_from_the_database_and_is_aware(database: Database) -> None:
    before = database.now()
    assert before.tzinfo is UTC
    assert before <= database.now()


def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"), database.writing() as tx:
        clinics.add_sender(tx, datetime(2026, 3, 2), add_clinic(tx).id, "+12025550100", kind="number")  # noqa: DTZ001


def test_a_prepared_statement_refuses_a_naive_moment_too(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        naive = datetime(2026, 3, 2)  # noqa: DTZ001
        with pytest.raises(ValueError, match="time zone"):
            inbox.record_text(
                tx,
                naive,
                clinic_id=sample.clinic.id,
                contact_id=sample.contact.id,
                provider_id="SM1",
                sender_id=None,
                body="HELP",
                via="sms",
            )


def test_a_database_without_our_tables_asks_for_migrate(database_url: str, sealer: Sealer) -> None:
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).touch()
    database = Database.open(database_url, sealer)
    with pytest.raises(DatabaseTooOld, match="Run: immunotext migrate"):
        database.check_release()
    with pytest.raises(DatabaseTooOld, match="Run: immunotext migrate"), database.writing() as tx:
        add_clinic(tx)
    database.close()


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (psycopg.errors.DiskFull(), DatabaseDown, "full"),
        (psycopg.errors.LockNotAvailable(), DatabaseBusy, "busy"),
        (psycopg.errors.QueryCanceled(), DatabaseBusy, "busy"),
        (psycopg.errors.DeadlockDetected(), DatabaseBusy, "busy"),
        (psycopg.errors.TooManyConnections(), DatabaseBusy, "max_connections"),
        (psycopg.errors.InvalidPassword(), DatabaseDown, "refuses our user"),
        (psycopg.errors.InvalidCatalogName(), DatabaseDown, "no database of that name"),
        (psycopg.errors.ReadOnlySqlTransaction(), DatabaseDown, "primary"),
        (psycopg.errors.AdminShutdown(), DatabaseDown, "cannot be reached"),
        (psycopg.OperationalError("connection refused"), DatabaseDown, "cannot be reached"),
        (psycopg.errors.UndefinedTable(), DatabaseTooOld, "immunotext migrate"),
    ],
)
def test_every_error_of_a_server_that_an_operator_can_mend_says_how(error: Any, kind: type, says: str) -> None:
    plain = plainly(error)
    assert type(plain) is kind
    assert says in str(plain)


def test_a_mistake_of_our_own_is_not_dressed_up_as_one_of_the_database() -> None:
    assert plainly(psycopg.errors.UniqueViolation()) is None
    assert plainly(sqlite3.IntegrityError()) is None
