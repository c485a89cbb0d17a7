"""The rules of the house as functions of source text: which room may know what. `test_house.py` applies them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A room, and the rooms it may import: downwards, never sideways on the ground floor.
ROOMS = {
    "bot": {"scheduler", "content", "store", "channels"},
    "scheduler": {"content", "store", "channels"},
    "content": set(),
    "store": set(),
    "channels": set(),
}

# A library, and the one room that may import it.
OWNERS = {
    "alembic": "store",
    "apscheduler": "scheduler",
    "click": "bot",
    "flask": "bot",
    "granian": "bot",
    "psycopg": "store",
    "pydantic_settings": "bot",
    "sqlalchemy": "store",
    "twilio": "channels",
    "werkzeug": "bot",
}

# A pure corner: which of our modules it may import, and which libraries.
PURE: dict[str, tuple[set[str], set[str]]] = {
    "scheduler.plan": ({"content", "scheduler.plan"}, set()),
    "bot.understanding": ({"content", "bot.understanding"}, {"rapidfuzz", "regex"}),
}

# Where the time is read; everywhere else below bot/, and in the pure corner of bot/, it is an argument.
CLOCKS = {"scheduler.worker", "scheduler.duties.duties", "store.database"}
CLOCK_READINGS = {"now", "utcnow", "today"}
TIME_MODULE_READINGS = {"time", "time_ns", "localtime", "gmtime"}


def modules() -> dict[str, Path]:
    """Every module of the five rooms by its dotted name, packages by the name of their folder."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def tracked_files() -> list[Path]:
    """What git tracks, and what is there to be tracked: relative to the root, without what .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(path for name in set(listed.split("\0")) - {""} if (ROOT / (path := Path(name))).is_file())


def imported(module: str, tree: ast.AST, *, is_package: bool = False) -> Iterator[str]:
    """The dotted name of everything that a module imports, inside functions too; relative imports resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            here = parts[: len(parts) - node.level + is_package] if node.level else []
            base = ".".join([*here, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def import_faults(module: str, tree: ast.AST, *, is_package: bool = False) -> Iterator[str]:
    """What a module imports that its place in the house forbids, a sentence each."""
    room = module.partition(".")[0]
    for name in imported(module, tree, is_package=is_package):
        top = name.partition(".")[0]
        if top in ROOMS and top != room and top not in ROOMS[room]:
            yield f"{module} imports {name}: {room}/ must not know {top}/"
        if OWNERS.get(top, room) != room:
            yield f"{module} imports {name}: {top} lives only in {OWNERS[top]}/"
        if top == "tests":
            yield f"{module} imports {name}: what is shipped knows nothing of the tests"
        for corner, (ours, libraries) in PURE.items():
            allowed = top in sys.stdlib_module_names or top in libraries or any(_within(name, own) for own in ours)
            if _within(module, corner) and not allowed:
                yield f"{module} imports {name}: {corner} is pure and knows only {', '.join(sorted(ours))}"


def clock_faults(module: str, tree: ast.AST) -> Iterator[str]:
    """Where a module reads the time though its place in the house has it as an argument."""
    told_the_time = _within(module, "bot") and not any(_within(module, corner) for corner in PURE)
    if told_the_time or module in CLOCKS:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_time = isinstance(node.func.value, ast.Name) and node.func.value.id == "time"
            if node.func.attr in CLOCK_READINGS or (of_time and node.func.attr in TIME_MODULE_READINGS):
                yield f"{module}:{node.lineno} reads the time ({node.func.attr}): take it as an argument"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if alias.name in TIME_MODULE_READINGS:
                    yield f"{module}:{node.lineno} imports time.{alias.name}: take the time as an argument"
