"""The demo as `make run` starts it, in processes of its own, and a real Chromium that looks at it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

IMMUNOTEXT = str(Path(sys.executable).with_name("immunotext"))
# Debian's Chromium as root in a closed network: no sandbox of its own, no calls home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
REFUSED_FORM = "status of 422"
PATIENCE = 30
# Other tests have the processors at the same time: what a page has not done in Playwright's own 5 s it may yet do.
expect.set_options(timeout=15_000)


@contextmanager
def running(command: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`immunotext COMMAND` while the block runs."""
    with (folder / f"{command}.log").open("wb") as log:
        process = subprocess.Popen([IMMUNOTEXT, command], env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(2 * PATIENCE)  # `serve` itself gives its worker 30 s


def once(arguments: Sequence[str], environment: dict[str, str], folder: Path) -> None:
    subprocess.run([IMMUNOTEXT, *arguments], env=environment, cwd=folder, check=True, capture_output=True)


def environment_of(folder: Path) -> dict[str, str]:
    """What the demo's processes of this folder are started with."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "DEMO": "1"}


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that nobody has used yet, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    for command in ("migrate", "demo"):
        once([command], environment_of(folder), folder)
    return folder


@pytest.fixture(scope="module")
def demo_folder(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this module's demo."""
    return shutil.copytree(filled, tmp_path_factory.mktemp("demo"), dirs_exist_ok=True)


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> Iterator[str]:
    """The address of a running demo whose clock stands."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**environment_of(demo_folder), "PORT": str(port)}
    environment["SMTP_URL"] = "smtp://127.0.0.1:9"  # for the page of who forgot a password; nobody listens there
    address = f"http://127.0.0.1:{port}"
    with running("serve", environment, demo_folder), running("scheduler", environment, demo_folder):
        _wait_for(f"{address}/healthz")
        yield address


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A Chromium without a window."""
    # No longer than a module: while Playwright runs, its thread has an event loop, and no test there may run another.
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose script must not fail, nor ask for anything from elsewhere."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda said: faults.append(said.text) if said.type == "error" and REFUSED_FORM not in said.text else None,
    )
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith(("http://127.0.0.1", "data:")) else faults.append(asked.url),
    )
    yield opened
    opened.close()
    assert faults == []


def _wait_for(url: str) -> None:
    for _ in range(PATIENCE * 10):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            threading.Event().wait(0.1)
        else:
            return
    raise TimeoutError(f"no answer from {url}")
