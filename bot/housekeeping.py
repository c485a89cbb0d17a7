"""What the web process does beside answering, once a second in a thread of its own: none of it keeps a text waiting."""

import logging
import multiprocessing
import os
import signal
import socket
import threading
from datetime import datetime, timedelta

from bot.logs import log_fault
from bot.services import Services
from store import health
from store.errors import StoreError

INTERVAL = 1.0
"""Seconds from one round to the next."""
BEAT_EVERY = timedelta(seconds=15)
PROFILES_EVERY = timedelta(seconds=30)

_log = logging.getLogger(__name__)


class Housekeeping:
    """Refreshes what is held in memory, plays the spool, shows that this process lives."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._last_beat: datetime | None = None
        self._last_profiles: datetime | None = None
        self._host = socket.gethostname()

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended."""
        self._stop.set()
        self._thread.join()

    def round(self, real: datetime) -> None:
        """One round. Raises StoreError where the database is away."""
        self._services.directory.refresh(self._services.database)
        self._services.desk.replay()
        if self._last_profiles is None or real - self._last_profiles >= PROFILES_EVERY:
            self._services.conversation.profiles.refresh(self._services.database)
            self._last_profiles = real
        if self._last_beat is None or real - self._last_beat >= BEAT_EVERY:
            with self._services.database.writing() as tx:
                health.beat(tx, real, f"web-{self._host}-{os.getpid()}", self._host, "web")
            self._last_beat = real

    def _run(self) -> None:
        parent = multiprocessing.parent_process()
        while not self._stop.wait(INTERVAL):
            if parent is not None and not parent.is_alive():
                # Whoever started us was killed: nobody would start us again, and our port keeps the next one out.
                os.kill(os.getpid(), signal.SIGTERM)
                return
            try:
                self.round(self._services.real_clock())
            except StoreError as error:
                _log.debug("the database is away: %s", error)
            except Exception as error:  # noqa: BLE001 - the next round may go well, and texts are answered meanwhile
                log_fault(_log, "housekeeping failed", error)
