"""Forms as Twilio sends them to a webhook, signed by the official library: our own check is held against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import urldefrag, urlencode

from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
NUMBER = "+12025550100"
"""The number of the account when a test names no other."""
PATIENT = "+12025550143"

_sids = count(1)


@dataclass(frozen=True, slots=True)
class SignedForm:
    """A POST: its address without the part after #, its body, and its headers with the signature."""

    url: str
    body: bytes
    headers: dict[str, str]


def sign(url: str, params: Sequence[tuple[str, str]], token: str = AUTH_TOKEN) -> str:
    """What stands in X-Twilio-Signature; every name once."""
    signature: str = RequestValidator(token).compute_signature(url, dict(params))
    return signature


def signed_form(url: str, params: Sequence[tuple[str, str]], token: str = AUTH_TOKEN) -> SignedForm:
    """A form ready to be posted by any client."""
    address = urldefrag(url).url
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": sign(address, params, token),
        "User-Agent": "TwilioProxy/1.1",
    }
    return SignedForm(address, urlencode(params).encode(), headers)


def inbound_params(body: str, *, sender: str = PATIENT, to: str = NUMBER, **more: str) -> list[tuple[str, str]]:
    """The fields of an inbound text; every call is a new text unless MessageSid is given."""
    sid = more.pop("MessageSid", f"SM{next(_sids):032x}")
    fields = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": body,
        "FromCountry": "US",
        "To": to,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }
    return list((fields | more).items())
