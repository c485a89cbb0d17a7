"""The clock of a simulation: what is to happen, in the order of its moments. Time passes only from one to the next."""

import heapq
from collections.abc import Callable, Coroutine, Generator
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")


class Pause:
    """Awaited by a simulated call: so many seconds pass."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self._seconds


class Loop:
    """Does what is to be done at its moment; of equal moments, what was asked for first."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        """Does something at a moment (UTC); at once where that is past."""
        heapq.heappush(self._coming, (max(moment, self.now), next(self._numbers), do))

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Does something in so many seconds."""
        self.at(self.now + timedelta(seconds=seconds), do)

    def drive(self, call: Coroutine[Any, Any, T], then: Callable[[T], None]) -> None:
        """Runs a coroutine that awaits nothing but pauses, and hands on what it returns."""
        try:
            seconds = call.send(None)
        except StopIteration as done:
            then(done.value)
            return
        self.after(seconds, lambda: self.drive(call, then))

    def run(self, until: datetime) -> None:
        """Lets time pass up to a moment."""
        while self._coming and self._coming[0][0] <= until:
            self.now, _, do = heapq.heappop(self._coming)
            do()
        self.now = until
