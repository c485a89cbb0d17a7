"""What Twilio says that it has, asked over HTTP."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Fault, Listed, Outgoing, ReceiptState, Via
from channels.twilio import TwilioChannel
from channels.twilio_list import PAGE
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT

NOON = datetime(2026, 5, 4, 16, tzinfo=UTC)
SERVICE = "MG" + "a" * 32


def _send(channel: TwilioChannel, runner: asyncio.Runner, body: str, **more: str) -> None:
    known = {"to": PATIENT, "sender": NUMBER, **more}
    via = Via.WHATSAPP if more.get("via") else Via.SMS
    text = Outgoing(known["to"], body, via, known["sender"], "https://texts.example.org/s", 600, "1.1")
    assert runner.run(channel.send(text)).provider_id


def _list(
    fake: FakeTwilio, since: datetime, sender: str = NUMBER, via: Via = Via.SMS, token: str = AUTH_TOKEN
) -> Sequence[Listed] | None:
    async def ask() -> Sequence[Listed] | None:
        channel = TwilioChannel(ACCOUNT_SID, token, fake.url, timeout=1.0)
        found = await channel.list_messages(PATIENT, via, sender, since)
        await channel.close()
        return found

    return asyncio.run(ask())


def test_texts_to_one_number_from_one_sender_since_a_moment_newest_first() -> None:
    now = [NOON - timedelta(hours=1)]
    with FakeTwilio(clock=lambda: now[0], services={SERVICE: ["+12025550101"]}) as fake, asyncio.Runner() as runner:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        _send(channel, runner, "long before")
        now[0] = NOON
        _send(channel, runner, "first")
        _send(channel, runner, "to somebody else", to="+12025550144")
        _send(channel, runner, "through the service", sender=SERVICE)
        _send(channel, runner, "on WhatsApp", via="whatsapp")
        _send(channel, runner, "second")
        runner.run(channel.close())
        fake.tell(fake.ledger[1].sid, "failed", 30003)

        found = _list(fake, NOON)
        assert found is not None
        assert [each.body for each in found] == ["second", "first"]
        assert [each.state for each in found] == [ReceiptState.QUEUED, ReceiptState.FAILED]
        assert (found[1].provider_id, found[1].at) == (fake.ledger[1].sid, NOON)
        assert (found[1].code, found[1].fault) == (30003, Fault.RECIPIENT_TEMPORARY)
        through, on_whatsapp = _list(fake, NOON, SERVICE), _list(fake, NOON, via=Via.WHATSAPP)
        assert [each.body for each in through or ()] == ["through the service"]
        assert [each.body for each in on_whatsapp or ()] == ["on WhatsApp"]


def test_a_long_list_is_read_page_after_page_and_one_without_an_end_is_no_answer() -> None:
    with FakeTwilio(clock=lambda: NOON) as fake:
        form = {"To": PATIENT, "From": NUMBER, "Body": "again"}
        for _ in range(PAGE + 1):
            fake.account.add(form)
        found = _list(fake, NOON)
        assert found is not None
        assert len(found) == PAGE + 1
        for _ in range(10 * PAGE):
            fake.account.add(form)
        assert _list(fake, NOON) is None


def test_where_the_account_is_refused_or_nobody_listens_there_is_no_answer() -> None:
    with FakeTwilio() as fake:
        assert _list(fake, NOON, token="another token") is None
        assert _list(fake, NOON) == ()
    assert _list(fake, NOON) is None


@pytest.mark.parametrize("words", ["", "{}", "[]", '{"messages": [{}], "next_page_uri": null}', "<html>"])
def test_what_is_no_list_is_no_answer(words: str) -> None:
    async def ask() -> Sequence[Listed] | None:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN)

        async def get(address: str) -> tuple[int, str]:
            return 200, words

        channel._get = get  # type: ignore[method-assign]
        return await channel.list_messages(PATIENT, Via.SMS, NUMBER, NOON)

    assert asyncio.run(ask()) is None
