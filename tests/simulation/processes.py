"""The processes of the program as the simulation runs them: built anew after each death, from nothing but the disk.

A scheduler does what `scheduler.worker.Worker` does, one step at a time, through the same `Duties`.
"""

import contextlib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from bot.conversation.desk import NotTaken
from bot.services import Services
from channels.base import Incoming, Receipt, SendResult, Verdict
from scheduler import clock
from scheduler.asking import Asking
from scheduler.delivery import receipts
from scheduler.delivery.dispatcher import Ready
from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.duties.recovery import Recovery
from store import outbox
from store.errors import DatabaseDown, StoreError
from tests.simulation.database import Crashed, Fate
from tests.simulation.record import Begun, Blow

if TYPE_CHECKING:
    from tests.simulation.run import Run

_SHORTEST_SLEEP, _LONGEST_SLEEP = timedelta(seconds=20), timedelta(hours=6)
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_IN_LANE = timedelta(seconds=45)
_LEASE = 120.0

T = TypeVar("T")


class Process:
    """Something that may die at any commit, and is started again a while later."""

    restarts_within = 120.0
    has_spool = True

    def __init__(self, run: "Run", name: str) -> None:
        self.run = run
        self.name = name
        self._clock_is_off = timedelta(seconds=run.chance.uniform(-1, 1) * run.setting.host_clocks)
        self.life = 0
        self.is_up = False
        self.unsafe = True
        self._down_until = run.loop.now
        self.chance: Random = run.chance
        self.start()

    def start(self) -> None:
        """Begins a new life, unless it is kept down or has begun one."""
        if self.is_up or self.run.loop.now < self._down_until:
            return
        self.life += 1
        self.is_up = True
        # With spools of their own each web process has a host, and the schedulers share these.
        host = int(self.name[-1]) % self.run.setting.webs if self.run.setting.own_spools and self.has_spool else 0
        self.services: Services = self.run.services(self._fate, self.host_now, f"host{host}")
        self.begin()

    def host_now(self) -> datetime:
        """The clock of the host on which it runs; the database has its own."""
        return self.run.loop.now + self._clock_is_off

    def begin(self) -> None:
        """What a process does when it starts."""

    def die(self) -> None:
        """Everything in memory is lost."""
        self.is_up = False
        self.run.note(f"{self.name} dies")
        self.run.record.tally("deaths")
        self.run.loop.after(self.chance.uniform(1, self.restarts_within), self.start)

    def alive(self, do: Callable[[], None]) -> Callable[[], None]:
        """Does something only while this life lasts, and dies of what it does."""
        life = self.life

        def guarded() -> None:
            if self.life == life and self.is_up:
                self.attempt(do)

        return guarded

    def attempt(self, do: Callable[[], None]) -> bool:
        """Does something; whether the process still lives."""
        try:
            do()
        except Crashed:
            self.die()
            return False
        return True

    def halt(self, until: datetime) -> None:
        """Is killed, and not started again before a moment."""
        self._down_until = until
        if self.is_up:
            self.die()
        self.run.loop.at(until, self.start)

    def _fate(self, writes: bool) -> Fate:
        return self.run.fate(writes) if self.unsafe else Fate.DONE


class Scheduler(Process):
    """One scheduler process."""

    def begin(self) -> None:
        """As the command does: duties with an owner of their own, and first of all a look."""
        spool, desk = self.services.spool, self.services.desk
        self.owner = f"{self.name}.{self.life}"
        self._duties = Duties(
            self.services.database,
            self.services.library,
            self.owner,
            pace=Pace(calls=self.chance.randint(1, 20), claim=self.chance.randint(1, 12), lease=_LEASE),
            status_callback="https://texts.example.org/webhooks/twilio/status",
            may_send=lambda: not spool.holds_texts() or desk.replay(),
            chance=self.chance,
            recovery=Recovery(was_away=True),  # nothing shows itself here: it cannot know
            zone_data=self.chance.choice(["2026a", "2026b"]),
        )
        self._asking = Asking(
            self.services.database,
            self.services.library,
            self.run.provider,
            real=lambda: self.run.loop.now,
            is_ending=lambda: False,
            demo=False,
        )
        self._wait = _SHORTEST_SLEEP
        self._claimed: list[int] = []
        self._out_of_sight: set[int] = set()
        self._under_way: dict[int, Begun] = {}
        self._results: list[tuple[Ready, SendResult]] = []
        self._turn_comes = False
        self._looks_at: datetime | None = None
        self.run.loop.after(self.chance.uniform(0, 1), self.alive(self._note_zone_data))
        self.run.loop.after(self.chance.uniform(1, 2), self.alive(self.look))
        self.run.loop.after(self.chance.uniform(60, 600), self.alive(self._ask))
        self.run.loop.after(self.chance.uniform(0, 300), self.alive(self._top_up))

    @property
    def sending(self) -> list[int]:
        """The texts whose calls were begun and are not recorded yet."""
        return [*self._under_way, *(ready.message_id for ready, _ in self._results)]

    def die(self) -> None:
        """What it was sending may become unknown."""
        self._is_struck()
        super().die()
        self.run.loop.after(_LEASE + 5, self.run.poke)

    def _is_struck(self, *beginning: int) -> None:
        """Notes what was in flight, and what the rows say of it; ``beginning``: what a turn has begun, or has not."""
        rows = self.run.sent_by(self.owner) - self._out_of_sight
        in_flight = frozenset([*self.sending, *beginning])
        self.run.record.blows.append(Blow(self.owner, self.run.loop.now, in_flight, rows, self._duties.pace.calls))
        self._out_of_sight |= rows & set(beginning)

    def poke(self) -> None:
        """Somebody wrote what may be due: it is noticed within a look."""
        if self.is_up:
            self._wait = _SHORTEST_SLEEP
            self._look_at(self.run.loop.now + timedelta(seconds=self.chance.uniform(0.2, 2)))

    def look(self) -> None:
        """Plans what is due, claims texts, and finds out when to look again."""
        if self._looks_at is not None and self._looks_at > self.run.loop.now:
            return  # a look that was put off, or brought forward, has taken the place of this one
        self._looks_at = None
        now, is_spooled = self.run.loop.now, self.services.spool.holds_texts()
        claimed: list[int] = []
        # What cannot be done now is looked at less and less often; in the program it is once a second.
        self._wait = min(self._wait * 1.5, _LONGEST_WAIT)
        wait = self._wait
        with contextlib.suppress(DatabaseDown), self._duties.recovery.noticing():
            if self.chance.random() < 0.2:
                self._duties.settle()
                while self._duties.replan():
                    pass
            due = self._next_due()
            if is_spooled or (due is not None and due <= now):
                claimed = self._plan_and_claim()
                due = self._next_due()
                if not claimed and self._waits_for_a_line():
                    wait = self._wait = min(wait, _LONGEST_IN_LANE)
            if not is_spooled:
                self.run.record.passes.append((self.run.record.step(), now))
            wait = _LONGEST_SLEEP if due is None else max(wait, min(due - now, _LONGEST_SLEEP))
            if claimed or wait > self._wait:
                self._wait = _SHORTEST_SLEEP
            if claimed:
                wait = timedelta(seconds=1)
        if self._claimed:
            stalls = self.chance.random() < self.run.setting.stalls and self.unsafe
            if stalls:
                self._is_struck()  # what comes back meanwhile is not recorded before it goes on
            self._turn_in(self.chance.uniform(60, 400) if stalls else self.chance.uniform(0.01, 0.5))
        self._look_at(now + wait)

    def _next_due(self) -> datetime | None:
        with self.services.database.reading() as tx:
            return clock.next_due(tx)

    def _plan_and_claim(self) -> list[int]:
        while self._duties.plan():
            pass
        claimed = self._duties.claim() if len(self._claimed) < self._free() else []
        self._claimed += claimed
        return claimed

    def _waits_for_a_line(self) -> bool:
        with self.services.database.reading() as tx:
            return any(queue.lane and queue.due_at <= self.run.loop.now for queue in outbox.queues(tx))

    def _free(self) -> int:
        return self._duties.pace.calls - len(self._under_way)

    def turn(self) -> None:
        """Records what came back, and begins as many calls as there are places free, in one transaction."""
        self._turn_comes = False
        results, self._results = self._results, []
        free = self._free()
        ids, self._claimed = self._claimed[:free], self._claimed[free:]
        if not results and not ids:
            return
        try:
            ready = self._duties.turn(results, ids)
        except BaseException as error:
            self._results = results + self._results
            self._is_struck(*ids)
            if not isinstance(error, DatabaseDown):
                raise
            self._turn_in(self.chance.uniform(1, 30))
            return
        for text in ready:
            self.call(text)
        if any(result.verdict is not Verdict.ACCEPTED for _, result in results):
            self.poke()  # it may be due again
        if self._claimed:
            self._turn_in(self.chance.uniform(0.01, 0.3))

    def call(self, ready: Ready) -> None:
        """Makes one call."""
        begun = self.run.begin(ready)
        self._under_way[ready.message_id] = begun
        self.run.loop.drive(self.run.provider.send(ready.outgoing), partial(self._came_back, self.life, ready))
        if self.unsafe and self.chance.random() < self.run.setting.kills:
            self.run.loop.after(self.chance.uniform(0, 3), self.alive(self.die))

    def _came_back(self, life: int, ready: Ready, result: SendResult) -> None:
        if life != self.life or not self.is_up:
            return
        self._under_way.pop(ready.message_id, None)
        if result.verdict is Verdict.SENDER:
            self.run.sender_stopped(ready.outgoing.sender)
        self._results.append((ready, result))
        stalls = self.chance.random() < self.run.setting.stalls and self.unsafe
        if stalls:
            self._is_struck()
        self._turn_in(self.chance.uniform(100, 300) if stalls else self.chance.uniform(0.01, 0.3))

    def _turn_in(self, seconds: float) -> None:
        if not self._turn_comes:
            self._turn_comes = True
            self.run.loop.after(seconds, self.alive(self.turn))

    def _look_at(self, moment: datetime) -> None:
        if self._looks_at is None or moment < self._looks_at or self._looks_at <= self.run.loop.now:
            self._looks_at = moment
            self.run.loop.at(moment, self.alive(self.look))

    def _ask(self) -> None:
        asks = self._go_on(self._asking.round(_at_once)) | self._go_on(self._asking.hear(_at_once))
        # Where nothing is unknown, it is not asked so often; in the program it is every half minute.
        again = self.chance.uniform(200, 2_000) if asks else self.chance.uniform(3_000, 20_000)
        self.run.loop.after(again, self.alive(self._ask))

    def _go_on(self, asking: Coroutine[Any, Any, None]) -> bool:
        """Goes on up to the next call; whether there is one."""
        with contextlib.suppress(StopIteration, DatabaseDown):
            seconds = asking.send(None)
            self.run.loop.after(seconds, self.alive(lambda: self._asked(asking)))
            return True
        return False

    def _asked(self, asking: Coroutine[Any, Any, None]) -> None:
        if not self._go_on(asking):
            self.poke()

    def _note_zone_data(self) -> None:
        with contextlib.suppress(DatabaseDown):
            self._duties.note_zone_data()

    def _top_up(self) -> None:
        with contextlib.suppress(DatabaseDown):
            self._duties.top_up()
            self._duties.settle()
        self.run.loop.after(self.chance.uniform(10_000, 60_000), self.alive(self._top_up))


async def _at_once(duty: Callable[[], T], /) -> T:
    """There is no event loop here that a transaction could hold up."""
    return duty()


class Web(Process):
    """The web process: the desk, the receipts and its housekeeping."""

    restarts_within = 5.0

    def begin(self) -> None:
        """As the command does."""
        self._replays = False
        self._keep_house()
        self._see_to_the_spool()

    def take(self, incoming: Incoming) -> tuple[bool, str | None]:
        """Calls the webhook; whether it answered with 200, and what."""
        if not self.is_up:
            return False, None
        try:
            answer = self.services.desk.take(incoming)
        except NotTaken:
            return False, None
        except Crashed:
            self.die()
            return False, None
        self._see_to_the_spool()
        self.run.poke()
        return True, answer.body

    def note_receipt(self, receipt: Receipt) -> bool:
        """Calls the status webhook; whether it answered with 2xx."""
        if not self.is_up:
            return False
        try:
            with self.services.database.writing() as tx:
                receipts.apply(tx, self.host_now(), self.services.library, receipt)
        except StoreError:
            return False
        except Crashed:
            self.die()
            return False
        return True

    def _keep_house(self) -> None:
        with contextlib.suppress(StoreError):
            self.services.directory.refresh(self.services.database)
        self.run.loop.after(self.chance.uniform(10_000, 60_000), self.alive(self._keep_house))

    def _replay(self) -> None:
        self._replays = False
        with contextlib.suppress(StoreError):
            self.services.directory.refresh(self.services.database)
            self.services.desk.replay()
        self.run.poke()
        self._see_to_the_spool()

    def _see_to_the_spool(self) -> None:
        if not self._replays and self.services.spool.holds_texts():
            self._replays = True
            self.run.loop.at(self.run.is_handed_in_at(), self.alive(self._replay))
