"""What happened in a run, noted by those who made it happen: what the auditor holds the program's own rows against."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from hashlib import sha256
from itertools import count
from typing import Literal

from channels.base import Outgoing, Receipt, ReceiptState, SendResult, Via
from store.plans import Plan

Kind = Literal["stop", "start", "danger", "loss", "other"]
"""What a text asks for. A pause is a stop, and what ends one a start."""


@dataclass(frozen=True)
class Version:
    """A plan as it stood from a step on."""

    step: int
    at: datetime
    plan: Plan


@dataclass
class Begun:
    """A call that was committed as begun. ``accepted``: the step and moment at which the provider took the text."""

    step: int
    at: datetime
    message_id: int
    outgoing: Outgoing
    accepted: tuple[int, datetime] | None = None
    provider_id: str | None = None
    result: SendResult | None = None
    end: Receipt | None = None


@dataclass
class Heard:
    """A text from a phone. ``tried`` when the webhook was first called, ``answered`` when it first said 200."""

    phone: str
    words: str
    kinds: frozenset[Kind]
    tried: tuple[int, datetime]
    answered: tuple[int, datetime] | None = None
    body: str | None = None
    via: Via = Via.SMS


@dataclass
class Person:
    """Somebody who is enrolled. ``window`` bounds the hours at which they may be texted, local to ``zone``.

    ``via`` is the network that they chose, ``fallback`` what they said of the other one.
    """

    phone: str
    zone: str
    window: tuple[time, time]
    contact_id: int
    patient_id: int
    since: datetime
    plans: list[int]
    via: Via = Via.SMS
    fallback: str | None = None


@dataclass(frozen=True)
class Blow:
    """Something after which a process may not know what became of its calls.

    ``in_flight``: the texts whose calls it had begun and not recorded, or was beginning. ``rows``: those whose rows
    said then that it was sending them, but what an earlier blow had left so. ``calls``: how many may be under way.
    """

    process: str
    at: datetime
    in_flight: frozenset[int]
    rows: frozenset[int]
    calls: int


@dataclass
class Trouble:
    """A span in which things went wrong; with one number of ours, where ``line`` names it."""

    what: str
    since: datetime
    until: datetime
    line: str | None = None


@dataclass
class Record:
    """All of it. A step counts whatever is noted, so that of two things at one moment it is known which came first."""

    seed: int
    people: list[Person] = field(default_factory=list)
    begun: dict[str, list[Begun]] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    versions: dict[int, list[Version]] = field(default_factory=dict)
    passes: list[tuple[int, datetime]] = field(default_factory=list)
    blows: list[Blow] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    receipts: dict[str, set[ReceiptState]] = field(default_factory=dict)
    closed_alerts: dict[int, list[datetime]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    _steps: Iterator[int] = field(default_factory=lambda: count(1))

    def step(self) -> int:
        """The next step."""
        return next(self._steps)

    def note(self, now: datetime, what: str) -> None:
        """Writes a line of the trace."""
        self.trace.append(f"{now:%m-%d %H:%M:%S} {what}")

    def tally(self, what: str) -> None:
        """Counts something for the summary."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def trouble(self, what: str, since: datetime, until: datetime, line: str | None = None) -> None:
        """Notes a span in which something went wrong."""
        self.troubles.append(Trouble(what, since, until, line))

    def may_be_unknown(self) -> set[int]:
        """The texts that were in flight at some blow."""
        return {number for blow in self.blows for number in blow.in_flight}

    def calls(self) -> Iterator[Begun]:
        """Every call that was made."""
        for calls in self.begun.values():
            yield from calls

    def taken(self) -> list[Begun]:
        """The provider's ledger: the texts that it took, in order."""
        return sorted((call for call in self.calls() if call.accepted), key=lambda call: call.accepted or (0, call.at))

    def digest(self) -> str:
        """The same for two runs that went alike."""
        return sha256("\n".join(self.trace).encode()).hexdigest()[:16]
