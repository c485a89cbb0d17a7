"""How the event loop of a scheduler has a transaction done: in a thread, for which it stands still a moment."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class _Thread(threading.local):
    stands_still: threading.Event | None = None


class Aside:
    """Threads for transactions. ``moment``: how many seconds the loop stands still for one; 0 where it never does."""

    def __init__(self, moment: float, threads: int = 2) -> None:
        self._moment = moment
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="scheduler")
        self._thread = _Thread()

    async def do(self, duty: Callable[[], T]) -> T:
        """Does a duty, for which the loop stands still a moment: no call loses by that.

        Side by side the two would hand the interpreter to and fro with every row that is read, and the database would
        be locked for three times as long. What takes longer than that moment waits for somebody else: the loop goes on.
        So it does when the duty says that it waits for the disk alone (`go_on`).
        """
        over = threading.Event()
        doing = self._threads.submit(self._do, duty, over)
        over.wait(self._moment)
        return await asyncio.wrap_future(doing)

    def go_on(self) -> None:
        """Says, in the thread of a duty, that from here on the loop need not stand still for it."""
        if self._thread.stands_still is not None:
            self._thread.stands_still.set()

    def _do(self, duty: Callable[[], T], over: threading.Event) -> T:
        self._thread.stands_still = over
        try:
            return duty()
        finally:
            over.set()

    def close(self) -> None:
        """Waits for what is being done."""
        self._threads.shutdown()


def place_of(error: BaseException) -> str:
    """The file and line that an error comes from, without what it says: that may be a patient's."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
