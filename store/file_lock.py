"""A lock between processes that can be waited for until a deadline."""

import fcntl
import os
import threading
from pathlib import Path


class FileLock:
    """An exclusive `flock` on a file of its own. Within a process, one thread at a time may ask for it.

    The system can wait for a lock either for ever or not at all. Asking again and again would leave the process that
    asks rarely waiting behind the one that asks often, so a helper thread waits in the system's own queue and hands
    the lock over; when nobody wants it any more, it gives it back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._changed = threading.Condition()
        self._helper: threading.Thread | None = None
        self._queued = False  # the helper is to wait, or is waiting, in the system's queue
        self._wanted = False  # somebody waits for what the helper brings
        self._granted = False  # the helper has brought it
        self._closed = False

    def acquire(self, timeout: float) -> bool:
        """Whether the lock came within ``timeout`` seconds. Raises OSError where the file cannot be opened."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with self._changed:
            # While the helper waits on the same open file, asking beside it would be granted twice.
            if not self._queued:
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self._send_helper(self._file)
                else:
                    return True
            self._wanted = True
            self._changed.wait_for(lambda: self._granted, max(timeout, 0))
            self._wanted = False
            granted, self._granted = self._granted, False
            return granted

    def release(self) -> None:
        """Gives the lock back. Only whoever holds it may call this."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Ends the helper, unless it still waits in the system's queue, where it ends with the process."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if self._file is not None and not self._queued:
                os.close(self._file)
                self._file = None

    def _send_helper(self, file: int) -> None:
        self._queued = True
        if self._helper is None:
            self._helper = threading.Thread(target=self._help, args=(file,), name="file-lock", daemon=True)
            self._helper.start()
        self._changed.notify_all()

    def _help(self, file: int) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queued or self._closed)
                if self._closed:
                    return
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._changed:
                self._queued = False
                if self._wanted:
                    self._granted = True
                    self._changed.notify_all()
                else:
                    fcntl.flock(file, fcntl.LOCK_UN)
