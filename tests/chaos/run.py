"""A run: the processes of one installation, the steps of a script, and the quiet after it."""

import itertools
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from sqlite3 import connect
from typing import Any

import sqlalchemy as sa

from content.library import Library
from store.database import Database
from store.errors import StoreError
from store.migrate import migrate
from tests.acceptance.serving import free_port
from tests.chaos import clinic
from tests.chaos.audit import audit
from tests.chaos.evidence import Evidence, gather
from tests.chaos.line import Proxy, Taken, hand_over
from tests.chaos.processes import FakeProcess, Process, until
from tests.chaos.script import SCHEDULERS, WEBS, Fail, Freeze, Kill, Outage, Restart, Say, Step
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.postgres import Postgres
from tests.scheduler.world import phone

_JUMP_EVERY = 0.2
_PHONES = 8
"""People who text at the same time."""


def chaos(
    folder: Path, library: Library, postgres: Postgres | None, steps: Iterator[Step], tell: Callable[[str], None]
) -> tuple[Evidence, list[str], int]:
    """A whole run on a database of its own; what stands afterwards, what does not hold, and how often was killed."""
    url = f"sqlite:///{folder}/texts.db" if postgres is None else postgres.create()
    try:
        with installed(url, library, folder, postgres) as running:
            running.play(steps, tell)
            quiet = running.quieten()
            ledger, told = running.ask_fake("ledger")["messages"], running.ask_fake("told")["told"]
            evidence = gather(running.database, quiet, running.taken, ledger, told)
            return evidence, [*audit(evidence), *running.ended_ill, *running.faults_in_logs()], running.kills
    finally:
        if postgres is not None:
            postgres.drop(url)


@dataclass
class Installation:
    """Two web processes behind a proxy, two schedulers, Twilio, and a database that may go away."""

    database: Database
    folder: Path
    fake: FakeProcess
    proxy: Proxy
    schedulers: list[Process]
    webs: list[Process]
    public_url: str
    unplugged: Callable[[float], None]
    taken: list[Taken] = field(default_factory=list)
    kills: int = 0
    ended_ill: list[str] = field(default_factory=list)
    _pause: threading.Event = field(default_factory=threading.Event)
    _sids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def spool(self) -> list[Path]:
        return list((self.folder / "var" / "spool").glob("*.text"))

    def play(self, steps: Iterator[Step], tell: Callable[[str], None]) -> None:
        """Does the steps one after the other; the texts travel beside them."""
        stop_jumping = threading.Event()
        jumper = threading.Thread(target=self._jump, args=(stop_jumping,))
        jumper.start()
        try:
            with ThreadPoolExecutor(_PHONES) as phones:
                texts: list[Future[None]] = []
                for step in steps:
                    tell(repr(step))
                    self._supervise()
                    if isinstance(step, Say):
                        texts.append(phones.submit(self._say, step, next(self._sids)))
                    else:
                        self._do(step)
                for text in texts:
                    text.result()
        finally:
            stop_jumping.set()
            jumper.join()

    def quieten(self) -> datetime:
        """The last schedulers are killed, new ones take over what was left, and everything ends well.

        The patients' time up to which everything was done: what a call that failed is to be tried again later may
        come due while the processes end.
        """
        quiet: list[datetime] = []

        def is_quiet() -> bool:
            moment = clinic.quiet_at(self.database)
            quiet.extend([moment] if moment else [])
            return moment is not None

        clinic.stand_still(self.database)
        for scheduler in self.schedulers:
            scheduler.kill()
            self.kills += 1
        clinic.let_leases_end(self.database)
        self._supervise()
        assert until(lambda: all(web.has_left_nobody_behind() for web in self.webs)), "a worker outlived its parent"
        assert until(lambda: not self.spool), f"the spool still holds {len(self.spool)} texts"
        assert until(is_quiet), "something is still due or under way"
        assert until(self.receipts_are_told), "Twilio still has receipts to tell"
        for process in [*self.schedulers, *self.webs]:
            assert until(process.is_up), process.log
            assert process.end() == 0, f"{process.name} did not end well:\n{process.log[-2000:]}"
        return quiet[-1]

    def faults_in_logs(self) -> list[str]:
        """What no log may hold."""
        return [
            f"the log of {process.name} holds {what!r}"
            for process in [*self.schedulers, *self.webs]
            for what in ("Traceback", "+1203555", " failed: ")
            if what in process.log
        ]

    def ask_fake(self, path: str, document: object = None) -> Any:
        data = None if document is None else json.dumps(document).encode()
        with urllib.request.urlopen(f"{self.fake.url}/_fake/{path}", data, timeout=30) as answer:
            return json.load(answer)

    def receipts_are_told(self) -> bool:
        """Whether Twilio has told everything that it had to tell of what it took."""
        told = len(self.ask_fake("told")["told"])
        due = sum(4 for message in self.ask_fake("ledger")["messages"] if message["status_callback"])
        return told >= due

    def _jump(self, stop: threading.Event) -> None:
        while not stop.wait(_JUMP_EVERY):
            with suppress(StoreError):
                clinic.jump(self.database)

    def _say(self, say: Say, number: int) -> None:
        sender, sid = phone(say.person), f"SM{number:032x}"
        for _ in range(1 + say.twice):
            self.taken.append(hand_over(self.public_url, self.proxy.port, sender, NUMBER, say.words, sid))

    def _do(self, step: Kill | Restart | Freeze | Fail | Outage) -> None:
        if isinstance(step, Fail):
            self.ask_fake("faults", {"kind": step.kind, "times": step.times})
        elif isinstance(step, Outage):
            self.unplugged(step.seconds)
        elif isinstance(step, Freeze):
            self._process(step).stand_still(step.seconds)
        elif isinstance(step, Restart):
            self._restart(self._process(step))
        else:
            self._pause.wait(step.after)
            self._kill(step)
            self.kills += 1

    def _process(self, step: Kill | Restart | Freeze) -> Process:
        return (self.schedulers if step.part == "scheduler" else self.webs)[step.number]

    def _restart(self, process: Process) -> None:
        """Before it is up a signal may end it at once; from then on it has to end well."""
        is_up = until(process.is_up)
        status = process.end()
        if is_up and status != 0:
            self.ended_ill.append(f"{process.name} was told to end, and ended with {status}")
        self._supervise()

    def _kill(self, step: Kill) -> None:
        process = self._process(step)
        if step.part == "web's worker":
            process.kill_worker()
        elif step.part == "web's parent":
            process.kill_parent()
        else:
            process.kill()
        if step.part == "scheduler":
            with suppress(StoreError):  # the database is away: the leases of the dead end with the run
                clinic.let_leases_end(self.database, process.pid)
        self._supervise()

    def _supervise(self) -> None:
        """As systemd does: what has ended is started again."""
        for process in [*self.schedulers, *self.webs]:
            if process.has_ended():
                process.start()


@contextmanager
def installed(url: str, library: Library, folder: Path, postgres: Postgres | None) -> Iterator[Installation]:
    """A running installation on an empty database; whatever happens, nothing of it is left running."""
    migrate(url)
    ports = [free_port() for _ in range(WEBS)]
    proxy = Proxy(ports)
    proxy.start()
    public_url = f"http://127.0.0.1:{proxy.port}"
    fake = FakeProcess(["--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN])
    fake.start()
    environment = {
        "DEMO": "1",
        "DATABASE_URL": url,
        "VAR_DIR": str(folder / "var"),
        "PUBLIC_URL": public_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_API_BASE": fake.url,
    }
    webs = [
        Process(f"web-{number}", "serve", environment | {"PORT": str(port)}, folder)
        for number, port in enumerate(ports)
    ]
    schedulers = [Process(f"scheduler-{number}", "scheduler", environment, folder) for number in range(SCHEDULERS)]
    with clinic.opened(url) as database:
        clinic.fill(database, library)
        away = _held(url) if postgres is None else _restarted(postgres, url)
        running = Installation(database, folder, fake, proxy, schedulers, webs, public_url, away)
        running.ask_fake("settings", {"receipts": {"copies": 2, "order": "at_once", "delay": 0.05}, "latency": 0.05})
        try:
            for process in [*webs, *schedulers]:
                process.start()
            assert until(lambda: all(web.is_up() for web in webs)), webs[0].log
            yield running
        finally:
            for process in [*webs, *schedulers]:
                process.kill()
                process.end_who_was_left_behind()
            fake.end()
            proxy.end()


def _held(url: str) -> Callable[[float], None]:
    """SQLite: somebody holds the file for longer than we wait for it."""

    def away(seconds: float) -> None:
        holder = connect(str(sa.make_url(url).database), isolation_level=None, timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        threading.Event().wait(seconds)
        holder.execute("ROLLBACK")
        holder.close()

    return away


def _restarted(postgres: Postgres, url: str) -> Callable[[float], None]:
    """PostgreSQL: every connection is cut and none is taken, then the server restarts as after a crash."""
    name = sa.make_url(url).database

    def away(seconds: float) -> None:
        postgres.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        threading.Event().wait(seconds)
        if postgres.restart is not None:
            postgres.restart()
        postgres.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')

    return away
