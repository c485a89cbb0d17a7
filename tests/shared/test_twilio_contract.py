"""Our requests, the fake's answers and our error table against what is known of Twilio.

Twilio's own document judges both sides. It cannot see everything: openapi-core lets a StatusCallback pass that is no
URI and a SmartEncoded that is no boolean, and the document has no form for phone numbers; these are looked at by hand.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from twilio.rest import Client

from channels.base import Fault, Outgoing, Verdict, Via
from channels.phone import is_e164
from channels.twilio import NotAReceipt, TwilioChannel, parse_receipt
from channels.twilio_client import API, TwilioHttpClient
from channels.twilio_errors import fault_of_answer, fault_of_receipt, verdict_of
from tests.fakes.twilio.classes import CLASSES, consequence
from tests.fakes.twilio.faults import FAULTS
from tests.fakes.twilio.http import Answer, Request
from tests.fakes.twilio.server import MAGIC_NUMBERS, FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT

SHARED = Path(os.environ.get("SHARED_DIR", "../shared")) / "twilio"
SERVICE = "MG" + "a" * 32
SENT = Outgoing(PATIENT, "Mañana: visit & rest 💊", Via.SMS, NUMBER, "https://texts.example.org/status", 3600, "17.1")
TEXTS = {
    "sms": SENT,
    "service": Outgoing(PATIENT, "Visit", Via.SMS, SERVICE, "https://texts.example.org/status", 1, "18.1"),
    "whatsapp": Outgoing(PATIENT, "Visit", Via.WHATSAPP, NUMBER, None, None, "19.1"),
    "bad number": Outgoing("+15005550001", "Visit", Via.SMS, NUMBER, None, 36_000, "20.1"),
    "opted out": Outgoing("+15005550004", "Visit", Via.SMS, NUMBER, None, None, "21.1"),
    "too long": Outgoing(PATIENT, "x" * 1601, Via.SMS, NUMBER, None, None, "22.1"),
    "sender not ours": Outgoing(PATIENT, "Visit", Via.SMS, "+12025550199", None, None, "23.1"),
}


class ListeningFake(FakeTwilio):
    """Keeps what was said on the wire."""

    def __init__(self) -> None:
        super().__init__(services={SERVICE: [NUMBER]})
        self.exchanges: list[tuple[Request, Answer]] = []

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        self.exchanges.append((request, answer))
        return answer


@pytest.fixture(scope="module")
def document() -> OpenAPI:
    return OpenAPI.from_file_path(str(SHARED / "twilio_messages_openapi_patched.json"))


@pytest.fixture
def fake() -> Iterator[ListeningFake]:
    with ListeningFake() as running:
        yield running


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((SHARED / name).read_text("utf-8"))
    return data


def exchange(fake: ListeningFake) -> tuple[MockRequest, MockResponse]:
    """The last request and its answer, as openapi-core wants them."""
    request, answer = fake.exchanges[-1]
    headers = {name: value for name, value in request.headers.items() if name != "content-type"}
    asked = MockRequest(
        API,
        request.method.lower(),
        request.path,
        args={name: values[0] for name, values in parse_qs(request.query).items()},
        headers=headers,
        data=request.body or None,
        content_type=request.headers.get("content-type", ""),
    )
    return asked, MockResponse(answer.body, answer.status, dict(answer.headers), answer.content_type)


def send(fake: FakeTwilio, text: Outgoing) -> Verdict:
    async def run() -> Verdict:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        result = await channel.send(text)
        await channel.close()
        return result.verdict

    return asyncio.run(run())


def ask(fake: FakeTwilio, work: Callable[[Any], Awaitable[object]]) -> None:
    async def run() -> None:
        http = TwilioHttpClient(fake.url, 5.0, 5.0, 10)
        await work(Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http))
        await http.close()

    asyncio.run(run())


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_our_request_and_the_fakes_answer_obey_twilios_document(
    document: OpenAPI, fake: ListeningFake, text: Outgoing
) -> None:
    send(fake, text)
    asked, answered = exchange(fake)
    document.validate_request(asked)
    document.validate_response(asked, answered)


def test_the_document_catches_what_is_wrong(document: OpenAPI, fake: ListeningFake) -> None:
    send(fake, SENT)
    asked, _ = exchange(fake)
    for wrong in (b"", b"To=%2B12025550143&ValidityPeriod=soon", b"To=%2B12025550143&MessagingServiceSid=MG1"):
        with pytest.raises(OpenAPIError):
            document.validate_request(MockRequest(API, "post", asked.path, data=wrong, content_type=asked.content_type))
    for wrong in (b'{"sid": 7}', b'{"status": "lost"}', b'{"error_code": "21610"}', b"<html>"):
        with pytest.raises(OpenAPIError):
            document.validate_response(asked, MockResponse(wrong, 201))


def test_what_the_document_cannot_see_in_our_request_is_right_too(fake: ListeningFake) -> None:
    send(fake, SENT)
    form = parse_qs(fake.exchanges[-1][0].body.decode(), strict_parsing=True)
    callback = urlsplit(form["StatusCallback"][0])
    assert (callback.scheme, callback.hostname, callback.query) == ("https", "texts.example.org", "attempt=17.1")
    assert is_e164(form["To"][0])
    assert is_e164(form["From"][0])
    # No SendAt: the library writes an aware time of another zone as if it were UTC. No SmartEncoded: we fold ourselves.
    assert form.keys() == {"To", "From", "Body", "StatusCallback", "ValidityPeriod"}


@pytest.mark.parametrize(
    "kind", [kind for kind, fault in FAULTS.items() if '"more_info"' in fault.body and kind != "new_code"]
)
def test_the_fakes_errors_on_demand_obey_the_document(document: OpenAPI, fake: ListeningFake, kind: str) -> None:
    fake.fail(kind)
    send(fake, SENT)
    asked, answered = exchange(fake)
    document.validate_response(asked, answered)


def test_the_fakes_lists_and_single_messages_obey_the_document(document: OpenAPI, fake: ListeningFake) -> None:
    for _ in range(3):
        assert send(fake, SENT) is Verdict.ACCEPTED
    fake.receipt(fake.ledger[0].sid, "delivered")
    sid = fake.ledger[0].sid
    for work in (
        lambda client: client.messages.list_async(to=PATIENT, limit=2, page_size=2),
        lambda client: client.messages(sid).fetch_async(),
    ):
        ask(fake, work)
        asked, answered = exchange(fake)
        document.validate_request(asked)
        document.validate_response(asked, answered)


@pytest.mark.parametrize("row", _read("twilio_error_actions.json")["codes"], ids=lambda row: str(row["code"]))
def test_every_known_code_is_treated_as_it_should_be(row: dict[str, Any]) -> None:
    code = row["code"]
    if row["class"] == "inbound_webhook":
        # Twilio's debugger shows these about our webhooks; none is ever the answer to a text.
        assert fault_of_receipt(code) is fault_of_receipt(None)
        return
    fault = fault_of_answer(400, code)
    assert fault in CLASSES[row["class"]]
    assert fault is fault_of_receipt(code)
    assert (fault is Fault.ACCOUNT) == (
        row["class"] == "bug" or (row["class"] == "account" and row["scope"] == "account")
    )
    assert (fault is Fault.TEMPLATE) == (row["retry"] == "with_template")
    assert verdict_of(fault) is consequence(code, row["retry"])


def test_our_copy_of_the_numbers_for_test_credentials_is_complete() -> None:
    ours, theirs = json.loads(MAGIC_NUMBERS.read_text("utf-8")), _read("twilio_magic_numbers.json")
    for side in ("to", "from"):
        assert ours[side] == {number: code for number, code in theirs[side].items() if number.startswith("+")}


def test_the_documentations_receipts_and_states_are_understood() -> None:
    webhooks = _read("twilio_webhook_params.json")
    for example in webhooks["examples"].values():
        assert parse_receipt(list(example.items()), []).state.value == example["MessageStatus"]
    for state in webhooks["status_callback"]["MessageStatus"]:
        params = [("MessageSid", "SM" + "a" * 32), ("MessageStatus", state)]
        if state in {"receiving", "received"} or "deprecated" in state:
            with pytest.raises(NotAReceipt):
                parse_receipt(params, [])
        else:
            parse_receipt(params, [])
