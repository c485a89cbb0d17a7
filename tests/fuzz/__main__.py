"""`python -m tests.fuzz`: every target in turn for as long as told; exit status 1 where one of them fails."""

import argparse
import secrets
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from bot.understanding.engine import Engine
from content.library import load
from tests.fuzz import commands, webhooks

_AT_A_TIME = 50


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for how long, all targets together")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="where to begin")
    parser.add_argument("--only", help="one target alone, by its name")
    options = parser.parse_args()
    print(f"fuzz: seed {options.seed}, {options.seconds:.0f} s", flush=True)
    library = load()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immunotext-fuzz-")))
        web = stack.enter_context(webhooks.web(folder))
        desktop = commands.Desktop(library, Engine(library), folder)
        targets: list[tuple[Callable[[Any, Any], None], Any, SearchStrategy[Any]]] = [
            (webhooks.take_text, web, webhooks.forms()),
            (webhooks.take_danger, web, webhooks.extra_pairs),
            (webhooks.take_receipt, web, webhooks.callbacks()),
            (commands.understand, desktop, commands.texts),
            (commands.read_lines, desktop, commands.raw_lines),
            (commands.read_regimen, desktop, commands.regimen_files()),
            (commands.change_plan, desktop, commands.change_specs()),
        ]
        targets = [target for target in targets if options.only in {None, target[0].__name__}]
        failed = [_look(*target, options.seed, options.seconds / len(targets)) for target in targets]
    return 1 if any(failed) else 0


def _look(target: Callable[[Any, Any], None], place: Any, values: SearchStrategy[Any], first: int, long: float) -> bool:
    """Tries values on a target for so many seconds; whether one of them failed."""
    last = time.monotonic() + long
    tried = 0
    while time.monotonic() < last:
        try:
            _try(target, place, values, first + tried)
        except Exception:  # noqa: BLE001 - that is what is looked for
            traceback.print_exc()
            print(f"{target.__name__}: FAILED after {tried} values; again: --seed {first + tried}", flush=True)
            return True
        tried += _AT_A_TIME
    print(f"{target.__name__}: {tried} values", flush=True)
    return False


def _try(target: Callable[[Any, Any], None], place: Any, values: SearchStrategy[Any], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=_AT_A_TIME,
        derandomize=False,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(values)
    def try_it(value: Any) -> None:
        target(place, value)

    try_it()


if __name__ == "__main__":
    sys.exit(main())
