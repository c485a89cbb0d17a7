"""The receipts that the fake Twilio sends: signed, as a test orders them, and only to this machine."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest

from channels.base import ReceiptState, Verdict
from channels.twilio import TwilioChannel, parse_receipt, signature_ok
from tests.channels.conftest import SERVICE, send, text
from tests.fakes.twilio.receipts import Policy
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT


class Webhook:
    """A status route that writes down what it is told, and answers with the statuses it is given, then 204."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.refused = 0
        self.answers: list[int] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"]))
                status = webhook.take(self.path, form.decode(), self.headers["X-Twilio-Signature"])
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.public_url = "https://texts.example.org"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def take(self, path: str, form: str, signature: str) -> int:
        params = parse_qsl(form, keep_blank_values=True)
        if not signature_ok(self.public_url + path, params, signature, [AUTH_TOKEN]):
            self.refused += 1
            return 403
        receipt = parse_receipt(params, parse_qsl(path.partition("?")[2]))
        self.told.append((receipt.attempt or "", receipt.state.value))
        return self.answers.pop(0) if self.answers else 204

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    listening = Webhook()
    yield listening
    listening.close()


def test_after_stop_texts_through_a_service_are_taken_and_fail(webhook: Webhook) -> None:
    with FakeTwilio(services={SERVICE: [NUMBER]}, receipts=Policy(), deliver_to=webhook.base) as fake:
        fake.stop(PATIENT, SERVICE)
        (result,) = send(fake, text(sender=SERVICE))
        fake.settle()
        assert result.verdict is Verdict.ACCEPTED
        assert fake.ledger[0].error_code == 21610
    assert webhook.told == [("1.1", "queued"), ("1.1", "failed")]


def test_a_receipt_is_a_signed_form_that_a_test_may_post_itself(fake: FakeTwilio) -> None:
    (result,) = send(fake, text("17.2"))
    form = fake.receipt(result.provider_id or "", "undelivered", 30006)
    assert form.url == "https://texts.example.org/webhooks/twilio/status?attempt=17.2"
    params = parse_qsl(form.body.decode(), keep_blank_values=True)
    assert signature_ok(form.url, params, form.headers["X-Twilio-Signature"], [AUTH_TOKEN])
    receipt = parse_receipt(params, [("attempt", "17.2")])
    assert (receipt.provider_id, receipt.state, receipt.code) == (result.provider_id, ReceiptState.UNDELIVERED, 30006)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (Policy(), ["sent", "delivered"]),
        (Policy(copies=2), ["sent", "sent", "delivered", "delivered"]),
        (Policy(order="reversed"), ["delivered", "sent"]),
        (Policy(states=("sent", "undelivered"), code=30003), ["sent", "undelivered"]),
        (Policy(delay=0.05, states=("delivered",)), ["delivered"]),
    ],
)
def test_receipts_are_told_as_the_policy_says(webhook: Webhook, policy: Policy, told: list[str]) -> None:
    with FakeTwilio(receipts=policy, deliver_to=webhook.base) as fake:
        send(fake, text())
        fake.settle()
        assert [each.status for each in fake.told] == [204] * len(told)
    assert webhook.told == [("1.1", state) for state in told]


def test_receipts_may_come_at_once(webhook: Webhook) -> None:
    with FakeTwilio(receipts=Policy(order="at_once", copies=2), deliver_to=webhook.base) as fake:
        send(fake, text())
        fake.settle()
    assert sorted(webhook.told) == sorted([("1.1", "sent"), ("1.1", "delivered")] * 2)


def test_receipts_may_come_before_the_answer(webhook: Webhook) -> None:
    heard_before_the_answer: list[tuple[str, str]] = []

    async def work(fake: FakeTwilio) -> None:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        result = await channel.send(text())
        heard_before_the_answer.extend(webhook.told)
        await channel.close()
        assert result.verdict is Verdict.ACCEPTED

    with FakeTwilio(receipts=Policy(early=True), deliver_to=webhook.base) as fake:
        asyncio.run(work(fake))
    assert heard_before_the_answer == [("1.1", "sent"), ("1.1", "delivered")]


def test_a_failed_callback_is_repeated_because_our_address_asks_for_it(webhook: Webhook) -> None:
    webhook.answers = [503, 503]
    with FakeTwilio(deliver_to=webhook.base) as fake:
        (result,) = send(fake, text())
        assert fake.tell(result.provider_id or "", "delivered") == 204
    assert webhook.told == [("1.1", "delivered")] * 3


def test_a_callback_that_is_refused_is_not_repeated(webhook: Webhook) -> None:
    webhook.answers = [403]
    with FakeTwilio(deliver_to=webhook.base) as fake:
        (result,) = send(fake, text())
        assert fake.tell(result.provider_id or "", "delivered") == 403


def test_an_address_that_is_not_on_this_machine_is_never_called(fake: FakeTwilio) -> None:
    (result,) = send(fake, text())
    assert fake.tell(result.provider_id or "", "delivered") == 0


def test_of_numbers_for_test_credentials_nothing_is_told(webhook: Webhook) -> None:
    with FakeTwilio(receipts=Policy(), deliver_to=webhook.base) as fake:
        send(fake, text(sender="+15005550006"))
        fake.settle()
    assert webhook.told == []
