"""What the tests of the watch share: a clock that a test moves, a phone and a mailbox of staff."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from channels.base import Fault, Outgoing, SendResult, Verdict
from scheduler.duties.notices import Notices
from store.database import Database
from store.on_call import Recipient

T = TypeVar("T")

ACCEPTED = SendResult(Verdict.ACCEPTED, "id", None, Fault.NONE, "")
LATER = SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, "no connection")
REFUSED = SendResult(Verdict.REFUSED, None, 550, Fault.RECIPIENT_PERMANENT, "the mail server refuses the address")

OPERATOR = (Recipient("text", "+12025550170"), Recipient("mail", "operator@example.org"))


@dataclass
class Clock:
    """The database's clock, as a test says it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


@dataclass
class Post:
    """Both ways to staff; ``answers`` are given one after another, and after them that all was taken."""

    answers: list[SendResult] = field(default_factory=list)
    texts: list[Outgoing] = field(default_factory=list)
    mails: list[tuple[str, str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def _answer(self) -> SendResult:
        return self.answers.pop(0) if self.answers else ACCEPTED

    async def send(self, text: Outgoing) -> SendResult:
        with self.lock:
            self.texts.append(text)
            return self._answer()

    async def close(self) -> None:
        pass

    def mail(self, to: str, subject: str, body: str) -> SendResult:
        with self.lock:
            self.mails.append((to, subject, body))
            return self._answer()

    @property
    def told(self) -> list[str]:
        """The addresses that were tried, sorted."""
        return sorted([text.to for text in self.texts] + [to for to, _, _ in self.mails])


@dataclass
class Mailbox:
    """The mail side of a `Post`."""

    post: Post

    def send(self, to: str, subject: str, body: str) -> SendResult:
        return self.post.mail(to, subject, body)


def at_once(duty: Callable[[], T]) -> Awaitable[T]:
    async def done() -> T:
        return duty()

    return done()


def sending(database: Database, clock: Clock, post: Post, owner: str = "one") -> Notices:
    return Notices(database, clock, owner, Mailbox(post))


def send(notices: Notices, post: Post, since: timedelta = timedelta(0)) -> int:
    """One round; how many notices were tried."""
    return asyncio.run(notices.round(post, at_once, since))
