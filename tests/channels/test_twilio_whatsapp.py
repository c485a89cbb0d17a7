"""WhatsApp over the official library against the fake: free words after the person's own, else an approved template."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Outgoing, SendResult, Verdict, Via
from channels.twilio import TwilioChannel
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
TEMPLATE = "HX" + "b" * 32
TEXT = Outgoing(
    to=PATIENT,
    body="Riverside Care: appointment tomorrow, Mar 3.",
    via=Via.WHATSAPP,
    sender=f"whatsapp:{NUMBER}",
    status_callback=None,
    validity_seconds=3600,
    attempt="17.1",
)
APPROVED = replace(TEXT, content_sid=TEMPLATE, content_variables={"1": "Riverside Care", "2": "Mar 3"})


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=lambda: NOW) as fake:
        fake.account.whatsapp.templates[TEMPLATE] = "{{1}}: appointment tomorrow, {{2}}."
        yield fake


def send(fake: FakeTwilio, text: Outgoing) -> SendResult:
    async def send_one() -> SendResult:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        try:
            return await channel.send(text)
        finally:
            await channel.close()

    return asyncio.run(send_one())


def test_a_template_goes_with_its_variables_and_from_the_whatsapp_sender(fake: FakeTwilio) -> None:
    assert send(fake, APPROVED).verdict is Verdict.ACCEPTED
    (taken,) = fake.ledger
    assert (taken.to, taken.sender, taken.body) == (f"whatsapp:{PATIENT}", f"whatsapp:{NUMBER}", TEXT.body)
    assert taken.doomed is None


@pytest.mark.parametrize(
    ("ago", "code"), [(None, 63016), (timedelta(hours=23, minutes=59), None), (timedelta(days=1), 63016)]
)
def test_free_words_arrive_only_for_a_day_after_the_person_wrote(
    fake: FakeTwilio, ago: timedelta | None, code: int | None
) -> None:
    if ago is not None:
        fake.account.whatsapp.hear(PATIENT, NUMBER, NOW - ago)
    assert send(fake, TEXT).verdict is Verdict.ACCEPTED
    assert fake.ledger[0].doomed == code


@pytest.mark.parametrize("variables", [{"1": "Riverside Care"}, {"1": "Riverside Care", "2": "", "3": "x"}, {}])
def test_a_template_without_one_of_its_variables_is_not_accepted_by_whatsapp(
    fake: FakeTwilio, variables: dict[str, str]
) -> None:
    send(fake, replace(APPROVED, content_variables=variables))
    assert fake.ledger[0].doomed == 63005


def test_a_template_that_the_account_does_not_have_is_refused(fake: FakeTwilio) -> None:
    result = send(fake, replace(APPROVED, content_sid="HX" + "0" * 32))
    assert (result.verdict, result.code) == (Verdict.REFUSED, 21655)
    assert fake.ledger == ()


def test_who_has_no_whatsapp_is_told_of_by_a_receipt(fake: FakeTwilio) -> None:
    fake.account.whatsapp.absent.add(PATIENT)
    assert send(fake, APPROVED).verdict is Verdict.ACCEPTED
    assert fake.ledger[0].doomed == 63024
