"""The words of texts are deleted when a clinic has kept them as long as it wants to.

What stays: that there was a text, when, to or from whom, what it was about or was taken for, and what became of it;
every consent and opt-out (five years and more, regulation.md R16); alerts with the words quoted in them (R46).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scheduler import clock
from scheduler.directory import Directory
from store import audit, retention
from store.clinics import Clinic, ClinicEntry
from store.database import Database, Tx

ACTOR = "retention"
"""Who the audit says deleted the words."""
FIELDS = ("args", "body", "matched")

_log = logging.getLogger(__name__)

_EVERY = timedelta(days=1)
_LOOK_BACK = timedelta(days=30)
"""A text may get its words long after it was made: it waited, or an event came back."""
_SLICE = 200
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _Pass:
    """The deletion of a clinic's words up to ``end``, as far as it has come."""

    clinic_id: int
    begin: datetime
    end: datetime
    texts: int = 0


class Retention:
    """One of these for each scheduler; what two delete is deleted once. ``real``: the database's clock."""

    def __init__(self, database: Database, real: Callable[[], datetime], *, demo: bool) -> None:
        self._database = database
        self._real = real
        self._demo = demo
        self._directory = Directory()
        self._pass: _Pass | None = None

    def step(self) -> int:
        """Deletes the words of some texts of a clinic; 0 when no clinic has any to delete today."""
        real = self._real()
        with self._database.reading() as tx:
            now = clock.at(tx, real, demo=self._demo).now
            known = self._directory.fresh(tx)
            if self._pass is not None and not _is_wanted(self._pass, known[self._pass.clinic_id].clinic, now):
                self._pass = None
            going = self._pass = self._pass or _next(tx, now, known)
            if going is None:
                return 0
            old = retention.with_words(tx, going.clinic_id, going.begin, going.end, _SLICE)
        with self._database.writing() as tx:
            if old:
                going.texts += retention.forget(tx, [text.id for text in old])
                going.begin = old[-1].created_at
            if len(old) < _SLICE:
                self._end(tx, now, going)
        return 1

    def _end(self, tx: Tx, now: datetime, going: _Pass) -> None:
        retention.set_gone_before(tx, going.clinic_id, going.end)
        if going.texts:
            audit.record(tx, now, going.clinic_id, ACTOR, "delete", "message", None, FIELDS)
            _log.info("clinic %d: the words of %d old texts were deleted", going.clinic_id, going.texts)
        self._pass = None


def _next(tx: Tx, now: datetime, known: Mapping[int, ClinicEntry]) -> _Pass | None:
    gone = retention.gone_before(tx)
    for entry in known.values():
        end, done = gone_after(entry.clinic, now), gone.get(entry.clinic.id)
        if end is not None and (done is None or done <= end - _EVERY):
            return _Pass(entry.clinic.id, _BEGINNING if done is None else done - _LOOK_BACK, end)
    return None


def _is_wanted(going: _Pass, clinic: Clinic, now: datetime) -> bool:
    """Whether the clinic still wants that: it may have set a longer time meanwhile."""
    end = gone_after(clinic, now)
    return end is not None and end >= going.end


def gone_after(clinic: Clinic, now: datetime) -> datetime | None:
    """Of texts from before when the clinic wants to have no words any more; None where it keeps them."""
    return None if clinic.keep_words_days is None else now - timedelta(days=clinic.keep_words_days)
