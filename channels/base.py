"""What every channel gives and takes: a text going out and its result, a text coming in, a delivery receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable


class Via(StrEnum):
    """The network a text travels on."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class Verdict(StrEnum):
    """What the sender of a text must do next."""

    ACCEPTED = "accepted"
    """The provider has it and gave it an id; a receipt may follow."""
    REFUSED = "refused"
    """It will never go: do not send this text to this number again."""
    LATER = "later"
    """The provider provably never took it: the same text may be tried again later."""
    SENDER = "sender"
    """The sender, the account or the route is at fault: keep the text, stop this sender, call a person."""
    UNKNOWN = "unknown"
    """The provider may or may not have it: never send again before that is settled."""


class Fault(StrEnum):
    """Why a text did not go, in classes that no provider's code numbers leak through."""

    NONE = "none"
    RECIPIENT_PERMANENT = "recipient_permanent"
    OPTED_OUT = "opted_out"
    RECIPIENT_TEMPORARY = "recipient_temporary"
    NOT_SAID = "not_said"
    BLOCKED = "blocked"
    DESTINATION = "destination"
    THROTTLE = "throttle"
    DAILY_CAP = "daily_cap"
    CONTENT = "content"
    TEMPLATE = "template"
    EXPIRED = "expired"
    SENDER = "sender"
    ACCOUNT = "account"
    NOT_SENT = "not_sent"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text about to leave.

    ``to`` is an E.164 number, ``sender`` an E.164 number or a messaging service ("MG..."). ``status_callback`` is the
    bare address of our status route; the channel writes ``attempt``, "<message id>.<attempt number>", into its query,
    and the receipt brings it back. ``validity_seconds`` is how long the provider may hold the text in its queue
    (1 to 36000; None leaves it to the provider). Where WhatsApp needs a template it is ``content_sid``, filled in with
    ``content_variables``; ``body`` is what it says then.
    """

    to: str
    body: str
    via: Via
    sender: str
    status_callback: str | None
    validity_seconds: int | None
    attempt: str
    content_sid: str | None = None
    content_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one call. ``detail`` never holds a phone number or words of the text.

    ``delivered`` is true only for a channel that delivers at once and sends no receipt.
    """

    verdict: Verdict
    provider_id: str | None
    code: int | None
    fault: Fault
    detail: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text that came in.

    ``sender`` is the person's number and ``recipient`` ours, both E.164 (ours may be a short code, digits alone);
    ``service`` is the messaging service it came through; ``media`` counts pictures and recordings sent along.
    """

    provider_id: str
    sender: str
    recipient: str
    service: str | None
    via: Via
    body: str
    media: int
    opt_out_type: Literal["START", "STOP", "HELP"] | None


class ReceiptState(StrEnum):
    """The states of a sent text as a provider reports them."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    READ = "read"

    @property
    def rank(self) -> int:
        """Place in the life of a text; a state moves only to one of a higher rank, since receipts come unordered."""
        return _RANKS[self]


_RANKS = {
    ReceiptState.QUEUED: 0,
    ReceiptState.SENDING: 1,
    ReceiptState.SENT: 2,
    ReceiptState.DELIVERED: 3,
    ReceiptState.UNDELIVERED: 3,
    ReceiptState.FAILED: 3,
    ReceiptState.CANCELED: 3,
    ReceiptState.READ: 4,
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider says became of a text.

    ``attempt`` is ours, from the query of the callback address; ``fault`` says why an undelivered or failed one did
    not arrive and is NONE for every other state.
    """

    provider_id: str
    state: ReceiptState
    code: int | None
    attempt: str | None
    fault: Fault = Fault.NONE


class Channel(Protocol):
    """A way out for texts."""

    async def send(self, text: Outgoing) -> SendResult:
        """Make one call, never a second; every failure is a result, only cancellation is raised."""

    async def close(self) -> None:
        """Give back connections. The channel is not used afterwards."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A text that the provider has. ``at`` is when it took it, UTC by its own clock, to the second."""

    provider_id: str
    body: str
    state: ReceiptState
    code: int | None
    fault: Fault
    at: datetime


@runtime_checkable
class Remembering(Channel, Protocol):
    """A way out whose provider can be asked for what it has."""

    async def list_messages(self, to: str, via: Via, sender: str, since: datetime) -> tuple[Listed, ...] | None:
        """Every text from ``sender`` to ``to`` that the provider took at ``since`` or later.

        None where it could not be asked, or its answer is not complete. Raises nothing but cancellation.
        """

    async def look_up(self, provider_id: str) -> tuple[Listed, ...] | None:
        """The text that has this id, empty where the provider knows none; None where it could not be asked."""
