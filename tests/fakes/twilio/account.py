"""The account at the fake: its senders, who opted out of them, and every message it took."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from secrets import token_hex

from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.fakes.twilio.whatsapp import WhatsApp


@dataclass(slots=True)
class Message:
    """A message that was taken. ``sender`` is its From, ``service`` its messaging service; one of them is given."""

    sid: str
    to: str
    sender: str | None
    service: str | None
    body: str
    at: datetime
    status_callback: str | None
    validity_seconds: int | None
    status: str
    error_code: int | None = None
    doomed: int | None = None
    """The code with which it will fail although it was taken."""
    sent_at: datetime | None = None
    states: list[str] = field(default_factory=list)
    """The states told so far, in the order they were told."""

    def resource(self, account_sid: str) -> dict[str, object]:
        """The message as Twilio's API shows it."""
        uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        created = format_datetime(self.at)
        return {
            "body": self.body,
            # Through a service Twilio does not know the segments before it has chosen a number.
            "num_segments": "0" if self.service else str(_segments(self.body)),
            "direction": "outbound-api",
            "from": self.sender,
            "date_updated": created,
            "price": None,
            "error_message": None,
            "uri": f"{uri}.json",
            "account_sid": account_sid,
            "num_media": "0",
            "to": self.to,
            "date_created": created,
            "status": self.status,
            "sid": self.sid,
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "messaging_service_sid": self.service,
            "error_code": self.error_code,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


def _segments(body: str) -> int:
    return 1 if len(body) <= 160 else -(-len(body) // 153)


def real_now() -> datetime:
    return datetime.now(UTC)


class Account:
    """Numbers ("+1...") and messaging services ("MG..." with their numbers); both may be texted from."""

    def __init__(
        self,
        sid: str = ACCOUNT_SID,
        token: str = AUTH_TOKEN,
        numbers: Sequence[str] = (NUMBER,),
        services: Mapping[str, Sequence[str]] | None = None,
        clock: Callable[[], datetime] = real_now,
    ) -> None:
        self.sid = sid
        self.token = token
        self.numbers = set(numbers)
        self.services = {name: tuple(pool) for name, pool in (services or {}).items()}
        self.clock = clock
        self.whatsapp = WhatsApp()
        self.messages: list[Message] = []
        self._by_sid: dict[str, Message] = {}
        self._stopped: set[tuple[str, str]] = set()
        self._prefix = token_hex(8)
        self._changed = threading.Condition()

    def add(self, form: Mapping[str, str]) -> Message:
        """Take the message of a form that the rules let pass."""
        service = form.get("MessagingServiceSid")
        sender = form.get("From")
        validity = form.get("ValidityPeriod")
        now = self.clock()
        stopped = service is not None and self.is_stopped(form["To"], service)
        message = Message(
            sid=f"SM{self._prefix}{len(self.messages) + 1:016x}",
            to=form["To"],
            sender=sender,
            service=service,
            body=self.whatsapp.body(form),
            at=now,
            status_callback=form.get("StatusCallback") or None,
            validity_seconds=int(validity) if validity else None,
            status="accepted" if service else "queued",
            doomed=21610 if stopped else self.whatsapp.doom(form, now),
        )
        with self._changed:
            self.messages.append(message)
            self._by_sid[message.sid] = message
            self._changed.notify_all()
        return message

    def find(self, sid: str) -> Message | None:
        """The message with this id."""
        return self._by_sid.get(sid)

    def wait_for(self, count: int, timeout: float) -> None:
        """Return when ``count`` messages were taken; TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} of {count} messages came within {timeout} s")

    def stop(self, number: str, sender: str) -> None:
        """The holder of ``number`` texted STOP to this number or messaging service."""
        self._stopped.add((number, sender))

    def start(self, number: str, sender: str) -> None:
        """The holder of ``number`` texted START to this number or messaging service."""
        self._stopped.discard((number, sender))

    def is_stopped(self, number: str, sender: str) -> bool:
        """Whether texts from this sender are blocked for the number."""
        return (number, sender) in self._stopped
