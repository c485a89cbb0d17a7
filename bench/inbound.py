"""Texts that come in: the real server, a scheduler beside it, and in turns a bare Flask route with the same form."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import load, setting
from bench.outbox_load import fill, loopback_twilio
from bench.processes import command, free_port, running, wait_for
from bench.signed import PATH, forms, raw

GRANIAN = ("--interface", "wsgi", "--factory", "--workers", "1", "--blocking-threads", "8", "--no-ws")


def measure(
    *, texts: int, patients: int, connections: int, rounds: int, database_url: str | None
) -> Iterator[dict[str, object]]:
    """A line for each round and one for the median. ``texts`` are sent in each round to each server."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        port, bare_port, twilio_port = free_port(), free_port(), free_port()
        at = setting.place(folder, port, database_url, stack.enter_context(loopback_twilio(folder, twilio_port)))
        now = datetime.now(UTC)
        clinic_id = setting.open_clinic(at.services, now)
        setting.enrol_patients(at.services, now, clinic_id, patients)
        services = at.services
        stack.enter_context(_server(at, port, folder))
        stack.enter_context(running([command("immunotext"), "scheduler"], at.environment, folder / "scheduler.log"))
        stack.enter_context(_bare(bare_port, folder))
        url = f"http://127.0.0.1:{port}{PATH}"
        host = f"127.0.0.1:{port}"
        ratios, rates, tails = [], [], []
        _round(port, url, host, max(texts // 5, 200), patients, connections, seed=1)
        for number in range(rounds):
            bare = _round(bare_port, url, host, texts, patients, connections, seed=100 + number)
            due_at = datetime.now(UTC) + timedelta(seconds=2 + patients / 500)
            fill(services.database, clinic_id, number, due_at)
            ours = _round(port, url, host, texts, patients, connections, seed=200 + number, begin_at=due_at)
            ratios.append(ours.per_second / bare.per_second)
            rates.append(ours.per_second)
            tails.append(ours.percentile(0.99))
            yield {"bench": "inbound", "round": number + 1, **_figures("ours", ours), **_figures("bare_flask", bare)}
        yield {
            "bench": "inbound", "database": services.database.dialect, "connections": connections,
            "texts_per_second": round(statistics.median(rates)), "p99_ms": round(statistics.median(tails), 1),
            "of_bare_flask": round(statistics.median(ratios), 3), "stored_twice": _stored_twice(at),
        }  # fmt: skip


def _round(
    port: int,
    url: str,
    host: str,
    texts: int,
    patients: int,
    connections: int,
    seed: int,
    begin_at: datetime | None = None,
) -> load.Measured:
    """``begin_at``: when the reminders fall due that the scheduler sends meanwhile."""
    requests = [raw(form, url, setting.TOKEN, host) for form in forms(texts, setting.OURS, patients, seed)]
    if begin_at is not None:
        time.sleep(max((begin_at - datetime.now(UTC)).total_seconds(), 0))
    return load.run(port, requests, connections)


def _figures(name: str, run: load.Measured) -> dict[str, object]:
    return {
        f"{name}_per_second": round(run.per_second), f"{name}_p50_ms": round(run.percentile(0.5), 2),
        f"{name}_p99_ms": round(run.percentile(0.99), 2), f"{name}_refused": run.refused,
    }  # fmt: skip


@contextmanager
def _server(at: setting.Place, port: int, folder: Path) -> Iterator[None]:
    log = folder / "serve.log"
    with running([command("immunotext"), "serve"], at.environment, log) as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
        yield


@contextmanager
def _bare(port: int, folder: Path) -> Iterator[None]:
    log = folder / "bare.log"
    arguments = [command("granian"), *GRANIAN, "--port", str(port), "--log-level", "error", "bench.bare:create_app"]
    with running(arguments, {}, log) as process:
        wait_for(f"http://127.0.0.1:{port}/", process, log)
        yield


def _stored_twice(at: setting.Place) -> int:
    """How many of the texts stand more than once: none, or the figures mean nothing."""
    import sqlalchemy as sa

    from store.messages import message

    counted = sa.select(sa.func.count() - sa.func.count(message.c.provider_id.distinct())).where(
        message.c.direction == "in"
    )
    with at.services.database.reading() as tx:
        return int(tx.conn.execute(counted).scalar_one())
