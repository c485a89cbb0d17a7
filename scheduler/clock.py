"""Two clocks, both arguments: what the time is for patients, and what it is for leases, heartbeats and time-outs.

They differ only in the demo, whose own clock is one row: an offset that every process adds to the real time.
"""

from dataclasses import dataclass
from datetime import datetime

from store import health, outbox, patients
from store.database import Tx
from store.health import DemoClock


@dataclass(frozen=True, slots=True)
class Moment:
    """``now`` decides what is due and what is late, ``real`` how long a lease lasts; both UTC."""

    now: datetime
    real: datetime


def at(tx: Tx, real: datetime, *, demo: bool) -> Moment:
    """The moment that the real time ``real`` is; outside the demo both clocks are one."""
    clock = health.get_demo_clock(tx) if demo else None
    return Moment(real + clock.offset if clock else real, real)


def next_due(tx: Tx) -> datetime | None:
    """When the next patient or text is due, or was; None where nothing will ever be."""
    moments = (patients.next_due_at(tx), outbox.next_due_at(tx))
    return min((moment for moment in moments if moment is not None), default=None)


def jump(tx: Tx, real: datetime) -> datetime | None:
    """Puts a running demo clock forward to the next due moment and gives that.

    Nothing moves, and the answer is None, while the clock stands, while anything is due (it would expire by being
    hurried), and when nothing will ever be due.
    """
    clock = health.get_demo_clock(tx)
    if clock is None or not clock.running:
        return None
    due = next_due(tx)
    if due is None or due <= real + clock.offset:
        return None
    health.set_demo_clock(tx, DemoClock(due - real, clock.running))
    return due
