"""Texts through Twilio, over its official library; what webhooks need of it is given on from the modules beside."""

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from aiohttp import ClientConnectorError, ConnectionTimeoutError
from twilio.rest import Client

from channels.base import Fault, Listed, Outgoing, SendResult, Verdict, Via
from channels.twilio_client import API, TwilioHttpClient
from channels.twilio_errors import fault_of_answer, verdict_of
from channels.twilio_list import PAGE, read_list, read_one
from channels.twilio_signature import signature_ok
from channels.twilio_webhooks import (
    WHATSAPP,
    NotAReceipt,
    NotAText,
    is_message_sid,
    parse_incoming,
    parse_receipt,
    receipt_address,
    render_answer,
)

__all__ = [
    "NotAReceipt",
    "NotAText",
    "TwilioChannel",
    "parse_incoming",
    "parse_receipt",
    "receipt_address",
    "render_answer",
    "signature_ok",
]

_LONGEST_VALIDITY = 36_000  # seconds, https://www.twilio.com/docs/messaging/api/message-resource


@dataclass(frozen=True, slots=True)
class Look:
    """What keeps an account from being used, None where nothing does; and what Twilio's clock says (UTC)."""

    problem: str | None
    time: datetime | None


class TwilioChannel:
    """Sends through one Twilio account, with at most ``connections`` calls at once from one event loop.

    ``timeout`` is the longest that one call may take, ``connect_timeout`` the longest until it is under way, both in
    seconds. ``api_base`` is Twilio's address or another that answers like it; ValueError where it is none.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_base: str = API,
        timeout: float = 10.0,
        connect_timeout: float = 5.0,
        connections: int = 500,
    ) -> None:
        self._http = TwilioHttpClient(api_base, timeout, connect_timeout, connections)
        # Left without an environment of its own the library would read TWILIO_EDGE and TWILIO_REGION from ours.
        self._client = Client(account_sid, auth_token, http_client=self._http, environment={"": ""})
        self._messages = f"{API}/2010-04-01/Accounts/{account_sid}/Messages.json"

    async def send(self, text: Outgoing) -> SendResult:
        """Make one call and say what became of it.

        The answer is read here rather than by the library, which takes a 2xx without a message id for a success.
        """
        try:
            answer = await self._client.request_async("POST", self._messages, data=_form(text))
            return _result(answer.status_code, answer.text)
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            return _failure(Fault.NOT_SENT, f"no connection to Twilio ({type(error).__name__})")
        except UnicodeEncodeError:
            return _failure(Fault.CONTENT, "the text holds a character that cannot be sent")
        except Exception as error:  # noqa: BLE001 - from here on Twilio may have the text, whatever went wrong
            return _failure(Fault.UNKNOWN_OUTCOME, f"no answer from Twilio ({type(error).__name__})")

    async def list_messages(self, to: str, via: Via, sender: str, since: datetime) -> tuple[Listed, ...] | None:
        """What the account has from ``sender`` to ``to`` since then; None where Twilio cannot be asked."""
        channel = WHATSAPP if via is Via.WHATSAPP else ""
        query = urlencode({"To": channel + to, "PageSize": str(PAGE)})
        ours = sender if sender.startswith("MG") else channel + sender.removeprefix(WHATSAPP)
        try:
            return await read_list(self._get, f"{self._messages.removeprefix(API)}?{query}", ours, since)
        except Exception:  # noqa: BLE001 - whatever came instead of a list, it says nothing of what Twilio has
            return None

    async def look_up(self, provider_id: str) -> tuple[Listed, ...] | None:
        """What became of the message with this id; empty where the account has none, None where it cannot be asked."""
        if not is_message_sid(provider_id):
            return ()
        try:
            return await read_one(
                self._get, f"{self._messages.removesuffix('.json').removeprefix(API)}/{provider_id}.json"
            )
        except Exception:  # noqa: BLE001 - whatever came instead of a message, it says nothing of what became of it
            return None

    async def look(self) -> Look:
        """Ask for the newest message, to see whether the account can be used. Changes nothing and never raises."""
        try:
            answer = await self._client.request_async("GET", self._messages, params={"PageSize": "1"})
        except Exception as error:  # noqa: BLE001 - whatever is in the way, there was no answer
            what = f"Twilio cannot be reached ({type(error).__name__}): check the network and TWILIO_API_BASE."
            return Look(what, None)
        date = (answer.headers or {}).get("Date")
        return Look(_problem(answer.status_code), parsedate_to_datetime(date) if date else None)

    async def _get(self, address: str) -> tuple[int, str]:
        answer = await self._client.request_async("GET", API + address)
        return answer.status_code, answer.text

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def _problem(status: int) -> str | None:
    if status == 200:
        return None
    if status == 401:
        return "Twilio knows no such account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    return f"Twilio answered HTTP {status}: its console says what is wrong with the account."


def _form(text: Outgoing) -> dict[str, str]:
    channel = WHATSAPP if text.via is Via.WHATSAPP else ""
    form = {"To": channel + text.to}
    if text.content_sid is None:
        form["Body"] = text.body
    else:
        form |= {"ContentSid": text.content_sid, "ContentVariables": json.dumps(text.content_variables)}
    if text.sender.startswith("MG"):
        form["MessagingServiceSid"] = text.sender
    else:
        form["From"] = channel + text.sender.removeprefix(WHATSAPP)
    if text.status_callback is not None:
        form["StatusCallback"] = receipt_address(text.status_callback, text.attempt)
    if text.validity_seconds is not None:
        form["ValidityPeriod"] = str(max(1, min(text.validity_seconds, _LONGEST_VALIDITY)))
    return form


def _result(status: int, answer: str) -> SendResult:
    fields = _fields(answer)
    if 200 <= status < 300:
        sid = fields.get("sid")
        if isinstance(sid, str) and is_message_sid(sid):
            return SendResult(Verdict.ACCEPTED, sid, None, Fault.NONE, "")
        return _failure(Fault.UNKNOWN_OUTCOME, f"Twilio answered HTTP {status} without a message id")
    code = fields.get("code")
    if not isinstance(code, int):
        return _failure(fault_of_answer(status, None), f"Twilio answered HTTP {status} without a code")
    detail = f"Twilio answered HTTP {status}, see https://www.twilio.com/docs/api/errors/{code}"
    return _failure(fault_of_answer(status, code), detail, code)


def _fields(answer: str) -> dict[str, object]:
    try:
        fields = json.loads(answer)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _failure(fault: Fault, detail: str, code: int | None = None) -> SendResult:
    return SendResult(verdict_of(fault), None, code, fault, detail)
