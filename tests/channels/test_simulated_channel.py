"""The channel behind the phone on the screen."""

import asyncio
import re

from channels.base import Channel, Fault, Outgoing, SendResult, Verdict, Via
from channels.simulator import SimulatedChannel
from tests.fakes.twilio.signing import NUMBER, PATIENT

TEXT = Outgoing(PATIENT, "HELLO", Via.SMS, NUMBER, None, None, "1.1")


def test_every_text_is_delivered_at_once_under_an_id_of_its_own() -> None:
    async def send() -> list[SendResult]:
        channel: Channel = SimulatedChannel()
        results = [await channel.send(TEXT) for _ in range(3)]
        await channel.close()
        return results

    results = asyncio.run(send())
    assert len({result.provider_id for result in results}) == 3
    for result in results:
        assert re.fullmatch(r"SIM[0-9a-f]{32}", result.provider_id or "")
        assert (result.verdict, result.fault, result.delivered) == (Verdict.ACCEPTED, Fault.NONE, True)
