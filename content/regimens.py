"""The regimens: one TOML file each under ``content/regimens/``, in the format of docs/regimens.md.

A regimen is a template, not an order: the schedule a patient follows is the one that their clinic confirmed. A plan
stores the whole definition (``Regimen.to_json``), so that an edited file moves nobody who is enrolled.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from content.faults import ContentError, Fault
from content.regimen_format.regimen import Regimen, read
from content.toml_file import parse_toml, read_toml

__all__ = ["Regimen", "load_regimen", "load_regimens", "notes", "parse_regimen"]

PACKAGED = Path(__file__).parent / "regimens"


def load_regimen(path: Path, name: str | None = None) -> Regimen:
    """The regimen of a file; faults call it ``name`` (default: its path). Raises ContentError with every fault."""
    return read(read_toml(path, name))


def parse_regimen(text: str, name: str) -> Regimen:
    """The regimen of a TOML text as if from the file ``name``. Raises ContentError with every fault."""
    return read(parse_toml(text, name))


def load_regimens(directory: Path = PACKAGED, prefix: str = "regimens/") -> dict[str, Regimen]:
    """Every regimen of a directory by its id, in the order of the ids.

    Raises ContentError with the faults of all files; they are called ``prefix`` and the name of the file.
    """
    found: dict[str, Regimen] = {}
    faults: list[Fault] = []
    for path in sorted(directory.glob("*.toml")):
        try:
            found[path.stem] = load_regimen(path, f"{prefix}{path.name}")
        except ContentError as error:
            faults.extend(error.faults)
    if faults:
        raise ContentError(faults)
    return found


@lru_cache(maxsize=1)
def notes() -> Mapping[str, str]:
    """What a clinician should know of each regimen, by its id, in English: the comment at the head of its file."""
    return {path.stem: _head(path.read_text("utf-8")) for path in sorted(PACKAGED.glob("*.toml"))}


def _head(text: str) -> str:
    comment = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.removeprefix("#").strip() for line in comment)
