"""NULL means none: no moment and no date of the database is a marker that comes to pass one day (ISACC 9e7630f)."""

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import messages, outbox, patients
from store.columns import Moment
from store.database import Database
from store.schema import metadata
from tests.store.sample import NOW, add_reminder, add_sample

ROOT = Path(__file__).parents[2]
MARKERS = {"date.max", "datetime.max", "date.min", "datetime.min", "datetime.fromtimestamp(0)"}
# Bounds in the arithmetic of calendars; nothing of them is ever written.
BOUNDS = {"scheduler/shadow.py", "scheduler/plan/calendar.py", "scheduler/plan/reminders.py"}
MOMENTS = [
    column for table in metadata.sorted_tables for column in table.c if isinstance(column.type, (Moment, sa.Date))
]


@pytest.mark.parametrize("column", MOMENTS, ids=str)
def test_no_moment_and_no_date_is_filled_in_by_itself(column: sa.Column[object]) -> None:
    assert column.default is None
    assert column.server_default is None
    assert column.onupdate is None


def test_no_room_that_writes_knows_a_first_or_a_last_day() -> None:
    found = set()
    for room in ("store", "scheduler", "channels"):
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text())
            if any(
                ast.unparse(node) in MARKERS for node in ast.walk(tree) if isinstance(node, (ast.Attribute, ast.Call))
            ):
                found.add(str(path.relative_to(ROOT)))
    assert found <= BOUNDS


def test_what_never_comes_has_no_moment_and_what_has_none_is_never_due(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        number = add_reminder(tx, sample)
        patients.set_next_text(tx, sample.patient.id, None)
        text = messages.get_message(tx, number)
        assert text is not None
        assert (text.begun_at, text.lease_until) == (None, None)
        outbox.drop(tx, NOW, number, "cancelled", "opted_out")
        assert outbox.next_due_at(tx) is None
        assert patients.next_due_at(tx) is None
        assert patients.claim_due(tx, NOW.replace(year=2999), 10) == []
        assert outbox.claim(tx, NOW.replace(year=2999), NOW.replace(year=2999), "ours", 10, NOW) == []
