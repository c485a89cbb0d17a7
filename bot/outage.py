"""The database is away: the operator is told from memory, once for each outage and host, and again when it is back."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

_log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=1)
"""How long the database may be away before anybody hears of it; and how long until it is tried again to tell them."""


class DatabaseOutage:
    """What this host knows of the database's absence; a file keeps its other processes from telling the same.

    ``tell`` sends a subject and a body to the operator, and says whether anybody was reached.
    """

    def __init__(self, file: Path, tell: Callable[[str, str], bool]) -> None:
        self._file = file
        self._tell = tell
        self._since: datetime | None = None
        self._tried: datetime | None = None

    def away(self, now: datetime, why: str) -> None:
        """The database did not answer; ``why`` in a plain sentence."""
        self._since = self._since or now
        last = self._tried or self._since
        if now - last < PATIENCE:
            return
        self._tried = now
        with self._alone() as mine:
            since = f"{self._since:%Y-%m-%d %H:%M} UTC"
            body = f"The database has been away since {since}. {why} Danger texts are answered meanwhile."
            if mine and not self._file.exists() and self._tell("database away", body):
                self._file.write_text(self._since.isoformat(), "utf-8")

    def here(self, now: datetime) -> None:
        """The database answers."""
        self._since = self._tried = None
        if not self._file.exists():
            return
        with self._alone() as mine:
            if mine and self._file.exists():
                since = self._file.read_text("utf-8")[:16].replace("T", " ")
                self._file.unlink()
                self._tell("database back", f"The database, away since {since} UTC, is back ({now:%H:%M} UTC).")

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process of this host is at it. Without a disk each goes alone: better twice than never."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield True
            return
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mine = True
            except BlockingIOError:
                mine = False
            yield mine
        finally:
            os.close(lock)
