"""Reminders that go out: the real worker beside the official asynchronous client alone, to the same loopback Twilio.

The clock is the provider's own ledger: from the first text that it took to the last.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from bench import setting
from bench.outbox_load import fill, loopback_twilio
from bench.processes import free_port
from bench.signed import phone
from bot.services import Services
from bot.startup import keep_what_is_loaded
from channels.twilio import TwilioChannel
from scheduler.duties.duties import Duties
from scheduler.worker import Worker
from store import outbox

TIMEOUT = 10.0
BODY = "Riverside Care: you have a visit on Mon Jan 26 at 10:30 AM. Reply C to confirm or call 202-555-0199 to change."


def measure(
    *, texts: int, rounds: int, calls: int, latency: float, database_url: str | None
) -> Iterator[dict[str, object]]:
    """A line for each round and one for the median. ``calls`` are under way at once; ``latency`` is in seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        twilio = stack.enter_context(loopback_twilio(folder, free_port(), latency))
        at = setting.place(folder, free_port(), database_url, twilio)
        services = at.services
        clinic_id = setting.open_clinic(services, datetime.now(UTC))
        setting.enrol_patients(services, datetime.now(UTC), clinic_id, texts)
        asyncio.run(_worker(services, twilio, calls))  # the confirmations of enrolment, before which nothing goes
        keep_what_is_loaded()  # as the scheduler does; the official client alone has no content to look through either
        ratios, rates = [], []
        for number in range(rounds):
            alone = _timed(twilio, lambda: asyncio.run(_client_alone(twilio, texts, calls)))
            fill(services.database, clinic_id, number, datetime.now(UTC))
            ours = _timed(twilio, lambda: asyncio.run(_worker(services, twilio, calls)))
            ratios.append(ours / alone)
            rates.append(ours)
            yield {
                "bench": "sending", "round": number + 1, "ours_per_second": round(ours),
                "client_alone_per_second": round(alone),
            }  # fmt: skip
        yield {
            "bench": "sending", "database": services.database.dialect, "calls": calls, "latency_ms": latency * 1000,
            "reminders_per_second": round(statistics.median(rates)),
            "of_client_alone": round(statistics.median(ratios), 3),
        }  # fmt: skip


async def _worker(services: Services, twilio: str, calls: int) -> None:
    """Runs the scheduler's worker until nothing is due."""
    duties = Duties(database=services.database, library=services.library, owner="bench", pace=setting.pace(calls))
    worker = Worker(duties, TwilioChannel(setting.ACCOUNT, setting.TOKEN, twilio, TIMEOUT))
    running = asyncio.create_task(worker.run())
    await asyncio.to_thread(_wait_until_none_is_due, services)
    worker.stop()
    await running


def _wait_until_none_is_due(services: Services) -> None:
    while True:
        with services.database.reading() as tx:
            due = outbox.next_due_at(tx)
        if due is None or due > datetime.now(UTC):
            return
        time.sleep(0.2)


async def _client_alone(twilio: str, texts: int, calls: int) -> None:
    """The official library, its time-out enforced from outside since it does not keep the one it is given."""

    class Redirected(AsyncTwilioHttpClient):  # type: ignore[misc]  # the library has no types
        async def request(self, method: str, uri: str, *more: object, **named: object) -> object:
            return await super().request(method, uri.replace("https://api.twilio.com", twilio), *more, **named)

    numbers = iter(range(texts))
    async with Redirected(timeout=TIMEOUT) as http:
        client = Client(setting.ACCOUNT, setting.TOKEN, http_client=http)

        async def send() -> None:
            for number in numbers:
                async with asyncio.timeout(TIMEOUT):
                    await client.messages.create_async(to=phone(number), from_=setting.OURS, body=BODY)

        await asyncio.gather(*(send() for _ in range(calls)))


def _timed(twilio: str, run: object) -> float:
    """Texts a second, by the ledger of the provider."""
    assert callable(run)
    before = _ledger(twilio, 0)["next"]
    run()
    taken = _ledger(twilio, int(str(before)))["messages"]
    assert isinstance(taken, list)
    moments = [datetime.fromisoformat(message["at"]) for message in taken]
    return (len(moments) - 1) / (max(moments) - min(moments)).total_seconds()


def _ledger(twilio: str, after: int) -> dict[str, object]:
    with urllib.request.urlopen(f"{twilio}/_fake/ledger?after={after}", timeout=30) as answer:
        read: dict[str, object] = json.load(answer)
    return read
