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
        self._unmarked: str | None = None

    def away(self, now: datetime, why: str) -> None:
        """The database did not answer; ``why`` in a plain sentence."""
        self._since = self._since or now
        last = self._tried or self._since
        if now - last < PATIENCE:
            return
        self._tried = now
        since = f"{self._since:%Y-%m-%d %H:%M} UTC"
        body = f"The database has been away since {since}. {why} Danger texts are answered meanwhile."
        with self._alone() as mine:
            if mine and self._unmarked is None and not self._file.exists() and self._tell("database away", body):
                self._mark(since)

    def here(self, now: datetime) -> None:
        """The database answers."""
        self._since = self._tried = None
        since, self._unmarked = self._unmarked, None
        if self._file.exists():
            with self._alone() as mine:
                if mine and self._file.exists():
                    since = self._file.read_text("utf-8")
                    self._file.unlink()
        if since is not None:
            self._tell("database back", f"The database, away since {since}, is back ({now:%H:%M} UTC).")

    def _mark(self, since: str) -> None:
        """That it was told; where the disk takes nothing, in memory alone."""
        try:
            self._file.write_text(since, "utf-8")
        except OSError:
            self._unmarked = since

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
