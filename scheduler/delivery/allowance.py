"""What senders may be given now: their standings inside a transaction, and what answers and receipts make of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from channels.base import Fault
from channels.limits import carrier_day
from scheduler.delivery import pacing, ways
from store import senders
from store.clinics import ClinicEntry, Sender
from store.database import Tx

COMPLAINTS = frozenset({Fault.THROTTLE, Fault.DAILY_CAP})
"""Faults that are about what the sender was given, not about the text."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """That a sender was given too much, as an answer to a call said; ``fault`` is one of `COMPLAINTS`."""

    sender_id: int
    fault: Fault


class Allowance:
    """The standings of some senders, locked until the transaction ends. `store` writes down what changed."""

    def __init__(self, tx: Tx, real: datetime, known: Iterable[Sender], complaints: Iterable[Complaint] = ()) -> None:
        self._tx = tx
        self._real = real
        self._senders = {sender.id: sender for sender in known}
        self._before = senders.lock_standings(tx, self._senders)
        self._now = dict(self._before)
        for complaint in complaints:
            self._complain(self._senders[complaint.sender_id], complaint.fault)

    def full_until(self, sender: Sender) -> datetime | None:
        """Until when a sender takes no more, by the real clock; None: it does."""
        return pacing.full_until(pacing.limit_of(sender), self._now[sender.id], self._real)

    def is_slowed_hard(self, sender: Sender) -> bool:
        """Whether another sender should take its place."""
        return pacing.is_slowed_hard(self._now[sender.id], self._real)

    def take(self, sender: Sender, segments: int) -> bool:
        """Gives a sender so many segments; False where it must be given nothing now."""
        limit, standing = pacing.limit_of(sender), self._now[sender.id]
        if not pacing.room(limit, standing, self._real):
            return False
        if not pacing.fits(limit, standing, self._real, segments):
            self._now[sender.id] = pacing.used_up(limit, standing, self._real)
            return False
        self._now[sender.id] = pacing.given(limit, standing, self._real, segments)
        return True

    def tell_full(self, sender: Sender) -> bool:
        """Whether staff are still to be told today that this sender takes no more."""
        today, standing = carrier_day(self._real), self._now[sender.id]
        self._now[sender.id] = replace(standing, told_on=today)
        return standing.told_on != today

    def store(self) -> None:
        """Writes down what changed."""
        changed = [standing for number, standing in self._now.items() if standing is not self._before[number]]
        senders.set_standings(self._tx, changed)

    def _complain(self, sender: Sender, fault: Fault) -> None:
        standing = self._now[sender.id]
        if fault is Fault.THROTTLE:
            self._now[sender.id] = pacing.slowed_down(standing, self._real)
        else:
            self._now[sender.id] = pacing.called_full(sender, standing, self._real)


def complain(tx: Tx, real: datetime, sender: Sender, fault: Fault) -> None:
    """What a receipt said of a sender. The day's cap of a long code is that of one carrier: the others go on."""
    if fault is Fault.THROTTLE or sender.carrier == "whatsapp":
        Allowance(tx, real, [sender], [Complaint(sender.id, fault)]).store()


def rooms(tx: Tx, real: datetime, directory: Mapping[int, ClinicEntry], lanes: Iterable[int]) -> dict[int, int]:
    """How many texts to claim of each lane at most.

    A lane is not among them where the gates must look at its texts all the same: its sender is stopped, takes no more
    today, or is so slow that another one of the clinic is to take its place.
    """
    running = {
        each.id: (each, others)
        for entry in directory.values()
        for others in [[other for other in entry.senders if other.stopped_at is None]]
        for each in others
    }
    asked = {lane: running[lane] for lane in lanes if lane in running}
    known = senders.standings(tx, {other.id for _, others in asked.values() for other in others})

    def takes_more(sender: Sender) -> bool:
        return pacing.full_until(pacing.limit_of(sender), known[sender.id], real) is None

    def is_slow(sender: Sender) -> bool:
        return pacing.is_slowed_hard(known[sender.id], real)

    def is_relieved(sender: Sender, others: Iterable[Sender]) -> bool:
        """Were its texts looked at with nobody there to take them, they would come back to its lane without end."""
        fit = (other for other in others if ways.stands_in(other, sender) and takes_more(other))
        return is_slow(sender) and not all(map(is_slow, fit))

    return {
        lane: pacing.room(pacing.limit_of(sender), known[lane], real)
        for lane, (sender, others) in asked.items()
        if takes_more(sender) and not is_relieved(sender, others)
    }
