"""Asking the provider what became of texts: the ticks around `delivery.reconcile` and `delivery.silence`."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from channels.base import Listed, Remembering, Via
from content.library import Library
from scheduler import clock
from scheduler.delivery import reconcile, silence
from scheduler.delivery.reconcile import Attempt, Question
from store import silent
from store.database import Database
from store.silent import Silent

_log = logging.getLogger(__name__)

_AT_ONCE = 5
"""So many texts are settled in one transaction: each may lock a person, and others wait for it."""

T = TypeVar("T")
Answers = list[tuple[Question, tuple[Listed, ...] | None]]


class InThread(Protocol):
    """How a transaction is done beside the event loop."""

    def __call__(self, duty: Callable[[], T], /) -> Awaitable[T]: ...


class Asking:
    """One of these for each scheduler. What was absent once is remembered here; a new process asks twice anew.

    Two schedulers that ask at the same time decide the same, and the store takes only one decision. ``real`` is the
    database's clock; ``is_ending`` is looked at between two calls.
    """

    def __init__(
        self,
        database: Database,
        library: Library,
        channel: Remembering,
        *,
        real: Callable[[], datetime],
        is_ending: Callable[[], bool],
        demo: bool,
    ) -> None:
        self._database = database
        self._library = library
        self._channel = channel
        self._real = real
        self._is_ending = is_ending
        self._demo = demo
        self._absent: dict[Attempt, datetime] = {}

    async def round(self, in_thread: InThread) -> None:
        """Asks for what is unknown, one text after the other, and decides what can be decided."""
        answers: Answers = []
        for question in await in_thread(self._questions):
            if self._is_ending():
                break
            answers.append((question, await self._ask(question)))
            if answers[-1][1] is None and question.text.to is not None:
                break  # whoever does not answer now is not kept busy with the others
        for begin in range(0, len(answers), _AT_ONCE):
            some = answers[begin : begin + _AT_ONCE]
            absent = await in_thread(lambda some=some: self._settle(some))  # type: ignore[misc]
            asked = {question.attempt for question, _ in some}
            self._absent = {attempt: at for attempt, at in self._absent.items() if attempt not in asked} | absent

    async def hear(self, in_thread: InThread) -> None:
        """Asks for texts of which no receipt tells how they ended, until none is left that is to be asked for now."""
        while found := await in_thread(self._silent):
            for text in found:
                if self._is_ending():
                    return
                answer = await self._channel.look_up(text.provider_id)
                await in_thread(lambda heard=(text, answer): self._hear(heard))  # type: ignore[misc]
                if answer is None:
                    return  # the others wait until they are asked for again
            _log.info("%d texts of which nothing more was heard were asked for at the provider", len(found))

    async def _ask(self, question: Question) -> tuple[Listed, ...] | None:
        text = question.text
        if text.to is None:
            return None
        return await self._channel.list_messages(text.to, Via(text.via), text.sender, question.since)

    def _questions(self) -> list[Question]:
        real = self._real()
        with self._database.reading() as tx:
            return reconcile.to_ask(tx, clock.at(tx, real, demo=self._demo))

    def _silent(self) -> list[Silent]:
        real = self._real()
        with self._database.reading() as tx:
            if not silent.any_silent(tx, clock.at(tx, real, demo=self._demo).now):
                return []
        with self._database.writing() as tx:
            return silence.to_ask(tx, clock.at(tx, real, demo=self._demo))

    def _hear(self, answer: tuple[Silent, tuple[Listed, ...] | None]) -> None:
        """One text alone: what follows from it may lock its person, its clinic's tasks and its sender."""
        real = self._real()
        with self._database.writing() as tx:
            silence.hear(tx, clock.at(tx, real, demo=self._demo), self._library, [answer])

    def _settle(self, answers: Answers) -> dict[Attempt, datetime]:
        real = self._real()
        with self._database.writing() as tx:
            moment = clock.at(tx, real, demo=self._demo)
            absent = reconcile.settle(tx, moment, self._library, answers, self._absent)
        _log.info(
            "%d unknown texts were asked for at the provider, %d of them are to be asked again",
            len(answers),
            len(absent),
        )
        return absent
