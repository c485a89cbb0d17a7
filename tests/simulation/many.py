"""Many seeds, one process for each core: a run is one thread, and none shares anything with another."""

import os
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import Process, Queue
from queue import Empty

from sqlalchemy import make_url

from tests.postgres import Postgres
from tests.simulation.bugs import BUGS, Bug
from tests.simulation.play import Played, in_quiet, play
from tests.simulation.run import Stage

_LOOK_AGAIN = 5.0
"""Seconds without a word, after which it is looked whether a process has died."""


@dataclass(frozen=True)
class Seeds:
    """What is to be played, and how: ``days`` None leaves them to each seed, ``server`` is a PostgreSQL's address."""

    numbers: range
    days: int | None = None
    bug: Bug | None = None
    server: str | None = None

    def played(self) -> Iterator[Played]:
        """Plays one after the other."""
        troubles = BUGS[self.bug].troubles if self.bug else None
        postgres = None if self.server is None else Postgres(make_url(self.server))
        with in_quiet(), Stage.built(postgres) as stage:
            for seed in self.numbers:
                yield play(stage, seed, self.days, self.bug, troubles)


def play_many(seeds: Seeds, cores: int | None = None) -> Iterator[Played]:
    """Plays them on so many cores, or on all, in whatever order they come to their ends.

    Raises RuntimeError where the simulation itself fails. Whoever takes no more of them ends the others.
    """
    said: Queue[Played | str | None] = Queue()
    shares = min(cores or os.cpu_count() or 1, len(seeds.numbers))
    workers = [
        Process(target=_work, args=(replace(seeds, numbers=seeds.numbers[share::shares]), said), daemon=True)
        for share in range(shares)
    ]
    for worker in workers:
        worker.start()
    try:
        at_work = len(workers)
        while at_work:
            try:
                word = said.get(timeout=_LOOK_AGAIN)
            except Empty:
                if any(worker.exitcode for worker in workers):
                    raise RuntimeError("a process of the simulation was ended from outside") from None
                continue
            if isinstance(word, str):
                raise RuntimeError(word)
            if word is None:
                at_work -= 1
            else:
                yield word
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _work(seeds: Seeds, said: "Queue[Played | str | None]") -> None:
    try:
        for played in seeds.played():
            said.put(played)
        said.put(None)
    except Exception:  # noqa: BLE001 - it is told in the first process
        said.put(traceback.format_exc())
