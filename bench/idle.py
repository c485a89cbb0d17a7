"""A tick with nothing due: every tick of the scheduler's clock on ever more plans, of which none has anything to do."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time as clock
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import databases, setting
from bench.day import ZONES
from bench.population import mixed, populate
from channels.twilio import TwilioChannel
from scheduler.duties.duties import Duties
from scheduler.worker import Worker
from tests.postgres import Postgres

# Four in the morning in New York: nothing was due for hours, and tomorrow is not foretold yet.
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def measure(
    *, plans: Sequence[int], ticks: int, kinds: Sequence[str], folder: Path | None = None
) -> Iterator[dict[str, object]]:
    """A line for each database and number of plans; each tick is timed ``ticks`` times."""
    with databases.server(kinds) as server:
        for kind in kinds:
            for count in plans:
                yield _measure(server, kind, count, ticks, folder)


def _measure(server: Postgres | None, kind: str, plans: int, ticks: int, folder: Path | None) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bench-idle-", dir=folder) as name, ExitStack() as stack:
        at = setting.place(Path(name), 1, stack.enter_context(databases.new(kind, server)))
        services = at.clocked()
        services.database.at = NOW
        # No tick reads the events of plans unless something is due.
        populate(services, NOW, mixed(services.library.regimens, NOW.date(), plans, ZONES), shadow=False)
        found = asyncio.run(_ticks(services, ticks))
        services.database.close()
    medians = {name: statistics.median(times) for name, (_, times) in found.items()}
    each_second = [name for name, (period, _) in found.items() if period <= 1]
    best = {name: min(times) for name, (_, times) in found.items()}
    return {
        "bench": "idle", "database": kind, "plans": plans,
        "median_ms": {name: round(ms, 2) for name, ms in medians.items()},
        "slowest_of_a_second_ms": max(round(medians[name], 2) for name in each_second),
        "slowest_of_all_ms": round(max(medians.values()), 2), "slowest_best_ms": round(max(best.values()), 2),
    }  # fmt: skip


async def _ticks(services: setting.ClockedServices, ticks: int) -> dict[str, tuple[float, list[float]]]:
    """The period of each tick in seconds, and how many milliseconds it took each time."""
    duties = Duties(database=services.database, library=services.library, owner="bench")
    channel = TwilioChannel(setting.ACCOUNT, setting.TOKEN)
    found: dict[str, tuple[float, list[float]]] = {}
    for period, name, tick in Worker(duties, channel).ticks():
        await tick()  # what is only there to be done once is done, and what it reads is read
        times = []
        for _ in range(ticks):
            began = clock.perf_counter()
            await tick()
            times.append((clock.perf_counter() - began) * 1000)
        found[name] = (period, times)
    await channel.close()
    return found
