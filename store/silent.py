"""Texts that the provider took and of which nothing more was heard: found to be asked for, by their ids there."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Moment, among
from store.database import Tx
from store.messages import State, message


@dataclass(frozen=True, slots=True)
class Silent:
    """A text whose last state is ``accepted`` or ``sent``, since ``state_at``."""

    id: int
    provider_id: str
    state: State
    state_at: datetime
    attempts: int


_DUE = message.c.ask_at <= sa.bindparam("now", type_=Moment)
_ANY = sa.select(message.c.id).where(_DUE).limit(1)
_CLAIM = (
    sa.select(message.c.id, message.c.provider_id, message.c.state, message.c.state_at, message.c.attempts)
    .where(_DUE)
    .order_by(message.c.ask_at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_PUT_OFF = sa.update(message).where(among(message.c.id, "numbers"))


def any_silent(tx: Tx, now: datetime) -> bool:
    """Whether any text is to be asked for by now. It costs nothing where none is."""
    return tx.conn.execute(_ANY, {"now": now}).first() is not None


def claim_silent(tx: Tx, now: datetime, until: datetime, limit: int) -> list[Silent]:
    """Up to ``limit`` texts that are to be asked for, the longest silent first; nobody else is given them before
    ``until``."""
    rows = tx.conn.execute(_CLAIM, {"now": now, "limit": limit}).all()
    if rows:
        tx.conn.execute(_PUT_OFF, {"numbers": sorted(row.id for row in rows), "ask_at": until})
    return [Silent(*row) for row in rows]


def ask_again(tx: Tx, text: Silent, ask_at: datetime | None) -> None:
    """Puts off when the provider is asked for a text of which it said nothing new; None: it is asked no more."""
    same = sa.update(message).where(
        message.c.id == text.id, message.c.state == text.state, message.c.provider_id == text.provider_id
    )
    tx.conn.execute(same.values(ask_at=ask_at))
