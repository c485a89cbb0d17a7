"""Codes and HTTP statuses, and what is done about them."""

import json
from pathlib import Path

import pytest

from channels.base import Fault, Verdict
from channels.twilio_errors import fault_of_answer, fault_of_receipt, verdict_of
from tests.fakes.twilio.classes import CLASSES, consequence


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (400, 21211, Fault.RECIPIENT_PERMANENT),
        (400, 21610, Fault.OPTED_OUT),
        (400, 21617, Fault.CONTENT),
        (400, 21606, Fault.SENDER),
        (400, 21408, Fault.DESTINATION),
        (401, 20003, Fault.ACCOUNT),
        (404, 20404, Fault.ACCOUNT),
        (429, 20429, Fault.THROTTLE),
        (500, 20500, Fault.UNKNOWN_OUTCOME),
        (503, 20503, Fault.UNKNOWN_OUTCOME),
        (400, 63016, Fault.TEMPLATE),
        (400, 63038, Fault.DAILY_CAP),
    ],
)
def test_a_known_code_has_its_class(status: int, code: int, fault: Fault) -> None:
    assert fault_of_answer(status, code) is fault


@pytest.mark.parametrize("status", [400, 429, 500])
def test_the_code_counts_before_the_status(status: int) -> None:
    assert fault_of_answer(status, 21611) is Fault.THROTTLE


@pytest.mark.parametrize("code", [None, 29999])
@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.CONTENT),
        (401, Fault.ACCOUNT),
        (403, Fault.ACCOUNT),
        (404, Fault.ACCOUNT),
        (408, Fault.UNKNOWN_OUTCOME),
        (415, Fault.CONTENT),
        (429, Fault.THROTTLE),
        (302, Fault.UNKNOWN_OUTCOME),
        (500, Fault.UNKNOWN_OUTCOME),
        (502, Fault.UNKNOWN_OUTCOME),
        (504, Fault.UNKNOWN_OUTCOME),
    ],
)
def test_without_a_known_code_the_status_decides(status: int, code: int | None, fault: Fault) -> None:
    assert fault_of_answer(status, code) is fault


@pytest.mark.parametrize("fault", list(Fault))
def test_every_class_says_what_to_do(fault: Fault) -> None:
    assert verdict_of(fault) in Verdict


def test_only_what_may_have_gone_out_is_unknown_and_only_what_did_not_is_tried_again() -> None:
    assert {fault for fault in Fault if verdict_of(fault) is Verdict.UNKNOWN} == {Fault.UNKNOWN_OUTCOME}
    assert {fault for fault in Fault if verdict_of(fault) is Verdict.LATER} == {
        Fault.RECIPIENT_TEMPORARY,
        Fault.THROTTLE,
        Fault.DAILY_CAP,
        Fault.EXPIRED,
        Fault.NOT_SENT,
    }


def test_one_country_out_of_reach_does_not_stop_the_sender() -> None:
    assert verdict_of(Fault.DESTINATION) is Verdict.REFUSED


@pytest.mark.parametrize(("code", "fault"), [(30003, Fault.RECIPIENT_TEMPORARY), (30036, Fault.EXPIRED)])
def test_a_receipts_code_has_its_class(code: int, fault: Fault) -> None:
    assert fault_of_receipt(code) is fault


@pytest.mark.parametrize("code", [None, 0, 30999, 63999])
def test_a_receipt_without_a_known_code_says_nothing_of_why_and_nothing_is_sent_again(code: int | None) -> None:
    assert fault_of_receipt(code) is Fault.NOT_SAID
    assert verdict_of(Fault.NOT_SAID) is Verdict.REFUSED


_KNOWN = json.loads((Path(__file__).parents[1] / "data" / "twilio_errors.json").read_text())["codes"]


@pytest.mark.parametrize(("code", "named", "retry"), _KNOWN)
def test_every_code_has_the_class_and_the_consequence_of_the_table(code: int, named: str, retry: str) -> None:
    for fault in (fault_of_answer(400, code), fault_of_receipt(code)):
        assert fault in CLASSES[named]
        assert verdict_of(fault) is consequence(code, retry)
