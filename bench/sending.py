"""Reminders that go out: real schedulers beside the official asynchronous client alone, to one loopback Twilio.

The clock is the provider's own ledger: from the first text that it took to the last. The schedulers stay for all
rounds, so that their memory shows whether it grows.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import client_alone, databases, setting
from bench.outbox_load import fill, ledger, loopback_twilio, make_due, rate, wait_until_none_is_due
from bench.processes import cpu_seconds, free_port, memory_mb, running
from bot.services import Services
from tests.postgres import Postgres

Lines = Iterator[dict[str, object]]


def measure(
    *,
    texts: int,
    rounds: int,
    calls: int,
    latencies: Sequence[float],
    kinds: Sequence[str],
    schedulers: Sequence[int],
) -> Lines:
    """A line for each round and one for the median, of each database, number of schedulers and latency (seconds).

    ``calls`` are under way at once in each scheduler, and so many for each of them in the client alone.
    """
    with databases.server(kinds) as server:
        for latency in latencies:
            for kind in kinds:
                for count in schedulers:
                    yield from _measure(server, kind, count, latency, texts=texts, rounds=rounds, calls=calls)


@dataclass(frozen=True, slots=True)
class Ready:
    """Schedulers that have nothing to do yet, and enrolled patients whose welcome went."""

    services: Services
    clinic_id: int
    processes: Sequence[subprocess.Popen[bytes]]

    def memory(self) -> list[int]:
        """What each scheduler keeps in memory, in MB."""
        return [memory_mb(each) for each in self.processes]

    def cpu(self) -> float:
        """The processor's seconds that the schedulers have used."""
        return sum(map(cpu_seconds, self.processes))

    def fill(self, number: int) -> None:
        """Makes the reminders of a round, which are due at none of its hours until `send` says so."""
        fill(self.services.database, self.clinic_id, number, datetime.now(UTC) + timedelta(hours=1))

    def send(self) -> None:
        """Makes what waits due, and returns when it went."""
        make_due(self.services.database)
        wait_until_none_is_due(self.services.database, self.processes[0])


@contextmanager
def ready(
    folder: Path, twilio: str, database_url: str | None, *, patients: int, schedulers: int, calls: int
) -> Iterator[Ready]:
    """Real schedulers on a new database with so many patients, while the block runs."""
    at = setting.place(folder, free_port(), database_url, twilio)
    services = at.services
    clinic_id = setting.open_clinic(services, datetime.now(UTC))
    setting.enrol_patients(services, datetime.now(UTC), clinic_id, patients)
    arguments = [sys.executable, "-m", "bench.scheduling", "--calls", str(calls)]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running(arguments, at.environment, folder / f"scheduler-{number}.log"))
            for number in range(schedulers)
        ]
        wait_until_none_is_due(services.database, processes[0])  # the confirmations, before which nothing goes
        yield Ready(services, clinic_id, processes)
        services.database.close()


def _measure(
    server: Postgres | None, kind: str, schedulers: int, latency: float, *, texts: int, rounds: int, calls: int
) -> Lines:
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        twilio = stack.enter_context(loopback_twilio(folder, free_port(), latency))
        url = stack.enter_context(databases.new(kind, server))
        ours = stack.enter_context(ready(folder, twilio, url, patients=texts, schedulers=schedulers, calls=calls))
        memory = [ours.memory()]
        ratios, rates, costs = [], [], []
        for number in range(rounds):
            before, began = len(ledger(twilio)), time.process_time()
            client_alone.send(twilio, texts, calls * schedulers)
            alone, alone_cpu = ledger(twilio, before), time.process_time() - began
            ours.fill(number)
            before, spent = before + len(alone), ours.cpu()
            ours.send()
            sent, sent_cpu = ledger(twilio, before), ours.cpu() - spent
            memory.append(ours.memory())
            ratios.append(rate(sent) / rate(alone))
            rates.append(rate(sent))
            costs.append(alone_cpu / sent_cpu)
            yield {
                "bench": "sending", "round": number + 1, "agree": len(sent) == texts,
                "ours_per_second": round(rate(sent)), "client_alone_per_second": round(rate(alone)),
                "ours_cpu_us_a_text": round(sent_cpu / texts * 1e6),
                "client_alone_cpu_us_a_text": round(alone_cpu / texts * 1e6),
            }  # fmt: skip
        yield {
            "bench": "sending", "database": kind, "schedulers": schedulers, "calls": calls,
            "latency_ms": round(latency * 1000), "reminders_per_second": round(statistics.median(rates)),
            "of_client_alone": round(statistics.median(ratios), 3), "of_its_cpu": round(statistics.median(costs), 3),
            "rss_mb": [memory[0], memory[len(memory) // 2], memory[-1]],
        }  # fmt: skip
