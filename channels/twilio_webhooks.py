"""What Twilio sends us and how we answer: inbound texts, delivery receipts, TwiML.

Fields: https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status. A signature proves who sent a form, not
that its fields have the size and shape we expect: each one is held against a pattern here.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Literal

from channels.base import Fault, Incoming, Receipt, ReceiptState, Via
from channels.phone import is_e164, without_old_prefix
from channels.twilio_errors import fault_of_receipt

WHATSAPP = "whatsapp:"
"""What Twilio writes before a number that is reached through WhatsApp."""
LONGEST_TEXT = 1600
"""Characters that Twilio takes in one text (errors 21617 and 14103)."""
_LONGEST_INCOMING = 4096  # WhatsApp's limit; a person's first words are read even if more than that should come
_MOST_MEDIA = 10

_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9A-Za-z]{1,62}")
_SERVICE_SID = re.compile(r"MG[0-9A-Za-z]{1,62}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_COUNT = re.compile(r"[0-9]{1,6}")
_ATTEMPT = re.compile(r"[0-9]{1,19}\.[0-9]{1,6}")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_OPT_OUT_TYPES: dict[str, Literal["START", "STOP", "HELP"]] = {"START": "START", "STOP": "STOP", "HELP": "HELP"}
STATES = {state.value: state for state in ReceiptState} | {
    "accepted": ReceiptState.QUEUED,
    "scheduled": ReceiptState.QUEUED,
}
_WITHOUT_ARRIVAL = {ReceiptState.UNDELIVERED, ReceiptState.FAILED}
# Twilio repeats a callback that failed only if the address asks for it, in a part that it neither sends nor signs:
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
_REPEAT = "#rc=3&rp=5xx,ct,rt"


# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
_DEFAULT_KEYWORDS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START YES UNSTOP HELP INFO".split()  # noqa: SIM905
)

_LIFTING = frozenset({"START", "YES", "UNSTOP"})


class NotAText(Exception):
    """A form that is no inbound text; the message is a sentence without any of its values."""


class NotAReceipt(Exception):
    """A form that is no delivery receipt; the message is a sentence without any of its values."""


def is_message_sid(text: object) -> bool:
    """Whether this can be the id of a message at Twilio."""
    return isinstance(text, str) and _MESSAGE_SID.fullmatch(text) is not None


def is_default_keyword(body: str) -> bool:
    """Whether Twilio answers this text by itself where its own opt-out handling is on: such a word and nothing else."""
    return body.strip().upper() in _DEFAULT_KEYWORDS


def lifts_block(body: str) -> bool:
    """Whether Twilio takes this text for START: nothing else lifts a block that it keeps (error 21610)."""
    return body.strip().upper() in _LIFTING


def receipt_address(status_route: str, attempt: str) -> str:
    """The address to ask receipts at for one attempt ("<message id>.<number>"); Twilio will repeat a failed call."""
    return f"{status_route}?attempt={attempt}{_REPEAT}"


def parse_incoming(params: Sequence[tuple[str, str]]) -> Incoming:
    """Read the form of an inbound text; NotAText where a field without which there is no text is missing or odd.

    A body is never a reason to refuse: characters no database takes are left out, and more than 4096 are cut.
    """
    fields = dict(reversed(params))
    sid = fields.get("MessageSid", "")
    if not is_message_sid(sid):
        raise NotAText("MessageSid is missing or is no message id.")
    address = fields.get("From", "")
    sender = address.removeprefix(WHATSAPP)
    if not is_e164(sender):
        raise NotAText("From is missing or is no phone number; a short code or a name is no person to answer.")
    recipient = fields.get("To", "").removeprefix(WHATSAPP)
    if not is_e164(recipient) and not _SHORT_CODE.fullmatch(recipient):
        raise NotAText("To is missing or is neither a phone number nor a short code.")
    service = fields.get("MessagingServiceSid") or None
    if service is not None and not _SERVICE_SID.fullmatch(service):
        raise NotAText("MessagingServiceSid is no messaging service id.")
    return Incoming(
        provider_id=sid,
        sender=without_old_prefix(sender),
        recipient=recipient,
        service=service,
        via=Via.SMS if address == sender else Via.WHATSAPP,
        body=_readable(fields.get("Body", "")),
        media=min(_count(fields.get("NumMedia")) or 0, _MOST_MEDIA),
        opt_out_type=_OPT_OUT_TYPES.get(fields.get("OptOutType", "")),
    )


def parse_receipt(params: Sequence[tuple[str, str]], query: Sequence[tuple[str, str]]) -> Receipt:
    """Read the form of a status callback, and the attempt from the query of its address.

    NotAReceipt where the message id or the state is missing or unknown.
    """
    fields = dict(reversed(params))
    sid = fields.get("MessageSid", "")
    if not is_message_sid(sid):
        raise NotAReceipt("MessageSid is missing or is no message id.")
    state = STATES.get(fields.get("MessageStatus", ""))
    if state is None:
        raise NotAReceipt("MessageStatus is missing or is no state of a sent text.")
    code = _count(fields.get("ErrorCode"))
    attempt = dict(reversed(query)).get("attempt", "")
    return Receipt(
        provider_id=sid,
        state=state,
        code=code,
        attempt=attempt if _ATTEMPT.fullmatch(attempt) else None,
        fault=fault_of_receipt(code) if state in _WITHOUT_ARRIVAL else Fault.NONE,
    )


def render_answer(body: str | None, status_callback: str | None) -> str:
    """The TwiML (text/xml) that answers an inbound text: one message, or nothing for None and for an empty body.

    Only ``statusCallback`` is set, although for some accounts Twilio reads ``action`` in its place: whatever the
    address of ``action`` answers is taken for TwiML, and our status route answers 204.
    https://www.twilio.com/docs/messaging/twiml/message
    """
    text = _NOT_IN_XML.sub("", body or "")[:LONGEST_TEXT]
    if not text:
        return '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    callback = f' statusCallback="{escape(status_callback)}"' if status_callback else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Response><Message{callback}><Body>{escape(text, quote=False)}</Body></Message></Response>"
    )


def _readable(body: str) -> str:
    return body[:_LONGEST_INCOMING].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text) else None
