"""Texts that may have gone out or not: found to be asked for at the provider, and what is decided of them.

A text is unsettled while its state is `unknown` and no gate names why it stays so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.columns import Moment
from store.contacts import contact
from store.database import Tx
from store.messages import UNSETTLED, message, message_state, remember, step_of
from store.senders import sender
from store.states import SEND_ONCE_MORE


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A text of which nobody knows whether the provider has it.

    ``to`` is None where the contact was erased or its number cannot be opened. ``sender`` is the number or service it
    was sent from, ``attempts`` the number of the call, which was begun at ``called_at`` (by the real clock) and given
    up at ``unknown_at``.
    """

    id: int
    to: str | None
    sender: str
    via: str
    body: str
    attempts: int
    called_at: datetime
    unknown_at: datetime
    expires_at: datetime | None


_UNSETTLED = (
    sa.select(message, contact.c.phone_sealed, sender.c.address)
    .join_from(message, sender, sender.c.id == message.c.sender_id)
    .join(contact, contact.c.id == message.c.contact_id)
    .where(UNSETTLED, message.c.state_at <= sa.bindparam("before", type_=Moment))
    .order_by(message.c.state_at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


def unsettled(tx: Tx, before: datetime, limit: int) -> list[Unsettled]:
    """Texts that became unknown at ``before`` or earlier, the longest unknown first."""
    return [
        Unsettled(
            id=row.id,
            to=tx.sealer.open_or_none(row.phone_sealed),
            sender=row.address,
            via=row.via,
            body=tx.sealer.open_or_none(row.body_sealed) or "",
            attempts=row.attempts,
            called_at=row.called_at,
            unknown_at=row.state_at,
            expires_at=row.expires_at,
        )
        for row in tx.conn.execute(_UNSETTLED, {"before": before, "limit": limit})
    ]


def taken_ids(tx: Tx, provider_ids: Iterable[str], asked: Iterable[Unsettled]) -> frozenset[str]:
    """Those of the provider's ids that a text has already; or had for an attempt that was given up, where it is one of
    the people who were ``asked`` about."""
    listed = list(provider_ids)
    people = sa.select(message.c.contact_id).where(message.c.id.in_([text.id for text in asked]))
    given_up = (
        sa.select(message_state.c.provider_id)
        .join_from(message_state, message, message.c.id == message_state.c.message_id)
        .where(message.c.contact_id.in_(people), message_state.c.provider_id.in_(listed))
    )
    held = sa.select(message.c.provider_id).where(message.c.provider_id.in_(listed))
    return frozenset(tx.conn.execute(sa.union(held, given_up)).scalars())


def has_rival(tx: Tx, text: Unsettled, within: timedelta) -> bool:
    """Whether another text for the same person was called so shortly before or after, and has no id of the provider."""
    person = sa.select(message.c.contact_id).where(message.c.id == text.id).scalar_subquery()
    other = sa.select(message.c.id).where(
        message.c.contact_id == person,
        message.c.id != text.id,
        message.c.provider_id.is_(None),
        message.c.via == text.via,
        sa.or_(message.c.state == "sending", message.c.state == "unknown"),
        message.c.called_at.between(text.called_at - within, text.called_at + within),
    )
    return tx.conn.execute(other.limit(1)).first() is not None


def send_again(tx: Tx, now: datetime, text: Unsettled, detail: str) -> bool:
    """Makes the text due at once, for another attempt; whether it was still unsettled."""
    clinic_id = _still(tx, text)
    if clinic_id is None:
        return False
    due = SEND_ONCE_MORE.update().where(message.c.id == text.id).values(state_at=now, due_at=now)
    tx.conn.execute(due)
    remember(tx, now, [step_of(clinic_id, text.id, SEND_ONCE_MORE.to, detail, None)])
    return True


def leave_unknown(tx: Tx, now: datetime, text: Unsettled, gate: str, detail: str) -> bool:
    """Writes down why the text stays unknown: it is asked for no more. Whether it was still unsettled."""
    clinic_id = _still(tx, text)
    if clinic_id is None:
        return False
    tx.conn.execute(sa.update(message).where(message.c.id == text.id).values(state_at=now, gate=gate))
    remember(tx, now, [step_of(clinic_id, text.id, "unknown", detail, None)])
    return True


def _still(tx: Tx, text: Unsettled) -> int | None:
    """The clinic of a text that is as unsettled as it was, locked; None where it is so no more."""
    still = sa.select(message.c.clinic_id).where(
        message.c.id == text.id, UNSETTLED, message.c.attempts == text.attempts, message.c.provider_id.is_(None)
    )
    clinic_id: int | None = tx.conn.execute(still.with_for_update()).scalar()
    return clinic_id
