"""What went out to contacts before: what the rule of the first text and the weekly limit are judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Moment, among
from store.contacts import contact
from store.database import Tx
from store.messages import WELCOME, State, message
from store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class SentBefore:
    """``welcome``: the state of the newest text that confirms an enrolment, None where there is none.

    ``nth_latest``: for when the n-th latest text that nobody asked for was planned; None where fewer went out.
    """

    welcome: State | None
    nth_latest: datetime | None


_NEVER = ("cancelled", "expired", "failed")
_DUE_SINCE = Prepared(
    sa.select(message.c.contact_id, message.c.due_at).where(
        among(message.c.contact_id, "contacts"),
        message.c.due_at >= sa.bindparam("since", type_=Moment),
        message.c.direction == "out",
        message.c.kind != "reply",
        sa.and_(*(message.c.state != state for state in _NEVER)),
    )
)
_WENT = ("sending", "unknown", "accepted", "sent", "delivered", "undelivered")
_ours = message.alias("ours")
_BEFORE = Prepared(
    sa.select(
        contact.c.id,
        sa.select(message.c.state)
        .where(message.c.contact_id == contact.c.id, WELCOME)
        .order_by(message.c.id.desc())
        .limit(1)
        .scalar_subquery(),
        sa.select(_ours.c.due_at)
        .where(
            _ours.c.contact_id == contact.c.id,
            _ours.c.direction == "out",
            _ours.c.kind != "reply",
            sa.or_(*(_ours.c.state == state for state in _WENT)),
        )
        .order_by(_ours.c.id.desc())
        .limit(1)
        .offset(sa.bindparam("skipped", type_=sa.Integer))
        .scalar_subquery(),
    ).where(among(contact.c.id, "contacts"))
)


def sent_before(tx: Tx, contact_ids: Sequence[int], nth: int) -> dict[int, SentBefore]:
    """What went out to each of these contacts; ``nth`` counts the latest text as 1."""
    rows = _BEFORE.every(tx, contacts=list(contact_ids), skipped=nth - 1)
    return {contact_id: SentBefore(welcome, latest) for contact_id, welcome, latest in rows}


def due_since(tx: Tx, contact_ids: Sequence[int], since: datetime) -> dict[int, list[datetime]]:
    """When the texts that nobody asked for were due to each of these contacts: those that went or are still to go."""
    found: dict[int, list[datetime]] = {}
    for contact_id, due_at in _DUE_SINCE.every(tx, contacts=list(contact_ids), since=since):
        found.setdefault(contact_id, []).append(due_at)
    return found
