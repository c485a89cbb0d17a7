"""Who is on CAR T cells or a bispecific: for them fever, shaking and a fast heart are emergencies.

With the database there, it is asked. Without it, what was read last is used; it holds no more than the hashes of the
numbers. Who is not known is answered as everybody is.
"""

import json
from collections.abc import Mapping

from bot.directory import Reached
from content.cell_therapy import PROFILES
from content.library import Library
from store import profiles
from store.database import Database, Tx
from store.sealed import Sealer


class Profiles:
    """Tells the profile of who texts. Any thread may ask while another refreshes."""

    def __init__(self, library: Library, sealer: Sealer) -> None:
        self._therapy = library.cell_therapy
        self._sealer = sealer
        self._by_digest: dict[str, str | None] = {}
        self._remembered: Mapping[tuple[int, bytes], str] = {}

    def ask(self, tx: Tx, contact_id: int) -> str | None:
        """The profile of a contact's patient, from the plans as they stand."""
        found = {self._profile(tx, digest) for digest in profiles.regimens_of(tx, contact_id)}
        return self._gravest(found)

    def recall(self, reached: Reached, phone: str) -> str | None:
        """The profile of a number (E.164) as it was last read."""
        clinic_id = reached.entry.clinic.id
        return self._remembered.get((clinic_id, self._sealer.index(clinic_id, "phone", phone)))

    def refresh(self, database: Database) -> None:
        """Read anew who has a profile. Raises StoreError; what was known stays known then."""
        with database.reading() as tx:
            grave = [digest for digest in profiles.known_regimens(tx) if self._profile(tx, digest)]
            people = profiles.who_is_on(tx, grave) if grave else []
        found: dict[tuple[int, bytes], set[str | None]] = {}
        for clinic_id, phone_hash, digest in people:
            found.setdefault((clinic_id, bytes(phone_hash)), set()).add(self._by_digest[digest])
        self._remembered = {who: profile for who, several in found.items() if (profile := self._gravest(several))}

    def _profile(self, tx: Tx, digest: str) -> str | None:
        if digest not in self._by_digest:
            written = profiles.definition(tx, digest) or "{}"
            self._by_digest[digest] = self._therapy.profile(json.loads(written).get("items", {}))
        return self._by_digest[digest]

    def _gravest(self, found: set[str | None]) -> str | None:
        return next((profile for profile in PROFILES if profile in found), None)
