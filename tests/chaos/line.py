"""The way to the web processes: a proxy before them, as nginx is, and Twilio's own way of handing a text over."""

import asyncio
import itertools
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from xml.etree import ElementTree

from tests.acceptance.serving import MESSAGES
from tests.fakes.twilio.signing import inbound_params, signed_form

_TRIES = 8
"""As set up by docs/deploy.md: three repeats, and then the same at the fallback address."""
_CONNECT = 5.0
_LONGEST_ANSWER = 15.0
"""Twilio's own patience, in seconds."""


class Proxy:
    """Gives each connection to a web process that takes one, waiting for one as long as Twilio waits to connect."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        listening = asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(_CONNECT)
        self.port = server.sockets[0].getsockname()[1]

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await self._connected()
        if behind is not None:
            await asyncio.gather(_pour(reader, behind[1]), _pour(behind[0], writer))
        writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        last = self._loop.time() + _CONNECT
        while self._loop.time() < last:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._ports[next(self._turn) % len(self._ports)])
            await asyncio.sleep(0.05)
        return None


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that was handed over: what was answered in the end, and when (seconds of the machine's clock)."""

    sid: str
    sender: str
    body: str
    status: int
    words: str
    tries: int
    at: float


def hand_over(public_url: str, port: int, sender: str, to: str, body: str, sid: str) -> Taken:
    """One text as Twilio brings it: again after a 5xx, and when nobody listens, answers in time or to the end."""
    form = signed_form(f"{public_url}{MESSAGES}", inbound_params(body, sender=sender, to=to, MessageSid=sid))
    status, words = 0, ""
    for tries in range(1, _TRIES + 1):
        connection = HTTPConnection("127.0.0.1", port, timeout=_LONGEST_ANSWER)
        try:
            connection.request("POST", MESSAGES, form.body, form.headers)
            response = connection.getresponse()
            raw = response.read()
        except (OSError, HTTPException):
            continue
        finally:
            connection.close()
        status = response.status
        if status < 500:
            words = (ElementTree.fromstring(raw).findtext("Message/Body") or "") if status == 200 else ""
            return Taken(sid, sender, body, status, words, tries, time.time())
    return Taken(sid, sender, body, status, words, _TRIES, time.time())
