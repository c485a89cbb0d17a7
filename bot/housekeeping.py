"""What the web process does beside answering, once a second in a thread of its own: none of it keeps a text waiting."""

import logging
import multiprocessing
import os
import signal
import socket
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex

from bot.around import vitals_of
from bot.logs import log_fault
from bot.services import Services
from scheduler.duties.living import Living
from store.errors import StoreError

INTERVAL = 1.0
"""Seconds from one round to the next."""
BEAT_EVERY = timedelta(seconds=5)
PROFILES_EVERY = timedelta(seconds=30)

_log = logging.getLogger(__name__)


def workers_of(server_pid: int | None) -> str:
    """How the names of the web processes begin that belong to a server of this host."""
    return f"web-{socket.gethostname()}-{server_pid}-"


class Housekeeping:
    """Refreshes what is held in memory, plays the spool, shows that this process lives, under the name ``process``."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._last_beat: datetime | None = None
        self._last_profiles: datetime | None = None
        server = multiprocessing.parent_process()
        self.process = f"{workers_of(os.getpid() if server is None else server.pid)}{os.getpid()}-{token_hex(4)}"
        database = services.database
        self._living = Living(database, database.now, services.real_clock, self.process, "web", vitals_of(services))

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End, wait until it has ended, and say so: nobody is to miss this process."""
        self._stop.set()
        self._thread.join()
        with suppress(StoreError):
            self._living.end()

    def round(self, real: datetime) -> None:
        """One round. Raises StoreError where the database is away."""
        self._services.directory.refresh(self._services.database)
        self._services.desk.replay()
        if self._last_profiles is None or real - self._last_profiles >= PROFILES_EVERY:
            self._services.conversation.profiles.refresh(self._services.database, self._services.clock())
            self._last_profiles = real
        if self._last_beat is None or real - self._last_beat >= BEAT_EVERY:
            self._living.beat()
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
