"""`python -m bench.peers`: reminders that fell due together, by us and by others, to one loopback Twilio, in turns.

Each result is one JSON line; what could not be run says why. Rates are by the provider's ledger, from the first text
that it took to the last.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from bench import client_alone, databases
from bench.outbox_load import ledger, loopback_twilio, rate
from bench.processes import free_port, memory_mb, running
from bench.sending import Ready, ready
from bench.setting import ACCOUNT, OURS, TOKEN
from bench.signed import phone
from tests.postgres import Postgres

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CALLS = 100
_LONGEST = 600.0  # seconds for one peer to send all


class NotHere(Exception):
    """What this machine lacks for a peer to run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the peers run: their Python, the loopback Twilio, a PostgreSQL, a folder for what they write."""

    python: Path
    twilio: str
    server: Postgres
    folder: Path
    texts: int

    @property
    def environment(self) -> dict[str, str]:
        """What their scripts read."""
        return {
            "PEER_ACCOUNT": ACCOUNT, "PEER_TOKEN": TOKEN, "PEER_TWILIO": self.twilio, "PEER_FROM": OURS,
            "PEER_BODY": client_alone.BODY, "PEER_TO": ",".join(phone(number) for number in range(self.texts)),
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip

    def script(self, name: str, *arguments: object, more: Mapping[str, str] | None = None) -> dict[str, object]:
        """Runs a peer's script to its end; what it printed."""
        done = subprocess.run(
            [str(self.python), "-m", f"bench.peers.{name}", *map(str, arguments)],
            env={**os.environ, **self.environment, **(more or {})},
            capture_output=True, text=True, timeout=_LONGEST, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotHere(f"{name} ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
        printed: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return printed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--reminders", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    for line in measure(texts=asked.reminders, rounds=asked.rounds):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


def measure(*, texts: int, rounds: int) -> Iterator[dict[str, object]]:
    """A line for each round of each, and one for its median."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-peers-")))
        server = stack.enter_context(databases.server(["postgresql"]))
        assert server is not None
        twilio = stack.enter_context(loopback_twilio(folder, free_port()))
        ground = Ground(_install(folder / "venv"), twilio, server, folder, texts)
        runs: dict[str, Callable[[int], Mapping[str, object]]] = {
            "official asynchronous client, no database": lambda _: alone(ground),
            "APScheduler": lambda number: apscheduler(ground, number),
            "Celery": lambda number: celery(ground, number),
            "procrastinate": lambda _: procrastinate(ground),
        }
        for kind in databases.KINDS:
            place = folder / kind
            place.mkdir()
            url = stack.enter_context(databases.new(kind, server))
            ours = stack.enter_context(ready(place, twilio, url, patients=texts, schedulers=1, calls=CALLS))
            runs[f"Immunotext, {kind}"] = lambda number, ours=ours: by_us(ours, number)  # type: ignore[misc]
        yield from in_turns(ground, runs, rounds)


def in_turns(
    ground: Ground, runs: Mapping[str, Callable[[int], Mapping[str, object]]], rounds: int
) -> Iterator[dict[str, object]]:
    """A line for each round of each, and one for the median of each; of what could not be run one that says why."""
    rates: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, run in runs.items():
            before = len(ledger(ground.twilio))
            try:
                more = run(number)
            except NotHere as error:
                yield {"bench": "peers", "of": name, "not_run": str(error)}
                continue
            sent = ledger(ground.twilio, before)
            rates.setdefault(name, []).append(rate(sent))
            yield {
                "bench": "peers", "of": name, "round": number + 1, "agree": len(sent) == ground.texts,
                "per_second": round(rate(sent)), **more,
            }  # fmt: skip
    for name, found in rates.items():
        yield {"bench": "peers", "of": name, "reminders": ground.texts, "per_second": round(statistics.median(found))}


def _install(place: Path) -> Path:
    """An environment of the peers' own, with just what requirements.txt has; its Python."""
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
    return python


def alone(ground: Ground) -> Mapping[str, object]:
    """The official client, which keeps no row."""
    client_alone.send(ground.twilio, ground.texts, CALLS)
    return {}


def by_us(ours: Ready, number: int) -> Mapping[str, object]:
    """Our own scheduler, which ran idle beside the others."""
    began = time.perf_counter()
    ours.fill(number)
    adding = time.perf_counter() - began
    ours.send()
    return {"added_seconds": round(adding, 2), "rss_mb_most": max(ours.memory())}


def apscheduler(ground: Ground, number: int) -> Mapping[str, object]:
    """APScheduler; what it was like to add the jobs, and its memory."""
    place = ground.folder / f"apscheduler-{number}"
    place.mkdir()
    return ground.script("with_apscheduler", ground.texts, place)


def procrastinate(ground: Ground) -> Mapping[str, object]:
    """procrastinate, on a PostgreSQL database of its own."""
    with databases.new("postgresql", ground.server) as url:
        plain = make_url(url or "").set(drivername="postgresql").render_as_string(hide_password=False)
        return ground.script("with_procrastinate", ground.texts, more={"PEER_POSTGRES": plain})


def celery(ground: Ground, number: int) -> Mapping[str, object]:
    """Celery, with a Redis of its own. Raises NotHere."""
    before = len(ledger(ground.twilio))
    with _redis(ground.folder, number) as redis:
        more = {"PEER_REDIS": redis}
        # The worker has all tasks in its memory before the first is due.
        ahead = 5 + ground.texts / 500
        arguments: Sequence[str] = [
            str(ground.python), "-m", "celery", "-A", "bench.peers.with_celery", "worker", "--concurrency", "2",
            "--loglevel", "ERROR", "--without-gossip", "--without-mingle",
        ]  # fmt: skip
        with running(arguments, {**ground.environment, **more}, ground.folder / f"celery-{number}.log") as worker:
            printed = ground.script("with_celery", ground.texts, ahead, more=more)
            until, memory = time.monotonic() + _LONGEST, 0
            while len(ledger(ground.twilio, before)) < ground.texts and time.monotonic() < until:
                if worker.poll() is not None:
                    raise NotHere(f"its worker ended with {worker.returncode}")
                memory = max(memory, memory_mb(worker))
                time.sleep(0.5)
    return {**printed, "rss_mb_most": memory}


@contextmanager
def _redis(folder: Path, number: int) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        raise NotHere("there is no redis-server here: apt install redis-server")
    port = free_port()
    arguments = [server, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with running(arguments, {}, folder / f"redis-{number}.log"):
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0"


if __name__ == "__main__":
    sys.exit(main())
