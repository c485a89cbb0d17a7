"""What the watchdog counts. Each question reads a bounded number of rows of an index, however many rows there are.

A count that reaches ``most`` means that many or more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store.columns import Moment
from store.database import Tx
from store.messages import UNSETTLED, WAITING, message, message_state
from store.patients import patient
from store.queues import queues
from store.senders import sender


@dataclass(frozen=True, slots=True)
class Behind:
    """How many of a clinic's texts or patients wait longer than they should, and since when the longest does."""

    clinic_id: int
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """What lately became of a clinic's texts: how many ``went``, and how many were ``kept`` by a fault."""

    clinic_id: int
    went: int
    kept: int


_before = sa.bindparam("before", type_=Moment)
_most = sa.bindparam("most", type_=sa.Integer)
_in_queue = WAITING & (message.c.clinic_id == sa.bindparam("clinic")) & (message.c.lane == sa.bindparam("of_lane"))
_NEXT_PRIORITY = sa.select(sa.func.min(message.c.priority)).where(_in_queue, message.c.priority > sa.bindparam("after"))
# One priority at a time: the index has it before the time, so that only what is overdue is looked at.
_OVERDUE = (
    sa.select(message.c.clinic_id, message.c.due_at)
    .where(_in_queue, message.c.priority == sa.bindparam("of_priority"), message.c.due_at <= _before)
    .order_by(message.c.due_at)
    .limit(_most)
)
_UNPLANNED = (
    sa.select(patient.c.clinic_id, patient.c.next_text_at)
    .where(patient.c.next_text_at <= _before)
    .order_by(patient.c.next_text_at)
    .limit(_most)
)
_LONG_UNKNOWN = (
    sa.select(message.c.clinic_id, message.c.state_at)
    .where(UNSETTLED, message.c.state_at <= _before)
    .order_by(message.c.state_at)
    .limit(_most)
)
_STOPPED = (
    sa.select(sender.c.clinic_id, sender.c.id)
    .where(sender.c.stopped_at.is_not(None))
    .order_by(sender.c.clinic_id, sender.c.id)
)
_since = sa.bindparam("since", type_=Moment)
# The history has no index by time, but its numbers rise with it.
_newest = (
    sa.select(message_state.c.message_id, message_state.c.state, message_state.c.at, message_state.c.detail)
    .order_by(message_state.c.id.desc())
    .limit(_most)
    .subquery()
)
_LATELY = (
    sa.select(message.c.clinic_id, _newest.c.message_id, _newest.c.state, _newest.c.detail)
    .join_from(_newest, message, message.c.id == _newest.c.message_id)
    .where(_newest.c.at >= _since, message.c.kind != "reply")
)
# Texts are made when they are due; what was made longer before that, and put off, is not looked for. No index knows
# when a text went: of a clinic that stands still after a busy morning all of that would be read at each look.
_MADE_BEFORE, _MADE_MOST = timedelta(days=1), 10
_made = (
    sa.select(*(message.c[name] for name in ("id", "clinic_id", "direction", "kind", "state_at", "created_at")))
    .where(
        message.c.clinic_id == sa.bindparam("clinic"),
        message.c.created_at >= sa.bindparam("made_since", type_=Moment),
    )
    .order_by(message.c.created_at.desc())
    .limit(sa.bindparam("made_most", type_=sa.Integer))
    .subquery()
)
_of_clinic = (
    sa.select(_made.c.id, _made.c.clinic_id)
    .where(_made.c.direction == "out", _made.c.kind != "reply", _made.c.state_at >= _since)
    .order_by(_made.c.created_at.desc())
    .limit(_most)
    .subquery()
)
_LATELY_OF = (
    sa.select(_of_clinic.c.clinic_id, message_state.c.message_id, message_state.c.state, message_state.c.detail)
    .join_from(_of_clinic, message_state, message_state.c.message_id == _of_clinic.c.id)
    .where(message_state.c.at >= _since)
)
_WENT = {"accepted", "delivered"}
_KEPT = {"due", "expired", "failed", "unknown"}


def overdue_texts(tx: Tx, before: datetime, most: int) -> list[Behind]:
    """Texts that wait to go out and were due at ``before`` or earlier, by clinic."""
    found: list[tuple[int, datetime]] = []
    for queue in queues(tx):
        if queue.due_at > before:
            break  # they come in the order of their first text
        where: dict[str, Any] = {"clinic": queue.clinic_id, "of_lane": queue.lane}
        after = -1
        while (priority := tx.conn.execute(_NEXT_PRIORITY, where | {"after": after}).scalar()) is not None:
            asked = where | {"of_priority": priority, "before": before, "most": most}
            found += [(row[0], row[1]) for row in tx.conn.execute(_OVERDUE, asked)]
            after = priority
    return _by_clinic(found)


def unplanned_patients(tx: Tx, before: datetime, most: int) -> list[Behind]:
    """Patients for whom texts should have been made ready at ``before`` or earlier, by clinic."""
    return _by_clinic([(row[0], row[1]) for row in tx.conn.execute(_UNPLANNED, {"before": before, "most": most})])


def long_unknown(tx: Tx, before: datetime, most: int) -> list[Behind]:
    """Texts of which nobody knows since ``before`` or earlier whether they went, by clinic."""
    return _by_clinic([(row[0], row[1]) for row in tx.conn.execute(_LONG_UNKNOWN, {"before": before, "most": most})])


def stopped_senders(tx: Tx) -> dict[int, list[int]]:
    """The ids of the senders that are stopped, by clinic."""
    found: dict[int, list[int]] = {}
    for row in tx.conn.execute(_STOPPED):
        found.setdefault(row.clinic_id, []).append(row.id)
    return found


def passages(
    tx: Tx, since: datetime, rightly: Collection[str], most: int, suspects: Iterable[int] = ()
) -> list[Passage]:
    """What became of texts since then, by clinic, as far as the newest ``most`` entries of the history tell.

    Others may have filled these: where they tell of nothing that went of a clinic that they, or ``suspects``, name, its
    own newest ``most`` texts are asked for, as far as they are among ten times as many messages of its last day. One
    counts as kept when it failed, expired, became unknown, or was put off, unless for a reason among ``rightly``, and
    went not in the end. Replies count as neither.
    """
    asked = {"since": since, "most": most, "made_most": _MADE_MOST * most}
    found = _passages(tx.conn.execute(_LATELY, asked), rightly)
    went = {each.clinic_id for each in found.values() if each.went}
    for clinic_id in sorted({*suspects, *found} - went):
        of_clinic = tx.conn.execute(_LATELY_OF, asked | {"clinic": clinic_id, "made_since": since - _MADE_BEFORE})
        found |= _passages(of_clinic, rightly)
    return [found[clinic_id] for clinic_id in sorted(found)]


def _passages(rows: Iterable[Any], rightly: Collection[str]) -> dict[int, Passage]:
    went: dict[int, set[int]] = {}
    kept: dict[int, set[int]] = {}
    for clinic_id, number, state, detail in rows:
        if state in _WENT:
            went.setdefault(clinic_id, set()).add(number)
        elif state in _KEPT and detail not in rightly:
            kept.setdefault(clinic_id, set()).add(number)
    return {
        each: Passage(each, len(went.get(each, ())), len(kept.get(each, set()) - went.get(each, set())))
        for each in went.keys() | kept.keys()
    }


def _by_clinic(found: list[tuple[int, datetime]]) -> list[Behind]:
    of: dict[int, list[datetime]] = {}
    for clinic_id, moment in found:
        of.setdefault(clinic_id, []).append(moment)
    return [Behind(clinic_id, len(moments), min(moments)) for clinic_id, moments in sorted(of.items())]
