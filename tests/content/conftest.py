"""A copy of the content that a test may break; what it broke is mended before the next test."""

import functools
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from content import library
from content.check import check
from content.danger import load_danger
from content.faults import Fault
from content.library import PACKAGED
from content.regimens import load_regimens


class Copy:
    """A copy of the packaged content."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._before: dict[Path, bytes | None] = {}

    def edit(self, name: str, old: str, new: str) -> int:
        """Puts ``new`` in the place of the first ``old`` of a file; gives the line where it stood."""
        text = (self.directory / name).read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1).encode())
        return text[: text.index(old)].count("\n") + 1

    def write(self, name: str, data: bytes) -> None:
        """A file with other content, or a new one."""
        path = self.directory / name
        self._before.setdefault(path, path.read_bytes() if path.exists() else None)
        path.write_bytes(data)

    def remove(self, name: str) -> None:
        """A file that is gone."""
        path = self.directory / name
        self._before.setdefault(path, path.read_bytes())
        path.unlink()

    def mend(self) -> None:
        """Everything as it was."""
        for path, data in self._before.items():
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        self._before.clear()

    def faults(self) -> list[Fault]:
        """What the linter says."""
        return check(self.directory)


@pytest.fixture(scope="session")
def one_copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The copy that all tests share, since there are many files."""
    target = tmp_path_factory.mktemp("library") / "content"
    shutil.copytree(PACKAGED, target, ignore=shutil.ignore_patterns("*.py", "py.typed", "__pycache__"))
    return Copy(target)


@pytest.fixture
def whole_copy(one_copy: Copy) -> Iterator[Copy]:
    """The copy as it is packaged, mended afterwards."""
    yield one_copy
    one_copy.mend()


@pytest.fixture
def copy(whole_copy: Copy, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """The same for a test that breaks neither a danger sign nor a regimen: those are read once for all of them."""
    monkeypatch.setattr(tomllib, "loads", _parse)
    monkeypatch.setattr(library, "load_danger", _load_danger)
    monkeypatch.setattr(library, "load_regimens", _load_regimens)
    return whole_copy


_parse = functools.cache(tomllib.loads)
_load_danger = functools.cache(load_danger)
_load_regimens = functools.cache(load_regimens)
