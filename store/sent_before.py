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

    ``nth_latest``: when the n-th latest text that nobody asked for went; None where fewer did.
    ``sender_id``: the sender by which the latest text went or came; None where there is none.
    """

    welcome: State | None
    nth_latest: datetime | None
    sender_id: int | None = None


_NEVER = ("cancelled", "expired", "failed")
_WENT = ("sending", "unknown", "accepted", "sent", "delivered", "undelivered")
_MORE = 20
"""A text that waited may have gone after so many that were made after it: none that counts waited for more."""
_at = sa.case((sa.or_(*(message.c.state == state for state in _WENT)), message.c.begun_at), else_=message.c.due_at)
_SINCE = Prepared(
    sa.select(message.c.contact_id, sa.type_coerce(_at, Moment)).where(
        among(message.c.contact_id, "contacts"),
        _at >= sa.bindparam("since", type_=Moment),
        message.c.direction == "out",
        message.c.kind != "reply",
        sa.and_(*(message.c.state != state for state in _NEVER)),
    )
)
_ours = message.alias("ours")
_latest = (
    sa.select(_ours.c.begun_at)
    .where(
        _ours.c.contact_id == contact.c.id,
        _ours.c.direction == "out",
        _ours.c.kind != "reply",
        sa.or_(*(_ours.c.state == state for state in _WENT)),
    )
    .order_by(_ours.c.id.desc())
    .limit(sa.bindparam("recent", type_=sa.Integer))
    .correlate(contact)
    .subquery("latest")
)
_known = message.alias("known")
_BEFORE = Prepared(
    sa.select(
        contact.c.id,
        sa.select(message.c.state)
        .where(message.c.contact_id == contact.c.id, WELCOME)
        .order_by(message.c.id.desc())
        .limit(1)
        .scalar_subquery(),
        sa.select(_latest.c.begun_at)
        .order_by(_latest.c.begun_at.desc())
        .limit(1)
        .offset(sa.bindparam("skipped", type_=sa.Integer))
        .scalar_subquery(),
        sa.select(_known.c.sender_id)
        .where(_known.c.contact_id == contact.c.id, _known.c.sender_id.is_not(None))
        .order_by(_known.c.id.desc())
        .limit(1)
        .scalar_subquery(),
    ).where(among(contact.c.id, "contacts"))
)


def sent_before(tx: Tx, contact_ids: Sequence[int], nth: int) -> dict[int, SentBefore]:
    """What went out to each of these contacts; ``nth`` counts the latest text as 1."""
    rows = _BEFORE.every(tx, contacts=list(contact_ids), skipped=nth - 1, recent=nth + _MORE)
    return {contact_id: SentBefore(*found) for contact_id, *found in rows}


def moments_since(tx: Tx, contact_ids: Sequence[int], since: datetime) -> dict[int, list[datetime]]:
    """When the texts that nobody asked for went to each of these contacts, and are due that are still to go."""
    found: dict[int, list[datetime]] = {}
    for contact_id, at in _SINCE.every(tx, contacts=list(contact_ids), since=since):
        found.setdefault(contact_id, []).append(at)
    return found
