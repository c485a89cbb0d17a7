"""Rotation: what was sealed with an older key is sealed anew with the newest, in slices that hold nobody up.

Blind indexes stay as they are; their key is another one and is never changed.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from store.database import Tx
from store.schema import metadata


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a rotation came: up to and with this row of this table."""

    table: str
    row_id: int


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did: rows looked at, tokens sealed anew, and where the next begins; None: it was the last."""

    rows: int
    resealed: int
    after: Mark | None


def reseal(tx: Tx, limit: int, after: Mark | None = None) -> Slice:
    """Goes on after ``after`` (None: from the beginning) through up to ``limit`` rows.

    When the last slice is done, no token needs any but the newest key. Rows that come meanwhile have it already.
    Raises WrongKey where a token can be opened by none of the keys.
    """
    sealed = _sealed_columns()
    names = list(sealed)
    name = names[0] if after is None else after.table
    table, columns = metadata.tables[name], sealed[name]
    rows = tx.conn.execute(
        sa.select(table.c.id, *columns)
        .where(table.c.id > (0 if after is None else after.row_id))
        .order_by(table.c.id)
        .limit(limit)
        .with_for_update()
    ).all()
    resealed = 0
    for row in rows:
        tokens = row._mapping
        anew = {column: tx.sealer.reseal(tokens[column]) for column in columns if tokens[column] is not None}
        changed = {column.name: token for column, token in anew.items() if token != tokens[column]}
        if changed:
            tx.conn.execute(sa.update(table).where(table.c.id == row.id).values(changed))
            resealed += len(changed)
    if len(rows) == limit:
        return Slice(len(rows), resealed, Mark(name, rows[-1].id))
    following = names[names.index(name) + 1 :]
    return Slice(len(rows), resealed, Mark(following[0], 0) if following else None)


def _sealed_columns() -> dict[str, list[sa.Column[bytes]]]:
    found = {
        table.name: [column for column in table.c if column.name.endswith("_sealed")]
        for table in metadata.sorted_tables
    }
    return {name: columns for name, columns in found.items() if columns}
