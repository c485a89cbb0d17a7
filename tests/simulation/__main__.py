"""`python -m tests.simulation [--seed N] [--seeds N] [--days D]`: plays one seed after another, up to a finding.

Exit status 1 where the auditor found something; the seed that it names replays exactly.
"""

import argparse
import sys
from collections import Counter
from time import perf_counter, process_time

from tests.simulation.bugs import BUGS
from tests.simulation.play import DAYS, in_quiet, play
from tests.simulation.run import Stage


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many, one after another")
    parser.add_argument(
        "--days", type=int, default=DAYS, help="days of trouble in each run, before those that are calm"
    )
    parser.add_argument("--trace", action="store_true", help="say all that happened")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first seed that fails")
    parser.add_argument("--bug", choices=[bug.__name__ for bug in BUGS], help="put this bug in")
    options = parser.parse_args()
    bug = next((bug for bug in BUGS if bug.__name__ == options.bug), None)
    counts: Counter[str] = Counter()
    began, cpu, failed, played = perf_counter(), process_time(), 0, 0
    with in_quiet(), Stage.built() as stage:
        for seed in range(options.seed, options.seed + options.seeds):
            result = play(stage, seed, options.days, bug, BUGS[bug].troubles if bug else None)
            played += 1
            counts.update(result.counts)
            if options.trace:
                print("\n".join(result.trace))
            if result.findings:
                failed += 1
                print(result, flush=True)
                if not options.keep_going:
                    break
            elif options.seeds == 1:
                print(f"seed {seed}: nothing was found; digest {result.digest}")
    for name, number in sorted(counts.items()):
        print(f"{number:8} {name}")
    print(
        f"{played} seeds of {options.days} days, {failed} with findings, "
        f"{perf_counter() - began:.0f} s, {process_time() - cpu:.0f} s of CPU"
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
