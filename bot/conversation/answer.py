"""From a text to its answer: understood first, out of memory alone, and then answered in one transaction."""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.conversation.asked import what_was_asked
from bot.conversation.danger import URGENT
from bot.conversation.guard import RobotGuard
from bot.conversation.handlers import handle, say_from_memory
from bot.conversation.spool import Spooled
from bot.conversation.tongue import Tongues
from bot.conversation.turn import Heard, Turn
from bot.conversation.voice import Said, Voice
from bot.directory import Directory, Reached
from bot.understanding.engine import Engine, Outcome
from channels.base import Incoming, Via
from content.library import Library
from content.sms_text import fold, measure
from store.contacts import Contact, find_contact, new_contact, open_contact
from store.database import Database, Tx
from store.inbox import record_reply, record_text, stored_reply

_log = logging.getLogger(__name__)

_ANSWERED_AT_ANY_RATE = URGENT | {"opt_out"}
"""What the brake on robots never holds back."""
_IN_ITS_OWN_TONGUE = URGENT | {"topic", "info", "same_day", "limit", "clarify"}
_FALLBACK_LANGUAGE = "en"
_MOST_VOICES = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to who texted. ``message_id`` is the row of the reply; None where none was stored."""

    message_id: int | None
    body: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is needed to talk. Any number of threads may use it."""

    database: Database
    library: Library
    engine: Engine
    directory: Directory
    tongues: Tongues
    guard: RobotGuard
    _voices: dict[tuple[int, int, str], Voice] = field(default_factory=dict)

    def hear(self, incoming: Incoming) -> Heard:
        """Understand a text. Touches nothing that can fail: what is urgent is known from here on."""
        reached = self.directory.reached(incoming.recipient, incoming.service)
        tongue = self.tongues.of(incoming.body)
        if reached is not None and tongue not in reached.entry.clinic.languages:
            tongue = None
        return Heard(incoming, reached, tongue, self._understand(incoming, reached, tongue))

    def answer(self, heard: Heard, now: datetime, *, spooled: Spooled | None = None) -> Answer:
        """Store a text, do what it asks for and store the reply, all in one transaction. Raises StoreError.

        The same provider's id again gets the stored reply and does nothing else. A text that was ``spooled`` has been
        answered already: what it asks for is done now, and the answer of that time is what is stored.
        """
        if heard.reached is None:
            return self._from_nowhere(heard, now)
        with self.database.writing() as tx:
            return self.converse(tx, heard, heard.reached, now, spooled=spooled)

    def converse(
        self, tx: Tx, heard: Heard, reached: Reached, now: datetime, *, spooled: Spooled | None = None
    ) -> Answer:
        """As ``answer``, in a transaction that is the caller's to commit or to take back."""
        incoming, clinic = heard.incoming, reached.entry.clinic
        contact = find_contact(tx, clinic.id, incoming.sender)
        outcome = self._understand_again(tx, heard, contact, now)
        language = self._language(heard, outcome, contact)
        if contact is None:
            contact = new_contact(tx, now, clinic.id, incoming.sender, language, incoming.via)
        if contact is None or contact.phone is None:
            contact = open_contact(tx, now, clinic.id, incoming.sender, language, incoming.via)
        message_id = record_text(
            tx,
            now,
            clinic_id=clinic.id,
            contact_id=contact.id,
            provider_id=incoming.provider_id,
            sender_id=reached.sender.id,
            body=incoming.body,
            via=incoming.via,
            media=incoming.media,
            language=language,
            outcome_kind=outcome.kind,
            outcome_id=outcome.id,
            matched=outcome.matched,
        )
        if message_id is None:
            stored = stored_reply(tx, incoming.provider_id)
            return Answer(stored.message_id if stored else None, stored.body if stored else None, language)
        voice = self._voice(reached, language)
        turn = Turn(tx, now, self.library, voice, heard, outcome, contact, message_id)
        said = handle(turn)
        if spooled is not None:
            said = replace(say_from_memory(voice, outcome), body=spooled.answered) if spooled.answered else None
        elif said is not None and not self._may_go(heard, outcome, said, now):
            said = None
        if said is None:
            return Answer(None, None, language)
        return self._store(turn, said, reached)

    def from_memory(self, heard: Heard, now: datetime) -> Said | None:
        """The answer that needs no database; None where silence is the answer."""
        urgent = heard.outcome.kind in URGENT
        if not urgent and (heard.provider_answered or heard.reached is None):
            return None
        language = self._language(heard, heard.outcome, None)
        voice = self._voice(heard.reached, language)
        said = say_from_memory(voice, heard.outcome)
        said = replace(said, body=_as_sent(said.body, heard.incoming.via))
        return said if self._may_go(heard, heard.outcome, said, now) else None

    def _from_nowhere(self, heard: Heard, now: datetime) -> Answer:
        """A text to a number that no clinic has: whoever is in danger is still told whom to call."""
        _log.warning("a text came to a number that no clinic has: add it with `immunotext sender add`")
        said = self.from_memory(heard, now)
        return Answer(None, said.body, said.language) if said else Answer(None, None, _FALLBACK_LANGUAGE)

    def _understand(
        self, incoming: Incoming, reached: Reached | None, language: str | None, asked: str | None = None
    ) -> Outcome:
        clinic = reached.entry.clinic if reached else None
        return self.engine.understand(
            incoming.body,
            language=language or (clinic.default_language if clinic else _FALLBACK_LANGUAGE),
            country=clinic.country if clinic else "",
            asked=asked,
        )

    def _understand_again(self, tx: Tx, heard: Heard, contact: Contact | None, now: datetime) -> Outcome:
        """With what is known of the person: what they were asked, and their language, where the text does not tell it.

        What was urgent stays so.
        """
        if contact is None or heard.outcome.kind in URGENT:
            return heard.outcome
        asked = what_was_asked(tx, contact.id, heard, now)
        if asked is None and (heard.tongue is not None or contact.language == heard.outcome.language):
            return heard.outcome
        return self._understand(heard.incoming, heard.reached, contact.language, asked)

    def _language(self, heard: Heard, outcome: Outcome, contact: Contact | None) -> str:
        """The language to answer in: the person's own, and for a stranger or in a matter of health that of the text."""
        if heard.tongue is not None and (contact is None or outcome.kind in _IN_ITS_OWN_TONGUE):
            return heard.tongue
        if contact is not None:
            return contact.language
        return heard.reached.entry.clinic.default_language if heard.reached else _FALLBACK_LANGUAGE

    def _voice(self, reached: Reached | None, language: str) -> Voice:
        """Made once for each state of a clinic: all of its texts are said with it."""
        if reached is None:
            return Voice(self.library, None, language)
        clinic = reached.entry.clinic
        key = (clinic.id, clinic.version, language)
        voice = self._voices.get(key)
        if voice is None:
            if len(self._voices) >= _MOST_VOICES:  # clinics that changed since
                self._voices.clear()
            voice = self._voices[key] = Voice(self.library, reached.entry, language)
        return voice

    def _may_go(self, heard: Heard, outcome: Outcome, said: Said, now: datetime) -> bool:
        if heard.reached is None or outcome.kind in _ANSWERED_AT_ANY_RATE:
            return True
        return self.guard.allows(heard.reached.entry.clinic.id, heard.incoming.sender, said.body, now)

    def _store(self, turn: Turn, said: Said, reached: Reached) -> Answer:
        via = turn.heard.incoming.via
        body = _as_sent(said.body, via)
        counted = measure(body)
        reply_id = record_reply(
            turn.tx,
            turn.now,
            clinic_id=turn.contact.clinic_id,
            contact_id=turn.contact.id,
            patient_id=turn.patient.id if turn.patient else None,
            in_reply_to=turn.message_id,
            body=body,
            template=said.template,
            fact=said.fact,
            language=said.language,
            via=via,
            segments=counted.segments,
            encoding=counted.encoding,
            content_version=self.library.version,
            sender_id=reached.sender.id,
        )
        return Answer(reply_id, body, said.language)


def _as_sent(body: str, via: Via) -> str:
    """SMS goes out in the plain alphabet that keeps it cheap; WhatsApp as it is written."""
    return fold(body) if via is Via.SMS else body
