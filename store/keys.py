"""That the keys are the ones this database was sealed with.

With another DATA_KEYS nothing could be read. With another INDEX_KEY everything would seem to work, and nobody's opt-out
would be found. So the first process to come leaves a word sealed and indexed, and every later one looks at it.
"""

import hmac

import sqlalchemy as sa

from store.columns import for_both, metadata
from store.database import Tx, WrongKey

key_check = sa.Table(
    "key_check",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("word_sealed", sa.LargeBinary, nullable=False),
    sa.Column("word_hash", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)

_WORD = "immunotext"
_NO_CLINIC = 0
_ADD = for_both(lambda insert: insert(key_check).on_conflict_do_nothing())


def check_keys(tx: Tx) -> None:
    """Raises WrongKey, with what to do, unless the keys are this database's. Call it in a writing transaction."""
    word_hash = tx.sealer.index(_NO_CLINIC, "key_check", _WORD)
    row = tx.conn.execute(sa.select(key_check)).one_or_none()
    if row is None:
        tx.conn.execute(_ADD[tx.dialect], {"id": 1, "word_sealed": tx.sealer.seal(_WORD), "word_hash": word_hash})
        return
    tx.sealer.open(row.word_sealed)
    if not hmac.compare_digest(row.word_hash, word_hash):
        raise WrongKey(
            "INDEX_KEY is not the one this database was made with. Set that one again: "
            "with another, nobody's opt-out would be found."
        )
