"""The yardstick of sending: the official library's own asynchronous client. It makes the same posts and keeps no row.

As released it does not keep the time-out that it is given; one is enforced from outside, as it is in ours.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from bench.setting import ACCOUNT, OURS, TOKEN
from bench.signed import phone

TIMEOUT = 10.0
BODY = "Riverside Care: you have a visit on Mon Jan 26 at 10:30 AM. Reply C to confirm or call 202-555-0199 to change."
_VALID = int(timedelta(hours=10).total_seconds())


def send(twilio: str, texts: int, calls: int) -> None:
    """So many texts through the client, with so many calls under way at once."""
    asyncio.run(_send(twilio, texts, calls))


async def _send(twilio: str, texts: int, calls: int) -> None:
    class Redirected(AsyncTwilioHttpClient):  # type: ignore[misc]  # the library has no types
        async def request(self, method: str, uri: str, *more: object, **named: object) -> object:
            return await super().request(method, uri.replace("https://api.twilio.com", twilio), *more, **named)

    numbers = iter(range(texts))
    async with Redirected(timeout=TIMEOUT) as http:
        client = Client(ACCOUNT, TOKEN, http_client=http)

        async def some() -> None:
            for number in numbers:
                async with asyncio.timeout(TIMEOUT):
                    await client.messages.create_async(
                        to=phone(number), from_=OURS, body=BODY, validity_period=_VALID,
                        status_callback=f"http://127.0.0.1:1/webhooks/twilio/status?m={number}.1",
                    )  # fmt: skip

        await asyncio.gather(*(some() for _ in range(calls)))
