"""Other processes that hold a database: programs for `python -c`, and the way to start one and wait for its word."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Each says so when it has or has done it, and then waits for a line on its standard input.
HOLD_FILE = """
import fcntl, sys
with open(sys.argv[1], "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
"""

WRITE_AND_WAIT = """
import sys
from store import clinics
from store.database import Database
from store.sealed import Sealer
from tests.store.sample import DATA_KEY, INDEX_KEY, add_sample
database = Database.open(sys.argv[1], Sealer([DATA_KEY], INDEX_KEY))
with database.writing() as tx:
    add_sample(tx)
    print("written", flush=True)
    sys.stdin.readline()
"""

WRITE_AND_STAY = """
import sys
from store.database import Database
from store.sealed import Sealer
from tests.store.sample import DATA_KEY, INDEX_KEY, add_sample
database = Database.open(sys.argv[1], Sealer([DATA_KEY], INDEX_KEY))
with database.writing() as tx:
    add_sample(tx)
print("committed", flush=True)
sys.stdin.readline()
"""


@contextmanager
def running(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program in a process of its own, from its first line of output on; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip()
        yield process
    finally:
        process.kill()
        process.communicate()


def let_go(process: subprocess.Popen[str]) -> None:
    """Lets the program end by itself."""
    process.communicate("\n", timeout=30)
