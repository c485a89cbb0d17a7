"""Rows by the million into one table, past the store's own functions: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from store.database import Tx


class Into:
    """Puts rows into some columns of a table; the values are those that SQLAlchemy would take for them."""

    def __init__(self, tx: Tx, table: sa.Table, columns: Sequence[str]) -> None:
        dialect = tx.conn.dialect
        found = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
        self._converts = [(place, convert) for place, convert in enumerate(found) if convert is not None]
        names = ", ".join(f'"{name}"' for name in columns)
        if tx.dialect == "sqlite":
            self._sql = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"
        else:
            self._sql = f"COPY {table.name} ({names}) FROM STDIN"
        self._columns = len(columns)

    def add(self, tx: Tx, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows as they are made by hand."""
        self.add_converted(tx, [self.converted(row) for row in rows])

    def converted(self, row: Sequence[Any]) -> list[Any]:
        """A row as the driver takes it. One that is a part of many is converted once."""
        values = list(row)
        for place, convert in self._converts:
            values[place] = convert(values[place])
        return values

    def add_converted(self, tx: Tx, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows of `converted`."""
        cursor = tx.conn.connection.cursor()
        if tx.dialect == "sqlite":
            cursor.executemany(self._sql, rows)
            return
        with cursor.copy(self._sql) as copy:
            for row in rows:
                copy.write_row(row)
