"""One seed played and audited, the same for the command and for the tests."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from tests.simulation.audit import audited
from tests.simulation.auditor import Books, Finding, histogram
from tests.simulation.run import Run, Stage


@dataclass(frozen=True)
class Played:
    """What came of one seed. ``digest`` is the same whenever it is played."""

    seed: int
    digest: str
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    trace: tuple[str, ...]

    def __str__(self) -> str:
        found = "\n".join(f"  {finding}" for finding in self.findings)
        return f"seed {self.seed} (python -m tests.simulation --seed {self.seed} --trace):\n{found}"


def play(
    stage: Stage,
    seed: int,
    days: int | None = None,
    bug: Callable[[Run], AbstractContextManager[object]] | None = None,
    troubles: Mapping[str, Any] | None = None,
) -> Played:
    """Plays one seed, with a bug put in if one is given, and has it audited."""
    with Run(stage, seed, days, troubles) as run:
        with bug(run) if bug else nullcontext():
            record = run.play()
        with run.truth.reading() as tx:
            books = Books(record, run.setting, tx, run.library)
            findings = tuple(audited(books))
            counts = {
                "texts taken": len(record.taken()),
                "texts heard": len(record.heard),
                "patients": len(record.people),
                "plan versions": sum(map(len, record.versions.values())),
                **{f"row: {name}": number for name, number in histogram(books).items()},
                **record.counts,
            }
    return Played(seed, record.digest(), findings, counts, tuple(record.trace))


@contextmanager
def in_quiet() -> Iterator[None]:
    """The program's own log would say what the simulation is meant to bring about."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
