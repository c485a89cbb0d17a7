"""The real processes of one installation: started, killed by their own ids, and ended well."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.serving import COMMAND, listens

PATIENCE = 60.0
"""Seconds for what must happen at last, on a machine that is busy."""
_LOOK_AGAIN = 0.05


def until(happened: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Whether it happens before the patience (seconds) ends."""
    pause = threading.Event()
    last = time.monotonic() + patience
    while not happened():
        if time.monotonic() > last:
            return False
        pause.wait(_LOOK_AGAIN)
    return True


@dataclass
class Process:
    """`immunotext serve` or `immunotext scheduler`, in a group of its own; its log goes on over every restart."""

    name: str
    command: str
    environment: dict[str, str]
    folder: Path
    _running: subprocess.Popen[bytes] | None = None
    _began: int = 0
    _left_behind: list[int] = field(default_factory=list)
    """The children of a parent that was killed alone: they are to end by themselves."""

    @property
    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text()

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._began = log.tell()
            self._running = subprocess.Popen(
                [COMMAND, self.command],
                env=os.environ | self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """The whole group at once, as when the machine goes down."""
        assert self._running is not None
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def stand_still(self, seconds: float) -> None:
        """The whole group, in whatever it was doing."""
        assert self._running is not None
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGSTOP)
            threading.Event().wait(seconds)
            os.killpg(self._running.pid, signal.SIGCONT)

    def kill_parent(self) -> None:
        """The process that was started alone; what it had started goes on."""
        assert self._running is not None
        self._left_behind += self._children()
        self._running.kill()
        self._running.wait()

    def kill_worker(self) -> None:
        """The one that it started last alone, if there is one yet."""
        with suppress(ProcessLookupError):
            for number in self._children()[-1:]:
                os.kill(number, signal.SIGKILL)

    def has_left_nobody_behind(self) -> bool:
        """Whether whoever outlived a parent has ended since."""
        return not any(self._is_ours(number) for number in self._left_behind)

    def end_who_was_left_behind(self) -> None:
        for number in filter(self._is_ours, self._left_behind):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def _children(self) -> list[int]:
        """Where the system does not tell, nobody: then a worker is only killed with its parent."""
        try:
            found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except OSError:
            return []
        return [int(number) for number in found.split()]

    def _is_ours(self, number: int) -> bool:
        """Whether the process with this number, which may be another by now, runs our command in our folder."""
        try:
            return Path(f"/proc/{number}/cwd").readlink() == self.folder
        except OSError:
            return False

    def end(self) -> int:
        """Told to end, as an operator does; its exit status."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(PATIENCE)

    def has_ended(self) -> bool:
        return self._running is None or self._running.poll() is not None

    def is_up(self) -> bool:
        """Whether the web process answers, or the scheduler works.

        A worker whose parent was killed holds the port for a moment longer: that it answers says nothing of the next.
        """
        if self.command == "serve":
            return self.has_left_nobody_behind() and listens(int(self.environment["PORT"]))
        return "sends what is due" in self.log[self._began :]


@dataclass
class FakeProcess:
    """The strict fake of Twilio, as a process that outlives every kill."""

    arguments: list[str]
    url: str = ""
    _running: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.fakes.twilio", *self.arguments]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._running.stdout is not None
        found = re.search(r"http://[0-9.:]+", self._running.stdout.readline())
        assert found is not None, "the fake of Twilio did not start"
        self.url = found[0]

    def end(self) -> None:
        if self._running is not None:
            self._running.terminate()
            self._running.wait(PATIENCE)
