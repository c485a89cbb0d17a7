"""Statements on the ways where every microsecond counts: a text coming in, a batch going out.

SQLAlchemy's own execute() takes 20 to 40 microseconds around the driver's 5 to 20. A prepared statement is the same
Core statement, compiled once for each database and from then on given straight to the driver, with the same conversion
of values both ways. Everywhere else execute() is the way: it does more, and it forgives more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from store.backends import Dialect
from store.columns import ForBoth, listed
from store.database import Tx

Statement = sa.Select[*tuple[Any, ...]] | sa.Update | sa.Insert
Convert = Callable[[Any], Any]
Given = Mapping[str, sa.ColumnElement[Any]]

# Before the names of what a row brings: a parameter of an UPDATE may not be called as one of its columns.
_GIVEN = "given_"


class Prepared:
    """A Core statement compiled once for each database. It has no IN over a list, and no Python-side defaults.

    ``sets`` names the columns that an INSERT or UPDATE sets from the values it is given.
    """

    def __init__(self, statement: Statement | ForBoth, *sets: str) -> None:
        self._statement = statement
        self._sets = sets
        self._compiled: dict[Dialect, _Compiled] = {}

    def one(self, tx: Tx, **values: Any) -> Sequence[Any] | None:
        """Runs it and gives the first row, in the order of its columns; None where there is none."""
        compiled = self._in_words_of(tx)
        row = _driver(tx).execute(compiled.sql, compiled.bind(values)).fetchone()
        return None if row is None else compiled.row(row)

    def every(self, tx: Tx, **values: Any) -> list[Sequence[Any]]:
        """Runs it and gives every row, each in the order of its columns."""
        compiled = self._in_words_of(tx)
        rows = _driver(tx).execute(compiled.sql, compiled.bind(values)).fetchall()
        return [compiled.row(row) for row in rows]

    def run_many(self, tx: Tx, rows: Sequence[Mapping[str, Any]], **common: Any) -> int:
        """Runs it for each row, with the values that all have in common, and says how many rows it touched."""
        if not rows:
            return 0
        compiled = self._in_words_of(tx)
        cursor = _driver(tx).cursor()
        cursor.executemany(compiled.sql, compiled.bind_many(rows, common))
        return int(cursor.rowcount)

    def sql(self, tx: Tx) -> str:
        """The words that the driver is given."""
        return self._in_words_of(tx).sql

    def _in_words_of(self, tx: Tx) -> "_Compiled":
        known = self._compiled.get(tx.dialect)
        if known is not None:
            return known
        statement = self._statement[tx.dialect] if isinstance(self._statement, Mapping) else self._statement
        compiled = self._compiled[tx.dialect] = _Compiled(statement, self._sets, tx.conn.dialect)
        return compiled


class PreparedMany:
    """An UPDATE or INSERT that is made for each of many rows, compiled once for each database.

    SQLite makes it for one row after the other. PostgreSQL gets a list of each value, and makes it for all rows at
    once: one after the other they cost its driver and the server more than what they change.
    """

    def __init__(self, build: Callable[[Given], Statement], **given: sa.Column[Any]) -> None:
        """``given``: what each row brings, by name, each as a column keeps it; ``build`` makes the statement of it."""
        self._build = build
        self._given = given
        self._compiled: dict[Dialect, _Compiled] = {}

    def run(self, tx: Tx, rows: Sequence[Mapping[str, Any]], **common: Any) -> int:
        """Makes it for each row, with the values that all have in common, and says how many rows it touched."""
        if not rows:
            return 0
        compiled = self._compiled.get(tx.dialect)
        if compiled is None:
            compiled = self._compiled[tx.dialect] = _Compiled(self._statement(tx.dialect), (), tx.conn.dialect)
        if tx.dialect == "sqlite":
            cursor = _driver(tx).cursor()
            cursor.executemany(compiled.sql, compiled.bind_many(rows, common))
        else:
            lists = {name: [row[name] for row in rows] for name in self._given}
            cursor = _driver(tx).execute(compiled.sql, compiled.bind(common | lists))
        return int(cursor.rowcount)

    def _statement(self, dialect: Dialect) -> Statement:
        if dialect == "sqlite":
            return self._build({name: sa.bindparam(_GIVEN + name, type_=of.type) for name, of in self._given.items()})
        lists = (listed(of, _GIVEN + name) for name, of in self._given.items())
        rows = sa.func.unnest(*lists).table_valued(*(sa.column(name, of.type) for name, of in self._given.items()))
        return self._build(dict(rows.render_derived(name="given").c))


class _Compiled:
    """A statement in the words of one driver."""

    def __init__(self, statement: Statement, sets: Sequence[str], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(sets) or None)
        self.sql = str(compiled)
        names = list(compiled.positiontup or ()) if compiled.positional else list(compiled.params)
        converts: dict[str, Convert] = {
            name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for name in names
        }
        constants = {name: converts[name](compiled.params[name]) for name in names if not compiled.binds[name].required}
        # What every call shares; and each value that it brings, with its place in a sequence or else its name.
        self._pattern: Any = [constants.get(name) for name in names] if compiled.positional else constants
        places: Iterable[Any] = range(len(names)) if compiled.positional else names
        self._changing = [
            (place, name.removeprefix(_GIVEN), converts[name])
            for place, name in zip(places, names, strict=True)
            if name not in constants
        ]
        columns = enumerate(statement.exported_columns)
        processors = [
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None)) for place, column in columns
        ]
        self._results = [(place, convert) for place, convert in processors if convert is not None]

    def bind(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them."""
        bound = self._pattern.copy()
        for place, name, convert in self._changing:
            bound[place] = convert(values[name])
        return bound

    def bind_many(self, rows: Sequence[Mapping[str, Any]], common: Mapping[str, Any]) -> list[Any]:
        """The values of each row; what all have in common is converted once."""
        pattern = self._pattern.copy()
        changing = []
        for place, name, convert in self._changing:
            if name in common:
                pattern[place] = convert(common[name])
            else:
                changing.append((place, name, convert))
        bound = []
        for row in rows:
            values = pattern.copy()
            for place, name, convert in changing:
                values[place] = convert(row[name])
            bound.append(values)
        return bound

    def row(self, row: Sequence[Any]) -> Sequence[Any]:
        """A row as the driver gives it, converted."""
        if not self._results:
            return row
        values = list(row)
        for place, convert in self._results:
            if values[place] is not None:
                values[place] = convert(values[place])
        return values


def _as_it_is(value: Any) -> Any:
    return value


def _driver(tx: Tx) -> Any:
    """The driver's own connection inside the transaction; sqlite3's and psycopg's take the same calls."""
    return tx.conn.connection.dbapi_connection
