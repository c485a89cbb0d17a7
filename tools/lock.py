"""Writes requirements.lock and requirements-dev.lock from pyproject.toml; `make lock` runs it.

Both are universal (one file for every platform and Python), carry a hash for every file that may be installed, and name
no index. uv does the resolving, in a virtual environment that is thrown away. The run-time lock is cut from the
development lock, so that what is tested is what is deployed.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = "requirements-dev.lock"
RUN_TIME = "requirements.lock"
HEADERS = {
    EVERYTHING: "# Run time, tests and tools, every platform, with hashes. Written by `make lock`; do not edit.\n",
    RUN_TIME: "# Run time, every platform, with hashes. Written by `make lock`; do not edit.\n",
}


def main(options: list[str]) -> None:
    """`options` go to uv: none keeps what is locked where pyproject.toml allows it, `--upgrade` takes new releases."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        scripts = Path(folder) / "bin"
        subprocess.run([scripts / "pip", "install", "--quiet", "uv"], check=True)
        command = [
            *(str(scripts / "uv"), "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--generate-hashes"),
            *("--python-version", "3.11", "--no-header"),
        ]
        subprocess.run(
            [*command, *options, "--extra", "install", "--extra", "dev", "-o", EVERYTHING], cwd=ROOT, check=True
        )
        subprocess.run([*command, "--extra", "install", "-c", EVERYTHING, "-o", RUN_TIME], cwd=ROOT, check=True)
    for name, header in HEADERS.items():
        lock = ROOT / name
        lock.write_text(header + lock.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
