"""Status callbacks: signed, and told in order or not, twice, late, or before the answer to the POST, as Twilio does."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qsl, urldefrag, urlsplit

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

from tests.fakes.twilio.account import Account, Message
from tests.fakes.twilio.signing import SignedForm, signed_form

_LONGEST_CALL = ClientTimeout(total=15)
_LAST = {"delivered", "undelivered", "failed", "canceled", "read"}


@dataclass(frozen=True, slots=True)
class Policy:
    """How each message is told of.

    ``states`` are told ``copies`` times each; ``code`` goes with undelivered and failed; ``delay`` in seconds comes
    before the first; ``early`` holds back the answer to the POST until all are told.
    """

    states: Sequence[str] = ("sent", "delivered")
    copies: int = 1
    order: Literal["forward", "reversed", "at_once"] = "forward"
    delay: float = 0.0
    early: bool = False
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One callback and the HTTP status it got; 0 for no answer."""

    sid: str
    state: str
    status: int


class Receipts:
    """Tells the callback address of a message about its states.

    ``deliver_to`` ("http://127.0.0.1:8000") is called in place of the public address that the signature is made for,
    as a proxy would; without it only addresses on this machine are called, any other gets status 0.
    """

    def __init__(self, account: Account, deliver_to: str | None = None) -> None:
        self.told: list[Told] = []
        self.deliver_to = deliver_to
        self._account = account
        self._session: ClientSession | None = None

    def form(self, message: Message, state: str, code: int | None = None) -> SignedForm:
        """The signed callback for a state; the message has that state from now on."""
        message.states.append(state)
        if message.status not in _LAST:
            message.status = state
            message.error_code = code
        if message.sent_at is None and state not in {"queued", "failed"}:
            message.sent_at = self._account.clock()
        params = {
            "SmsSid": message.sid,
            "SmsStatus": state,
            "MessageStatus": state,
            "To": message.to,
            "MessageSid": message.sid,
            "AccountSid": self._account.sid,
            "From": message.sender or self._account.services[message.service or ""][0],
            "ApiVersion": "2010-04-01",
        }
        if message.service:
            params["MessagingServiceSid"] = message.service
        if code is not None:
            params["ErrorCode"] = str(code)
        if state in {"delivered", "undelivered"}:
            params["RawDlrDoneDate"] = self._account.clock().strftime("%y%m%d%H%M")
        if message.status_callback is None:
            raise ValueError("the message was sent without a StatusCallback")
        return signed_form(message.status_callback, list(params.items()), self._account.token)

    async def tell(self, message: Message, state: str, code: int | None = None) -> int:
        """Call the message's address, again as often as it asks for; the last HTTP status, 0 for none."""
        form = self.form(message, state, code)
        destination = self._destination(form.url)
        status = await self._post(destination, form, message.status_callback or "") if destination else 0
        self.told.append(Told(message.sid, state, status))
        return status

    async def tell_all(self, message: Message, policy: Policy) -> None:
        """The whole course of a message."""
        await asyncio.sleep(policy.delay)
        states = ["failed"] if message.doomed else list(policy.states)
        if message.service:
            states.insert(0, "queued")
        if policy.order == "reversed":
            states.reverse()
        calls = [
            self.tell(message, state, (message.doomed or policy.code) if state in {"undelivered", "failed"} else None)
            for state in states
            for _ in range(policy.copies)
        ]
        if policy.order == "at_once":
            await asyncio.gather(*calls)
            return
        for call in calls:
            await call

    async def close(self) -> None:
        """Close the connections to the webhooks."""
        if self._session is not None:
            await self._session.close()

    def _destination(self, url: str) -> str | None:
        parts = urlsplit(url)
        if self.deliver_to:
            return self.deliver_to.rstrip("/") + parts._replace(scheme="", netloc="").geturl()
        try:
            return url if ip_address(parts.hostname or "").is_loopback else None
        except ValueError:
            return url if parts.hostname == "localhost" else None

    async def _post(self, destination: str, form: SignedForm, address: str) -> int:
        overrides = dict(parse_qsl(urldefrag(address).fragment))
        repeat_on = overrides.get("rp", "ct").split(",")
        for left in range(int(overrides.get("rc", "1")), -1, -1):
            status, why = await self._post_once(destination, form)
            if why not in repeat_on or left == 0:
                return status
        raise AssertionError("unreachable")

    async def _post_once(self, destination: str, form: SignedForm) -> tuple[int, str]:
        if self._session is None:
            self._session = ClientSession(timeout=_LONGEST_CALL)
        try:
            async with self._session.post(
                destination, data=form.body, headers=form.headers, allow_redirects=False
            ) as answer:
                return answer.status, f"{answer.status // 100}xx"
        except ClientConnectorError:
            return 0, "ct"
        except (ClientError, TimeoutError):
            return 0, "rt"
