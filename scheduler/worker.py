"""The scheduler process: its loop, its threads and its clock. Every decision is in the steps that it calls.

APScheduler only ticks, in UTC. Each tick looks whether anything is due and, if so, does one small transaction after
another until nothing is. The transactions run in threads, so that a database that keeps them waiting keeps no call
waiting; calls are made by one dispatching tick, never more at once than `Pace.calls`. All due state is in the database:
any number of such processes may run, and one that is killed loses nothing.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from socket import gethostname
from typing import TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from channels.base import Channel, Fault, Remembering, SendResult, Verdict
from content.library import Library
from scheduler import clock, long_work, replan
from scheduler.asking import Asking
from scheduler.clock import Moment
from scheduler.delivery import dispatcher, planner
from scheduler.delivery.dispatcher import Ready
from scheduler.directory import Directory
from store import health, outbox, patients, replanning
from store.database import Database, DatabaseDown, NotADatabase, Tx

_log = logging.getLogger(__name__)

T = TypeVar("T")
Tick = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how often. Seconds by the real clock.

    ``calls``: calls under way at once. ``claim``: texts claimed in one transaction. ``lease``: how long a claim, or a
    call, is ours; longer than any call may take. ``gather``: how long results are gathered before they are recorded.
    ``aside``: how long the event loop stands still for a transaction.
    """

    calls: int = 100
    claim: int = 200
    lease: float = 120.0
    gather: float = 0.05
    aside: float = 0.05
    look: float = 1.0
    beat: float = 5.0
    jump: float = 2.0
    settle: float = 15.0
    ask: float = 30.0
    top_up: float = 300.0


@dataclass(frozen=True)
class Duties:
    """What a scheduler does, each a transaction of its own that takes the time from the database's clock.

    ``owner`` is the name of this process, unlike any other's. ``may_send`` is asked before texts are claimed and before
    they are begun, outside of any transaction: while it says no, this host sends nothing. ``status_callback`` is the
    address of our status route.
    """

    database: Database
    library: Library
    owner: str
    pace: Pace = field(default_factory=Pace)
    status_callback: str | None = None
    demo: bool = False
    may_send: Callable[[], bool] = lambda: True
    zone_data: str = field(default_factory=replan.zone_data_version)
    chance: Random = field(default_factory=Random)
    planning: Directory = field(default_factory=Directory)
    sending: Directory = field(default_factory=Directory)

    def plan(self) -> int:
        """Plans for some of the patients who are due; returns for how many."""
        real = self.database.now()
        if not self._is_due(patients.next_due_at, real):
            return 0
        with self.database.writing() as tx:
            now = self._moment(tx, real).now
            return planner.plan_due(tx, now, self.planning.fresh(tx))

    def claim(self) -> list[int]:
        """Claims some of the texts that are due."""
        real = self.database.now()
        if not self.may_send() or not self._is_due(outbox.next_due_at, real):
            return []
        with self.database.writing() as tx:
            now = self._moment(tx, real).now
            return outbox.claim(tx, now, self._lease(real), self.owner, self.pace.claim, real)

    def turn(self, results: list[tuple[Ready, SendResult]], ids: list[int]) -> list[Ready]:
        """Records what came back from calls, and makes the next texts ready for theirs."""
        may_send = bool(ids) and self.may_send()
        real = self.database.now()
        with self.database.writing() as tx:
            moment = self._moment(tx, real)
            dispatcher.finish(tx, moment.now, self.library, results, self.chance)
            if not may_send:
                outbox.release(tx, ids)
                return []
            return dispatcher.begin(
                tx,
                moment,
                self.library,
                self.sending.fresh(tx),
                ids,
                owner=self.owner,
                lease_until=self._lease(real),
                status_callback=self.status_callback,
            )

    def release(self, ids: list[int]) -> None:
        """Gives claimed texts back to whoever comes next."""
        with self.database.writing() as tx:
            outbox.release(tx, ids)

    def settle(self) -> int:
        """Calls unknown what processes that went away were sending; returns how many texts."""
        real = self.database.now()
        with self.database.writing() as tx:
            lost = outbox.unknown_after_crash(tx, self._moment(tx, real).now, real, self.pace.claim)
        if lost:
            _log.warning("%d texts are unknown: whoever sent them went away in the middle of the call", len(lost))
        return len(lost)

    def note_zone_data(self) -> None:
        """Has everybody planned for anew where texts were planned by other zone data than this process reads."""
        real = self.database.now()
        with self.database.writing() as tx:
            if replan.note_zone_data(tx, self._moment(tx, real).now, self.zone_data):
                _log.info("the zone data are now %s: everybody is planned for anew", self.zone_data)

    def replan(self) -> int:
        """Has some of the patients planned for anew whose rules or clocks changed; returns for how many."""
        with self.database.reading() as tx:
            if not replanning.is_open(tx):
                return 0
        real = self.database.now()
        with self.database.writing() as tx:
            return replan.work_off(tx, self._moment(tx, real).now)

    def work_off(self) -> int:
        """Does a slice of the long work that somebody asked for; returns how many pieces."""
        real, lease = self.database.now(), timedelta(seconds=self.pace.lease)
        return long_work.work_slice(self.database, self.library, real, self.owner, lease, demo=self.demo)

    def top_up(self) -> int:
        """Writes the events of some plans further ahead; returns for how many."""
        real = self.database.now()
        with self.database.writing() as tx:
            return planner.top_up(tx, self._moment(tx, real).now)

    def beat(self) -> None:
        """Says that this process is alive."""
        real = self.database.now()
        with self.database.writing() as tx:
            health.beat(tx, real, self.owner, gethostname(), "scheduler")

    def jump(self) -> None:
        """Puts a running demo clock forward."""
        real = self.database.now()
        with self.database.writing() as tx:
            clock.jump(tx, real)

    def _is_due(self, next_due_at: Callable[[Tx], datetime | None], real: datetime) -> bool:
        """Asked first, since readers make nobody wait."""
        with self.database.reading() as tx:
            due = next_due_at(tx)
            return due is not None and due <= self._moment(tx, real).now

    def _moment(self, tx: Tx, real: datetime) -> Moment:
        return clock.at(tx, real, demo=self.demo)

    def _lease(self, real: datetime) -> datetime:
        return real + timedelta(seconds=self.pace.lease)


class Worker:
    """Runs the duties until it is stopped. One event loop, the channel's calls on it, the duties in two threads."""

    def __init__(self, duties: Duties, channel: Channel) -> None:
        self._duties = duties
        self._channel = channel
        self._pace = duties.pace
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="scheduler")
        self._stopping = asyncio.Event()
        self._ticks: list[asyncio.Lock] = []
        self._claimed: list[int] = []
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._results: list[tuple[Ready, SendResult]] = []
        self._came_back = asyncio.Event()
        self._waits: dict[str, str] = {}
        self._cut_off = False

    async def run(self) -> None:
        """Works until `stop` is called or the process is told to end, then finishes the calls under way."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns whenever a tick takes longer than a second
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        pace = self._pace
        self._every(scheduler, pace.beat, "heartbeat", self._once(self._duties.beat))
        self._every(scheduler, pace.look, "replan", self._until_none(self._duties.replan))
        self._every(scheduler, pace.look, "plan", self._until_none(self._duties.plan))
        self._every(scheduler, pace.look, "dispatch", self._dispatch)
        self._every(scheduler, pace.settle, "settle", self._until_none(self._duties.settle))
        self._every(scheduler, pace.top_up, "top up", self._until_none(self._duties.top_up))
        self._every(scheduler, pace.look, "long work", self._until_none(self._duties.work_off))
        if isinstance(self._channel, Remembering):
            duties = self._duties
            asking = Asking(
                duties.database,
                duties.library,
                self._channel,
                real=duties.database.now,
                is_ending=self._stopping.is_set,
                demo=duties.demo,
            )
            self._every(scheduler, pace.ask, "reconcile", lambda: asking.round(self._in_thread))
        if self._duties.demo:
            self._every(scheduler, pace.jump, "jump", self._jump)
        # Once: what a process has read of the zones it keeps. Two of different releases would else replan in turn.
        await self._guarded("zone data", self._once(self._duties.note_zone_data))
        scheduler.start()
        _log.info("%s sends what is due; the database is %s", self._duties.owner, self._duties.database.dialect)
        try:
            await self._stopping.wait()
        finally:
            self._stopping.set()
            scheduler.pause()
            for tick in self._ticks:
                await tick.acquire()
            await self._end()
            scheduler.shutdown(wait=False)
            self._threads.shutdown()

    def stop(self) -> None:
        """Makes `run` end: nothing more is begun, calls under way are waited for, claimed texts are given back."""
        self._stopping.set()
        self._came_back.set()

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
            _log.error("%s failed: %s at %s", name, type(error).__name__, _place(error))
        else:
            if self._waits.pop(name, None):
                _log.info("%s goes on", name)

    def _once(self, duty: Callable[[], None]) -> Tick:
        async def tick() -> None:
            await self._in_thread(duty)

        return tick

    def _until_none(self, duty: Callable[[], int]) -> Tick:
        async def tick() -> None:
            while not self._stopping.is_set() and await self._in_thread(duty) > 0:
                pass

        return tick

    async def _jump(self) -> None:
        """Time stands while a text is on its way, so that it arrives at its own moment."""
        if not self._under_way and not self._results:
            await self._in_thread(self._duties.jump)

    async def _dispatch(self) -> None:
        """Sends until nothing is due any more."""
        while not self._stopping.is_set():
            free = self._pace.calls - len(self._under_way)
            if len(self._claimed) < free:
                self._claimed += await self._in_thread(self._duties.claim)
            if not self._claimed and not self._under_way and not self._results:
                return
            await self._turn(free)
            await self._gather()

    async def _turn(self, free: int) -> None:
        """One transaction: records the results there are, and begins as many calls as there are places free."""
        self._came_back.clear()
        results, self._results = self._results, []
        ids, self._claimed = self._claimed[:free], self._claimed[free:]
        if not results and not ids:
            return
        try:
            ready = await self._in_thread(lambda: self._duties.turn(results, ids))
        except BaseException:
            # What is not recorded now is recorded later; what was claimed is free again when its lease ends.
            self._results = results + self._results
            raise
        for text in ready:
            self._under_way[text.message_id] = asyncio.create_task(self._call(text))

    async def _call(self, ready: Ready) -> None:
        try:
            result = await self._channel.send(ready.outgoing)
            # Looked up only now: while the call was under way a turn may have begun another list.
            self._results.append((ready, result))
            self._tell_of_the_way_out(ready.message_id, result)
        except Exception as error:  # noqa: BLE001 - a channel promises not to raise; the lease settles it if one does
            _log.error("text %d: %s at %s", ready.message_id, type(error).__name__, _place(error))
        del self._under_way[ready.message_id]
        if len(self._results) >= len(self._under_way):
            self._came_back.set()

    def _tell_of_the_way_out(self, message_id: int, result: SendResult) -> None:
        """Says once when no call can be made any more, and once when one is taken again."""
        if result.fault is Fault.NOT_SENT and not self._cut_off:
            self._cut_off = True
            _log.warning("text %d waits, and others may: %s", message_id, result.detail)
        elif result.verdict is Verdict.ACCEPTED and self._cut_off:
            self._cut_off = False
            _log.info("text %d was accepted: calls can be made again", message_id)

    async def _gather(self) -> None:
        """Waits until half of the calls came back, or a moment has passed: commits cost more than waiting.

        The other half keeps the provider busy during the next turn.
        """
        if not self._under_way:
            return
        try:
            async with asyncio.timeout(self._pace.gather):
                await self._came_back.wait()
        except TimeoutError:
            pass

    async def _end(self) -> None:
        """Waits for the calls under way, records them, and gives back what was only claimed."""
        if self._under_way:
            await asyncio.wait(self._under_way.values())
        await self._guarded("the last results", lambda: self._turn(0))
        if self._claimed:
            await self._guarded("release", self._once(lambda: self._duties.release(self._claimed)))
        await self._channel.close()

    async def _in_thread(self, duty: Callable[[], T]) -> T:
        """Does a duty, for which the loop stands still a moment: no call loses by that.

        Side by side the two would hand the interpreter to and fro with every row that is read, and the database would
        be locked for three times as long. What takes longer than that moment waits for somebody else: the loop goes on.
        """
        doing = self._threads.submit(duty)
        wait([doing], self._pace.aside)
        return await asyncio.wrap_future(doing)


def _place(error: BaseException) -> str:
    """The file and line that an error comes from, without what it says."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
