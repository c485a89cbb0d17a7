"""The queues in which texts wait to go out, and claims from them. `store.outbox` offers these.

There is one for each clinic, and beside it one for each of its senders that has more to send than its rate allows: in
the ``lane`` of that sender a text waits for its turn and keeps nobody else waiting. What is new begins in lane 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Moment, among
from store.database import Tx
from store.messages import WAITING, message
from store.prepared import Prepared
from store.states import CLAIM, RELEASE

ANY = 0
"""The lane of texts that wait for no sender in particular."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Texts of a clinic that wait in one lane: a sender's id, or ANY. ``due_at`` is when the first is due, or was."""

    clinic_id: int
    lane: int
    due_at: datetime


_claimable = (
    sa.select(message.c.id)
    .where(
        WAITING,
        message.c.clinic_id == sa.bindparam("clinic"),
        message.c.lane == sa.bindparam("of_lane"),
        message.c.due_at <= sa.bindparam("now", type_=Moment),
        message.c.lease_until.is_(None) | (message.c.lease_until <= sa.bindparam("real_now", type_=Moment)),
    )
    .order_by(message.c.priority, message.c.due_at, message.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_CLAIMABLE = Prepared(_claimable)
# What somebody asked for has the first priority, so that the index has it before whatever else waits.
_CLAIMABLE_ANSWERS = Prepared(_claimable.where(message.c.priority == 0, message.c.kind == "reply"))
_CLAIM = CLAIM.of_those()
_RELEASE = RELEASE.of_those()
_QUEUE_UP = RELEASE.of_those().values(lane=sa.bindparam("of_lane"))
# By their ids, as whoever locks several texts does: an update alone locks them as it comes by them.
_CLAIMED_AMONG = (
    sa.select(message.c.id)
    .where(among(message.c.id, "numbers"), message.c.state == "claimed")
    .order_by(message.c.id)
    .with_for_update()
)


def _least(column: sa.Column[int], *of: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.min(column)).where(WAITING, *of).scalar_subquery()


# The index begins with these three: from one to the next, the first of each is found without a look at the others,
# however many wait.
_clinics = sa.select(_least(message.c.clinic_id).label("clinic")).cte("clinics", recursive=True)
_clinics = _clinics.union_all(
    sa.select(_least(message.c.clinic_id, message.c.clinic_id > _clinics.c.clinic)).where(
        _clinics.c.clinic.is_not(None)
    )
)
_of_clinic = message.c.clinic_id == _clinics.c.clinic
_lanes = (
    sa.select(_clinics.c.clinic, _least(message.c.lane, _of_clinic).label("lane"))
    .where(_clinics.c.clinic.is_not(None))
    .cte("lanes", recursive=True)
)
_of_clinic = message.c.clinic_id == _lanes.c.clinic
_lanes = _lanes.union_all(
    sa.select(_lanes.c.clinic, _least(message.c.lane, _of_clinic, message.c.lane > _lanes.c.lane)).where(
        _lanes.c.lane.is_not(None)
    )
)
_of_lane = (message.c.clinic_id == _lanes.c.clinic) & (message.c.lane == _lanes.c.lane)
_priorities = (
    sa.select(_lanes.c.clinic, _lanes.c.lane, _least(message.c.priority, _of_lane).label("priority"))
    .where(_lanes.c.lane.is_not(None))
    .cte("priorities", recursive=True)
)
_of_lane = (message.c.clinic_id == _priorities.c.clinic) & (message.c.lane == _priorities.c.lane)
_priorities = _priorities.union_all(
    sa.select(
        _priorities.c.clinic,
        _priorities.c.lane,
        _least(message.c.priority, _of_lane, message.c.priority > _priorities.c.priority),
    ).where(_priorities.c.priority.is_not(None))
)
_earliest = (
    sa.select(sa.func.min(message.c.due_at))
    .where(
        WAITING,
        message.c.clinic_id == _priorities.c.clinic,
        message.c.lane == _priorities.c.lane,
        message.c.priority == _priorities.c.priority,
    )
    .correlate(_priorities)
    .scalar_subquery()
)
_QUEUES = Prepared(
    sa.select(_priorities.c.clinic, _priorities.c.lane, sa.func.min(_earliest, type_=Moment))
    .where(_priorities.c.priority.is_not(None))
    .group_by(_priorities.c.clinic, _priorities.c.lane)
)


def queues(tx: Tx) -> list[Queue]:
    """Every queue in which anything waits, the one first whose first text is due longest."""
    return sorted((Queue(*row) for row in _QUEUES.every(tx)), key=lambda queue: (queue.due_at, queue.lane))


def next_due_at(tx: Tx) -> datetime | None:
    """When the next text that waits is due, or was."""
    return min((queue.due_at for queue in queues(tx)), default=None)


def claim(
    tx: Tx,
    now: datetime,
    lease_until: datetime,
    owner: str,
    limit: int,
    real_now: datetime,
    room: Mapping[int, int] | None = None,
    *,
    answers_only: bool = False,
) -> list[int]:
    """Up to ``limit`` texts that are due, or whose claim has run out, for ``owner`` alone until ``lease_until``.

    ``now`` is the clock texts are due by, ``real_now`` the one leases run by. The queues share the limit, and of a
    lane in ``room`` at most so many are claimed: of each queue those first that are most urgent, then those due
    longest. Two claims never give the same text. ``answers_only``: none but those to who texted us.

    The transaction is to hold nothing else: PostgreSQL need not have it on the disk when it ends.
    """
    due = [queue for queue in queues(tx) if queue.due_at <= now]
    claimable = _CLAIMABLE_ANSWERS if answers_only else _CLAIMABLE
    numbers: list[int] = []
    for place, queue in enumerate(due):
        share = -(-(limit - len(numbers)) // (len(due) - place))
        most = min(share, (room or {}).get(queue.lane, share))
        if most > 0:
            rows = claimable.every(
                tx, clinic=queue.clinic_id, of_lane=queue.lane, now=now, real_now=real_now, limit=most
            )
            numbers += [row[0] for row in rows]
    if numbers:
        if tx.dialect == "postgresql":
            # A claim that is lost with the server is claimed again. It cannot be lost once a text of it is `sending`:
            # what is flushed for that comes after it in the log.
            tx.conn.exec_driver_sql("SET LOCAL synchronous_commit = off")
        tx.conn.execute(_CLAIM, {"numbers": numbers, "lease_until": lease_until, "lease_owner": owner})
    return numbers


def release(tx: Tx, ids: Sequence[int], lane: int | None = None) -> None:
    """Gives claimed texts back, as if they had never been claimed; with a ``lane``, to wait there from now on."""
    numbers = list(tx.conn.execute(_CLAIMED_AMONG, {"numbers": list(ids)}).scalars()) if ids else []
    if numbers and lane is None:
        tx.conn.execute(_RELEASE, {"numbers": numbers})
    elif numbers:
        tx.conn.execute(_QUEUE_UP, {"numbers": numbers, "of_lane": lane})
