"""From a text to its answer: understood first, out of memory alone, and then answered in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.conversation.asked import Questions, may_answer, what_was_asked
from bot.conversation.commands import KEPT
from bot.conversation.danger import URGENT
from bot.conversation.guard import RobotGuard
from bot.conversation.handlers import handle, say_from_memory
from bot.conversation.leaving import wants_to_leave, why_they_leave
from bot.conversation.profiles import Profiles
from bot.conversation.spool import Spooled
from bot.conversation.tongue import Tongues
from bot.conversation.turn import Heard, Turn, as_sent
from bot.conversation.voice import Said, Voice
from bot.directory import Directory, Reached
from bot.understanding.engine import Outcome
from bot.understanding.taught import Engines
from channels.base import Incoming
from content.library import Library
from content.sms_text import measure
from scheduler.alerts import TO_LIFE
from store.contacts import Contact, find_contact, new_contact, open_contact
from store.database import Database, Tx
from store.inbox import answers_to, record_reply, record_text, stored_reply

_log = logging.getLogger(__name__)

_ANSWERED_AT_ANY_RATE = URGENT | {"opt_out"}
"""What the brake on robots never holds back."""
_IN_ITS_OWN_TONGUE = URGENT | {"topic", "info", "same_day", "limit", "clarify"}
_MAY_BE_GRAVER = {"call_now", "same_day", "info", "clarify", "unknown"}
"""What CAR T or a bispecific may make graver."""
_PROVIDER_TOOK_IT_FOR = {"STOP": ("opt_out", "stop"), "START": ("opt_in", None), "HELP": ("help", None)}
_FALLBACK_LANGUAGE = "en"
_MOST_VOICES = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to who texted. ``message_id`` is the row of the reply; None where none was stored.

    ``outcome`` is what the text was taken for with all that is known of the person; None where it was answered before.
    """

    message_id: int | None
    body: str | None
    language: str
    outcome: Outcome | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is needed to talk. Any number of threads may use it."""

    database: Database
    library: Library
    engines: Engines
    directory: Directory
    tongues: Tongues
    guard: RobotGuard
    profiles: Profiles
    questions: Questions = field(default_factory=Questions)
    _voices: dict[tuple[int, int, str], Voice] = field(default_factory=dict)

    def hear(self, incoming: Incoming) -> Heard:
        """Understand a text. Touches nothing that can fail: what is urgent is known from here on."""
        reached = self.directory.reached(incoming.recipient, incoming.service, incoming.via)
        tongue = self.tongues.of(incoming.body)
        if reached is not None and tongue not in reached.entry.clinic.languages:
            tongue = None
        outcome = self._understand(incoming, reached, tongue)
        return Heard(incoming, reached, tongue, outcome, self._leaves(incoming, reached, tongue, outcome))

    def recall(self, heard: Heard, now: datetime) -> tuple[Heard, str | None]:
        """The text once more with what is remembered of its sender, and the question that waits, if one does."""
        if heard.reached is None or heard.outcome.kind in TO_LIFE:
            return heard, None
        clinic_id, phone = heard.reached.entry.clinic.id, heard.incoming.sender
        asked = self.questions.recall(clinic_id, phone, now) if may_answer(heard) else None
        profile = self.profiles.recall(heard.reached, phone)
        return self._with(heard, heard.tongue, asked, profile), asked

    def answer(self, heard: Heard, now: datetime, *, spooled: Spooled | None = None) -> Answer:
        """Store a text, do what it asks for and store the reply, all in one transaction. Raises StoreError.

        The same provider's id again gets the stored reply and does nothing else. A text that was ``spooled`` has been
        answered already: what it asks for is done now, and the answer of that time is what is stored, as a second one
        if the text had been stored with another before.
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
        heard, asked = self._understand_again(tx, heard, contact, now)
        outcome = heard.outcome
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
        voice = self._voice(reached, language)
        if message_id is None:
            if spooled is not None:
                text_id, answers = answers_to(tx, incoming.provider_id)
                turn = Turn(tx, now, voice.library, voice, heard, outcome, contact, text_id, asked, spooled)
                self._keep_second_answer(turn, answers, reached)
            stored = stored_reply(tx, incoming.provider_id)
            return Answer(stored.message_id if stored else None, stored.body if stored else None, language)
        turn = Turn(tx, now, voice.library, voice, heard, outcome, contact, message_id, asked, spooled)
        said = handle(turn)
        if spooled is not None:
            said = _as_was_said(spooled, say_from_memory(voice, heard, asked), said)
        elif said is not None and not self._may_go(heard, said, now):
            turn.tell_staff_once("unanswered", 1, timedelta(days=1), "it answers us as a machine would")
            said = None
        if said is None:
            return Answer(None, None, language, outcome)
        self.questions.answered(clinic.id, incoming.sender, incoming.body, said.template, now)
        return self._store(turn, said, reached)

    def _keep_second_answer(self, turn: Turn, answers: Sequence[str], reached: Reached) -> None:
        """What was said from memory to a text that stood already with ``answers``, which may never have left.

        Its process was killed before it could answer, or the answer to its commit was lost; then the provider handed
        the text over again while the database was away. A lost reply is worse than a second one, and what a person was
        told stands in the record.
        """
        answered = turn.spooled.answered if turn.spooled else None
        if answered is not None and answered not in answers:
            said = say_from_memory(turn.voice, turn.heard, turn.asked)
            self._store(turn, replace(said, body=answered), reached)

    def from_memory(self, heard: Heard, asked: str | None, now: datetime) -> Said | None:
        """The answer that needs no database, to what ``recall`` gave; None where silence is the answer."""
        urgent = heard.outcome.kind in URGENT
        if not urgent and (heard.provider_answered or heard.reached is None):
            return None
        language = self._language(heard, heard.outcome, None)
        voice = self._voice(heard.reached, language)
        said = say_from_memory(voice, heard, asked)
        said = replace(said, body=as_sent(said.body, heard.incoming.via))
        if not self._may_go(heard, said, now):
            return None
        if heard.reached is not None:
            clinic_id, incoming = heard.reached.entry.clinic.id, heard.incoming
            self.questions.answered(clinic_id, incoming.sender, incoming.body, said.template, now)
        return said

    def _from_nowhere(self, heard: Heard, now: datetime) -> Answer:
        """A text to a number that no clinic has: whoever is in danger is still told whom to call."""
        _log.warning("a text came to a number that no clinic has: add it with `immunotext sender add`")
        said = self.from_memory(heard, None, now)
        return Answer(None, said.body, said.language) if said else Answer(None, None, _FALLBACK_LANGUAGE)

    def _understand(
        self,
        incoming: Incoming,
        reached: Reached | None,
        language: str | None,
        asked: str | None = None,
        profile: str | None = None,
    ) -> Outcome:
        outcome = why_they_leave(
            incoming.body,
            self._read(incoming.body, reached, language, asked, profile),
            lambda part: self._read(part, reached, language, None, None),
        )
        if incoming.opt_out_type is None or outcome.kind in URGENT:
            return outcome
        # Words that were set up with the provider are not all known here; what it did with them is what they mean.
        kind, id_ = _PROVIDER_TOOK_IT_FOR[incoming.opt_out_type]
        if outcome.kind == kind:
            return outcome
        why = f"the provider took it for {incoming.opt_out_type}"
        return replace(outcome, kind=kind, id=id_, topic=None, urgent_line=False, matched=why, detail=None)

    def _read(
        self, text: str, reached: Reached | None, language: str | None, asked: str | None, profile: str | None
    ) -> Outcome:
        clinic = reached.entry.clinic if reached else None
        return self.engines.of(self._library_of(reached)).understand(
            text,
            language=language or (clinic.default_language if clinic else _FALLBACK_LANGUAGE),
            country=clinic.country if clinic else "",
            own=clinic,
            asked=asked,
            profile=profile,
        )

    def _leaves(self, incoming: Incoming, reached: Reached | None, language: str | None, outcome: Outcome) -> bool:
        if outcome.kind not in URGENT:
            return False
        return incoming.opt_out_type == "STOP" or wants_to_leave(
            incoming.body, outcome, lambda part: self._read(part, reached, language, None, None)
        )

    def _understand_again(
        self, tx: Tx, heard: Heard, contact: Contact | None, now: datetime
    ) -> tuple[Heard, str | None]:
        """With what is known of the person: what they were asked, what they are treated with, and their language.

        The language only where the text does not tell it. What was urgent stays so, and may become graver.
        """
        kind = heard.outcome.kind
        if contact is None or kind in TO_LIFE:
            return heard, None
        asked = what_was_asked(tx, contact.id, heard, now)
        profile = self.profiles.ask(tx, contact.id, now) if kind in _MAY_BE_GRAVER or asked else None
        other_language = heard.tongue is None and contact.language != heard.outcome.language and kind not in URGENT
        language = contact.language if other_language or asked else heard.tongue
        if not other_language and asked is None and profile is None:
            return heard, None
        return self._with(heard, language, asked, profile), asked

    def _with(self, heard: Heard, language: str | None, asked: str | None, profile: str | None) -> Heard:
        if asked is None and profile is None and language == heard.tongue:
            return heard
        outcome = self._understand(heard.incoming, heard.reached, language, asked, profile)
        if heard.outcome.kind in URGENT and outcome.kind not in TO_LIFE:
            return heard
        return replace(heard, outcome=outcome, leaves=self._leaves(heard.incoming, heard.reached, language, outcome))

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
            voice = self._voices[key] = Voice(self._library_of(reached), reached.entry, language)
        return voice

    def _library_of(self, reached: Reached | None) -> Library:
        """What is said and understood for a clinic: the content, and its own words over it."""
        return self.library.with_overrides(reached.entry.clinic.overrides) if reached else self.library

    def _may_go(self, heard: Heard, said: Said, now: datetime) -> bool:
        if heard.reached is None or heard.outcome.kind in _ANSWERED_AT_ANY_RATE:
            return True
        return self.guard.allows(heard.reached.entry.clinic.id, heard.incoming.sender, said.body, now)

    def _store(self, turn: Turn, said: Said, reached: Reached) -> Answer:
        via = turn.heard.incoming.via
        body = as_sent(said.body, via)
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
            content_version=turn.library.version,
            sender_id=reached.sender.id,
        )
        return Answer(reply_id, body, said.language, turn.outcome)


def _as_was_said(spooled: Spooled, from_memory: Said, said: Said | None) -> Said | None:
    """What a text that waited was answered, named by what is done of it now too: a C that was kept is a C."""
    if spooled.answered is None:
        return None
    template = from_memory.template
    if template == KEPT and said is not None:
        template = f"{KEPT}+{said.template}"
    return replace(from_memory, body=spooled.answered, template=template)
