"""The steps of a text: in the table, in the drawing, in the source, and nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import states
from store.database import Database
from store.messages import RANKS, State, message
from store.states import BEGINNINGS, GIVE_BACK, REPORTS, STEPS
from tests.store.sample import add_reminder, add_sample
from tests.store.steps import FORBIDDEN, guard_steps

ROOT = Path(__file__).parents[2]
Arrow = tuple[str, str, str]


def _drawn() -> set[Arrow]:
    """The arrows of the drawing; one from a group is one from each state in it."""
    drawing = (ROOT / "docs" / "outbox.md").read_text().split("```mermaid")[1].split("```")[0]
    groups: dict[str, set[str]] = {}
    for name, inside in re.findall(r"state (\w+) \{(.*?)\}", drawing, re.DOTALL):
        groups[name] = set(re.findall(r"\w+", re.sub(r":.*", "", inside)))
    arrows = re.findall(r"(\[\*\]|\w+) --> (\w+): (.+)", drawing)
    return {(origin, to, name) for start, to, name in arrows for origin in groups.get(start, {start})}


def test_the_drawing_is_the_table() -> None:
    table = {(origin, step.to, step.name) for step in STEPS for origin in step.origins}
    begins = {("[*]", to, name) for name, to in BEGINNINGS.items() if to != "received"}
    assert _drawn() == table | begins


def test_what_is_reported_only_goes_forward() -> None:
    for to, step in REPORTS.items():
        assert all(RANKS[origin] < RANKS[to] for origin in step.origins)


def test_every_state_is_reached_and_nothing_leads_back_but_to_due_and_what_was_anothers() -> None:
    assert {step.to for step in STEPS} | {*BEGINNINGS.values()} == {*RANKS}
    back = {step for step in STEPS for origin in step.origins if RANKS[step.to] < RANKS[origin]}
    assert {step for step in back if step.to != "due"} == {GIVE_BACK}


def _updates_of_state(tree: ast.AST) -> Iterator[int]:
    """Lines that give a statement a state which no beginning and no step names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
            for given in node.keywords:
                value = given.value
                begins = isinstance(value, ast.Subscript) and ast.unparse(value.value) == "BEGINNINGS"
                if given.arg == "state" and not begins:
                    yield node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Prepared", "_taken"}:
            yield from (
                node.lineno for given in node.args if isinstance(given, ast.Constant) and given.value == "state"
            )
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if "state" in keys and "message_id" not in keys:
                yield node.lineno


def test_no_other_module_of_the_store_sets_the_state_of_a_text() -> None:
    found = []
    for path in sorted((ROOT / "store").glob("*.py")):
        tree = ast.parse(path.read_text())
        imports = {
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module in {"store.messages", "store.schema"}
            for name in node.names
        }
        if path.stem != "states" and ("message" in imports or path.stem == "messages"):
            found += [f"{path.name}:{line}" for line in _updates_of_state(tree)]
    # The history (its rows are told by `step_of`), and a plan that ends with the erasure of its patient.
    assert [where for where in found if not where.startswith(("messages.py", "erasure.py"))] == []


def test_nobody_writes_texts_outside_of_the_store() -> None:
    for room in ("bot", "scheduler", "channels", "content"):
        for path in (ROOT / room).rglob("*.py"):
            assert "sqlalchemy" not in path.read_text(), path


@pytest.mark.parametrize("name", [name for name in vars(states) if name.isupper() and name not in {"STEPS", "REPORTS"}])
def test_every_step_that_is_named_is_in_the_table(name: str) -> None:
    found = getattr(states, name)
    assert not isinstance(found, states.Step) or found in STEPS


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_the_guard_of_these_tests_knows_a_step_that_is_none(sqlite: Database, forbidden: tuple[State, State]) -> None:
    """What `test_outbox_model` relies on: a database that lets no other step pass."""
    origin, to = forbidden
    guard_steps(sqlite)
    with sqlite.writing() as tx:
        number = add_reminder(tx, add_sample(tx))
        lease = {"lease_until": sa.func.coalesce(message.c.lease_until, message.c.due_at), "lease_owner": "x"}
        free = {"lease_until": None, "lease_owner": None}
        path = {"due": [], "delivered": ["delivered"], "cancelled": ["cancelled"], "expired": ["expired"]}[origin]
        for state in path:
            tx.conn.execute(sa.update(message).where(message.c.id == number).values(state=state, **free))
        held = lease if to in {"claimed", "sending"} else free
        move = sa.update(message).where(message.c.id == number).values(state=to, **held)
        with pytest.raises(sa.exc.DatabaseError, match="no step of a text"):
            tx.conn.execute(move)
        assert tx.conn.execute(sa.select(message.c.state).where(message.c.id == number)).scalar() == origin
