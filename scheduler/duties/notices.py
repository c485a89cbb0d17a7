"""Sending what staff are told: claims notices, makes the calls, records what came of them. Any process may do it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from channels.base import Channel, Outgoing, SendResult, Verdict, Via
from scheduler.aside import place_of
from scheduler.asking import InThread
from store import notices
from store.database import Database
from store.notices import Notice

_log = logging.getLogger(__name__)

AT_ONCE = 20
LEASE = timedelta(minutes=2)
"""Longer than the calls of one claim may take; afterwards another process takes the notice for not sent."""
GIVE_UP_AFTER = timedelta(hours=6)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_VALIDITY = 3600  # seconds; an alarm that comes later than that was told again by then


class Mail(Protocol):
    """A way out for mail."""

    def send(self, to: str, subject: str, body: str) -> SendResult:
        """Make one attempt, in this thread; every failure is a result."""


@dataclass(frozen=True, slots=True)
class Held:
    """A notice that is ours to send. ``sender``: the number that a text goes out from, None where there is none."""

    notice: Notice
    sender: str | None


@dataclass(frozen=True)
class Notices:
    """The sending of one process, called ``owner``. ``real`` is the database's clock; ``mail`` None: no mail server."""

    database: Database
    real: Callable[[], datetime]
    owner: str
    mail: Mail | None

    def are_waiting(self, since: timedelta = timedelta(0)) -> bool:
        """Whether there are notices to be sent that have waited so long."""
        real = self.real()
        with self.database.reading() as tx:
            return notices.are_waiting(tx, real, real - since)

    async def round(self, channel: Channel, in_thread: InThread, since: timedelta = timedelta(0)) -> int:
        """Sends what waits for ``since`` or longer; returns how many were tried. Raises StoreError."""
        if not await in_thread(lambda: self.are_waiting(since)):
            return 0
        held = await in_thread(lambda: self._claim(since))
        results = await asyncio.gather(*(self._send(channel, each) for each in held))
        await in_thread(lambda: self._record(list(zip(held, results, strict=True))))
        return len(held)

    def _claim(self, since: timedelta) -> list[Held]:
        real = self.real()
        with self.database.writing() as tx:
            claimed = notices.claim(tx, real, real - since, real + LEASE, self.owner, AT_ONCE)
            return [Held(each, notices.way_out(tx, each.clinic_id)) for each in claimed]

    async def _send(self, channel: Channel, held: Held) -> SendResult | str:
        """What came of it; a few words where it could not even be tried."""
        notice = held.notice
        try:
            if notice.to.means == "mail":
                if self.mail is None:
                    return "there is no mail server: set SMTP_URL and MAIL_FROM"
                return await asyncio.to_thread(self.mail.send, notice.to.address, notice.subject, notice.body)
            if held.sender is None:
                return "no clinic has a number in service"
            return await channel.send(_outgoing(notice, held.sender))
        except Exception as error:  # noqa: BLE001 - both promise not to raise; the others are told all the same
            _log.error("notice %d: %s at %s", notice.id, type(error).__name__, place_of(error))
            return type(error).__name__

    def _record(self, results: list[tuple[Held, SendResult | str]]) -> None:
        real = self.real()
        with self.database.writing() as tx:
            for held, result in results:
                notice = held.notice
                words = result if isinstance(result, str) else f"{result.fault} {result.detail}".strip()
                if isinstance(result, SendResult) and result.verdict is Verdict.ACCEPTED:
                    notices.settle(tx, real, notice, self.owner, "sent")
                    _log.info("notice %d went by %s", notice.id, notice.to.means)
                elif _is_final(result) or real >= notice.created_at + GIVE_UP_AFTER:
                    notices.settle(tx, real, notice, self.owner, "failed", words)
                    _log.error("notice %d could not be told by %s: %s", notice.id, notice.to.means, words)
                else:
                    notices.try_again(tx, notice, self.owner, real + _wait(notice.attempts), words)
                    _log.warning("notice %d waits: %s", notice.id, words)


def _is_final(result: SendResult | str) -> bool:
    return isinstance(result, SendResult) and result.verdict is Verdict.REFUSED


def _wait(attempts: int) -> timedelta:
    wait = _FIRST_WAIT
    for _ in range(1, attempts):
        wait = min(2 * wait, _LONGEST_WAIT)
    return wait


def _outgoing(notice: Notice, sender: str) -> Outgoing:
    attempt = f"notice-{notice.id}.{notice.attempts}"
    return Outgoing(notice.to.address, notice.body, Via.SMS, sender, None, _VALIDITY, attempt)
