"""Which of the two databases a URL means."""

from typing import Literal

import sqlalchemy as sa

from store.errors import DatabaseDown
from store.postgres import Postgres
from store.sqlite import Sqlite

Backend = Sqlite | Postgres
Dialect = Literal["sqlite", "postgresql"]


def backend_for(url: str, *, foreign_keys: bool = True) -> Backend:
    """The way to the database of a DATABASE_URL; `postgres://` is understood. Opens nothing yet.

    Raises DatabaseDown where the URL is none of ours. ``foreign_keys`` is off only for migrations.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise DatabaseDown("DATABASE_URL must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME") from None
    match parsed.drivername.partition("+")[0]:
        case "sqlite":
            return Sqlite(parsed, foreign_keys=foreign_keys)
        case "postgres" | "postgresql":
            return Postgres(parsed)
        case other:
            raise DatabaseDown(f"DATABASE_URL must begin with sqlite: or postgresql:, not {other}:")
