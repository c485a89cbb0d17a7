"""The real database with faults put in: it is away, loses a transaction or the answer to it, or the process dies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

from store.backends import Backend
from store.database import Database, DatabaseDown, Tx
from store.sealed import Sealer


class Crashed(BaseException):
    """The process died at this point of its program. No code of the program may catch it."""


class Fate(StrEnum):
    """What becomes of one transaction that writes."""

    DONE = "done"
    AWAY = "away"
    """The database cannot be reached: nothing is begun."""
    LOST = "lost"
    """It fails at its end, and nothing of it stands."""
    UNANSWERED = "unanswered"
    """It stands, but the answer to the commit was lost: the program takes it for failed."""
    DIES_BEFORE = "dies before the commit"
    DIES_AFTER = "dies after the commit"


class FaultyDatabase(Database):
    """One process's way to the database, whose faults are ``fate``'s to choose and whose clock is ``clock``."""

    def __init__(
        self, backend: Backend, sealer: Sealer, clock: Callable[[], datetime], fate: Callable[[bool], Fate]
    ) -> None:
        super().__init__(backend, sealer)
        self._clock = clock
        self._fate = fate

    def now(self) -> datetime:
        """The simulation's clock."""
        return self._clock()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """As the real one, while the database is there."""
        if self._fate(False) is Fate.AWAY:
            raise DatabaseDown("simulated: the database is away")
        with super().reading() as tx:
            yield tx

    @contextmanager
    def writing(self, deadline: float = 3.0) -> Iterator[Tx]:
        """As the real one, with the fate that was drawn for it."""
        fate = self._fate(True)
        if fate is Fate.AWAY:
            raise DatabaseDown("simulated: the database is away")
        with super().writing(deadline) as tx:
            yield tx
            if fate is Fate.LOST:
                raise DatabaseDown("simulated: the transaction failed")
            if fate is Fate.DIES_BEFORE:
                raise Crashed
        if fate is Fate.UNANSWERED:
            raise DatabaseDown("simulated: the answer to the commit was lost")
        if fate is Fate.DIES_AFTER:
            raise Crashed
