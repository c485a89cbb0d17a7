"""The house stands as it was planned: who may import whom, who may read the clock, what belongs in no file."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import ROOMS, ROOT, clock_faults, import_faults, modules, tracked_files

LONGEST_FILE = 400

# Put together here, so that this file does not hold what it looks for.
FOREIGN = {
    "the host of a package registry": re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "npmjs" + r"\."])),
    "a path of somebody's machine": re.compile(r"(?<![\w.~-])/(?:work|home/\w+|Users/\w+)/"),
}

Rule = Callable[[str, ast.AST], Iterator[str]]


def test_every_room_imports_only_what_lies_below_it() -> None:
    faults = [
        fault
        for module, path in modules().items()
        for fault in import_faults(module, ast.parse(path.read_text("utf-8")), is_package=path.name == "__init__.py")
    ]
    assert not faults, "\n".join(faults)


def test_nothing_below_the_edges_reads_the_clock() -> None:
    faults = [
        fault
        for module, path in modules().items()
        for fault in clock_faults(module, ast.parse(path.read_text("utf-8")))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (import_faults, "content.library", "import store.database"),
        (import_faults, "store.plans", "from content import library"),
        (import_faults, "channels.twilio", "def send():\n    from scheduler.worker import Worker"),
        (import_faults, "scheduler.enrolment", "from bot.settings import Settings"),
        (import_faults, "scheduler.worker", "import flask"),
        (import_faults, "bot.app", "from sqlalchemy import text"),
        (import_faults, "bot.app", "import twilio.rest"),
        (import_faults, "store.plans", "from tests.fakes import twilio"),
        (import_faults, "scheduler.plan.calendar", "from store import plans"),
        (import_faults, "scheduler.plan.calendar", "from .. import enrolment"),
        (import_faults, "bot.understanding.engine", "import flask"),
        (import_faults, "bot.understanding.engine", "from ..conversation import answer"),
        (clock_faults, "store.plans", "moment = datetime.now(UTC)"),
        (clock_faults, "scheduler.plan.calendar", "date.today()"),
        (clock_faults, "channels.twilio", "import time\ntime.time()"),
        (clock_faults, "channels.twilio", "from time import time"),
        (clock_faults, "bot.understanding.engine", "datetime.datetime.utcnow()"),
    ],
)
def test_the_rules_catch_who_breaks_them(rule: Rule, module: str, source: str) -> None:
    assert list(rule(module, ast.parse(source)))


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (import_faults, "bot.app", "from flask import Flask\nimport store.database, channels.twilio"),
        (import_faults, "scheduler.plan.calendar", "from . import changes\nfrom content.regimens import Regimen"),
        (clock_faults, "scheduler.worker", "datetime.now(UTC)"),
        (clock_faults, "scheduler.delivery.planner", "import time\ntime.monotonic()"),
    ],
)
def test_the_rules_let_pass_what_is_allowed(rule: Rule, module: str, source: str) -> None:
    assert not list(rule(module, ast.parse(source)))


def test_every_folder_of_code_says_what_lives_there() -> None:
    folders = {path.parent for path in modules().values()}
    silent = [
        str(folder.relative_to(ROOT))
        for folder in folders
        if not (folder / "__init__.py").is_file()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    ]
    assert not silent, f"no docstring in the __init__.py of {silent}"


def test_no_file_of_the_rooms_is_longer_than_one_subject() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in modules().values()}
    long = {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert not long, f"over {LONGEST_FILE} lines, split by subject: {long}"


def test_nothing_shipped_reads_the_reference_data_beside_the_repository() -> None:
    readers = [
        str(path) for path in tracked_files() if path.parts[0] in ROOMS and b"../shared" in (ROOT / path).read_bytes()
    ]
    assert not readers


@pytest.mark.parametrize("what", FOREIGN)
def test_no_file_names(what: str) -> None:
    named = [str(path) for path in tracked_files() if FOREIGN[what].search(_text(path))]
    assert not named, f"{what} in {named}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_line_of_a_lock_is_pinned_with_a_hash_and_names_no_address(lock: str) -> None:
    entries = re.split(r"\n(?=\w)", re.sub(r"(?m)^\s*#.*\n?", "", (ROOT / lock).read_text("utf-8")).strip())
    loose = [entry.splitlines()[0] for entry in entries if not re.match(r"[\w.\[\]-]+==\S+[^\n]*\\\n.*--hash=", entry)]
    assert entries
    assert not loose
    assert "://" not in (ROOT / lock).read_text("utf-8")


def test_what_is_deployed_is_what_is_tested() -> None:
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / lock).read_text("utf-8")))


def _text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8", errors="replace")
