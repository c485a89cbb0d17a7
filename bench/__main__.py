"""`python -m bench [inbound] [sending] [idle] ...`: each result is one JSON line; sizes are options.

Ends with 1 where something was lost, doubled or not as the calendars have it: then no figure means anything.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import console, databases, day, idle, inbound, outage, planning, sending, understanding

Lines = Iterator[dict[str, object]]

BENCHES: dict[str, Callable[[argparse.Namespace], Lines]] = {
    "inbound": lambda asked: inbound.measure(
        texts=asked.texts,
        patients=asked.patients,
        connections=asked.connections,
        rounds=asked.rounds,
        database_url=asked.database_url,
    ),
    "sending": lambda asked: sending.measure(
        texts=asked.reminders,
        rounds=asked.rounds,
        calls=asked.calls,
        latencies=asked.latency,
        kinds=asked.on,
        schedulers=asked.schedulers,
    ),
    "outage": lambda asked: outage.measure(
        due=asked.due, kinds=asked.on, schedulers=asked.schedulers, calls=asked.calls
    ),
    "idle": lambda asked: idle.measure(plans=asked.idle_plans, ticks=asked.ticks, kinds=asked.on, folder=asked.folder),
    "day": lambda asked: day.measure(patients=asked.enrolled, folder=asked.folder),
    "console": lambda asked: console.measure(
        clinics=asked.clinics,
        patients=asked.console_patients,
        texts=asked.history,
        asked=asked.asked,
        folder=asked.folder,
    ),
    "understanding": lambda asked: understanding.measure(texts=asked.understood, rounds=asked.rounds),
    "planning": lambda asked: planning.measure(plans=asked.plans, rounds=asked.rounds),
}


def main(arguments: list[str] | None = None) -> int:
    """Runs what the arguments name; 0 unless a line says that something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="|".join(BENCHES), help="all, unless some are named")
    of = parser.add_argument
    of("--texts", type=int, default=4_000, help="inbound: texts in each round")
    of("--patients", type=int, default=2_000, help="inbound: patients who text")
    of("--connections", type=int, default=16, help="inbound: connections open at once")
    of("--database-url", help="inbound: a new, empty database; a SQLite file of its own unless given")
    of("--reminders", type=int, default=1_000, help="sending: reminders in each round")
    of("--latency", type=_floats, default=[0.0, 0.1], help="sending: seconds that the loopback Twilio takes (0,0.1)")
    of("--calls", type=int, default=100, help="sending, outage: calls under way at once")
    of("--schedulers", type=_integers, default=[1, 2], help="sending, outage: so many processes (1,2)")
    of("--due", type=int, default=3_000, help="outage: texts that fell due")
    of("--idle-plans", type=_integers, default=[5_000, 20_000], help="idle: plans (5000,20000)")
    of("--ticks", type=int, default=50, help="idle: how often each tick is timed")
    of("--enrolled", type=int, default=3_000, help="day: enrolled patients")
    of("--on", type=_kinds, default=list(databases.KINDS), help="sending, outage, idle: sqlite,postgresql")
    of("--clinics", type=int, default=4, help="console: clinics, all of the same size")
    of("--console-patients", type=int, default=2_000, help="console: patients of all clinics")
    of("--history", type=int, default=40_000, help="console: texts of the year before")
    of("--asked", type=int, default=15, help="console: how often each page is timed")
    of("--folder", type=Path, help="idle, day, console: where large databases have room")
    of("--understood", type=int, default=10_000, help="understanding: texts in each round")
    of("--plans", type=int, default=100_000, help="planning: plans in each round")
    of("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    if unknown := set(asked.which) - set(BENCHES):
        parser.error(f"there is no bench called {', '.join(sorted(unknown))}: {', '.join(BENCHES)}")
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        return _run(asked)
    finally:
        logging.disable(before)


def _run(asked: argparse.Namespace) -> int:
    """Prints the lines of the benches that were asked for; whether one of them went wrong."""
    wrong = 0
    for name in asked.which or BENCHES:
        for line in BENCHES[name](asked):
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            wrong |= line.get("agree") is False
    return wrong


def _integers(written: str) -> list[int]:
    return [int(number) for number in written.split(",")]


def _floats(written: str) -> list[float]:
    return [float(number) for number in written.split(",")]


def _kinds(written: str) -> list[str]:
    kinds = written.split(",")
    if not set(kinds) <= set(databases.KINDS):
        raise argparse.ArgumentTypeError(f"{written}: one or both of {', '.join(databases.KINDS)}")
    return kinds


if __name__ == "__main__":
    sys.exit(main())
