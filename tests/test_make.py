"""What `make` says on a machine that lacks something: one line, and what to do."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house import ROOT

# A python3 that answers as the Makefile asks it: its version, then whether it can make virtual environments.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    -V) echo "Python {version}" ;;
    *version_info*) exit {too_old} ;;
    *ensurepip*) exit {no_venv} ;;
    *) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone, as far as `make setup` looks before it has a Python."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "too_old", "no_venv", "told"),
    [
        ("3.10.12", 1, 0, "Python 3.11 or newer is needed, and ./python is Python 3.10.12: make PYTHON=python3.12"),
        ("3.11.2", 0, 1, "./python cannot make a virtual environment: apt install python3-venv"),
    ],
)
def test_setup_says_in_one_line_what_the_python_lacks(
    clone: Path, version: str, too_old: int, no_venv: int, told: str
) -> None:
    fake = clone / "python"
    fake.write_text(FAKE_PYTHON.format(version=version, too_old=too_old, no_venv=no_venv))
    fake.chmod(0o755)
    assert _setup(clone, "./python") == told


def test_setup_says_that_there_is_no_python(clone: Path) -> None:
    assert _setup(clone, "python3.999") == (
        "python3.999 is not here: install Python 3.11 or newer, or say which: make PYTHON=python3.12"
    )


def test_help_lists_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"(?m)^\.PHONY: (.+)$", makefile)
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"(?m)^make (\S+)", shown) == phony.split()


def _setup(clone: Path, python: str) -> str:
    """What `make setup` says before make's own closing line; it must fail."""
    command = ["make", "--no-print-directory", "setup", f"PYTHON={python}"]
    outer = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=clone, env=outer, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert not done.stdout
    *said, of_make = done.stderr.splitlines()
    assert of_make.startswith("make:")
    return "\n".join(said)
