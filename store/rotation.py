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
    Raises WrongKey where none of the keys opens a token.
    """
    names = [table.name for table in metadata.sorted_tables if _sealed_columns(table)]
    rows = resealed = 0
    for name in names[names.index(after.table) if after else 0 :]:
        table, columns = metadata.tables[name], _sealed_columns(metadata.tables[name])
        beyond = after.row_id if after is not None and after.table == name else 0
        found = tx.conn.execute(
            sa.select(table.c.id, *columns)
            .where(table.c.id > beyond)
            .order_by(table.c.id)
            .limit(limit - rows)
            .with_for_update()
        ).all()
        for number, *tokens in found:
            anew = {
                column.name: tx.sealer.reseal(token)
                for column, token in zip(columns, tokens, strict=True)
                if token is not None
            }
            changed = {key: token for key, token in anew.items() if token not in tokens}
            if changed:
                tx.conn.execute(sa.update(table).where(table.c.id == number).values(changed))
                resealed += len(changed)
        rows += len(found)
        if rows == limit:
            return Slice(rows, resealed, Mark(name, found[-1].id))
    return Slice(rows, resealed, None)


def _sealed_columns(table: sa.Table) -> list[sa.Column[bytes]]:
    return [column for column in table.c if column.name.endswith("_sealed")]
