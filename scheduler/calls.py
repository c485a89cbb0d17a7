"""The calls of a scheduler process: claims what is due, makes the calls in the event loop, hands the results back.

No decision is made here: the duties decide in their transactions what is sent, and what becomes of a result.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable

from channels.base import Channel, Fault, SendResult, Verdict
from scheduler.aside import Aside, place_of
from scheduler.delivery.dispatcher import Ready
from scheduler.duties.duties import Duties

_log = logging.getLogger(__name__)

# Linux has one that runs on while the host sleeps, too.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_WAVES = 8
"""In so many parts the calls come and go at a provider that takes its time."""
_LEASE_OVER = "the lease of the call was over before it was made"
_PUT_AWAY = "a text that came in waits to be read"


def elapsed() -> float:
    """Seconds by a clock that nobody sets."""
    return time.clock_gettime(_CLOCK)


class Calls:
    """What is claimed, under way and come back in this process. Never more under way at once than `Pace.calls`.

    ``elapsed``: seconds by a clock that nobody sets, which runs on while this process stands still.
    """

    def __init__(
        self,
        duties: Duties,
        channel: Channel,
        aside: Aside,
        is_ending: Callable[[], bool],
        elapsed: Callable[[], float] = elapsed,
    ) -> None:
        self._duties = duties
        self._channel = channel
        self._pace = duties.pace
        self._aside = aside
        self._is_ending = is_ending
        self._elapsed = elapsed
        self._claimed: list[int] = []
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._results: list[tuple[Ready, SendResult]] = []
        self._came_back = asyncio.Event()
        self._quickest = math.inf
        self._cut_off = False

    def are_open(self) -> bool:
        """Whether a text is on its way, or its result is not recorded yet."""
        return bool(self._under_way or self._results)

    def wake(self) -> None:
        """Ends the wait for results."""
        self._came_back.set()

    async def dispatch(self) -> None:
        """Sends until nothing is due any more."""
        self._quickest = math.inf
        while not self._is_ending():
            free = self._pace.calls - len(self._under_way)
            if len(self._claimed) < free:
                self._claimed += await self._aside.do(self._duties.claim)
            if not self._claimed and not self.are_open():
                return
            await self._turn(free)
            await self._gather()

    async def finish(self) -> None:
        """Waits for the calls under way and records them."""
        if self._under_way:
            await asyncio.wait(self._under_way.values())
        await self._turn(0)

    async def give_back(self) -> None:
        """Gives what was only claimed to whoever comes next."""
        if self._claimed:
            await self._aside.do(lambda: self._duties.release(self._claimed))

    async def _turn(self, free: int) -> None:
        """One transaction: records the results there are, and begins as many calls as there are places free."""
        self._came_back.clear()
        results, self._results = self._results, []
        ids, self._claimed = self._claimed[:free], self._claimed[free:]
        if not results and not ids:
            return
        lease_over = self._elapsed() + self._pace.lease
        try:
            ready = await self._aside.do(lambda: self._duties.turn(results, ids))
        except BaseException:
            # What is not recorded now is recorded later; what was claimed is free again when its lease ends.
            self._results = results + self._results
            raise
        for text in ready:
            self._under_way[text.message_id] = asyncio.create_task(self._call(text, lease_over))

    async def _call(self, ready: Ready, lease_over: float) -> None:
        try:
            kept = self._kept(lease_over)
            result = await self._send(ready) if kept is None else kept
            # Looked up only now: while the call was under way a turn may have begun another list.
            self._results.append((ready, result))
            self._tell_of_the_way_out(ready.message_id, result)
        except Exception as error:  # noqa: BLE001 - a channel promises not to raise; the lease settles it if one does
            _log.error("text %d: %s at %s", ready.message_id, type(error).__name__, place_of(error))
        del self._under_way[ready.message_id]
        # The quickest of many, since the others waited for our own turns as well.
        others = _WAVES - 1 if self._quickest > self._pace.gather else 1
        if len(self._results) * others >= len(self._under_way):
            self._came_back.set()

    async def _send(self, ready: Ready) -> SendResult:
        began = self._elapsed()
        result = await self._channel.send(ready.outgoing)
        self._quickest = min(self._quickest, self._elapsed() - began)
        return result

    def _kept(self, lease_over: float) -> SendResult | None:
        """Why a call that was begun must not be made after all; None: it may.

        This process may have stood still since then, longer than its lease, and the text is somebody else's. Or its
        transaction waited for its locks while a STOP waited for the same for as long as it could, and was put away.
        """
        if self._elapsed() >= lease_over:
            return SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, _LEASE_OVER)
        if not self._duties.may_call():
            return SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, _PUT_AWAY)
        return None

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

        The other half keeps the provider busy during the next turn. Where it takes longer over a call than we wait, a
        place that is free costs more than a commit: a part of the calls is enough there.
        """
        if not self._under_way:
            return
        try:
            async with asyncio.timeout(self._pace.gather):
                await self._came_back.wait()
        except TimeoutError:
            pass
