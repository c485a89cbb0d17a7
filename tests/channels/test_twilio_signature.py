"""Which webhooks are Twilio's: known answers, the official validator as oracle, and everything odd refused."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.twilio import signature_ok
from tests.fakes.twilio.signing import AUTH_TOKEN, inbound_params, sign

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "twilio_signatures.json").read_text("utf-8"))["vectors"]
URL = "https://texts.example.org/webhooks/twilio/messages"
FORM = inbound_params("SIDE EFFECTS")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_known_answers_are_given(vector: dict[str, Any]) -> None:
    params = vector["params"] or []
    body = (vector["body"] or "").encode()
    assert signature_ok(vector["url"], params, vector["signature"], [vector["token"]], body) is vector["expect"]


@given(
    params=st.dictionaries(st.text(max_size=8), st.text(max_size=20), min_size=1, max_size=6),
    port=st.sampled_from(["", ":443", ":80", ":8443"]),
    scheme=st.sampled_from(["http", "https"]),
    query=st.sampled_from(["", "?attempt=12.1", "?a=%2F&b="]),
    signed_port=st.sampled_from(["", ":443", ":80", ":8443"]),
)
def test_the_official_validator_agrees(
    params: dict[str, str], port: str, scheme: str, query: str, signed_port: str
) -> None:
    url = f"{scheme}://texts.example.org{port}/sms{query}"
    signature = sign(f"{scheme}://texts.example.org{signed_port}/sms{query}", list(params.items()))
    expected = RequestValidator(AUTH_TOKEN).validate(url, params, signature)
    assert signature_ok(url, list(params.items()), signature, [AUTH_TOKEN]) is expected


def test_both_tokens_count_while_one_is_being_rotated() -> None:
    old, new = "0" * 32, "1" * 32
    for token in (old, new):
        assert signature_ok(URL, FORM, sign(URL, FORM, token), [new, old])
    assert not signature_ok(URL, FORM, sign(URL, FORM, old), [new])


@pytest.mark.parametrize("tokens", [[], [""], ["", " "]])
def test_a_token_that_is_not_set_signs_nothing(tokens: list[str]) -> None:
    assert not signature_ok(URL, FORM, sign(URL, FORM, ""), tokens)


def test_the_order_of_the_fields_does_not_matter() -> None:
    assert signature_ok(URL, FORM[::-1], sign(URL, FORM), [AUTH_TOKEN])


def test_one_changed_field_is_a_forgery() -> None:
    forged = [(name, "STOP" if name == "Body" else value) for name, value in FORM]
    assert not signature_ok(URL, forged, sign(URL, FORM), [AUTH_TOKEN])


def test_a_body_that_is_no_form_counts_only_with_its_hash_in_the_url() -> None:
    body = b'{"event": "delivered"}'
    assert not signature_ok(URL, [], sign(URL, []), [AUTH_TOKEN], body)
    hashed = f"{URL}?bodySHA256={sha256(body).hexdigest()}"
    assert signature_ok(hashed, [], sign(hashed, []), [AUTH_TOKEN], body)
    assert not signature_ok(hashed, [], sign(hashed, []), [AUTH_TOKEN], body + b" ")
    assert not signature_ok(hashed, [], sign(hashed, []), [AUTH_TOKEN])


def test_the_raw_body_of_a_form_may_be_given_too() -> None:
    assert signature_ok(URL, FORM, sign(URL, FORM), [AUTH_TOKEN], b"Body=SIDE+EFFECTS")


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://texts.example.org:banana/sms", "x"),
        ("https://texts.example.org:99999/sms", "x"),
        ("https://[::1/sms", "x"),
        ("ftp://texts.example.org/sms", "x"),
        ("", ""),
        ("\ud800", "x"),
        (URL, "ñ"),
        (URL, "\ud800"),
        (URL, "\x00"),
        (URL, "A" * 100_000),
    ],
)
def test_odd_addresses_and_signatures_are_refused_and_raise_nothing(url: str, signature: str) -> None:
    assert not signature_ok(url, FORM, signature, [AUTH_TOKEN])


@given(
    url=st.text(),
    params=st.lists(st.tuples(st.text(), st.text()), max_size=4),
    signature=st.text(),
    body=st.binary(max_size=20),
)
def test_nothing_that_may_come_raises(url: str, params: list[tuple[str, str]], signature: str, body: bytes) -> None:
    assert not signature_ok(url, params, signature, [AUTH_TOKEN], body)
