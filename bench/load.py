"""A closed-loop load generator for one loopback server: so many keep-alive connections, one request under way on each.

Closed loop means that a slow answer also slows the asking, so the tail it shows is a lower bound of what an open loop
would see. It runs in a process of its own, so that its work never counts as the server's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run saw: answers, how long it took in seconds, and each answer's time in milliseconds, sorted."""

    answers: int
    refused: int
    seconds: float
    times: Sequence[float]

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time in milliseconds that `share` (0 to 1) of the answers did not exceed."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))] if self.times else 0.0


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the last answer is whole. Knows answers with a Content-Length only."""

    def __init__(self, requests: Iterator[bytes], times: list[float], done: asyncio.Future[None]) -> None:
        self.requests, self.times, self.done = requests, times, done
        self.refused = 0
        self.buffer = b""
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self.times.append((time.perf_counter() - self.sent) * 1000)
        self.refused += not head.startswith(b"HTTP/1.1 2")
        self.buffer = b""
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(
                error or ConnectionError("the server closed the connection in the middle of the run")
            )


async def _run(port: int, requests: Sequence[bytes], connections: int) -> Measured:
    loop = asyncio.get_running_loop()
    shared = iter(requests)
    times: list[float] = []
    began = time.perf_counter()
    made: list[_Connection] = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(
            lambda: _Connection(shared, times, loop.create_future()), "127.0.0.1", port
        )
        made.append(protocol)
    await asyncio.gather(*(one.done for one in made))
    seconds = time.perf_counter() - began
    return Measured(len(times), sum(one.refused for one in made), seconds, sorted(times))


def run(port: int, requests: Sequence[bytes], connections: int = 16) -> Measured:
    """Sends every request once to 127.0.0.1:`port` over `connections` keep-alive connections."""
    return asyncio.run(_run(port, requests, connections))
