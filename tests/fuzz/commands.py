"""Commands that read what people write: lines of texts and numbers, regimen files, changes."""

import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from hypothesis import strategies as st

from bot.cli import main
from bot.understanding.engine import Engine
from content.library import Library
from content.regimens import PACKAGED
from tests.fuzz.words import bounded, odd_texts

_KINDS = "crisis emergency overdose call_now same_day info clarify limit opt_out opt_in help command topic unknown"
_REGIMENS = sorted(PACKAGED.glob("*.toml"))
_VALUES = (
    "0", "-1", "1", "99999999999999999999", "1.5", "nan", "true", '""', '"0 days"', '"99999 days"', '"21 days"',
    '"1, 1"', '"1-9999999"', '"9..1"', '"\\u0000"', "[]", "[[]]", "{}", "{ days_before = -3 }", "2026-13-45",
    '"window opens"', '"treatment"', '"until the end"', "'''",
)  # fmt: skip
_LINES = (
    "[[phase]]",
    "[phase]",
    "[reminders]",
    "[items.x]",
    "id = 1",
    "[[stop]]",
    "=",
    "]",
    "x = [",
    "\x00",
    "[[choice]]",
)
_CHANGES = (
    "delay:cycle=2,days=7", "delay:cycle=2,days=7,policy=keepgrid", "hold:from=2026-06-01", "resume:on=2026-07-01",
    "resume:on=2026-07-01,cycle=same", "skip:date=2026-05-25", "skip:date=2026-05-25,counts=yes",
    "move:date=2026-05-25,to=2026-05-27", "stop:on=2026-08-01", "switch:to=nivo_q4w,from=2026-07-01",
    "enter:phase=treatment,on=2026-06-01", "branch:id=no_month_cap,take=yes", "close:date=2026-05-25,to=2026-05-26",
)  # fmt: skip
_PLAIN = re.compile(r".*[a-z].*\.", re.DOTALL)  # what was given is repeated in it, line feeds and all
_FAULT = re.compile(r"[^\n]+:\d+ [a-z-]+ [^\n]+")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left behind."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Desktop:
    """Where the commands run: the content is loaded once, ``folder`` takes files."""

    library: Library
    engine: Engine
    folder: Path

    def run(self, arguments: Sequence[str], came: bytes = b"") -> Ended:
        """One command in this process; whatever it raises is a fault."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
        stdin = patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(came)))
        with self._loaded(), stdin, redirect_stdout(out), redirect_stderr(err), bounded():
            status = main(list(arguments))
        return Ended(status, _written(out), _written(err))

    @contextmanager
    def _loaded(self) -> Iterator[None]:
        with (
            patch("bot.cli.understanding.load", lambda: self.library),
            patch("bot.cli.understanding.Engine", lambda _: self.engine),
            patch("bot.cli.treatment.load", lambda: self.library),
        ):
            yield


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def _lines(texts: list[str], field: str) -> bytes:
    return b"".join(json.dumps({field: text}).encode() + b"\n" for text in texts)


texts = st.lists(odd_texts, max_size=8)
raw_lines = st.one_of(
    st.binary(max_size=300),
    texts.map(lambda found: _lines(found, "text")),
    texts.map(lambda found: _lines(found, "input")),
    st.sampled_from((b'{"text": 1}\n', b"[" * 5_000, b'{"text": "' + b"\\u0000" * 50 + b'"}', b'{"text": NaN}', b"{}")),
)


def understand(desktop: Desktop, found: list[str]) -> None:
    """Each text gets one answer of a known kind, in order."""
    ended = desktop.run(["understand"], _lines(found, "text"))
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.status == 0
    assert [row["text"] for row in rows] == found
    assert {row["kind"] for row in rows} <= set(_KINDS.split())


def read_lines(desktop: Desktop, came: bytes) -> None:
    """Any bytes: an answer for each line, or one sentence."""
    for command in ("understand", "segments", "phone"):
        ended = desktop.run([command], came)
        _is_plain(ended)
        for line in ended.out.splitlines():
            json.loads(line)


@st.composite
def regimen_files(draw: st.DrawFn) -> str:
    """A regimen of the library, broken in one to three places."""
    lines = draw(st.sampled_from(_REGIMENS)).read_text("utf-8").splitlines()
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(lines) - 1, 0)))
        name, _, _ = lines[place].partition("=") if lines else ("x", "", "")
        match draw(st.sampled_from(("drop", "double", "value", "odd value", "line", "cut", "swap"))):
            case "drop":
                del lines[place : place + 1]
            case "double":
                lines.insert(place, lines[place])
            case "value":
                lines[place] = f"{name}= {draw(st.sampled_from(_VALUES))}"
            case "odd value":
                lines[place] = f"{name}= {json.dumps(draw(odd_texts))}"
            case "line":
                lines.insert(place, draw(st.sampled_from(_LINES) | odd_texts))
            case "cut":
                lines = [*lines[:place], lines[place][: len(lines[place]) // 2]]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[place], lines[other] = lines[other], lines[place]
        lines = lines or [""]
    return "\n".join(lines) + "\n"


def read_regimen(desktop: Desktop, written: str) -> None:
    """A regimen file: a schedule, or what to mend in which line."""
    path = desktop.folder / "regimen.toml"
    path.write_bytes(written.encode("utf-8", "surrogatepass"))
    ended = desktop.run(["schedule", str(path), "--start", "2026-05-04", "--count", "30", "--json"])
    _is_plain(ended)


@st.composite
def change_specs(draw: st.DrawFn) -> list[str]:
    """One to four changes, some of them as nobody may write them."""
    specs = draw(st.lists(st.sampled_from(_CHANGES), min_size=1, max_size=4))
    broken = draw(st.integers(0, len(specs) - 1))
    spec = specs[broken]
    name, _, parts = spec.partition(":")
    specs[broken] = draw(
        st.sampled_from(
            (
                spec,
                spec.replace("=", ""),
                f"{spec},{parts}",
                re.sub(r"\d+", "0", spec),
                re.sub(r"2026", "2199", spec),
                re.sub(r"=[^,]*", "=", spec),
                re.sub(r"=[^,]*", lambda _: "=" + draw(odd_texts).replace("\x00", ""), spec),
                f"{name}:{draw(odd_texts)}",
            )
        )
    )
    return specs


def change_plan(desktop: Desktop, specs: list[str]) -> None:
    """Changes of a plan: a schedule, or one sentence that says what is wrong."""
    changes = [part for spec in specs for part in ("--change", spec)]
    ended = desktop.run(["schedule", "pembro_q3w", "--start", "2026-05-04", "--count", "30", "--json", *changes])
    _is_plain(ended)


def _is_plain(ended: Ended) -> None:
    """A failure is told in sentences, or in lines that name a place, and never by a traceback."""
    assert ended.status in {0, 1, 2}
    assert "Traceback" not in ended.err
    if ended.status == 0:
        assert ended.err == ""
        return
    told = ended.err.rstrip("\n")
    assert _PLAIN.fullmatch(told) or all(_FAULT.fullmatch(line) for line in told.split("\n")), told
