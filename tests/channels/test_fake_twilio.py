"""The fake Twilio itself: what end-to-end tests and benchmarks rely on."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import parse_qsl
from urllib.request import Request, urlopen

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.base import Outgoing, ReceiptState, SendResult, Verdict, Via
from channels.twilio import TwilioChannel, parse_receipt, signature_ok
from channels.twilio_client import TwilioHttpClient
from tests.fakes.twilio.receipts import Policy
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT, inbound_params, signed_form

SERVICE = "MG" + "a" * 32
ROOT = Path(__file__).parents[2]
T = TypeVar("T")


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


def with_library(fake: FakeTwilio, work: Callable[[Any], Awaitable[T]], token: str = AUTH_TOKEN) -> T:
    """Do something with the official library's own client, over our transport."""

    async def run() -> T:
        http = TwilioHttpClient(fake.url, 5.0, 5.0, 10)
        try:
            return await work(Client(ACCOUNT_SID, token, http_client=http))
        finally:
            await http.close()

    return asyncio.run(run())


def control(url: str, method: str, what: str, document: object = None) -> dict[str, Any]:
    body = None if document is None else json.dumps(document).encode()
    with urlopen(Request(f"{url}/_fake/{what}", body, method=method)) as answer:
        answered: dict[str, Any] = json.load(answer)
        return answered


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


def test_after_stop_texts_through_a_service_are_taken_and_fail(webhook: Webhook) -> None:
    with FakeTwilio(services={SERVICE: [NUMBER]}, receipts=Policy(), deliver_to=webhook.base) as fake:
        fake.stop(PATIENT, SERVICE)
        (result,) = send(fake, text(sender=SERVICE))
        fake.settle()
        assert result.verdict is Verdict.ACCEPTED
        assert fake.ledger[0].error_code == 21610
    assert webhook.told == [("1.1", "queued"), ("1.1", "failed")]


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


def test_a_fault_strikes_as_often_and_whom_it_is_told(fake: FakeTwilio) -> None:
    fake.fail("throttled", times=2, to=PATIENT)
    verdicts = [result.verdict for result in send(fake, text(to="+12025550144"), text(), text(), text())]
    assert verdicts == [Verdict.ACCEPTED, Verdict.LATER, Verdict.LATER, Verdict.ACCEPTED]
    fake.fail("error_500_after_taking", times=None)
    assert {result.verdict for result in send(fake, text(), text())} == {Verdict.UNKNOWN}
    fake.heal()
    assert send(fake, text())[0].verdict is Verdict.ACCEPTED
    assert len(fake.ledger) == 5


def test_a_test_may_wait_for_the_ledger(fake: FakeTwilio) -> None:
    sending = threading.Thread(target=send, args=(fake, text(), text("2.1")))
    sending.start()
    assert len(fake.wait_for(2)) == 2
    sending.join()
    with pytest.raises(TimeoutError, match="2 of 3"):
        fake.wait_for(3, timeout=0.01)


def test_latency_is_waited_for_side_by_side() -> None:
    async def send_all(fake: FakeTwilio) -> set[Verdict]:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url, timeout=2.0)
        results = await asyncio.gather(*[channel.send(text(f"{number}.1")) for number in range(100)])
        await channel.close()
        return {result.verdict for result in results}

    with FakeTwilio(latency=0.1) as fake:  # one after the other they would take 10 s, and time out
        assert asyncio.run(send_all(fake)) == {Verdict.ACCEPTED}


def test_inbound_forms_are_signed_and_each_is_a_new_text() -> None:
    url = "https://texts.example.org/webhooks/twilio/messages"
    first, second = [inbound_params("HELP") for _ in range(2)]
    assert dict(first)["MessageSid"] != dict(second)["MessageSid"]
    form = signed_form(url + "#rc=3", first)
    assert form.url == url
    assert signature_ok(url, first, form.headers["X-Twilio-Signature"], [AUTH_TOKEN])


def test_another_process_sets_faults_and_reads_the_ledger() -> None:
    command = [sys.executable, "-m", "tests.fakes.twilio", "--service", f"{SERVICE}={NUMBER}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        control(url, "POST", "faults", {"kind": "throttled"})
        control(url, "POST", "stop", {"number": "+12025550144", "sender": NUMBER})
        control(url, "POST", "settings", {"latency": 0.01, "receipts": {"copies": 2}})

        async def send_all() -> list[SendResult]:
            channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, url)
            to = (PATIENT, "+12025550144", PATIENT)
            results = [await channel.send(text(f"{number}.1", to=each)) for number, each in enumerate(to)]
            await channel.close()
            return results

        results = asyncio.run(send_all())
        assert [result.code for result in results] == [20429, 21610, None]
        ledger = control(url, "GET", "ledger")
        assert [(line["sid"], line["to"]) for line in ledger["messages"]] == [(results[2].provider_id, PATIENT)]
        assert control(url, "GET", f"ledger?after={ledger['next']}")["messages"] == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_ledger_tells_the_time_of_the_clock_it_was_given() -> None:
    at = datetime(2026, 3, 8, 14, tzinfo=UTC)
    with FakeTwilio(clock=lambda: at) as fake:
        send(fake, text())
        (line,) = control(fake.url, "GET", "ledger")["messages"]
    assert (fake.ledger[0].at, line["at"]) == (at, "2026-03-08T14:00:00+00:00")


@pytest.mark.parametrize(
    ("what", "document"),
    [("faults", {"kind": "flood"}), ("faults", {}), ("settings", {"colour": "red"}), ("ledgers", {})],
)
def test_what_another_process_asks_wrongly_is_answered_with_a_sentence(
    fake: FakeTwilio, what: str, document: dict[str, str]
) -> None:
    with pytest.raises(HTTPError) as error:
        control(fake.url, "POST", what, document)
    with error.value:
        assert error.value.code == 400
        assert json.load(error.value)["error"]
