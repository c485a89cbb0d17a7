"""The duties of a scheduler, each one transaction; what is decided in them is decided by the steps that they call."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import get_args

from channels.base import SendResult
from content.library import Library
from scheduler import clock, long_work, replan
from scheduler.clock import Moment
from scheduler.delivery import allowance, dispatcher, planner
from scheduler.delivery.dispatcher import Ready
from scheduler.directory import Directory
from scheduler.duties.pace import Pace
from scheduler.duties.recovery import SHOWN, Recovery
from store import health, outbox, patients, replanning
from store.database import Database, Tx
from store.health import ProcessKind

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Duties:
    """What a scheduler does, each a transaction of its own that takes the time from the database's clock.

    ``owner`` is the name of this process, unlike any other's. ``may_send`` is asked before texts are claimed and before
    they are begun, outside of any transaction: while it says no, this host sends nothing. ``may_call`` is the same,
    asked once more before each call: it is quick and opens no transaction. ``status_callback`` is the address of our
    status route.
    """

    database: Database
    library: Library
    owner: str
    pace: Pace = field(default_factory=Pace)
    status_callback: str | None = None
    demo: bool = False
    may_send: Callable[[], bool] = lambda: True
    may_call: Callable[[], bool] = lambda: True
    zone_data: str = field(default_factory=replan.zone_data_version)
    chance: Random = field(default_factory=Random)
    planning: Directory = field(default_factory=Directory)
    sending: Directory = field(default_factory=Directory)
    recovery: Recovery = field(default_factory=Recovery)

    def __post_init__(self) -> None:
        # Of what was before, `begin` finds out.
        self.recovery.lost = self.database.lost

    def plan(self) -> int:
        """Plans for some of the patients who are due; returns for how many."""
        real = self.database.now()
        if not self._is_due(patients.next_due_at, real):
            return 0
        with self.database.writing() as tx:
            now = self._moment(tx, real).now
            return planner.plan_due(tx, now, self.planning.fresh(tx))

    def begin(self) -> None:
        """Finds out whether the database may have been away until a moment ago: nobody has shown themselves since."""
        with self.recovery.noticing():
            real = self.database.now()
            with self.database.reading() as tx:
                shown = [at for kind in get_args(ProcessKind) if (at := health.last_beat(tx, kind)) is not None]
        if shown and real - max(shown) > SHOWN:
            self.recovery.was_away = True

    def claim(self) -> list[int]:
        """Claims some of the texts that are due; answers alone where the database is only just back."""
        with self.recovery.noticing():
            return self._claim()

    def _claim(self) -> list[int]:
        real = self.database.now()
        is_over = self._is_over(real)
        if not self.may_send():
            return []
        # Asked first, since readers make nobody wait.
        with self.database.reading() as tx:
            now = self._moment(tx, real).now
            lanes = [queue.lane for queue in outbox.queues(tx) if queue.due_at <= now]
            room = allowance.rooms(tx, real, self.sending.fresh(tx), lanes)
        if all(room.get(lane) == 0 for lane in lanes):
            return []
        with self.database.writing() as tx:
            now = self._moment(tx, real).now
            return outbox.claim(
                tx, now, self._lease(real), self.owner, self.pace.claim, real, room, answers_only=not is_over
            )

    def turn(self, results: list[tuple[Ready, SendResult]], ids: list[int]) -> list[Ready]:
        """Records what came back from calls, and makes the next texts ready for theirs."""
        with self.recovery.noticing():
            return self._turn(results, ids)

    def _turn(self, results: list[tuple[Ready, SendResult]], ids: list[int]) -> list[Ready]:
        may_send = bool(ids) and self.may_send()
        real = self.database.now()
        with self.database.writing() as tx:
            # Asked only here: the database may have been away since it was asked for the time.
            is_over = self._is_over(real)
            moment = self._moment(tx, real)
            complaints = dispatcher.finish(tx, moment.now, self.library, results, self.chance)
            if not may_send:
                outbox.release(tx, ids)
            return dispatcher.begin(
                tx,
                moment,
                self.library,
                self.sending.fresh(tx),
                ids if may_send else [],
                owner=self.owner,
                lease_until=self._lease(real),
                status_callback=self.status_callback,
                complaints=complaints,
                answers_only=not is_over,
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

    def _is_over(self, real: datetime) -> bool:
        return self.recovery.is_over(real, timedelta(seconds=self.pace.recovery), self.database.lost)

    def _lease(self, real: datetime) -> datetime:
        return real + timedelta(seconds=self.pace.lease)
