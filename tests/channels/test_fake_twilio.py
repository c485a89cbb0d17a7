"""The fake Twilio itself, what end-to-end tests and benchmarks rely on: what it takes, refuses and shows."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.twilio import signature_ok
from channels.twilio_client import TwilioHttpClient
from tests.channels.conftest import send, text
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT, inbound_params, signed_form

T = TypeVar("T")


def with_library(fake: FakeTwilio, work: Callable[[Any], Awaitable[T]], token: str = AUTH_TOKEN) -> T:
    """Do something with the official library's own client, over our transport."""

    async def run() -> T:
        http = TwilioHttpClient(fake.url, 5.0, 5.0, 10)
        try:
            return await work(Client(ACCOUNT_SID, token, http_client=http))
        finally:
            await http.close()

    return asyncio.run(run())


def test_a_call_without_the_token_is_refused(fake: FakeTwilio) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        with_library(fake, lambda client: client.messages("SM" + "0" * 32).fetch_async(), token="not it")
    assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_what_is_not_there_is_not_found(fake: FakeTwilio) -> None:
    (result,) = send(fake, text())
    for work in (
        lambda client: client.messages("SM" + "0" * 32).fetch_async(),
        lambda client: client.api.v2010.accounts("AC" + "9" * 32).messages(result.provider_id).fetch_async(),
    ):
        with pytest.raises(TwilioRestException) as refusal:
            with_library(fake, work)
        assert (refusal.value.status, refusal.value.code) == (404, 20404)


def create(fake: FakeTwilio, **form: str) -> int | None:
    """Create a message by any form at all; the code it was refused with."""

    async def work(client: Any) -> int | None:
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        answer = await client.request_async("POST", url, data=form)
        fields = json.loads(answer.text)
        assert fields["status"] == answer.status_code or answer.status_code == 201
        code: int | None = fields.get("code")
        return code

    return with_library(fake, work)


GOOD = {"To": PATIENT, "From": NUMBER, "Body": "Visit tomorrow"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "banana"}, 21211),
        ({"To": "2025550143"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "banana"}, 21212),
        ({"From": "+12025550199"}, 21606),
        ({"From": f"whatsapp:{NUMBER}"}, 21910),
        ({"To": f"whatsapp:{PATIENT}"}, 21910),
        ({"MessagingServiceSid": "MG" + "b" * 32}, 21701),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"Body": "💊" * 801}, 21617),
        ({"StatusCallback": "ftp://texts.example.org/"}, 21609),
        ({"StatusCallback": "https://texts_example.org/"}, 21609),
        ({"StatusCallback": "https://"}, 21609),
        ({"StatusCallback": "https://texts.example.org:port/"}, 21609),
        ({"ValidityPeriod": "0"}, 90007),
        ({"ValidityPeriod": "36001"}, 90007),
        ({"ValidityPeriod": "soon"}, 90007),
        ({"SmartEncoded": "yes"}, 20001),
        ({"SendAt": "2026-03-08T09:00:00Z"}, 20001),
        ({"Idempotency": "x"}, 20001),
    ],
)
def test_it_refuses_what_twilio_refuses(fake: FakeTwilio, changes: dict[str, str], code: int) -> None:
    assert create(fake, **{name: value for name, value in (GOOD | changes).items() if value}) == code
    assert fake.ledger == ()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Body": "x" * 1600},
        {"Body": "💊" * 800},
        {"ValidityPeriod": "36000"},
        {"SmartEncoded": "true"},
        {"StatusCallback": "http://127.0.0.1:8000/status?attempt=1.1#rc=3"},
        {"From": "+15005550006"},
    ],
)
def test_it_takes_what_twilio_takes(fake: FakeTwilio, changes: dict[str, str]) -> None:
    assert create(fake, **GOOD | changes) is None
    assert len(fake.ledger) == 1


def test_a_parameter_it_does_not_know_passes_when_it_is_not_strict() -> None:
    with FakeTwilio(strict=False) as fake:
        assert create(fake, **GOOD, RiskCheck="enable") is None


def test_after_stop_texts_from_that_number_alone_are_refused(fake: FakeTwilio) -> None:
    fake.account.numbers.add("+12025550101")
    fake.stop(PATIENT)
    assert create(fake, **GOOD) == 21610
    assert create(fake, **GOOD | {"From": "+12025550101"}) is None
    assert create(fake, **GOOD | {"To": "+12025550144"}) is None
    fake.restart(PATIENT)
    assert create(fake, **GOOD) is None


def test_a_message_is_listed_by_whom_it_went_to_and_when(fake: FakeTwilio) -> None:
    times = iter([datetime(2026, 3, day, 9, tzinfo=UTC) for day in range(1, 13)])
    fake.account.clock = lambda: next(times)
    results = send(fake, text(), text(), text(to="+12025550144"))
    for result in results[:2]:
        fake.receipt(result.provider_id or "", "sent")

    def listed(**filters: Any) -> list[str]:
        found = with_library(fake, lambda client: client.messages.list_async(limit=20, **filters))
        return [message.sid for message in found]

    first, second, third = [result.provider_id for result in results]
    assert listed() == [third, second, first]
    assert listed(to=PATIENT) == [second, first]
    assert listed(from_="+12025550199") == []
    sent = [message.sent_at for message in fake.ledger]
    assert sent == [datetime(2026, 3, 4, 9, tzinfo=UTC), datetime(2026, 3, 5, 9, tzinfo=UTC), None]
    assert listed(date_sent_after=datetime(2026, 3, 4, 10, tzinfo=UTC)) == [second]
    assert listed(date_sent_before=datetime(2026, 3, 4, 10, tzinfo=UTC)) == [first]
    assert listed(date_sent=datetime(2026, 3, 5, tzinfo=UTC)) == [second]


def test_a_list_has_pages(fake: FakeTwilio) -> None:
    results = send(fake, *[text(f"{number}.1") for number in range(7)])
    found = with_library(fake, lambda client: client.messages.list_async(limit=100, page_size=3))
    assert [message.sid for message in found] == [result.provider_id for result in reversed(results)]


def test_one_message_is_shown_with_the_state_it_has(fake: FakeTwilio) -> None:
    (result,) = send(fake, text())
    fake.receipt(result.provider_id or "", "undelivered", 30003)
    message = with_library(fake, lambda client: client.messages(result.provider_id).fetch_async())
    assert (message.status, message.error_code, message.body) == ("undelivered", 30003, "Visit tomorrow")


def test_inbound_forms_are_signed_and_each_is_a_new_text() -> None:
    url = "https://texts.example.org/webhooks/twilio/messages"
    first, second = [inbound_params("HELP") for _ in range(2)]
    assert dict(first)["MessageSid"] != dict(second)["MessageSid"]
    form = signed_form(url + "#rc=3", first)
    assert form.url == url
    assert signature_ok(url, first, form.headers["X-Twilio-Signature"], [AUTH_TOKEN])
