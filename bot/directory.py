"""What an answer needs of each clinic, held in memory: whose number was texted, its emergency line, its languages.

It is read anew when a clinic changes, never while a text waits for its answer, and written to `clinics.json`. From that
file a process that starts without a database still knows whose number is texted. No patient is in it.
"""

import dataclasses
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from channels.base import Via
from channels.twilio_webhooks import WHATSAPP
from store.clinic_entry import CALL_MINUTES, DANGER_MINUTES, Clinic, ClinicEntry, Override, Sender, SignedRegimen
from store.clinics import directory_version, entries
from store.database import Database

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a text reached: the clinic, and the number or service of it that was texted."""

    entry: ClinicEntry
    sender: Sender


class Directory:
    """Every clinic by the numbers and services it texts from. Any thread may look into it while another refreshes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version: int | None = None
        self._entries: tuple[ClinicEntry, ...] = ()
        self._by_address: dict[str, Reached] = {}

    @property
    def is_fresh(self) -> bool:
        """Whether the database was asked since this process began: only then is a number unknown that is not here."""
        return self._version is not None

    @property
    def entries(self) -> tuple[ClinicEntry, ...]:
        """Every clinic, the oldest first."""
        return self._entries

    def reached(self, number: str, service: str | None, via: Via = Via.SMS) -> Reached | None:
        """Whom a text to this number of ours, through this messaging service, reached.

        One number may be two senders, of SMS and of WhatsApp.
        """
        by_number = self._by_address.get(f"{WHATSAPP}{number}") if via is Via.WHATSAPP else None
        by_number = by_number or self._by_address.get(number)
        return by_number if by_number is not None or service is None else self._by_address.get(service)

    def clinic(self, clinic_id: int) -> ClinicEntry | None:
        """The clinic of this id."""
        return next((entry for entry in self._entries if entry.clinic.id == clinic_id), None)

    def refresh(self, database: Database) -> bool:
        """Look into the database whether a clinic changed, and if so take over what it says; whether it did.

        Raises StoreError. What was known stays known then.
        """
        with database.reading() as tx:
            version = directory_version(tx)
            if version == self._version:
                return False
            found = entries(tx)
        self._take(found)
        self._version = version
        self._write()
        return True

    def remember(self) -> bool:
        """Take over what this host knew when it last had a database; whether there was such a file."""
        try:
            rows = json.loads(self._file.read_text("utf-8"))
            self._take([_entry_from(row) for row in rows])
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read (%s)", self._file, type(error).__name__)
            return False
        return True

    def _take(self, found: Sequence[ClinicEntry]) -> None:
        # A clinic that stopped a sender still answers who texts it.
        self._by_address = {sender.address: Reached(entry, sender) for entry in found for sender in entry.senders}
        self._entries = tuple(found)

    def _write(self) -> None:
        rows = [dataclasses.asdict(entry) for entry in self._entries]
        part = self._file.with_suffix(".part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with open(part, "w", encoding="utf-8", opener=_for_us_alone) as file:
                json.dump(rows, file, default=_moment, indent=1)
                file.flush()
                os.fsync(file.fileno())
            part.rename(self._file)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._file, error.strerror)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _moment(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _entry_from(row: dict[str, Any]) -> ClinicEntry:
    clinic = _known(Clinic, row["clinic"])
    return ClinicEntry(
        clinic=Clinic(
            **{
                **clinic,
                "languages": tuple(clinic["languages"]),
                "window_from": time.fromisoformat(clinic["window_from"]),
                "window_until": time.fromisoformat(clinic["window_until"]),
                "content_signed_at": _datetime(clinic["content_signed_at"]),
                "open_weekdays": tuple(clinic["open_weekdays"]) if clinic.get("open_weekdays") else None,
                "closed_on": tuple(date.fromisoformat(day) for day in clinic.get("closed_on", ())),
                "overrides": tuple(Override(**_known(Override, each)) for each in clinic.get("overrides", ())),
                "consent_texts": clinic.get("consent_texts") or _one_consent(row["clinic"]),
                "danger_minutes": tuple(clinic.get("danger_minutes", DANGER_MINUTES)),
                "call_minutes": tuple(clinic.get("call_minutes", CALL_MINUTES)),
                "switched_off": tuple(clinic.get("switched_off", ())),
            }
        ),
        senders=tuple(
            Sender(**{**_known(Sender, sender), "stopped_at": _datetime(sender["stopped_at"])})
            for sender in row["senders"]
        ),
        signed_regimens=tuple(
            SignedRegimen(**{**_known(SignedRegimen, signed), "signed_at": datetime.fromisoformat(signed["signed_at"])})
            for signed in row["signed_regimens"]
        ),
    )


def _one_consent(clinic: dict[str, Any]) -> dict[str, str]:
    """What patients agree to, in the file of a release that had it in one language."""
    text = clinic.get("consent_text")
    return {clinic["default_language"]: text} if text else {}


def _known(kind: type[Clinic | Sender | SignedRegimen | Override], row: dict[str, Any]) -> dict[str, Any]:
    """What this release knows of a row: another may have written the file, and its numbers are needed all the same."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in row.items() if name in names}


def _datetime(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
