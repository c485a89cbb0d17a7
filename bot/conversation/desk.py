"""The desk where texts are handed in: it answers each, also on a day without a database.

A text is first understood, which needs nothing but memory, and then answered in one transaction. When the database has
not taken it within three seconds, it is put into the spool and answered from memory, STOP too; `replay` plays it when
the database is back. While the spool holds a text, every later one queues behind it, so that a START never overtakes
the STOP before it.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from bot.conversation.answer import Answer, Conversation
from bot.conversation.danger import URGENT
from bot.conversation.spool import Spool, Spooled, SpoolError
from bot.conversation.turn import Heard
from bot.logs import log_fault
from bot.metrics import Metrics
from channels.base import Incoming
from store.errors import StoreError

_log = logging.getLogger(__name__)


class NotTaken(Exception):
    """Neither the database nor the spool could keep a text that must be kept. The provider is to send it again."""


class Desk:
    """Takes texts in. Any number of threads may use it."""

    def __init__(
        self, conversation: Conversation, spool: Spool, clock: Callable[[], datetime], metrics: Metrics
    ) -> None:
        self._conversation = conversation
        self._spool = spool
        self._clock = clock
        self._metrics = metrics

    def take(self, incoming: Incoming) -> Answer:
        """Answer a text, and keep it. Raises NotTaken; what is urgent or a mere fact is answered even then."""
        began = time.perf_counter()
        now = self._clock()
        heard = self._conversation.hear(incoming)
        answer = self._from_database(heard, now)
        spooled = answer is None
        if answer is None:
            answer = self._from_memory(heard, now)
        self._metrics.taken(heard.outcome.kind, time.perf_counter() - began, spooled=spooled)
        return answer

    def replay(self) -> bool:
        """Play what waits in the spool; True when nothing waits any more."""
        if not self._spool.holds_texts():
            return True
        try:  # a number may have been added to a clinic since
            self._conversation.directory.refresh(self._conversation.database)
        except StoreError:
            return False
        return self._spool.replay(self._play)

    def _from_database(self, heard: Heard, now: datetime) -> Answer | None:
        if self._spool.holds_texts() or (heard.reached is None and not self._conversation.directory.is_fresh):
            return None
        try:
            return self._conversation.answer(heard, now)
        except StoreError as error:
            _log.warning("a text goes to the spool: %s", error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with us, who texted gets an answer
            log_fault(_log, "a text could not be answered and goes to the spool", error)
        return None

    def _from_memory(self, heard: Heard, now: datetime) -> Answer:
        heard, asked = self._conversation.recall(heard, now)
        said = self._conversation.from_memory(heard, asked, now)
        language = said.language if said else heard.outcome.language
        try:
            kept = self._spool.put(Spooled(heard.incoming, now, said.body if said else None))
        except SpoolError as error:
            _log.error("a text could be kept nowhere: %s", error)
            if said is not None and (heard.outcome.kind in URGENT or said.fact is not None):
                return Answer(None, said.body, language)
            raise NotTaken from error
        return Answer(None, kept.answered, language)

    def _play(self, spooled: Spooled) -> None:
        self._conversation.answer(self._conversation.hear(spooled.incoming), spooled.at, spooled=spooled)
