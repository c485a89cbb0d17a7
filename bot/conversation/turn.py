"""One text that is being answered, inside its transaction: what every handler is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.conversation.spool import Spooled
from bot.conversation.voice import Said, Voice
from bot.directory import Reached
from bot.understanding.engine import Outcome
from channels.base import Incoming, Via
from channels.twilio_webhooks import is_default_keyword
from content.library import Library
from content.sms_text import fold
from store.contacts import Contact, lock
from store.database import Tx
from store.follow_ups import FollowUpKind, open_follow_up, open_one
from store.inbox import wished_later
from store.patients import DuePatient, enrolled


@dataclass(frozen=True, slots=True)
class Heard:
    """A text as it was understood, before anything that can fail was touched.

    ``tongue`` is the language it is in, None where that cannot be told or the clinic does not have it. ``leaves``: it
    tells of danger, and asks for no more texts as well.
    """

    incoming: Incoming
    reached: Reached | None
    tongue: str | None
    outcome: Outcome
    leaves: bool = False

    @property
    def provider_answered(self) -> bool:
        """Whether Twilio has answered this STOP, START or HELP itself, so that we must not answer a second time."""
        if self.incoming.opt_out_type is not None:
            return True
        by_provider = self.reached is not None and self.reached.sender.opt_out_by == "provider"
        return by_provider and is_default_keyword(self.incoming.body)


def as_sent(body: str, via: Via) -> str:
    """SMS goes out in the plain alphabet that keeps it cheap; WhatsApp as it is written."""
    return fold(body) if via is Via.SMS else body


@dataclass(frozen=True)
class Turn:
    """A text that came in and stands as row ``message_id`` of the transaction ``tx``.

    ``asked`` is the question that waits for an answer. A text that was ``spooled`` was ``answered`` from memory.
    """

    tx: Tx
    now: datetime
    library: Library
    voice: Voice
    heard: Heard
    outcome: Outcome
    contact: Contact
    message_id: int
    asked: str | None = None
    spooled: Spooled | None = None

    def was_told(self, said: Said) -> bool:
        """Whether the answer is ``said``; to a text that was answered from memory it may have been another."""
        return self.spooled is None or self.spooled.answered == as_sent(said.body, self.heard.incoming.via)

    @cached_property
    def is_overtaken(self) -> bool:
        """Whether it was said later, and heard before, if this person wants texts: the last word is what counts.

        Each host hands in its own spool, in no order with the others'.
        """
        if self.spooled is None:
            return False
        left = self.contact.opted_out_at
        return (left is not None and left > self.now) or wished_later(self.tx, self.contact.id, self.now)

    @cached_property
    def patient(self) -> DuePatient | None:
        """The active patient of the number."""
        return enrolled(self.tx, self.contact.id)

    def tell_staff(self, kind: FollowUpKind, urgency: int, within: timedelta, detail: str | None = None) -> None:
        """Put this text on the clinic's list; ``urgency`` 3 is the most urgent, due ``within`` this time."""
        open_follow_up(
            self.tx,
            self.now,
            clinic_id=self.contact.clinic_id,
            kind=kind,
            urgency=urgency,
            contact_id=self.contact.id,
            patient_id=self.patient.id if self.patient else None,
            message_id=self.message_id,
            due_by=self.now + within,
            detail=detail,
        )

    def tell_staff_once(self, kind: FollowUpKind, urgency: int, within: timedelta, detail: str | None = None) -> None:
        """As ``tell_staff``, unless the same is on the list already."""
        lock(self.tx, self.contact.id)
        if open_one(self.tx, self.contact.id, kind) is None:
            self.tell_staff(kind, urgency, within, detail)


Handler = Callable[[Turn], Said | None]
"""Does what a text asks for and gives the answer; None where silence is the answer."""


def for_patients(handler: Callable[[Turn, DuePatient], Said | None]) -> Handler:
    """A handler for patients alone: everybody else is told that their number has no plan."""

    def handle(turn: Turn) -> Said | None:
        return turn.voice.say("not_enrolled") if turn.patient is None else handler(turn, turn.patient)

    return handle
