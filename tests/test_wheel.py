"""The wheel is whole: installed elsewhere, away from the repository, it has every module and every data file."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.house import ROOMS, ROOT, tracked_files

BUILT_FROM = {"pyproject.toml", "README.md", "LICENSE"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline from a copy of the tracked files, so that nothing else of this machine gets in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in tracked_files():
        if path.parts[0] in ROOMS or str(path) in BUILT_FROM:
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, source / path)
    _run(sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", out, source)
    (built,) = out.glob("*.whl")
    return built


def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    rooms = {path.as_posix() for path in tracked_files() if path.parts[0] in ROOMS}
    forgotten = sorted(rooms - inside)
    assert not forgotten, f"name them in pyproject.toml under [tool.setuptools]: {forgotten}"


def test_nothing_but_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)


def test_the_wheel_works_in_another_place(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home)
    python = home / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel)
    # The libraries come from here; a path in a .pth file brings no .pth file of its own, so not the editable rooms.
    packages = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    where = _run(python, "-c", "import bot, content; print(bot.__file__, content.__file__)", cwd=tmp_path)
    assert where.count(str(packages)) == 2
    _run(python.with_name("immunotext"), "content", "check", cwd=tmp_path)


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command prints; the test fails with what it said when it does."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout
