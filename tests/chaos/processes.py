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


_GONE = ("X", "")


def _state(pid: int) -> tuple[str, str] | None:
    """The state of a process as a letter (proc(5)), and the tick at which it began; None where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], fields[19]


@dataclass(frozen=True, slots=True)
class Child:
    """A process that another one started; its number alone may be another's by now."""

    pid: int
    began: str

    def is_there(self) -> bool:
        """A zombie is not, once its last thread has ended: one that still waits for the disk keeps its sockets open."""
        state = _state(self.pid)
        if state is None or state[1] != self.began:
            return False
        try:
            threads = len(list(Path(f"/proc/{self.pid}/task").iterdir()))
        except OSError:
            return False
        return threads > 1 or state[0] not in "ZX"


@dataclass
class Process:
    """`immunotext serve` or `immunotext scheduler`, in a group of its own; its log goes on over every restart."""

    name: str
    command: str
    environment: dict[str, str]
    folder: Path
    _running: subprocess.Popen[bytes] | None = None
    _began: int = 0
    _left_behind: list[Child] = field(default_factory=list)
    """The children of parents that were killed. Alone: they are to end by themselves. With their group: they hold the
    port until the system has cleared them away, which takes longer than it takes to start the next parent."""

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
        self._left_behind = self._those_left() + self._children()
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
        self._left_behind = self._those_left() + self._children()
        self._running.kill()
        self._running.wait()

    def kill_worker(self) -> None:
        """The one that it started last alone, if there is one yet."""
        with suppress(ProcessLookupError):
            for child in self._children()[-1:]:
                os.kill(child.pid, signal.SIGKILL)

    def has_left_nobody_behind(self) -> bool:
        """Whether whoever outlived a parent has ended since, and holds the port no longer."""
        return not self._those_left()

    def end_who_was_left_behind(self) -> None:
        for child in self._those_left():
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def _those_left(self) -> list[Child]:
        return [child for child in self._left_behind if child.is_there()]

    def _children(self) -> list[Child]:
        """Those of this moment. Where the system does not tell, nobody: a worker is then only killed with its parent.

        A parent that is in the middle of a fork would hide the newest: it is stopped meanwhile.
        """
        assert self._running is not None
        if self._running.poll() is not None:
            return []
        with suppress(ProcessLookupError):
            self._running.send_signal(signal.SIGSTOP)
        until(lambda: (_state(self.pid) or _GONE)[0] in "TtZX")
        try:
            found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except OSError:
            found = ""
        with suppress(ProcessLookupError):
            self._running.send_signal(signal.SIGCONT)
        states = [(int(number), _state(int(number))) for number in found.split()]
        return [Child(number, state[1]) for number, state in states if state is not None]

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
