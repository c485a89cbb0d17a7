"""What the tests of Twilio's fake share: one that runs, and texts to send it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from channels.base import Outgoing, SendResult, Via
from channels.twilio import TwilioChannel
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT

SERVICE = "MG" + "a" * 32


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(services={SERVICE: [NUMBER]}) as running:
        yield running


def text(attempt: str = "1.1", **changes: Any) -> Outgoing:
    fields: dict[str, Any] = {
        "to": PATIENT,
        "body": "Visit tomorrow",
        "via": Via.SMS,
        "sender": NUMBER,
        "status_callback": "https://texts.example.org/webhooks/twilio/status",
        "validity_seconds": 600,
        "attempt": attempt,
    }
    return Outgoing(**fields | changes)


def send(fake: FakeTwilio, *texts: Outgoing) -> list[SendResult]:
    async def send_all() -> list[SendResult]:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        try:
            return [await channel.send(each) for each in texts]
        finally:
            await channel.close()

    return asyncio.run(send_all())
