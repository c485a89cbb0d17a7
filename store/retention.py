"""How far the words of a clinic's texts are deleted, and their deletion. What they were about and became of stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Moment, add_or_replace, among, metadata, owner
from store.database import Tx
from store.messages import message
from store.prepared import Prepared

words_gone = sa.Table(
    "words_gone",
    metadata,
    owner(),
    # Of the texts that were made or came in before this moment no words are left.
    sa.Column("before", Moment, nullable=False),
    sa.PrimaryKeyConstraint("clinic_id"),
)


@dataclass(frozen=True, slots=True)
class Wordy:
    """A text that has words still, and when it was made or came in."""

    id: int
    created_at: datetime


_HAS_WORDS = message.c.body_sealed.is_not(None) | message.c.matched_sealed.is_not(None)
# What is about to go out needs its words.
_IS_OVER = sa.and_(*(message.c.state != state for state in ("due", "claimed", "sending")))
_OLD = Prepared(
    sa.select(message.c.id, message.c.created_at)
    .where(
        message.c.clinic_id == sa.bindparam("clinic"),
        message.c.created_at >= sa.bindparam("begin", type_=Moment),
        message.c.created_at < sa.bindparam("end", type_=Moment),
        _HAS_WORDS,
        _IS_OVER,
    )
    .order_by(message.c.created_at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_FORGET = (
    sa.update(message)
    .where(among(message.c.id, "numbers"), _HAS_WORDS, _IS_OVER)
    .values(body_sealed=None, matched_sealed=None, args={})
)
_MARK = add_or_replace(words_gone)


def gone_before(tx: Tx) -> dict[int, datetime]:
    """Of which texts of each clinic no words are left: those made before this moment; no clinic of which all are."""
    return {row.clinic_id: row.before for row in tx.conn.execute(sa.select(words_gone))}


def with_words(tx: Tx, clinic_id: int, begin: datetime, end: datetime, limit: int) -> list[Wordy]:
    """The oldest ``limit`` texts made or received from ``begin`` until before ``end`` that have words still."""
    rows = _OLD.every(tx, clinic=clinic_id, begin=begin, end=end, limit=limit)
    return [Wordy(*row) for row in rows]


def forget(tx: Tx, message_ids: Sequence[int]) -> int:
    """Deletes the words of these texts, what of them was taken for something, and what they were made from."""
    return tx.conn.execute(_FORGET, {"numbers": list(message_ids)}).rowcount


def set_gone_before(tx: Tx, clinic_id: int, before: datetime) -> None:
    """That no words are left of what was made before this moment."""
    tx.conn.execute(_MARK[tx.dialect], {"clinic_id": clinic_id, "before": before})
