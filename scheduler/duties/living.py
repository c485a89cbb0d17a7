"""The signs of life of a process, and what it needs around it to keep watch over the others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from socket import gethostname

from scheduler.duties import downtime
from scheduler.duties.notices import Mail
from scheduler.duties.telling import Say, in_english
from store import health
from store.database import Database
from store.health import ProcessKind, Vitals
from store.on_call import Recipient


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The operator's addresses, the way out for mail (None: there is none), and what is to be said of this host.

    ``address`` is where staff find the console, such as https://texts.example.org; "" where nobody said. ``say``: how
    what staff are told reads in other languages.
    """

    operator: tuple[Recipient, ...] = ()
    mail: Mail | None = None
    vitals: Callable[[], Vitals] = Vitals
    address: str = ""
    say: Say = in_english


@dataclass(frozen=True)
class Living:
    """The signs of life of one process. ``real`` is the database's clock, ``own`` the process's, held against it."""

    database: Database
    real: Callable[[], datetime]
    own: Callable[[], datetime]
    process: str
    kind: ProcessKind
    vitals: Callable[[], Vitals] = Vitals

    def beat(self) -> None:
        """Says that the process is alive, and how it is. The first scheduler after a silence notes the silence, too."""
        vitals = self.vitals()
        real = self.real()
        vitals = replace(vitals, clock=self.own())
        with self.database.writing() as tx:
            if self.kind == "scheduler":
                downtime.note(tx, real)
            health.beat(tx, real, self.process, gethostname(), self.kind, vitals)

    def end(self) -> None:
        """Says that the process ends as it should: nobody is to miss it."""
        with self.database.writing() as tx:
            health.end(tx, self.process)
