"""Other zone data than this machine's, for a test: a zone gets the rules of another."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from scheduler import send_window
from scheduler.plan import local_time


@contextmanager
def changed(folder: Path, **zones: str) -> Iterator[None]:
    """While it lasts, ``America__New_York="America/Bogota"`` has New York keep Bogota's time.

    Every other zone stays what it was.
    """
    before = zoneinfo.TZPATH
    for name, like in zones.items():
        there = folder / name.replace("__", "/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(_data(like))
    zoneinfo.reset_tzpath([str(folder), *before])
    _forget()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(before)
        _forget()


def _data(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        file = Path(folder) / name
        if file.is_file():
            return file.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def _forget() -> None:
    """As a process does that is started anew."""
    zoneinfo.ZoneInfo.clear_cache()
    local_time.zone_of.cache_clear()
    send_window._next_open.cache_clear()
