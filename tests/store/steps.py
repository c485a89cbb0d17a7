"""A database that refuses every step of a text that the table of steps does not have."""

import sqlalchemy as sa

from store.database import Database
from store.messages import State
from store.states import STEPS

FORBIDDEN: tuple[tuple[State, State], ...] = (
    ("due", "sending"),
    ("due", "unknown"),
    ("delivered", "due"),
    ("delivered", "sent"),
    ("cancelled", "claimed"),
    ("expired", "due"),
)

_ALLOWED = ", ".join(sorted({f"('{origin}', '{step.to}')" for step in STEPS for origin in step.origins}))
_SQLITE = f"""
CREATE TRIGGER only_steps BEFORE UPDATE OF state ON message
WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES {_ALLOWED})
BEGIN SELECT RAISE(ABORT, 'no step of a text'); END
"""
_POSTGRES = (
    """
    CREATE OR REPLACE FUNCTION no_step() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''no step of a text''; END'
    """,
    f"""
    CREATE TRIGGER only_steps BEFORE UPDATE OF state ON message FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({_ALLOWED}))
    EXECUTE FUNCTION no_step()
    """,
)


def guard_steps(database: Database) -> None:
    """Puts the guard in."""
    with database.writing() as tx:
        for statement in (_SQLITE,) if tx.dialect == "sqlite" else _POSTGRES:
            tx.conn.execute(sa.text(statement))
