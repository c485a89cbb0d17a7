"""The clinics as the scheduler knows them between two transactions."""

from collections.abc import Mapping

from store import clinics
from store.clinics import ClinicEntry
from store.database import Tx


class Directory:
    """Every clinic by its id, read anew when one of them changed. For one thread."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._entries: Mapping[int, ClinicEntry] = {}

    def fresh(self, tx: Tx) -> Mapping[int, ClinicEntry]:
        """The clinics as this transaction sees them."""
        version = clinics.directory_version(tx)
        if version != self._version:
            self._entries = {entry.clinic.id: entry for entry in clinics.entries(tx)}
            self._version = version
        return self._entries
