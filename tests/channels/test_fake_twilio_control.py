"""How a test, or another process, steers the fake Twilio: faults, latency, its clock and its ledger."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from channels.base import SendResult, Verdict
from channels.twilio import TwilioChannel
from tests.channels.conftest import SERVICE, send, text
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PATIENT

ROOT = Path(__file__).parents[2]


def control(url: str, method: str, what: str, document: object = None) -> dict[str, Any]:
    body = None if document is None else json.dumps(document).encode()
    with urlopen(Request(f"{url}/_fake/{what}", body, method=method)) as answer:
        answered: dict[str, Any] = json.load(answer)
        return answered


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
