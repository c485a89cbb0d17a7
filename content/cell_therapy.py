"""The treatments with which some signs are graver: CAR T cells and bispecifics. Their names are the files' own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from content.toml_file import TomlFile

PROFILES = ("cart", "bispecific")
"""What a patient may be on, the graver first; the words that understanding takes as a profile."""


@dataclass(frozen=True, slots=True)
class CellTherapy:
    """The profile of each item that a regimen may give.

    ``days_after_stop``: how long after the last treatment of a plan that was stopped its patient still has it.
    """

    items: Mapping[str, str]
    days_after_stop: int

    def profile(self, items: Iterable[str]) -> str | None:
        """What a patient is on who is given these; None for anything else."""
        found = {self.items.get(item.casefold()) for item in items}
        return next((profile for profile in PROFILES if profile in found), None)


def read_cell_therapy(file: TomlFile) -> CellTherapy:
    """``cell_therapy.toml``"""
    items: dict[str, str] = {}
    for profile in PROFILES:
        for number, item in enumerate(file.table.texts(profile, required=True)):
            if item in items:
                file.fault("duplicate", f"'{item}' is listed twice: remove one", profile, number)
            items[item] = profile
    days = file.table.integer("days_after_stop")
    if days < 0:
        file.fault("range", "'days_after_stop' is a number of days: 0 or more", "days_after_stop")
    file.table.finish()
    return CellTherapy(items, days)
