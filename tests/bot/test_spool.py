"""Texts wait on the disk while the database is away, each once, in order, sealed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.spool import Spool, Spooled, SpoolError
from channels.base import Incoming, Via
from store.errors import DatabaseDown
from store.sealed import Sealer

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SEALER = Sealer(["aW4tdGVzdHMtb25seS1hLWtleS1vZi0zMi1ieXRlcy0="], "i" * 32)


def text(number: int, body: str = "STOP") -> Spooled:
    incoming = Incoming(f"SM{number:032x}", "+12025550143", "+12025550100", None, Via.SMS, body, 0, None)
    return Spooled(incoming, NOON + timedelta(seconds=number), f"answer to {body}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(folder, SEALER)


def test_nothing_waits_where_nothing_was_put(spool: Spool) -> None:
    assert not spool.holds_texts()
    assert spool.replay(lambda _: pytest.fail("nothing to play"))
    assert spool.writable()


def test_what_was_put_is_played_in_the_order_it_came_and_is_then_gone(spool: Spool) -> None:
    for number in (3, 1, 2):
        spool.put(text(number))
    played: list[Spooled] = []
    assert spool.replay(played.append)
    assert played == [text(1), text(2), text(3)]
    assert not spool.holds_texts()


def test_another_process_finds_what_this_one_put_away(spool: Spool, folder: Path) -> None:
    spool.put(text(1))
    assert Spool(folder, SEALER).holds_texts()


def test_the_second_delivery_of_a_text_gets_what_the_first_was_answered(spool: Spool) -> None:
    spool.put(text(1, "STOP"))
    assert spool.put(text(1, "something else")) == text(1, "STOP")
    assert spool.count() == 1


def test_many_deliveries_at_once_leave_each_text_once(spool: Spool) -> None:
    barrier = threading.Barrier(8)

    def deliver() -> None:
        barrier.wait()
        for number in range(5):
            spool.put(text(number))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.count() == 5


def test_nothing_readable_stands_on_the_disk(spool: Spool, folder: Path) -> None:
    spool.put(text(1, "my secret words"))
    for path in folder.iterdir():
        assert b"secret" not in path.read_bytes()
        assert "12025550143" not in path.name


def test_what_the_database_does_not_take_keeps_waiting_in_its_place(spool: Spool) -> None:
    for number in range(3):
        spool.put(text(number))
    played: list[Spooled] = []

    def play(waiting: Spooled) -> None:
        if len(played) == 1:
            raise DatabaseDown
        played.append(waiting)

    assert not spool.replay(play)
    assert played == [text(0)]
    assert spool.count() == 2
    assert spool.replay(played.append)
    assert played == [text(0), text(1), text(2)]


def test_a_text_that_cannot_be_played_is_put_aside_and_counted(spool: Spool, folder: Path) -> None:
    for number in range(3):
        spool.put(text(number))
    min(folder.glob("*.text")).write_bytes(b"torn")
    played: list[Spooled] = []

    def play(waiting: Spooled) -> None:
        if waiting == text(1):
            raise ZeroDivisionError
        played.append(waiting)

    assert spool.replay(play)
    assert played == [text(2)]
    assert not spool.holds_texts()
    assert spool.count() == 2


def test_two_processes_do_not_play_at_once(spool: Spool, folder: Path) -> None:
    spool.put(text(1))
    other = Spool(folder, SEALER)
    nested: list[bool] = []
    assert spool.replay(lambda _: nested.append(other.replay(lambda _: pytest.fail("played twice"))))
    assert nested == [False]


def test_a_spool_that_cannot_be_written_says_so(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    spool = Spool(folder, SEALER)
    with pytest.raises(SpoolError, match="cannot be written"):
        spool.put(text(1))
    assert not spool.holds_texts()


def test_a_full_disk_leaves_nothing_half_written(spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _full_disk(monkeypatch), pytest.raises(SpoolError, match="No space left"):
        spool.put(text(1))
    assert not list(folder.glob("*.part"))
    assert not spool.holds_texts()
    assert spool.put(text(1)) == text(1)
    assert spool.count() == 1


def test_what_a_killed_process_had_half_written_is_swept_away(spool: Spool, folder: Path) -> None:
    spool.sweep()
    spool.put(text(1))
    part = folder / "00000000000000000001-ab.text.part"
    for clean in (spool.sweep, lambda: spool.replay(lambda _: None)):
        part.write_bytes(b"half")
        clean()
        assert not part.exists()


def test_it_is_writable_only_where_a_text_would_find_its_place(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spool.writable()
    assert list(folder.iterdir()) == []
    with _full_disk(monkeypatch):
        assert not spool.writable()
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    assert not spool.writable()


@contextmanager
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("bot.conversation.spool.os.fsync", no_space)
        yield
