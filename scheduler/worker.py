"""The scheduler process: its loop, its threads and its clock. Every decision is in the steps that it calls.

APScheduler only ticks, in UTC. Each tick looks whether anything is due and, if so, does one small transaction after
another until nothing is. The transactions run in threads, so that a database that keeps them waiting keeps no call
waiting; calls are made by one dispatching tick, never more at once than `Pace.calls`. All due state is in the database:
any number of such processes may run, and one that is killed loses nothing.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from channels.base import Channel, Remembering
from scheduler.aside import Aside, place_of
from scheduler.asking import Asking
from scheduler.calls import Calls
from scheduler.duties.duties import Duties
from scheduler.duties.escalating import Escalating
from scheduler.duties.foretelling import Foretelling
from scheduler.duties.living import Living, Surroundings
from scheduler.duties.notices import Notices
from scheduler.duties.reporting import Reporting
from scheduler.duties.retention import Retention
from scheduler.duties.watching import Watching
from store.database import DatabaseDown, NotADatabase

_log = logging.getLogger(__name__)

# A transaction that comes back from the disk keeps its locks until its thread has the interpreter, which the loop hands
# over after so many seconds: with Python's own 5 ms others waited twice as long for a SQLite file.
_SWITCH = 0.0005

Tick = Callable[[], Awaitable[None]]


class Worker:
    """Runs the duties until it is stopped. One event loop, the channel's calls on it, the duties in two threads."""

    def __init__(self, duties: Duties, channel: Channel, around: Surroundings | None = None) -> None:
        around = around or Surroundings()
        database, real = duties.database, duties.database.now
        self._living = Living(database, real, lambda: datetime.now(UTC), duties.owner, "scheduler", around.vitals)
        self._watching = Watching(database, real, around.operator, around.say, demo=duties.demo)
        self._escalating = Escalating(database, real, around.address, around.say, demo=duties.demo)
        self._notices = Notices(database, real, duties.owner, around.mail)
        self._duties = duties
        self._channel = channel
        self._pace = duties.pace
        self._stopping = asyncio.Event()
        # PostgreSQL does its part elsewhere, and keeps nobody waiting meanwhile but for the same rows.
        self._aside = Aside(duties.pace.aside if database.dialect == "sqlite" else 0.0)
        database.about_to_commit = self._aside.go_on
        self._calls = Calls(duties, channel, self._aside, self._stopping.is_set)
        self._ticks: list[asyncio.Lock] = []
        self._waits: dict[str, str] = {}

    async def run(self) -> None:
        """Works until `stop` is called or the process is told to end, then finishes the calls under way."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns whenever a tick takes longer than a second
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        try:
            await self._work()
        finally:
            sys.setswitchinterval(before)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for seconds, name, tick in self.ticks():
            self._every(scheduler, seconds, name, tick)
        # Once: what a process has read of the zones it keeps. Two of different releases would else replan in turn.
        await self._guarded("zone data", self._once(self._duties.note_zone_data))
        await self._guarded("begin", self._once(self._duties.begin))
        scheduler.start()
        _log.info("%s sends what is due; the database is %s", self._duties.owner, self._duties.database.dialect)
        try:
            await self._stopping.wait()
        finally:
            self._stopping.set()
            scheduler.pause()
            for tick_lock in self._ticks:
                await tick_lock.acquire()
            await self._end()
            scheduler.shutdown(wait=False)
            self._aside.close()

    def stop(self) -> None:
        """Makes `run` end: nothing more is begun, calls under way are waited for, claimed texts are given back."""
        self._stopping.set()
        self._calls.wake()

    def ticks(self) -> list[tuple[float, str, Tick]]:
        """Every tick: after how many seconds it comes again, its name in the log, and what it does."""
        duties, pace = self._duties, self._pace
        foretelling = Foretelling(duties.database, duties.library, duties.database.now, demo=duties.demo)
        reporting = Reporting(duties.database, duties.database.now, demo=duties.demo)
        retention = Retention(duties.database, duties.database.now, demo=duties.demo)
        ticks: list[tuple[float, str, Tick]] = [
            (pace.beat, "heartbeat", self._once(self._living.beat)),
            (pace.watch, "watch", self._once(self._watching.round)),
            (pace.look, "escalation", self._once(self._escalating.round)),
            (pace.look, "notices", self._notify),
            (pace.look, "replan", self._until_none(duties.replan)),
            (pace.look, "plan", self._until_none(duties.plan)),
            (pace.look, "dispatch", self._calls.dispatch),
            (pace.settle, "settle", self._until_none(duties.settle)),
            (pace.top_up, "top up", self._until_none(duties.top_up)),
            (pace.look, "long work", self._until_none(duties.work_off)),
            (pace.top_up, "forecast", self._until_none(foretelling.step)),
            (pace.top_up, "reports", self._until_none(reporting.step)),
            (pace.top_up, "retention", self._until_none(retention.step)),
        ]
        if isinstance(self._channel, Remembering):
            asking = Asking(
                duties.database,
                duties.library,
                self._channel,
                real=duties.database.now,
                is_ending=self._stopping.is_set,
                demo=duties.demo,
            )
            ticks.append((pace.ask, "reconcile", lambda: asking.round(self._aside.do)))
            ticks.append((pace.ask, "silence", lambda: asking.hear(self._aside.do)))
        if duties.demo:
            ticks.append((pace.jump, "jump", self._jump))
        return ticks

    def _every(self, scheduler: AsyncIOScheduler, seconds: float, name: str, tick: Tick) -> None:
        lock = asyncio.Lock()
        self._ticks.append(lock)

        async def guarded() -> None:
            # A tick that is only now begun would wait for a lock that the end of `run` has for good.
            if not self._stopping.is_set():
                async with lock:
                    await self._guarded(name, tick)

        scheduler.add_job(guarded, "interval", seconds=seconds, name=name, next_run_time=datetime.now(UTC))

    async def _guarded(self, name: str, tick: Tick) -> None:
        """Whatever a tick meets, the next one comes. What is logged holds no values: they may be a patient's."""
        try:
            await tick()
        except (DatabaseDown, NotADatabase) as error:
            if self._waits.get(name) != str(error):
                self._waits[name] = str(error)
                _log.warning("%s waits: %s", name, error)
        except Exception as error:  # noqa: BLE001 - a mistake in one duty must not end the others
            _log.error("%s failed: %s at %s", name, type(error).__name__, place_of(error))
        else:
            if self._waits.pop(name, None):
                _log.info("%s goes on", name)

    def _once(self, duty: Callable[[], object]) -> Tick:
        async def tick() -> None:
            await self._aside.do(duty)

        return tick

    def _until_none(self, duty: Callable[[], int]) -> Tick:
        async def tick() -> None:
            while not self._stopping.is_set() and await self._aside.do(duty) > 0:
                pass

        return tick

    async def _notify(self) -> None:
        while not self._stopping.is_set() and await self._notices.round(self._channel, self._aside.do) > 0:
            pass

    async def _jump(self) -> None:
        """Time stands while a text is on its way, so that it arrives at its own moment."""
        if not self._calls.are_open():
            await self._aside.do(self._duties.jump)

    async def _end(self) -> None:
        """Waits for the calls under way, records them, and gives back what was only claimed."""
        await self._guarded("the last results", self._calls.finish)
        await self._guarded("release", self._calls.give_back)
        await self._guarded("farewell", self._once(self._living.end))
        await self._channel.close()
