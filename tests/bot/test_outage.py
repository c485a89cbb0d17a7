"""With the database away, danger texts, facts and STOP get their answers, and nothing is lost when it is back."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.conversation.desk import NotTaken
from bot.services import Services
from store import outbox
from store.errors import DatabaseDown
from tests.bot.conftest import Phone, Watch, enrol, open_clinic


@contextmanager
def database_away(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every transaction fails as if the server were gone."""

    def gone(*_: object) -> None:
        raise DatabaseDown("The database cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr(services.database, "reading", gone)
        patched.setattr(services.database, "writing", gone)
        yield


@pytest.fixture
def no_disk(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spool cannot be written either."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.conversation.spool.os.fsync", full)


def test_danger_facts_and_stop_are_answered_with_the_clinics_numbers(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_away(phone.services, monkeypatch):
        assert phone.says("I have chest pain").endswith("Clinic: 202-555-0111.")
        assert "needle site" in phone.says("SIDE EFFECTS")
        assert phone.says("STOP").startswith("Care Texts: you are opted out")
        assert phone.says("HELP").startswith("Care Texts: ")
        assert phone.says("MENU").startswith("Text a word")


@pytest.mark.parametrize("words", ["NEXT", "DAY", "MORE", "SOURCE", "when is my next visit"])
def test_what_must_be_looked_up_is_put_off_with_the_urgent_line(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    with database_away(phone.services, monkeypatch):
        body = phone.says(words)
    assert body.startswith("I can't look that up right now.")
    assert "911" in body


@pytest.mark.parametrize("words", ["START", "PAUSE", "RESUME", "C", "R", "DONE", "I missed my pill", "JOIN harbor7"])
def test_what_is_done_later_is_kept_and_need_not_be_texted_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    with database_away(phone.services, monkeypatch):
        body = phone.says(words)
    assert body.startswith("I saved your text and will act on it soon. Please do not send it again.")
    assert "202-555-0111" in body
    assert phone.services.desk.replay()


def test_what_was_kept_is_said_in_spanish_too(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    with database_away(phone.services, monkeypatch):
        assert phone.says("no puedo ir a mi cita, necesito cambiarla").startswith(
            "Guardé su mensaje y lo atenderé pronto."
        )


def test_when_it_is_back_each_text_stands_once_with_what_it_was_answered(
    phone_on_both: Phone, monkeypatch: pytest.MonkeyPatch, watch: Watch
) -> None:
    phone = phone_on_both
    said = []
    with database_away(phone.services, monkeypatch):
        for words in ("I have chest pain", "SIDE EFFECTS", "NEXT", "STOP"):
            said.append(phone.says(words))
            watch.forward(timedelta(seconds=5))
        for incoming in phone.sent[:2]:
            phone.text(incoming.body, provider_id=incoming.provider_id)
        assert not phone.services.desk.replay()
    assert phone.services.desk.replay()
    assert not phone.services.spool.holds_texts()
    messages = phone.messages()
    assert [message.body for message in messages if message.direction == "out"] == said
    assert [message.body for message in messages if message.direction == "in"] == [
        "I have chest pain",
        "SIDE EFFECTS",
        "NEXT",
        "STOP",
    ]
    assert [(task.kind, task.opened_at) for task in phone.follow_ups()] == [("danger", messages[0].created_at)]
    assert phone.contact().opted_out_at is not None


def test_a_text_stored_before_the_outage_keeps_what_it_was_answered_in_it_as_well(
    phone_on_both: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stored it was killed before the answer left, and Twilio handed it over once more."""
    phone = phone_on_both
    stored = phone.says("NEXT")
    (incoming,) = phone.sent
    with database_away(phone.services, monkeypatch):
        from_memory = phone.text("NEXT", provider_id=incoming.provider_id).body
    assert from_memory is not None
    assert from_memory != stored
    (waiting,) = (phone.services.settings.var_dir / "spool").glob("*.text")
    played_twice = waiting.read_bytes()
    assert phone.services.desk.replay()
    waiting.write_bytes(played_twice)
    assert phone.services.desk.replay()
    assert [message.body for message in phone.messages()] == ["NEXT", stored, from_memory]
    assert phone.text("NEXT", provider_id=incoming.provider_id).body == stored


def test_a_start_never_overtakes_the_stop_that_waits_before_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, watch: Watch
) -> None:
    with database_away(phone.services, monkeypatch):
        phone.text("STOP")
    watch.forward(timedelta(seconds=5))
    assert phone.says("START").startswith("I saved your text")
    assert phone.services.spool.count() == 2
    assert phone.services.desk.replay()
    assert phone.contact().opted_out_at is None


@pytest.mark.parametrize(
    ("before", "elsewhere", "last", "wants_texts"),
    [
        ("STOP", "RESUME", "CANCEL", False),
        ("START", "START", "STOP I can't breathe", False),
        ("START", "STOP", "START", True),
        ("RESUME", "PAUSE", "RESUME", True),
        ("START", "STOP I can't breathe", "START", True),
    ],
)
def test_what_another_host_hands_in_late_does_not_undo_what_was_said_after_it(
    phone_on_both: Phone,
    monkeypatch: pytest.MonkeyPatch,
    watch: Watch,
    before: str,
    elsewhere: str,
    last: str,
    wants_texts: bool,
) -> None:
    phone = phone_on_both
    enrol(phone.services, "pembro_q3w", date(2026, 5, 5))
    phone.text(before)
    watch.forward(timedelta(minutes=1))
    with database_away(phone.services, monkeypatch):
        phone.text(elsewhere)
    (spooled,) = (phone.services.settings.var_dir / "spool").glob("*.text")
    waiting = spooled.read_bytes()
    spooled.unlink()
    watch.forward(timedelta(minutes=1))
    phone.text(last)
    spooled.write_bytes(waiting)
    assert phone.services.desk.replay()
    assert (phone.contact().opted_out_at is None) is wants_texts
    assert [text.body for text in phone.messages() if text.direction == "in"] == [before, last, elsewhere]


def test_who_said_stop_gets_no_reminder_that_was_due_all_the_while(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(phone.services, "pembro_q3w", date(2026, 5, 5))
    with database_away(phone.services, monkeypatch):
        phone.text("STOP")
    assert phone.services.desk.replay()
    now = phone.services.clock() + timedelta(days=2)
    with phone.services.database.writing() as tx:
        assert outbox.claim(tx, now, now + timedelta(minutes=1), "test", 10, now) == []


def test_a_process_that_starts_without_a_database_knows_its_clinics_from_the_file(
    phone: Phone, make_services: Callable[[str], Services], tmp_path: Path
) -> None:
    later = Phone(make_services(f"sqlite:///{tmp_path}/nowhere/at-all.db"))
    assert later.says("I have chest pain").endswith("Clinic: 202-555-0111.")
    assert "needle site" in later.says("SIDE EFFECTS")
    assert later.says("STOP").startswith("Care Texts: you are opted out")
    assert later.services.spool.count() == 3


def test_without_database_and_file_a_text_waits_until_its_clinic_is_known(
    make_services: Callable[[str], Services], migrated_sqlite_url: str, tmp_path: Path
) -> None:
    blind = make_services(f"sqlite:///{tmp_path}/nowhere/at-all.db")
    phone = Phone(blind)
    assert phone.text("STOP").body is None
    answer = phone.text("I have chest pain").body
    assert answer is not None
    assert "your local emergency number" in answer
    services = make_services(migrated_sqlite_url)
    open_clinic(services)
    assert services.desk.replay()
    assert Phone(services).contact().opted_out_at is not None


def test_a_locked_database_is_waited_for_three_seconds_and_then_done_without(
    phone: Phone, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    writing = phone.services.database.writing

    def impatient(deadline: float = 3.0) -> object:
        waited.append(deadline)
        return writing(0.05)

    monkeypatch.setattr(phone.services.database, "writing", impatient)
    holder = sqlite3.connect(migrated_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert "needle site" in phone.says("SIDE EFFECTS")
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert waited == [3.0]
    assert phone.services.spool.count() == 1
    assert phone.services.desk.replay()
    assert [message.body for message in phone.messages()][:1] == ["SIDE EFFECTS"]


def test_a_full_disk_at_the_commit_loses_nothing(phone: Phone) -> None:
    phone.text("SIDE EFFECTS")
    with phone.services.database.writing() as tx:
        pages = tx.conn.exec_driver_sql("PRAGMA page_count").scalar()
        tx.conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    for _ in range(40):
        assert phone.says("FEVER")
        phone.number = f"+1202555{1000 + len(phone.sent)}"
    assert phone.services.spool.holds_texts()
    with phone.services.database.writing() as tx:
        tx.conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert phone.services.desk.replay()
    with phone.services.database.reading() as tx:
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM message WHERE direction = 'in'").scalar() == 41


def test_with_the_spool_down_as_well_only_danger_and_facts_are_answered(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, no_disk: None
) -> None:
    with database_away(phone.services, monkeypatch):
        assert phone.says("I have chest pain").startswith("This may be an emergency.")
        assert "needle site" in phone.says("SIDE EFFECTS")
        for words in ("STOP", "START", "NEXT", "C", "qwrtp zxcv"):
            with pytest.raises(NotTaken):
                phone.text(words)


def test_a_fault_of_our_own_still_gets_an_answer_and_is_put_aside_for_a_person(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, body: str, **__: object) -> None:
        raise ZeroDivisionError(body)

    monkeypatch.setattr("bot.conversation.answer.record_text", broken)
    assert phone.says("I have chest pain").startswith("This may be an emergency.")
    assert phone.services.desk.replay()
    assert not phone.services.spool.holds_texts()
    assert phone.services.spool.count() == 1
    assert "ZeroDivisionError" in caplog.text
    assert "chest pain" not in caplog.text


def test_texts_to_many_numbers_at_once_all_find_their_place_in_the_spool(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [Phone(phone.services, f"+1202555{number}", clinic_id=phone.clinic_id) for number in range(1000, 1020)]
    with database_away(phone.services, monkeypatch):
        threads = [threading.Thread(target=each.text, args=("STOP",)) for each in phones]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert phone.services.spool.count() == len(phones)
    assert phone.services.desk.replay()
    assert all(each.contact().opted_out_at is not None for each in phones)
