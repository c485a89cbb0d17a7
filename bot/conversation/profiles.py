"""Who is on CAR T cells or a bispecific: for them fever, shaking and a fast heart are emergencies.

With the database there, it is asked. Without it, what was read last is used; a process that starts without it finds
that in a sealed file, which holds no more than the hashes of the numbers. Who is not known is answered as everybody is.
"""

import json
import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.directory import Reached
from content.cell_therapy import PROFILES
from content.library import Library
from store import profiles
from store.database import Database, Tx
from store.errors import WrongKey
from store.sealed import Sealer

_log = logging.getLogger(__name__)


class Profiles:
    """Tells the profile of who texts. Any thread may ask while another refreshes."""

    def __init__(self, library: Library, sealer: Sealer, file: Path) -> None:
        self._therapy = library.cell_therapy
        self._sealer = sealer
        self._file = file
        self._by_digest: dict[str, str | None] = {}
        self._known: Mapping[tuple[int, bytes], str] = {}

    def ask(self, tx: Tx, contact_id: int, now: datetime) -> str | None:
        """The profile of a contact's patient, from the plans as they stand."""
        since = self._since(now)
        found = set()
        for digest, switch in profiles.regimens_of(tx, contact_id, since):
            found |= {self._profile(tx, digest), self._after(switch)}
        return _gravest(found)

    def recall(self, reached: Reached, phone: str) -> str | None:
        """The profile of a number (E.164) as it was last read."""
        clinic_id = reached.entry.clinic.id
        return self._known.get((clinic_id, self._sealer.index(clinic_id, "phone", phone)))

    def refresh(self, database: Database, now: datetime) -> None:
        """Read anew who has a profile. Raises StoreError; what was known stays known then."""
        with database.reading() as tx:
            grave = [digest for digest in profiles.known_regimens(tx) if self._profile(tx, digest)]
            people = profiles.who_is_on(tx, grave, self._since(now)) if grave else []
            switched = profiles.switches(tx, self._since(now))
        found: dict[tuple[int, bytes], set[str | None]] = {}
        for clinic_id, phone_hash, digest in people:
            found.setdefault((clinic_id, bytes(phone_hash)), set()).add(self._by_digest[digest])
        for clinic_id, phone_hash, switch in switched:
            found.setdefault((clinic_id, bytes(phone_hash)), set()).add(self._after(switch))
        known = {who: profile for who, several in found.items() if (profile := _gravest(several))}
        if known != self._known:
            self._known = known
            self._write()

    def remember(self) -> None:
        """Take over what this host knew when it last had a database, if it did."""
        try:
            rows = json.loads(self._sealer.open(self._file.read_bytes()))
            self._known = {(clinic_id, bytes.fromhex(number)): profile for clinic_id, number, profile in rows}
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, WrongKey) as error:
            _log.warning("%s cannot be read (%s)", self._file, type(error).__name__)

    def _write(self) -> None:
        rows = [(clinic_id, number.hex(), profile) for (clinic_id, number), profile in self._known.items()]
        part = self._file.with_suffix(".part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(self._sealer.seal(json.dumps(rows)))
            part.chmod(0o600)
            part.rename(self._file)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._file, error.strerror)

    def _since(self, now: datetime) -> date:
        """A plan that was stopped counts if its last treatment was on this day or later."""
        return now.date() - timedelta(days=self._therapy.days_after_stop)

    def _profile(self, tx: Tx, digest: str) -> str | None:
        if digest not in self._by_digest:
            written = profiles.definition(tx, digest) or "{}"
            self._by_digest[digest] = self._therapy.profile(json.loads(written).get("items", {}))
        return self._by_digest[digest]

    def _after(self, switch: str | None) -> str | None:
        """The profile of the regimen to which a plan was switched."""
        if switch is None:
            return None
        return self._therapy.profile(json.loads(json.loads(switch)["to"]).get("items", {}))


def _gravest(found: set[str | None]) -> str | None:
    return next((profile for profile in PROFILES if profile in found), None)
