import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from store.errors import DatabaseBusy, DatabaseDown
from store.file_lock import FileLock
from store.turns import FairLock, Turns
from tests.store.elsewhere import HOLD_FILE, let_go, running

PATIENCE = 30.0


def until(seen: Callable[[], bool]) -> None:
    """Lets other threads run until something is seen."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.002)):
        if seen():
            return
        pause.wait(0.002)
    raise AssertionError("it never came to that")


def test_a_fair_lock_serves_threads_in_the_order_in_which_they_came() -> None:
    lock, served = FairLock(), list[int]()

    def take(number: int) -> None:
        assert lock.acquire(PATIENCE)
        served.append(number)
        lock.release()

    assert lock.acquire(0)
    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        until(lambda: len(lock._waiting) == len(threads))
    lock.release()
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_a_fair_lock_is_free_again_after_somebody_gave_up_waiting() -> None:
    lock = FairLock()
    assert lock.acquire(0)
    assert not lock.acquire(0)
    assert not lock.acquire(0.01)
    lock.release()
    assert lock.acquire(0)


def test_a_fair_lock_never_has_two_holders(tmp_path: Path) -> None:
    lock, inside, most = FairLock(), list[int](), list[int]()

    def take(number: int) -> None:
        for _ in range(200):
            # Some give up, at the very moment at which it may be handed to them.
            if lock.acquire(0 if number % 2 else PATIENCE):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
                lock.release()

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert lock.acquire(0)


def test_a_file_lock_is_waited_for_until_the_deadline_while_another_process_holds_it(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "it.lock")
    with running(HOLD_FILE, str(tmp_path / "it.lock")) as holder:
        assert not lock.acquire(0)
        assert not lock.acquire(0.02)
        assert holder.poll() is None
        let_go(holder)
        assert lock.acquire(PATIENCE)
    lock.release()
    lock.close()


def test_a_file_lock_comes_as_soon_as_the_other_process_is_killed(tmp_path: Path) -> None:
    lock, came = FileLock(tmp_path / "it.lock"), list[bool]()
    with running(HOLD_FILE, str(tmp_path / "it.lock")) as holder:
        waiter = threading.Thread(target=lambda: came.append(lock.acquire(PATIENCE)))
        waiter.start()
        until(lambda: lock._wanted)
        holder.kill()
        waiter.join()
    assert came == [True]
    lock.release()


def test_a_file_lock_that_nobody_waits_for_any_more_is_given_back(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "it.lock")
    with running(HOLD_FILE, str(tmp_path / "it.lock")) as holder:
        assert not lock.acquire(0.01)
        let_go(holder)
    until(lambda: not lock._queued)
    with running(HOLD_FILE, str(tmp_path / "it.lock")):
        assert not lock.acquire(0)


def test_a_closed_file_lock_ends_its_helper(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "it.lock")
    with running(HOLD_FILE, str(tmp_path / "it.lock")) as holder:
        assert not lock.acquire(0.01)
        let_go(holder)
    until(lambda: not lock._queued)
    helper = lock._helper
    assert helper is not None
    lock.close()
    helper.join(PATIENCE)
    assert not helper.is_alive()


def test_a_turn_is_refused_at_the_deadline_whoever_has_it(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "it.lock")
    with running(HOLD_FILE, str(tmp_path / "it.lock")) as holder:
        with pytest.raises(DatabaseBusy, match="another process writes"):
            turns.take(time.monotonic())
        let_go(holder)
    turns.take(time.monotonic() + PATIENCE)
    with pytest.raises(DatabaseBusy, match="another thread writes"):
        turns.take(time.monotonic())
    turns.give()
    turns.take(time.monotonic())
    turns.give()


def test_threads_in_a_row_let_other_processes_in(tmp_path: Path) -> None:
    turns, stop, taken = Turns(tmp_path / "it.lock"), threading.Event(), list[int]()

    def write_without_end() -> None:
        while not stop.is_set():
            turns.take(time.monotonic() + PATIENCE)
            taken.append(1)
            turns.give()

    threads = [threading.Thread(target=write_without_end) for _ in range(4)]
    for thread in threads:
        thread.start()
    with running(HOLD_FILE, str(tmp_path / "it.lock")) as other:
        so_far = len(taken)
        let_go(other)
        until(lambda: len(taken) > so_far)
    stop.set()
    for thread in threads:
        thread.join()


def test_a_turn_is_refused_where_the_lock_cannot_be_opened(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "no such folder" / "it.lock")
    for _ in range(2):
        with pytest.raises(DatabaseDown, match="No such file or directory"):
            turns.take(time.monotonic())
