"""What Twilio refuses about a message, and with which code.

Numbers for test credentials, most of which always fail, are in tests/data/twilio_magic_numbers.json.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.fakes.twilio.account import Account

MESSAGES = {
    20001: "A parameter is not known",
    20003: "Authenticate",
    20004: "Method not allowed",
    20404: "The requested resource was not found",
    20429: "Too many requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' number is not a valid phone number",
    21408: "Permission to send to the country of the 'To' number is not enabled",
    21602: "A message body is required",
    21603: "A 'From' or 'MessagingServiceSid' is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' number is not a message-capable number of this account",
    21609: "The 'StatusCallback' is not a valid URL",
    21610: "The recipient has unsubscribed",
    21611: "The 'From' number has too many queued messages",
    21612: "The 'To' number is not reachable",
    21614: "The 'To' number is not a mobile number",
    21617: "The message body is longer than 1600 characters",
    21655: "The 'ContentSid' is not a template of this account",
    21656: "The 'ContentVariables' are not a JSON object of texts",
    21701: "The messaging service does not exist",
    21910: "'From' and 'To' are not of the same channel",
    63007: "No channel has this 'From' address",
    90007: "The validity period is not a number of seconds from 1 to 36000",
}
_HTTP_STATUS = {20003: 401, 20004: 405, 20404: 404, 20429: 429, 20500: 500, 20503: 503}
_PARAMETERS = {
    *("To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod", "SmartEncoded"),
    *("ContentSid", "ContentVariables"),
}
_ADDRESS = re.compile(r"(whatsapp:)?(\+[1-9][0-9]{6,14})")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9a-f:]+")
_SECONDS = re.compile(r"[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of Twilio's API."""

    code: int

    @property
    def status(self) -> int:
        """The HTTP status it comes with."""
        return _HTTP_STATUS.get(self.code, 400)

    def resource(self) -> dict[str, object]:
        """The error as Twilio's API shows it."""
        return {
            "code": self.code,
            "message": MESSAGES[self.code],
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


class Rules:
    """Judges the form of a new message; ``strict`` refuses parameters that only a real Twilio would understand."""

    def __init__(self, data: Path, strict: bool = True) -> None:
        magic = json.loads(data.read_text("utf-8"))
        self._magic_to: dict[str, int] = magic["to"]
        self._magic_from: dict[str, int | None] = magic["from"]
        self.strict = strict

    def refuse(self, form: Mapping[str, str], account: Account) -> Refusal | None:
        """The first reason against the message, in the order in which Twilio is seen to look."""
        code = self._recipient(form) or self._sender(form, account) or self._content(form, account)
        code = code or self._options(form)
        if code is None and account.is_stopped(form["To"], form.get("From", "")):
            code = 21610
        if code is None and form["To"] == form.get("From"):
            code = 21266
        return Refusal(code) if code else None

    def is_magic(self, sender: str | None) -> bool:
        """Whether this is a From number for test credentials."""
        return sender in self._magic_from

    def _recipient(self, form: Mapping[str, str]) -> int | None:
        to = form.get("To")
        if not to:
            return 21604
        return self._magic_to.get(to) if _ADDRESS.fullmatch(to) else 21211

    def _sender(self, form: Mapping[str, str], account: Account) -> int | None:
        service, sender = form.get("MessagingServiceSid"), form.get("From")
        if service:
            return None if service in account.services else 21701
        if not sender:
            return 21603
        if sender in self._magic_from:
            return self._magic_from[sender]
        address = _ADDRESS.fullmatch(sender)
        if address is None:
            return 21212
        if bool(address[1]) != form["To"].startswith("whatsapp:"):
            return 21910
        if address[2] not in account.numbers:
            return 63007 if address[1] else 21606
        return None

    def _content(self, form: Mapping[str, str], account: Account) -> int | None:
        of_template = account.whatsapp.refuse(form)
        if of_template is not None or "ContentSid" in form:
            return of_template
        body = form.get("Body")
        if not body:
            return 21602
        return 21617 if len(body.encode("utf-16-le")) > 2 * 1600 else None

    def _options(self, form: Mapping[str, str]) -> int | None:
        if self.strict and not form.keys() <= _PARAMETERS:
            return 20001
        if form.get("SmartEncoded", "true") not in {"true", "false"}:
            return 20001
        if "StatusCallback" in form and not _is_web_address(form["StatusCallback"]):
            return 21609
        seconds = form.get("ValidityPeriod", "1")
        if not _SECONDS.fullmatch(seconds) or int(seconds) > 36_000:
            return 90007
        return None


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and len(text) <= 4000
            and _HOST.fullmatch(parts.hostname or "") is not None
            and parts.port != 0
        )
    except ValueError:
        return False
