"""How fast texts are understood: the command that reads a file of them, one process, and the slowest single text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import process_time, thread_time

from bot.understanding.engine import Engine
from content.library import load
from tools.training.compose import compose

_HOSTILE = (
    "no " * 800,
    "a" * 1600,
    "chest pain? " * 130,
    "1 2 3 4 5 6 7 8 9 " * 90,
    "𝓈𝓉𝑜𝓅 " * 300,
    "fever if not never was no ".strip() * 60,
    "x.y,z;w!v? " * 145,
)


def measure(*, texts: int, rounds: int) -> Iterator[dict[str, object]]:
    """Seconds of one process for all texts, in each round, and of the command; what loading takes; the slowest text.

    The command reads texts that are all different, and then as many in which each comes twice: of what people send
    much is the same few words.
    """
    corpus = [example.text for example in compose()]
    chosen = [corpus[number * len(corpus) // texts] for number in range(texts)]
    began = process_time()
    engine = Engine(load())
    loading = process_time() - began
    for number in range(1, rounds + 1):
        began = process_time()
        for text in chosen:
            engine.understand(text)
        spent = process_time() - began
        yield {"bench": "understanding", "round": number, "texts": texts, "cpu_seconds": round(spent, 3)}
    yield {"bench": "understanding", "load_cpu_seconds": round(loading, 3)}
    for read in (chosen, [*chosen[::2], *chosen[: texts // 2 * 2 : 2]]):
        different = len(set(read))
        yield {
            "bench": "understanding",
            "lines": len(read),
            "different": different,
            "command_seconds": _command(read),
        }
    slowest = 0.0
    for text in (*chosen, *_HOSTILE):
        began = thread_time()
        engine.understand(text)
        slowest = max(slowest, thread_time() - began)
    yield {"bench": "understanding", "slowest_text_ms": round(slowest * 1000, 2)}


def _command(texts: Iterable[str]) -> float:
    """The processor's seconds of ``immunotext understand`` as a whole process."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    timed = (
        "import os,subprocess,sys;"
        "subprocess.run(sys.argv[1:],stdin=0,stdout=subprocess.DEVNULL,check=True);"
        "print(sum(os.times()[2:4]))"
    )
    command = Path(sys.executable).with_name("immunotext")
    done = subprocess.run(
        [sys.executable, "-c", timed, str(command), "understand"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    return round(float(done.stdout), 3)
