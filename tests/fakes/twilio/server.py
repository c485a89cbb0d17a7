"""The fake as a test uses it: a real HTTP server on loopback, in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.fakes.twilio import control
from tests.fakes.twilio.account import Account, Message, real_now
from tests.fakes.twilio.api import Api
from tests.fakes.twilio.faults import FAULTS, Fault, Planned
from tests.fakes.twilio.http import Answer, Connection, Request
from tests.fakes.twilio.receipts import Policy, Receipts, Told
from tests.fakes.twilio.rules import Rules
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, SignedForm

MAGIC_NUMBERS = Path(__file__).parents[2] / "data" / "twilio_magic_numbers.json"
_PATIENCE = 10.0  # seconds that a test waits for what must come at once

T = TypeVar("T")


class FakeTwilio:
    """Twilio's Messages API at ``url``, for one account.

    Use it as a context manager. ``receipts`` None tells nothing by itself: a test then asks for a signed form with
    `receipt` or posts one with `tell`. Times are given by ``clock``, the real one unless said otherwise.
    """

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        numbers: Sequence[str] = (NUMBER,),
        services: Mapping[str, Sequence[str]] | None = None,
        clock: Callable[[], datetime] = real_now,
        strict: bool = True,
        latency: float = 0.0,
        receipts: Policy | None = None,
        deliver_to: str | None = None,
        port: int = 0,
    ) -> None:
        self.account = Account(account_sid, auth_token, numbers, services, clock)
        self.api = Api(self.account, Rules(MAGIC_NUMBERS, strict), Receipts(self.account, deliver_to))
        self.api.latency = latency
        self.api.policy = receipts
        self.url = ""
        self._port = port
        self._connections: set[Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-twilio", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Listen; ``url`` is known from here on."""
        self._thread.start()
        self._server = self._run(self._listen())
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    def close(self) -> None:
        """Cut every connection and stop listening."""
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def ledger(self) -> tuple[Message, ...]:
        """Every message that was taken, in order."""
        return tuple(self.account.messages)

    @property
    def told(self) -> tuple[Told, ...]:
        """Every callback that was made, in order."""
        return tuple(self.api.receipts.told)

    def fail(self, fault: str | Fault, times: int | None = 1, to: str | None = None) -> None:
        """Let the next messages (to one recipient) meet a fault, by its name in `FAULTS`; None lasts until `heal`."""
        self.api.planned.append(Planned(FAULTS[fault] if isinstance(fault, str) else fault, times, to))

    def heal(self) -> None:
        """Take away all faults."""
        self.api.planned.clear()

    def stop(self, number: str, sender: str = NUMBER) -> None:
        """The holder of ``number`` opted out of a sender, with 21610 from now on."""
        self.account.stop(number, sender)

    def restart(self, number: str, sender: str = NUMBER) -> None:
        """The holder of ``number`` opted in again."""
        self.account.start(number, sender)

    def wait_for(self, count: int, timeout: float = _PATIENCE) -> tuple[Message, ...]:
        """The ledger once it holds ``count`` messages; TimeoutError after so many seconds."""
        self.account.wait_for(count, timeout)
        return self.ledger

    def receipt(self, sid: str, state: str, code: int | None = None) -> SignedForm:
        """The signed callback for a state of a message, for the test to post."""
        return self._run(self._form(sid, state, code))

    def tell(self, sid: str, state: str, code: int | None = None) -> int:
        """Post the callback for a state of a message; the HTTP status it got, 0 for none."""
        return self._run(self.api.receipts.tell(self._find(sid), state, code))

    def settle(self) -> None:
        """Return when every callback that was due has been made."""
        self._run(self.api.settle())

    def handle(self, request: Request) -> Answer:
        """One request, to Twilio's address or to the fake's own."""
        if request.path.startswith(control.PREFIX):
            return control.handle(self.api, request)
        return self.api.handle(request)

    async def _form(self, sid: str, state: str, code: int | None) -> SignedForm:
        return self.api.receipts.form(self._find(sid), state, code)

    def _find(self, sid: str) -> Message:
        message = self.account.find(sid)
        if message is None:
            raise LookupError(f"no message has the id {sid}")
        return message

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: Connection(self.handle, self._connections), "127.0.0.1", self._port, backlog=1024
        )

    async def _shut(self) -> None:
        assert self._server is not None
        self._server.close()
        self.api.stop()
        for connection in tuple(self._connections):
            connection.abort()
        await self.api.receipts.close()
