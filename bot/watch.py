"""The watch that the web process keeps, in a thread of its own: over the schedulers, and over the database itself.

Where no scheduler lives, nobody but we can send the notices; where one does, we send only what it has left lying.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.around import mailer_of, open_channel, operator_of
from bot.clinic.notice_words import in_language
from bot.logs import log_fault
from bot.outage import DatabaseOutage
from bot.services import Services
from channels.base import Outgoing, Verdict, Via
from scheduler.duties.notices import Notices
from scheduler.duties.watchdog import alive
from scheduler.duties.watching import Sight, Watching
from store.errors import StoreError

INTERVAL = 5.0
"""Seconds from one look to the next."""
LEFT_LYING = timedelta(minutes=1)

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Watch:
    """Looks, notes and tells until the process ends. ``process`` is the name of this one."""

    def __init__(self, services: Services, process: str) -> None:
        settings, database = services.settings, services.database
        self._services = services
        self._operator = operator_of(settings)
        self._mail = mailer_of(settings)
        self._watching = Watching(database, database.now, self._operator, in_language, demo=settings.demo)
        self._notices = Notices(database, database.now, process, self._mail)
        self._outage = DatabaseOutage(settings.var_dir / "database-away", self._tell_operator)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended."""
        self._stop.set()
        self._thread.join()

    def round(self, now: datetime) -> None:
        """One look. ``now``: by this machine's clock, which is all there is while the database is away."""
        try:
            sight = self._watching.round()
            self._send_notices(sight)
        except StoreError as error:
            self._outage.away(now, str(error))
            return
        self._services.metrics.watched(sight, self._watching.limits)
        self._outage.here(now)

    def _run(self) -> None:
        while True:
            try:
                self.round(self._services.real_clock())
            except Exception as error:  # noqa: BLE001 - the next round may go well
                log_fault(_log, "the watch failed", error)
            if self._stop.wait(INTERVAL):
                return

    def _send_notices(self, sight: Sight) -> None:
        scheduled = bool(alive(sight.facts, self._watching.limits, "scheduler"))
        since = LEFT_LYING if scheduled else timedelta(0)
        if self._notices.are_waiting(since):
            asyncio.run(self._round(since))

    async def _round(self, since: timedelta) -> None:
        channel = open_channel(self._services.settings)
        try:
            await self._notices.round(channel, _at_once, since)
        finally:
            await channel.close()

    def _tell_operator(self, subject: str, body: str) -> bool:
        """By every address; whether any of them was reached. All of it is in memory."""
        return asyncio.run(self._tell(f"Immunotext: {subject}", body)) if self._operator else False

    async def _tell(self, subject: str, body: str) -> bool:
        channel, reached = open_channel(self._services.settings), False
        try:
            for who in self._operator:
                if who.means == "text" and (sender := self._any_sender()) is not None:
                    text = Outgoing(who.address, f"{subject}. {body}", Via.SMS, sender, None, None, "operator")
                    result = await channel.send(text)
                elif who.means == "mail" and self._mail is not None:
                    result = await asyncio.to_thread(self._mail.send, who.address, subject, f"{body}\n")
                else:
                    continue
                reached = reached or result.verdict is Verdict.ACCEPTED
                if result.verdict is not Verdict.ACCEPTED:
                    _log.error("the operator could not be told by %s: %s", who.means, result.detail)
        finally:
            await channel.close()
        return reached

    def _any_sender(self) -> str | None:
        entries = self._services.directory.entries
        return next((each.address for entry in entries for each in entry.senders if each.stopped_at is None), None)


def _at_once(duty: Callable[[], T]) -> Awaitable[T]:
    """This thread has nothing else to do meanwhile."""

    async def done() -> T:
        return duty()

    return done()
