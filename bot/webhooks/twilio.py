"""Twilio's two webhooks: a text that came in, and what became of one that went out.

The signature is checked against the public address that Twilio was given, never against the Host header. What is not
signed gets 403 and leaves nothing behind. Twilio follows a redirect with the form lost, so no route here redirects.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, Request, Response, request

from bot.conversation.desk import Desk, NotTaken
from bot.metrics import Metrics
from bot.webhooks.hearing import Hearing
from channels.base import Receipt
from channels.twilio_signature import signature_ok
from channels.twilio_webhooks import (
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
    """What the webhooks know of Twilio: our address as it was given to it, and the tokens that may have signed."""

    public_address: str
    tokens: tuple[str, ...]

    def signed_form(self, route: str, came: Request) -> Pairs | None:
        """The pairs of a signed form; None where the signature, or the form itself, is not as Twilio makes it."""
        query = came.environ.get("QUERY_STRING", "")
        url = f"{self.public_address}{route}" + (f"?{query}" if query else "")
        body = came.get_data(cache=False)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:  # more fields than that, or bytes that no form holds
            return None
        signature = came.headers.get(_SIGNATURE, "")
        return pairs if signature_ok(url, pairs, signature, self.tokens, body if not pairs else b"") else None


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
        if pairs is not None or _SIGNATURE in request.headers:
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
