"""Catching up after six hours in which no scheduler lived: planning and sending all that fell due meanwhile."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time as clock
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import databases, setting
from bench.outbox_load import is_anything_due, ledger, loopback_twilio, rate
from bench.population import Course, numbers_of_clinics, populate
from bench.processes import free_port, memory_mb, running
from tests.postgres import Postgres

DOWN = timedelta(hours=6)
# The first text of a course goes three days before its first visit at ten by the patient's clock: somewhere it was ten
# at every hour of the outage, whenever this is run.
_TOLD_AT, _DAYS_BEFORE = time(10), 3
_ZONES = (
    *("Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo", "Asia/Shanghai", "Asia/Bangkok", "Asia/Dhaka"),
    *("Asia/Karachi", "Asia/Dubai", "Europe/Moscow", "Africa/Cairo", "Europe/Berlin", "Europe/London"),
    *("Atlantic/Cape_Verde", "America/Sao_Paulo", "America/New_York", "America/Denver", "America/Los_Angeles"),
    *("Pacific/Honolulu", "Pacific/Pago_Pago"),
)


def measure(*, due: int, kinds: Sequence[str], schedulers: Sequence[int], calls: int) -> Iterator[dict[str, object]]:
    """A line for each database and number of schedulers: all of ``due`` texts fell due in the last six hours."""
    with databases.server(kinds) as server:
        for kind in kinds:
            for count in schedulers:
                yield _measure(server, kind, count, due, calls)


def _measure(server: Postgres | None, kind: str, schedulers: int, due: int, calls: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bench-outage-") as name, ExitStack() as stack:
        folder = Path(name)
        twilio = stack.enter_context(loopback_twilio(folder, free_port(), numbers=numbers_of_clinics(due)))
        at = setting.place(folder, free_port(), stack.enter_context(databases.new(kind, server)), twilio)
        services = at.services
        began = datetime.now(UTC) - DOWN
        populate(services, began, courses(began, due))
        arguments = [sys.executable, "-m", "bench.scheduling", "--calls", str(calls)]
        processes = [
            stack.enter_context(running(arguments, at.environment, folder / f"scheduler-{number}.log"))
            for number in range(schedulers)
        ]
        started = clock.perf_counter()
        memory = [_memory(processes)]
        while is_anything_due(services.database, processes[0]):
            clock.sleep(1)
            memory.append(_memory(processes))
        seconds = clock.perf_counter() - started
        taken = ledger(twilio)
        services.database.close()
    people = {(message["to"], message["sender"]) for message in taken}
    early = next((each for each in memory if min(each) > 50), memory[0])  # when all is imported
    return {
        "bench": "outage", "database": kind, "schedulers": schedulers, "due": due, "sent": len(taken),
        "people": len(people), "agree": len(taken) == len(people) == due, "seconds": round(seconds),
        "per_second": round(rate(taken)), "rss_mb": [early, memory[len(memory) // 2], memory[-1]],
        "rss_mb_most": max(map(max, memory)),
    }  # fmt: skip


def courses(began: datetime, due: int) -> list[Course]:
    """Courses of each of which one text, the first, falls due within the outage that began then."""
    found = []
    for zone in _ZONES:
        ten = _ten(began, zone)
        if ten < began + DOWN:
            first_visit = ten.date() + timedelta(days=_DAYS_BEFORE)
            found.append(Course(setting.REGIMEN, first_visit, zone, time(10, 30)))
    return [found[number % len(found)] for number in range(due)]


def _ten(began: datetime, zone: str) -> datetime:
    """The first ten o'clock of a zone after a moment, by its clock."""
    local = began.astimezone(ZoneInfo(zone))
    ten = local.replace(hour=_TOLD_AT.hour, minute=0, second=0, microsecond=0)
    return ten if ten > local else ten + timedelta(days=1)


def _memory(processes: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    return [memory_mb(each) for each in processes]
