"""What senders may be given now: their standings inside a transaction, and what answers and receipts make of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from channels.base import Fault
from channels.limits import carrier_day
from scheduler.delivery import pacing
from store import senders
from store.clinics import ClinicEntry, Sender
from store.database import Tx
from store.senders import Standing

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
    today, or is so slow that another one of the clinic should take its place.
    """
    running = {
        sender.id: (sender, others)
        for entry in directory.values()
        for others in [sum(each.stopped_at is None for each in entry.senders) > 1]
        for sender in entry.senders
        if sender.stopped_at is None
    }
    known = senders.standings(tx, [lane for lane in lanes if lane in running])
    found: dict[int, int] = {}
    for lane, standing in known.items():
        sender, has_others = running[lane]
        if not _must_be_looked_at(sender, standing, real, has_others):
            found[lane] = pacing.room(pacing.limit_of(sender), standing, real)
    return found


def _must_be_looked_at(sender: Sender, standing: Standing, real: datetime, has_others: bool) -> bool:
    if pacing.full_until(pacing.limit_of(sender), standing, real) is not None:
        return True
    return has_others and pacing.is_slowed_hard(standing, real)
