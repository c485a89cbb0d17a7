"""One text that is being answered, inside its transaction: what every handler is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.conversation.voice import Said, Voice
from bot.directory import Reached
from bot.understanding.engine import Outcome
from channels.base import Incoming
from channels.twilio_webhooks import is_default_keyword
from content.library import Library
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUpKind, open_follow_up
from store.patients import DuePatient, enrolled


@dataclass(frozen=True, slots=True)
class Heard:
    """A text as it was understood, before anything that can fail was touched.

    ``tongue`` is the language it is in, None where that cannot be told or the clinic does not have it.
    """

    incoming: Incoming
    reached: Reached | None
    tongue: str | None
    outcome: Outcome

    @property
    def provider_answered(self) -> bool:
        """Whether Twilio has answered this STOP, START or HELP itself, so that we must not answer a second time."""
        if self.incoming.opt_out_type is not None:
            return True
        by_provider = self.reached is not None and self.reached.sender.opt_out_by == "provider"
        return by_provider and is_default_keyword(self.incoming.body)


@dataclass(frozen=True)
class Turn:
    """A text that came in and stands as row ``message_id`` of the transaction ``tx``."""

    tx: Tx
    now: datetime
    library: Library
    voice: Voice
    heard: Heard
    outcome: Outcome
    contact: Contact
    message_id: int

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


Handler = Callable[[Turn], Said | None]
"""Does what a text asks for and gives the answer; None where silence is the answer."""


def for_patients(handler: Callable[[Turn, DuePatient], Said | None]) -> Handler:
    """A handler for patients alone: everybody else is told that their number has no plan."""

    def handle(turn: Turn) -> Said | None:
        return turn.voice.say("not_enrolled") if turn.patient is None else handler(turn, turn.patient)

    return handle
