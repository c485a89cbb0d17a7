"""What every table is made of: the metadata, the column types, and statements that both databases take."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from store.backends import Dialect

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly this type.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment, aware and UTC. PostgreSQL has a type for it; SQLite keeps text that sorts as the moments do."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must know its time zone")
        if dialect.name == "sqlite":
            utc = value if value.tzinfo is UTC else value.astimezone(UTC)
            return utc.isoformat(timespec="microseconds")
        return value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


class _List(sa.types.TypeDecorator[Sequence[Any]]):
    """Any number of values in one parameter. PostgreSQL has arrays; SQLite takes them out of JSON."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return sa.Text() if dialect.name == "sqlite" else postgresql.ARRAY(self.item)

    def process_bind_param(self, value: Sequence[Any] | None, dialect: sa.Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


class _Among(FunctionElement[Any]):
    """A column, and the list that it is looked up in.

    It has no type: a boolean SQLAlchemy would compare with 1, and SQLite would then look at every row.
    """

    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: Any, **named: Any) -> str:
    column, values = (compiler.process(part, **named) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - a column and a parameter's name


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: _Among, compiler: Any, **named: Any) -> str:
    column, values = (compiler.process(part, **named) for part in element.clauses)
    return f"{column} = ANY ({values})"


def among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """That a column is one of the values of the list parameter ``name``.

    One parameter however long the list is: with IN each length is a statement of its own, to be written and read anew.
    """
    return _Among(column, listed(column, name))


def listed(column: sa.Column[Any], name: str) -> sa.BindParameter[Any]:
    """The list parameter ``name`` of values such as a column keeps."""
    return sa.bindparam(name, type_=_List(column.type))


def key() -> sa.Column[int]:
    """The number of a row."""
    return sa.Column("id", Id, primary_key=True)


def owner() -> sa.Column[int]:
    """The clinic that a row belongs to."""
    return sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id"), nullable=False)


def same_owner() -> sa.Column[int]:
    """The clinic that a row belongs to, where what it refers to says so already: a second check would only cost."""
    return sa.Column("clinic_id", Id, nullable=False)


def refers_to(name: str, target: str) -> sa.Column[Any]:
    """A column that holds the number of a row of another table."""
    return sa.Column(name, Id, sa.ForeignKey(f"{target}.id"), nullable=False)


def within_clinic(name: str, target: str) -> sa.ForeignKeyConstraint:
    """That what ``name`` refers to belongs to the same clinic as the row itself."""
    return sa.ForeignKeyConstraint(["clinic_id", name], [f"{target}.clinic_id", f"{target}.id"])


def one_of(name: str, values: Iterable[str]) -> sa.CheckConstraint:
    """That a column holds one of these words.

    Not with IN: for that SQLite builds a little table at every write, which cost a text on its way out a quarter of
    all that the database does for it.
    """
    return sa.CheckConstraint(" OR ".join(f"{name} = '{value}'" for value in values), name=name)


Insert = Callable[[sa.Table], sqlite.Insert | postgresql.Insert]
ForBoth = Mapping[Dialect, sa.Insert]


def for_both(build: Callable[[Insert], sa.Insert]) -> ForBoth:
    """A statement with ON CONFLICT, which SQLAlchemy has only as a dialect's own, for either database."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


def add_or_replace(table: sa.Table) -> ForBoth:
    """Adds a row, or takes the place of the one with the same primary key."""
    keys = table.primary_key.columns.keys()
    names = [column.name for column in table.c if column.name not in keys]
    taken_over: dict[str, Any] = {name: sa.literal_column(f"excluded.{name}") for name in names}
    return for_both(lambda insert: insert(table).on_conflict_do_update(index_elements=keys, set_=taken_over))
