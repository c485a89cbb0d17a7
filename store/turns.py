"""Whose turn it is to write a SQLite file: one thread of one process, and nobody waits behind those who came later."""

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from store.errors import DatabaseBusy, DatabaseDown
from store.file_lock import FileLock

# Handing the lock from process to process wakes a sleeper each time; from thread to thread it costs far less. So the
# threads of one process write one after the other for so long, and then let the other processes in.
_KEPT_FOR_SECONDS = 0.002


class Turns:
    """The queue of those who want to write: first between the threads of a process, then between processes."""

    def __init__(self, path: Path) -> None:
        """``path``: the lock between processes, a file of its own."""
        self._threads = FairLock()
        self._processes = FileLock(path)
        self._ours = False  # this process has the lock between processes; whose turn it is may change it
        self._since = 0.0

    def take(self, until: float) -> None:
        """Waits for the turn until a moment of `time.monotonic`. Raises DatabaseBusy, DatabaseDown."""
        if not self._threads.acquire(until - time.monotonic()):
            raise DatabaseBusy("The database is busy: another thread writes.")
        if self._ours:
            return
        came = False
        try:
            came = self._processes.acquire(until - time.monotonic())
            self._ours, self._since = came, time.monotonic()
        except OSError as error:
            raise DatabaseDown(f"The lock beside the database file cannot be had: {error.strerror}.") from error
        finally:
            if not came:
                self._threads.release()
        if not came:
            raise DatabaseBusy("The database is busy: another process writes.")

    def give(self) -> None:
        """Ends the turn. Only whoever has it may call this."""
        self._threads.release(self._let_others_in)

    def close(self) -> None:
        """Closes the file of the lock."""
        self._processes.close()

    def _let_others_in(self, handed_over: bool) -> None:
        if not handed_over or time.monotonic() - self._since >= _KEPT_FOR_SECONDS:
            self._ours = False
            self._processes.release()


class FairLock:
    """A lock between threads that serves them in the order in which they came.

    `threading.Lock` lets whoever happens to run take it: of eight threads under load, some waited 100 turns.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        # Each waits for a lock of its own, which whoever hands over to it releases.
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Whether the lock came within ``timeout`` seconds."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=max(timeout, 0)):
            return True
        with self._guard:
            if turn.acquire(blocking=False):
                return True  # handed over between the end of the wait and now
            self._waiting.remove(turn)
            return False

    def release(self, before: Callable[[bool], None] | None = None) -> None:
        """Hands over to whoever waits longest. ``before`` is told whether anybody does, and runs before they do."""
        with self._guard:
            if before is not None:
                before(bool(self._waiting))
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False
