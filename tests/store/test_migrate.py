import json
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store import clinics, messages, queues, senders, staff
from store.clinic_entry import DANGER_MINUTES
from store.database import Database, DatabaseDown, DatabaseTooNew
from store.follow_ups import follow_up
from store.messages import message
from store.migrate import head, migrate
from store.schema import metadata
from store.sealed import Sealer


def schema(url: str) -> dict[str, Any]:
    """All tables of a database with their columns, keys, checks and indexes, in no order."""

    def unordered(found: Any) -> list[str]:
        return sorted(json.dumps(item, default=str, sort_keys=True) for item in found)

    engine = sa.create_engine(url)
    inspector = sa.inspect(engine)
    tables: dict[str, Any] = {
        table: {
            "columns": unordered(inspector.get_columns(table)),
            "key": inspector.get_pk_constraint(table),
            "foreign": unordered(inspector.get_foreign_keys(table)),
            "unique": unordered(inspector.get_unique_constraints(table)),
            "checks": unordered(inspector.get_check_constraints(table)),
            "indexes": unordered(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }
    engine.dispose()
    return tables


@pytest.fixture
def tables_of_this_release(database_url: str) -> dict[str, Any]:
    """The schema as the tables in the code say it, made without any migration."""
    engine = sa.create_engine(database_url)
    metadata.create_all(engine)
    engine.dispose()
    return schema(database_url)


def test_the_migrations_make_the_tables_that_the_code_names(
    request: pytest.FixtureRequest, database_url: str, tables_of_this_release: dict[str, Any]
) -> None:
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    migrated: str = request.getfixturevalue(f"migrated_{kind}_url")
    assert schema(migrated) == tables_of_this_release


def test_alembic_finds_nothing_left_to_migrate(migrated_url: str) -> None:
    engine = sa.create_engine(migrated_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_revisions_are_in_one_line() -> None:
    assert head()


def test_migrating_again_changes_nothing(migrated_url: str) -> None:
    before = schema(migrated_url)
    assert migrate(migrated_url) == head()
    assert schema(migrated_url) == before


AT = "'2026-03-02T15:00:00.000000+00:00'"
SENT_AT = "'2026-03-02T15:00:07.000000+00:00'"
ROWS = f"""
INSERT INTO clinic (id, name, program, timezone, country, languages, default_language, window_from, window_until,
    max_texts_per_week, demo, created_at, changed_at, consent_text, consent_version)
VALUES (1, 'A', 'A', 'UTC', 'us', '["es", "en"]', 'es', '09:00:00', '20:00:00', 7, false, {AT}, {AT}, 'Acepto.', 3);
INSERT INTO sender (id, clinic_id, address, kind, opt_out_by, created_at)
VALUES (1, 1, '+12025550100', 'number', 'us', {AT}), (2, 1, '+18885550100', 'number', 'us', {AT}),
    (3, 1, '20255', 'number', 'us', {AT}), (4, 1, 'MG1', 'service', 'us', {AT});
INSERT INTO contact (id, clinic_id, phone_hash, language, via, created_at) VALUES (1, 1, 'h', 'en', 'sms', {AT});
INSERT INTO patient (id, clinic_id, contact_id, timezone, created_at) VALUES (1, 1, 1, 'UTC', {AT});
INSERT INTO message (id, clinic_id, contact_id, patient_id, sender_id, direction, kind, args, via, state, state_at,
    due_at, attempts, created_at)
VALUES (1, 1, 1, 1, 1, 'out', 'welcome', '{{}}', 'sms', 'delivered', {AT}, {AT}, 1, {AT}),
    (2, 1, 1, 1, NULL, 'out', 'reminder', '{{}}', 'sms', 'due', {AT}, {AT}, 0, {AT});
INSERT INTO message_state (id, clinic_id, message_id, state, at)
VALUES (1, 1, 1, 'sending', {SENT_AT}), (2, 1, 1, 'delivered', {SENT_AT}), (3, 1, 2, 'due', {AT});
INSERT INTO follow_up (id, clinic_id, contact_id, kind, urgency, opened_at)
VALUES (1, 1, 1, 'danger', 3, {AT}), (2, 1, 1, 'media', 1, {AT});
INSERT INTO staff_user (id, email, name, password_hash, created_at)
VALUES (1, 'a@example.org', 'A', 'hash', {AT}), (2, 'b', 'B', NULL, {AT});
INSERT INTO heartbeat (process, host, kind, at) VALUES ('web-1', 'one', 'web', {AT});
INSERT INTO job (id, clinic_id, kind, args, by, created_at) VALUES (1, 1, 'closure', '{{}}', 'a', {AT})
"""
"""As an installation of the eighth revision has them."""


def test_what_an_installation_had_is_still_there_in_this_release(
    database_url: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as earlier:
        earlier.setattr(command, "upgrade", lambda config, _: upgrade(config, "0008"))
        migrate(database_url)
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in ROWS.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    migrate(database_url)
    database = Database.open(database_url, sealer)
    with database.reading() as tx:
        carriers = [(each.address, each.carrier) for each in senders.all_senders(tx)]
        sent, waiting = messages.conversation(tx, 1)
        begun = [row[0] for row in tx.conn.execute(sa.select(message.c.begun_at).order_by(message.c.id))]
        rung = [row[0] is not None for row in tx.conn.execute(sa.select(follow_up.c.rung_at).order_by(follow_up.c.id))]
        waits = queues.queues(tx)
        given = [user is not None and user.password_given for user in (staff.get_user(tx, 1), staff.get_user(tx, 2))]
        (entry,) = clinics.entries(tx)
    database.close()
    assert (entry.clinic.consent_texts, entry.clinic.consent_version) == ({"es": "Acepto."}, 3)
    assert entry.clinic.consent("en") == ("es", "Acepto.")
    assert (entry.clinic.danger_minutes, entry.clinic.fever_c) == (DANGER_MINUTES, None)
    assert carriers == [
        ("+12025550100", "long_code"),
        ("+18885550100", "toll_free"),
        ("20255", "short_code"),
        ("MG1", "service"),
    ]
    assert (sent.state, sent.lane, sent.instead, waiting.state) == ("delivered", 0, None, "due")
    assert begun == [datetime(2026, 3, 2, 15, 0, 7, tzinfo=UTC), None]
    assert rung == [True, False]
    assert given == [True, False]
    assert [(queue.clinic_id, queue.lane) for queue in waits] == [(1, 0)]


def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    reached: list[str] = []
    threads = [threading.Thread(target=lambda: reached.append(migrate(database_url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reached == [head()] * 3


def test_a_sqlite_file_is_made_with_its_folder_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "texts.db"
    migrate(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_path_with_odd_characters_works(tmp_path: Path, sealer: Sealer) -> None:
    url = f"sqlite:///{tmp_path / 'a b%20c #1?' / 'texts.db'}"
    migrate(url)
    Database.open(url, sealer).check_release()


def test_a_file_that_cannot_be_made_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseDown, match="cannot be made"):
        migrate(f"sqlite:///{tmp_path / 'file' / 'texts.db'}")


def test_a_database_from_a_newer_release_is_refused_and_left_alone(migrated_url: str, sealer: Sealer) -> None:
    engine = sa.create_engine(migrated_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    before = schema(migrated_url)
    database = Database.open(migrated_url, sealer)
    for refused in (database.check_release, lambda: migrate(migrated_url)):
        with pytest.raises(DatabaseTooNew, match="Install that release again"):
            refused()
    assert schema(migrated_url) == before
    database.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create: Callable[..., None] = sa.schema.CreateTable.__init__

    def fail_at_the_last_table(self: Any, element: sa.Table, **rest: Any) -> None:
        if element.name == "follow_up":
            raise KeyError
        create(self, element, **rest)

    monkeypatch.setattr(sa.schema.CreateTable, "__init__", fail_at_the_last_table)
    with pytest.raises(KeyError):
        migrate(database_url)
    monkeypatch.undo()
    assert schema(database_url) == {}
    assert migrate(database_url) == head()
