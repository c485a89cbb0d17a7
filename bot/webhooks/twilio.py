"""Twilio's two webhooks: a text that came in, and what became of one that went out.

The signature is checked against the public address that Twilio was given, never against the Host header. What is not
signed gets 403 and leaves nothing behind. Twilio follows a redirect with the form lost, so no route here redirects.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, Request, Response, request

from bot.conversation.desk import Desk, NotTaken
from bot.directory import Directory
from bot.metrics import Metrics
from bot.webhooks.hearing import Hearing
from channels.base import Receipt, Via
from channels.twilio_signature import signature_ok
from channels.twilio_webhooks import (
    WHATSAPP,
    NotAReceipt,
    NotAText,
    parse_incoming,
    parse_receipt,
    receipt_address,
    render_answer,
)
from store.errors import StoreError

PREFIX = "/webhooks/twilio/"
MESSAGES = PREFIX + "messages"
STATUS = PREFIX + "status"
MOST_FIELDS = 500
"""Fields of one form that are read. Twilio sends about twenty, and adds new ones without notice."""
_SIGNATURE = "X-Twilio-Signature"

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Twilio:
    """What the webhooks know of Twilio: our address as it was given to it, the tokens that may have signed, and what
    its forms name: the account, and a number or service of the directory."""

    public_address: str
    tokens: tuple[str, ...]
    account_sid: str
    directory: Directory

    def signed_form(self, route: str, came: Request) -> Pairs | None:
        """The pairs of a signed form; None where the signature, or the form itself, is not as Twilio makes it."""
        query = came.environ.get("QUERY_STRING", "")
        url = f"{self.public_address}{route}" + (f"?{query}" if query else "")
        pairs = _pairs(came)
        if pairs is None:
            return None
        signature, body = came.headers.get(_SIGNATURE, ""), b"" if pairs else came.get_data()
        return pairs if signature_ok(url, pairs, signature, self.tokens, body) else None

    def may_be_its(self, came: Request) -> bool:
        """Whether a call whose signature does not fit looks like Twilio's all the same: it bears one, and its form
        names our account and a number or service of ours. Who knows both may have made it up."""
        fields = dict(_pairs(came) or ())
        if _SIGNATURE not in came.headers or fields.get("AccountSid") != self.account_sid:
            return False
        named = [fields.get(name, "") for name in ("To", "From", "MessagingServiceSid")]
        known = (self.directory.reached(each.removeprefix(WHATSAPP), each, Via.WHATSAPP) for each in named if each)
        return any(known) or not self.directory.is_fresh


def _pairs(came: Request) -> Pairs | None:
    try:
        return parse_qsl(came.get_data().decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # more fields than that, or bytes that no form holds
        return None


def blueprint(
    twilio: Twilio, desk: Desk, note_receipt: Callable[[Receipt], object], metrics: Metrics, hearing: Hearing
) -> Blueprint:
    """The two routes. ``note_receipt`` writes a receipt down and may raise StoreError."""
    routes = Blueprint("twilio", __name__)
    status_address = twilio.public_address + STATUS

    def refuse(route: str, sentence: str, status: int) -> Response:
        metrics.refused(route)
        return _plain(sentence, status)

    def signed_form(route: str) -> Pairs | None:
        pairs = twilio.signed_form(route, request)
        if pairs is not None or twilio.may_be_its(request):
            hearing.note(fits=pairs is not None)
        return pairs

    @routes.post(MESSAGES)
    def messages() -> Response:
        pairs = signed_form(MESSAGES)
        if pairs is None:
            return refuse("messages", "The signature does not fit.", 403)
        try:
            incoming = parse_incoming(pairs)
        except NotAText as error:
            return refuse("messages", str(error), 400)
        try:
            answer = desk.take(incoming)
        except NotTaken:
            return _plain("The text could not be taken just now. Send it again.", 503)
        callback = None if answer.message_id is None else receipt_address(status_address, f"{answer.message_id}.1")
        return Response(render_answer(answer.body, callback), content_type="text/xml; charset=utf-8")

    @routes.post(STATUS)
    def status() -> Response:
        pairs = signed_form(STATUS)
        if pairs is None:
            return refuse("status", "The signature does not fit.", 403)
        try:
            receipt = parse_receipt(pairs, parse_qsl(request.environ.get("QUERY_STRING", ""), keep_blank_values=True))
        except NotAReceipt as error:
            return refuse("status", str(error), 400)
        try:
            note_receipt(receipt)
        except StoreError:
            return _plain("The receipt could not be taken just now. Send it again.", 503)
        return Response(status=204)

    return routes


def _plain(sentence: str, status: int) -> Response:
    return Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
