"""A worker in the test's own process, with a phone whose calls come back when the test lets them.

It runs on the real clock, at a pace that no test waits for; what it sends is due by the demo's clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from channels.base import Fault, Outgoing, SendResult, Verdict
from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.enrolment import Enrolled
from scheduler.worker import Worker
from store import messages
from tests.scheduler.world import World

QUICK = Pace(look=0.01, beat=0.01, jump=0.01, settle=0.01, gather=0.01, recovery=0.0)
PATIENCE = 20.0


@dataclass
class Phone:
    """A channel whose calls come back when the test lets them."""

    wanted: int = 1
    open: asyncio.Event = field(default_factory=asyncio.Event)
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    texts: list[Outgoing] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    closed: bool = False

    async def send(self, text: Outgoing) -> SendResult:
        self.texts.append(text)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if len(self.texts) == self.wanted:
            self.seen.set()
        await self.open.wait()
        self.under_way -= 1
        return SendResult(Verdict.ACCEPTED, f"SM{len(self.texts):032x}{text.attempt}", None, Fault.NONE, "")

    async def close(self) -> None:
        self.closed = True


def duties_of(world: World, **more: object) -> Duties:
    return replace(Duties(world.database, world.library, "test-1", QUICK, demo=True), **more)  # type: ignore[arg-type]


def work(duties: Duties, phone: Phone, until: Callable[[Phone], Awaitable[object]]) -> Worker:
    """Lets a worker work until something has happened, then stops it."""

    async def main() -> Worker:
        made = Worker(duties, phone)
        running = asyncio.create_task(made.run())
        async with asyncio.timeout(PATIENCE):
            await until(phone)
            made.stop()
            await running
        return made

    return asyncio.run(main())


async def all_seen(phone: Phone) -> None:
    phone.open.set()
    await phone.seen.wait()


async def happens(condition: Callable[[], bool]) -> None:
    """Lets the loop turn until something is so that no event tells of."""
    while not condition():  # noqa: ASYNC110 - the database has no event for it
        await asyncio.sleep(0)


def states(world: World, enrolled: Enrolled) -> list[str]:
    return [text.state for text in world.texts(enrolled)]


def last_detail(world: World, enrolled: Enrolled) -> str:
    texts = world.texts(enrolled)
    with world.database.reading() as tx:
        changes = [change for text in texts for change in messages.history(tx, text.id)]
    return changes[-1].detail if changes else ""
