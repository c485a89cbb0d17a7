"""`python -m tests.simulation [--seed N] [--seeds N] [--database D]`: plays seeds on all cores, up to a finding.

Exit status 1 where the auditor found something; the seed that it names replays exactly.
"""

import argparse
import os
import sys
from collections import Counter
from contextlib import ExitStack
from time import perf_counter

from tests.postgres import running
from tests.simulation.bugs import BUGS
from tests.simulation.many import Seeds, play_many
from tests.whats_here import POSTGRESQL

DATABASES = ("sqlite", "postgresql")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many from there on")
    parser.add_argument("--days", type=int, help="days of trouble in each run; the seed draws them unless given")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--cores", type=int, help="all of them unless given")
    parser.add_argument("--trace", action="store_true", help="say all that happened")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first seed that fails")
    parser.add_argument("--bug", choices=[bug.__name__ for bug in BUGS], help="put this bug in")
    options = parser.parse_args()
    if options.database == "postgresql" and POSTGRESQL.find() is None:
        print(f"PostgreSQL is not here: {POSTGRESQL.mend}.")
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    with ExitStack() as stack:
        server = None
        if options.database == "postgresql":
            server = stack.enter_context(running()).admin.render_as_string(hide_password=False)
        seeds = Seeds(
            range(options.seed, options.seed + options.seeds),
            options.days,
            next((bug for bug in BUGS if bug.__name__ == options.bug), None),
            server,
        )
        failed = _play(seeds, options)
    sys.exit(1 if failed else 0)


def _play(seeds: Seeds, options: argparse.Namespace) -> int:
    """How many seeds failed."""
    counts: Counter[str] = Counter()
    began, failed, done = perf_counter(), 0, 0
    for played in play_many(seeds, options.cores):
        done += 1
        counts.update(played.counts)
        if options.trace:
            print("\n".join(played.trace))
        if played.findings:
            failed += 1
            print(played, flush=True)
            if not options.keep_going:
                break
        elif options.seeds == 1:
            print(f"seed {played.seed}: nothing was found; digest {played.digest}")
    for name, count in sorted(counts.items()):
        print(f"{count:8} {name}")
    print(f"{done} seeds on {options.database}, {failed} with findings, {perf_counter() - began:.0f} s")
    return failed


if __name__ == "__main__":
    main()
