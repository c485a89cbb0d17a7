"""`python -m tests.chaos`: a long run on each kind of database; exit status 1 where the auditor finds a fault."""

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from content.library import load
from tests.chaos.clinic import PEOPLE
from tests.chaos.evidence import Evidence
from tests.chaos.run import chaos
from tests.chaos.script import script
from tests.postgres import running
from tests.whats_here import POSTGRESQL

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many on each database")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="the same seed, the same steps")
    parser.add_argument("--database", choices=DATABASES, help="this one alone")
    parser.add_argument("--verbose", action="store_true", help="tell every step")
    parser.add_argument("--keep", type=Path, help="a folder for logs and the SQLite file, kept afterwards")
    options = parser.parse_args()
    databases = [options.database] if options.database else list(DATABASES)
    if POSTGRESQL.find() is None and "postgresql" in databases:
        print(f"PostgreSQL is not here: {POSTGRESQL.mend}.")
        if os.environ.get("CI") == "true" or options.database:
            return 1
        databases.remove("postgresql")
    print(f"chaos: seed {options.seed}, {options.kills} kills on each of {', '.join(databases)}", flush=True)
    found = 0
    for database in databases:
        with ExitStack() as stack:
            folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immunotext-chaos-")))
            folder = folder / database
            folder.mkdir(parents=True)
            postgres = stack.enter_context(running()) if database == "postgresql" else None
            began = time.monotonic()
            tell = (lambda line: print(f"  {line}", flush=True)) if options.verbose else (lambda _: None)
            steps = script(options.seed, options.kills, PEOPLE)
            evidence, faults, killed = chaos(folder, load(), postgres, steps, tell)
            print(f"{database}: {killed} kills in {time.monotonic() - began:.0f} s; {_summary(evidence)}", flush=True)
            for fault in faults:
                print(f"{database}: FAULT {fault}", flush=True)
            found += len(faults)
    if found:
        print(f"{found} faults; to see the same steps again: python -m tests.chaos --seed {options.seed}", flush=True)
    return 1 if found else 0


def _summary(evidence: Evidence) -> str:
    out = Counter(row.state for row in evidence.rows if row.direction == "out" and row.kind != "reply")
    states = ", ".join(f"{count} {state}" for state, count in sorted(out.items()))
    again = sum(taken.tries > 1 for taken in evidence.taken)
    came = len({taken.sid for taken in evidence.taken})
    unknown = sum("unknown" in row.was for row in evidence.rows)
    return (
        f"{came} texts came ({again} had to be handed over again), Twilio took {len(evidence.ledger)}; of our texts"
        f" {states}; {unknown} were unknown for a while"
    )


if __name__ == "__main__":
    sys.exit(main())
