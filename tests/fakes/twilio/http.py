"""A small HTTP/1.1 server on asyncio: one form or JSON document in, one answer out, nothing more.

The fake stands beside the sender in benchmarks, on the same machine: a web framework would cost more than what is
measured.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from typing import Literal

_LONGEST_HEAD = 16_384
_LONGEST_BODY = 262_144
_TLS = b"\x16"  # how a client begins that expects a secure connection


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or a way to give none. ``delay`` is in seconds; ``first`` is awaited before the answer goes out."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    then: Literal["answer", "hang", "hang_in_body", "reset"] = "answer"
    delay: float = 0.0
    first: Awaitable[None] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def head(self) -> bytes:
        """Status line and headers."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", f"Content-Type: {self.content_type}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode()


class Connection(asyncio.Protocol):
    """One connection; answers its requests one after the other with what ``handle`` gives."""

    def __init__(self, handle: Callable[[Request], Answer], open_ones: "set[Connection]") -> None:
        self._handle = handle
        self._open_ones = open_ones
        self._unread = b""
        self._answering = False
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self)
        self._transport = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def abort(self) -> None:
        """Cut the connection with a reset, not with an orderly end."""
        if self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        self._next()

    def _next(self) -> None:
        while not self._answering and (request := self._read()) is not None:
            self._give(self._handle(request))

    def _read(self) -> Request | None:
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            if len(self._unread) > _LONGEST_HEAD or self._unread.startswith(_TLS):
                self.abort()
            return None
        first, *lines = self._unread[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if length > _LONGEST_BODY or "transfer-encoding" in headers:
            self.abort()
            return None
        if len(self._unread) < end + 4 + length:
            return None
        body = self._unread[end + 4 : end + 4 + length]
        self._unread = self._unread[end + 4 + length :]
        method, target, _version = first.split(" ")
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, body)

    def _give(self, answer: Answer) -> None:
        if answer.then == "reset":
            self.abort()
        elif answer.then == "hang":
            self._answering = True
        elif answer.then == "hang_in_body":
            self._answering = True
            self._write(answer.head().replace(b"Content-Length: 0", b"Content-Length: 9") + b"{")
        elif answer.delay or answer.first is not None:
            self._answering = True
            self._task = asyncio.get_running_loop().create_task(self._give_later(answer))
        else:
            self._write(answer.head() + answer.body)

    async def _give_later(self, answer: Answer) -> None:
        if answer.first is not None:
            await answer.first
        await asyncio.sleep(answer.delay)
        self._write(answer.head() + answer.body)
        self._answering = False
        self._next()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)
