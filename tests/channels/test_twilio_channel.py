"""The real channel against the fake Twilio over HTTP: one call, one result, whatever happens."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import Channel, Fault, Outgoing, SendResult, Verdict, Via
from channels.twilio import TwilioChannel
from channels.twilio_client import TwilioHttpClient, form_of
from tests.fakes.twilio.faults import Fault as Failure
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT

SERVICE = "MG" + "a" * 32
BODY = "Your visit is on Tue 3 Mar at 9:30."
TEXT = Outgoing(
    to=PATIENT,
    body=BODY,
    via=Via.SMS,
    sender=NUMBER,
    status_callback="https://texts.example.org/webhooks/twilio/status",
    validity_seconds=3600,
    attempt="17.1",
)


@pytest.fixture(scope="module")
def running() -> Iterator[FakeTwilio]:
    with FakeTwilio(services={SERVICE: [NUMBER]}) as fake:
        yield fake


@pytest.fixture
def fake(running: FakeTwilio) -> Iterator[FakeTwilio]:
    running.account.messages.clear()
    yield running
    running.heal()


def send(
    fake: FakeTwilio,
    *texts: Outgoing,
    api_base: str | None = None,
    token: str = AUTH_TOKEN,
    timeout: float = 10.0,
    connect_timeout: float = 5.0,
    connections: int = 500,
) -> list[SendResult]:
    """Send all texts (TEXT, if none is given) at once through one channel."""

    async def send_all() -> list[SendResult]:
        channel: Channel = TwilioChannel(
            ACCOUNT_SID, token, api_base or fake.url, timeout, connect_timeout, connections
        )
        try:
            return await asyncio.gather(*[channel.send(text) for text in texts or [TEXT]])
        finally:
            await channel.close()

    return asyncio.run(send_all())


def failure(result: SendResult) -> tuple[Verdict, Fault, int | None]:
    assert result.provider_id is None
    return result.verdict, result.fault, result.code


def test_a_text_is_taken_as_it_was_given(fake: FakeTwilio) -> None:
    (result,) = send(fake)
    (message,) = fake.ledger
    assert result == SendResult(Verdict.ACCEPTED, message.sid, None, Fault.NONE, "")
    assert (message.to, message.sender, message.service, message.body) == (PATIENT, NUMBER, None, BODY)
    assert message.validity_seconds == 3600
    assert message.status_callback is not None
    assert urlsplit(message.status_callback).query == "attempt=17.1"


def test_a_text_through_a_messaging_service_names_no_number(fake: FakeTwilio) -> None:
    (result,) = send(fake, replace(TEXT, sender=SERVICE))
    assert result.verdict is Verdict.ACCEPTED
    assert (fake.ledger[0].sender, fake.ledger[0].service) == (None, SERVICE)


def test_a_whatsapp_text_goes_from_and_to_whatsapp(fake: FakeTwilio) -> None:
    send(fake, replace(TEXT, via=Via.WHATSAPP))
    assert (fake.ledger[0].to, fake.ledger[0].sender) == (f"whatsapp:{PATIENT}", f"whatsapp:{NUMBER}")


def test_what_is_not_given_is_left_to_twilio(fake: FakeTwilio) -> None:
    send(fake, replace(TEXT, status_callback=None, validity_seconds=None))
    assert (fake.ledger[0].status_callback, fake.ledger[0].validity_seconds) == (None, None)


@pytest.mark.parametrize(("asked", "sent"), [(0, 1), (-5, 1), (36_000, 36_000), (90_000, 36_000)])
def test_the_validity_stays_within_what_twilio_takes(fake: FakeTwilio, asked: int, sent: int) -> None:
    send(fake, replace(TEXT, validity_seconds=asked))
    assert fake.ledger[0].validity_seconds == sent


def test_spanish_and_emoji_arrive_unchanged(fake: FakeTwilio) -> None:
    send(fake, replace(TEXT, body="Mañana: 9:30 & después 💊 +1 100%"))
    assert fake.ledger[0].body == "Mañana: 9:30 & después 💊 +1 100%"


@given(st.dictionaries(st.text(), st.text()))
def test_a_form_is_written_as_the_standard_library_writes_it(form: dict[str, str]) -> None:
    assert form_of(form) == urlencode(form).encode()


def test_many_texts_share_few_connections(fake: FakeTwilio) -> None:
    results = send(fake, *[replace(TEXT, attempt=f"{number}.1") for number in range(60)], connections=7)
    assert {result.verdict for result in results} == {Verdict.ACCEPTED}
    assert {result.provider_id for result in results} == {message.sid for message in fake.ledger}
    assert len(fake.ledger) == 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (replace(TEXT, to="+15005550001"), (Verdict.REFUSED, Fault.RECIPIENT_PERMANENT, 21211)),
        (replace(TEXT, to="+15005550002"), (Verdict.REFUSED, Fault.DESTINATION, 21612)),
        (replace(TEXT, to="+15005550003"), (Verdict.REFUSED, Fault.DESTINATION, 21408)),
        (replace(TEXT, to="+15005550004"), (Verdict.REFUSED, Fault.OPTED_OUT, 21610)),
        (replace(TEXT, to="+15005550009"), (Verdict.REFUSED, Fault.RECIPIENT_PERMANENT, 21614)),
        (replace(TEXT, sender="+15005550001"), (Verdict.SENDER, Fault.SENDER, 21212)),
        (replace(TEXT, sender="+15005550007"), (Verdict.SENDER, Fault.SENDER, 21606)),
        (replace(TEXT, sender="+15005550008"), (Verdict.LATER, Fault.THROTTLE, 21611)),
        (replace(TEXT, sender="+12025550199"), (Verdict.SENDER, Fault.SENDER, 21606)),
        (replace(TEXT, sender="MG" + "b" * 32), (Verdict.SENDER, Fault.SENDER, 21701)),
        (replace(TEXT, sender="+12025550199", via=Via.WHATSAPP), (Verdict.SENDER, Fault.SENDER, 63007)),
        (replace(TEXT, body=""), (Verdict.REFUSED, Fault.CONTENT, 21602)),
        (replace(TEXT, body="x" * 1601), (Verdict.REFUSED, Fault.CONTENT, 21617)),
        (replace(TEXT, status_callback="texts.example.org/status"), (Verdict.REFUSED, Fault.CONTENT, 21609)),
    ],
)
def test_what_twilio_refuses_has_its_verdict(
    fake: FakeTwilio, text: Outgoing, expected: tuple[Verdict, Fault, int]
) -> None:
    (result,) = send(fake, text)
    assert failure(result) == expected
    assert str(expected[2]) in result.detail
    assert fake.ledger == ()


def test_a_text_to_someone_who_opted_out_is_refused_for_good(fake: FakeTwilio) -> None:
    fake.stop(PATIENT)
    try:
        (result,) = send(fake)
    finally:
        fake.restart(PATIENT)
    assert failure(result) == (Verdict.REFUSED, Fault.OPTED_OUT, 21610)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttled", (Verdict.LATER, Fault.THROTTLE, 20429)),
        ("throttled_as_problem", (Verdict.LATER, Fault.THROTTLE, 20429)),
        ("throttled_without_code", (Verdict.LATER, Fault.THROTTLE, None)),
        ("queue_full", (Verdict.LATER, Fault.THROTTLE, 21611)),
        ("wrong_token", (Verdict.SENDER, Fault.ACCOUNT, 20003)),
        ("new_code", (Verdict.REFUSED, Fault.CONTENT, 29999)),
        ("error_500", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, 20500)),
        ("error_500_after_taking", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, 20500)),
        ("error_503", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, 20503)),
        ("bad_gateway", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("bad_gateway_after_taking", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("html", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("empty", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("empty_object", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("list", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("no_utf8", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("nested", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("redirect", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("reset", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
        ("reset_after_taking", (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)),
    ],
)
def test_every_failure_is_one_result_and_one_call(
    fake: FakeTwilio, kind: str, expected: tuple[Verdict, Fault, int | None]
) -> None:
    fake.fail(kind)
    calls = fake.api.calls
    (result,) = send(fake)
    assert failure(result) == expected
    assert fake.api.calls == calls + 1, "a call was repeated"


@pytest.mark.parametrize("kind", ["hang", "hang_after_taking", "hang_in_body"])
def test_a_twilio_that_never_answers_is_given_up_with_the_outcome_unknown(fake: FakeTwilio, kind: str) -> None:
    fake.fail(kind)
    (result,) = send(fake, timeout=0.2)
    assert failure(result) == (Verdict.UNKNOWN, Fault.UNKNOWN_OUTCOME, None)
    assert "TimeoutError" in result.detail


def test_a_twilio_that_is_not_there_never_had_the_text(fake: FakeTwilio) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        (result,) = send(fake, api_base=f"http://127.0.0.1:{reserved.getsockname()[1]}")
    assert failure(result) == (Verdict.LATER, Fault.NOT_SENT, None)


def test_a_twilio_that_cannot_be_reached_securely_never_had_the_text(fake: FakeTwilio) -> None:
    (result,) = send(fake, api_base=fake.url.replace("http://", "https://"))
    assert failure(result) == (Verdict.LATER, Fault.NOT_SENT, None)


def test_a_text_that_waited_in_vain_for_a_connection_never_left(fake: FakeTwilio) -> None:
    fake.fail("hang")
    results = send(fake, TEXT, replace(TEXT, attempt="18.1"), timeout=0.4, connect_timeout=0.1, connections=1)
    assert [result.fault for result in results] == [Fault.UNKNOWN_OUTCOME, Fault.NOT_SENT]
    assert fake.ledger == ()


def test_a_text_that_cannot_be_encoded_is_refused_before_any_call(fake: FakeTwilio) -> None:
    calls = fake.api.calls
    (result,) = send(fake, replace(TEXT, body="visit \ud800"))
    assert failure(result) == (Verdict.REFUSED, Fault.CONTENT, None)
    assert fake.api.calls == calls


def test_after_a_failure_the_channel_goes_on(fake: FakeTwilio) -> None:
    fake.fail("reset", times=3)
    results = send(fake, *[TEXT] * 10, connections=1)
    assert sorted(result.verdict for result in results) == sorted([Verdict.UNKNOWN] * 3 + [Verdict.ACCEPTED] * 7)


def test_a_wrong_token_stops_the_account(fake: FakeTwilio) -> None:
    (result,) = send(fake, token="not it")
    assert failure(result) == (Verdict.SENDER, Fault.ACCOUNT, 20003)


def test_cancelling_is_the_one_thing_that_is_raised(fake: FakeTwilio) -> None:
    fake.fail("hang")

    async def cancel() -> None:
        channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        sending = asyncio.create_task(channel.send(TEXT))
        await asyncio.sleep(0)
        sending.cancel()
        try:
            with pytest.raises(asyncio.CancelledError):
                await sending
        finally:
            await channel.close()

    asyncio.run(cancel())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    status=st.sampled_from([200, 201, 202, 203, 300, 302, 400, 401, 404, 408, 418, 429, 500, 502, 503]),
    body=st.one_of(
        st.text(max_size=40),
        st.sampled_from(['{"sid": null}', '{"sid": 7}', '{"sid": "CA1"}', '{"code": "x"}', '{"code": 1e999}', "null"]),
    ),
)
def test_no_answer_without_a_message_id_is_a_success(fake: FakeTwilio, status: int, body: str) -> None:
    fake.fail(Failure(taken=False, then="answer", status=status, body=body))
    (result,) = send(fake)
    assert result.verdict is not Verdict.ACCEPTED
    assert result.provider_id is None


@pytest.mark.parametrize("kind", [None, "reset", "error_500", "bad_gateway"])
def test_neither_the_number_nor_the_words_are_logged_or_reported(
    fake: FakeTwilio, kind: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if kind:
        fake.fail(kind)
    with caplog.at_level(logging.DEBUG):
        results = send(fake) + send(fake, replace(TEXT, to="+15005550004"))
    for written in [caplog.text, *[result.detail for result in results]]:
        assert PATIENT[1:] not in written
        assert "15005550004" not in written
        assert "9:30" not in written
        assert AUTH_TOKEN not in written


def test_the_environment_does_not_turn_calls_elsewhere(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    (result,) = send(fake)
    assert result.verdict is Verdict.ACCEPTED


def test_no_other_host_is_called(fake: FakeTwilio) -> None:
    async def call() -> None:
        client = TwilioHttpClient(fake.url, 5.0, 5.0, 1)
        await client.request("GET", "https://api.twilio.com.example.org/2010-04-01/Accounts.json")

    with pytest.raises(ValueError, match=r"api\.twilio\.com"):
        asyncio.run(call())


@pytest.mark.parametrize(
    "api_base",
    [
        "",
        "api.twilio.com",
        "ftp://api.twilio.com",
        "https://",
        "https://u:p@api.twilio.com",
        "https://api.twilio.com?x=1",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(api_base: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, api_base)


def test_the_token_never_goes_over_the_network_in_the_clear() -> None:
    with pytest.raises(ValueError, match="in the clear"):
        TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, "http://api.twilio.com")


@pytest.mark.parametrize(
    "api_base",
    ["https://api.dublin.ie1.twilio.com/", "http://localhost:4010", "http://127.0.0.1:4010", "http://[::1]:4010"],
)
def test_an_edge_of_twilio_or_this_machine_may_be_called(api_base: str) -> None:
    TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, api_base)


def test_a_channel_that_sent_nothing_closes_too() -> None:
    asyncio.run(TwilioChannel(ACCOUNT_SID, AUTH_TOKEN).close())
