"""`python -m bench [inbound] [sending] [understanding] [planning]`: each result is one JSON line; sizes are options."""

from __future__ import annotations

import argparse
import json
import logging
import sys

from bench import inbound, planning, sending, understanding


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "which",
        nargs="*",
        choices=["inbound", "sending", "understanding", "planning"],
        help="all, unless some are named",
    )
    parser.add_argument("--texts", type=int, default=6_000, help="texts in each round of inbound")
    parser.add_argument("--patients", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--reminders", type=int, default=3_000, help="reminders in each round of sending")
    parser.add_argument("--plans", type=int, default=100_000, help="plans in each round of planning")
    parser.add_argument("--calls", type=int, default=100, help="calls under way at once")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that the loopback Twilio takes")
    parser.add_argument("--understood", type=int, default=10_000, help="texts in each round of understanding")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database-url", help="a new, empty database; a SQLite file of its own unless given")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    which = options.which or ["inbound", "sending", "understanding", "planning"]
    if "inbound" in which:
        for line in inbound.measure(
            texts=options.texts,
            patients=options.patients,
            connections=options.connections,
            rounds=options.rounds,
            database_url=options.database_url,
        ):
            _say(line)
    if "sending" in which:
        for line in sending.measure(
            texts=options.reminders,
            rounds=options.rounds,
            calls=options.calls,
            latency=options.latency,
            database_url=options.database_url,
        ):
            _say(line)
    if "understanding" in which:
        for line in understanding.measure(texts=options.understood, rounds=options.rounds):
            _say(line)
    if "planning" in which:
        for line in planning.measure(plans=options.plans, rounds=options.rounds):
            _say(line)


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
