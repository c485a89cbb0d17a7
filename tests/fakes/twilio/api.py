"""Twilio's Messages resource: https://www.twilio.com/docs/messaging/api/message-resource."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from tests.fakes.twilio.account import Account, Message
from tests.fakes.twilio.faults import Fault, Planned
from tests.fakes.twilio.http import Answer, Request
from tests.fakes.twilio.receipts import Policy, Receipts
from tests.fakes.twilio.rules import Refusal, Rules

_PATH = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages(?:/((?:SM|MM)[0-9a-f]{32}))?\.json")
_FORM = "application/x-www-form-urlencoded"
_DATES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ")


class Api:
    """Answers requests to the account. ``latency`` is in seconds; ``policy`` None tells of no message."""

    def __init__(self, account: Account, rules: Rules, receipts: Receipts) -> None:
        self.account = account
        self.rules = rules
        self.receipts = receipts
        self.policy: Policy | None = None
        self.latency = 0.0
        self.planned: list[Planned] = []
        self.calls = 0
        self._credentials = "Basic " + b64encode(f"{account.sid}:{account.token}".encode()).decode()
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, request: Request) -> Answer:
        """One request to /2010-04-01/..."""
        self.calls += 1
        if request.headers.get("authorization") != self._credentials:
            return self._refuse(20003)
        path = _PATH.fullmatch(request.path)
        if path is None or path[1] != self.account.sid:
            return self._refuse(20404)
        if path[2] is not None:
            message = self.account.find(path[2])
            if message is None:
                return self._refuse(20404)
            return self._show(message.resource(self.account.sid)) if request.method == "GET" else self._refuse(20004)
        if request.method == "GET":
            return self._list(request)
        return self._create(request) if request.method == "POST" else self._refuse(20004)

    async def settle(self) -> None:
        """Return when nothing is left to be told."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def stop(self) -> None:
        """Tell nothing more."""
        for task in self._tasks:
            task.cancel()

    def _create(self, request: Request) -> Answer:
        form = _parse(request.body.decode()) if request.headers.get("content-type", "").startswith(_FORM) else {}
        fault = next((plan.fault for plan in self.planned if plan.strikes(form.get("To", ""))), None)
        if fault is not None and not fault.taken:
            return self._break(fault)
        refusal = self.rules.refuse(form, self.account)
        if refusal is not None:
            return self._refuse(refusal.code)
        message = self.account.add(form)
        telling = self._tell(message)
        if fault is not None:
            return self._break(fault)
        early = self.policy is not None and self.policy.early
        return self._show(message.resource(self.account.sid), 201, telling if early else None)

    def _tell(self, message: Message) -> asyncio.Task[None] | None:
        """Start telling of the message; of one from a number for test credentials Twilio never tells."""
        if self.policy is None or message.status_callback is None or self.rules.is_magic(message.sender):
            return None
        task = asyncio.get_running_loop().create_task(self.receipts.tell_all(message, self.policy))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _list(self, request: Request) -> Answer:
        asked = _parse(request.query)
        size = min(int(asked.get("PageSize", "50")), 1000)
        found = [message for message in reversed(self.account.messages) if _matches(message, asked)]
        after = asked.get("PageToken", "").removeprefix("PA")
        start = next((place + 1 for place, message in enumerate(found) if message.sid == after), 0)
        page = found[start : start + size]
        more = start + size < len(found)

        def uri(number: int, token: str | None) -> str:
            query = asked | {"PageSize": str(size), "Page": str(number)} | ({"PageToken": token} if token else {})
            return f"{request.path}?{urlencode(query)}"

        number = int(asked.get("Page", "0"))
        first = {name: value for name, value in asked.items() if name != "PageToken"}
        return self._show(
            {
                "messages": [message.resource(self.account.sid) for message in page],
                "first_page_uri": f"{request.path}?{urlencode(first | {'PageSize': str(size), 'Page': '0'})}",
                "next_page_uri": uri(number + 1, f"PA{page[-1].sid}") if more else None,
                "previous_page_uri": None,
                "uri": uri(number, asked.get("PageToken")),
                "page": number,
                "page_size": size,
                "start": start,
                "end": max(start, start + len(page) - 1),
            }
        )

    def _show(
        self, resource: Mapping[str, object], status: int = 200, first: asyncio.Task[None] | None = None
    ) -> Answer:
        return Answer(status, json.dumps(resource).encode(), delay=self.latency, first=first)

    def _refuse(self, code: int) -> Answer:
        refusal = Refusal(code)
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refusal.status == 401 else {}
        return Answer(refusal.status, json.dumps(refusal.resource()).encode(), delay=self.latency, headers=headers)

    def _break(self, fault: Fault) -> Answer:
        body = fault.body.encode("utf-8", "surrogateescape")
        return Answer(fault.status, body, fault.content_type, fault.then, self.latency)


def _parse(form: str) -> dict[str, str]:
    return dict(parse_qsl(form, keep_blank_values=True))


def _matches(message: Message, asked: Mapping[str, str]) -> bool:
    if asked.get("To", message.to) != message.to or asked.get("From", message.sender) != message.sender:
        return False
    if not asked.keys() & {"DateSent", "DateSent>", "DateSent<"}:
        return True
    # Twilio does not say how it treats what has not been sent yet; not to list it is the harder of the two.
    if message.sent_at is None:
        return False
    day = timedelta(days=1)
    if "DateSent" in asked and not _date(asked["DateSent"]) <= message.sent_at < _date(asked["DateSent"]) + day:
        return False
    if "DateSent>" in asked and message.sent_at < _date(asked["DateSent>"]):
        return False
    if "DateSent<" in asked:
        return message.sent_at < _date(asked["DateSent<"]) + (timedelta() if "T" in asked["DateSent<"] else day)
    return True


def _date(text: str) -> datetime:
    return datetime.strptime(text, _DATES["T" in text]).replace(tzinfo=UTC)
