"""Downtime: that no scheduler lived for a while is noted by the first that comes back, and reported when that is done.

A report says what became of the texts that were due meanwhile; it waits until they have gone or cannot go any more.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from content.plain import Plain
from scheduler import clock
from scheduler.duties.telling import Say, Staff, tell
from scheduler.duties.watchdog import written
from store import health, outages, patients, watching
from store.database import Database, Tx
from store.on_call import Recipient
from store.outages import Account, Outage

_log = logging.getLogger(__name__)

LONGER_THAN = timedelta(minutes=1)
"""A silence of all schedulers that is called an outage."""
SETTLES_IN = timedelta(minutes=2)
AT_LATEST = timedelta(hours=1)
"""The report waits until all that was due in the outage is decided, but no longer than this."""
_SUBJECT = Plain("downtime report")
_COUNTS: Mapping[str, Plain] = {
    "late": Plain("sent late: {count}"),
    "waiting": Plain("waiting: {count}"),
    "put_off": Plain("put off: {count}"),
    "expired": Plain("too late to be sent: {count}"),
    "cancelled": Plain("cancelled: {count}"),
    "failed": Plain("refused by Twilio: {count}"),
    "unknown": Plain("not known whether sent: {count}"),
    "recovered": Plain("found out later: {count}"),
}


def note(tx: Tx, real: datetime) -> None:
    """To be called with each sign of life of a scheduler, before it is written down."""
    last = health.last_beat(tx, "scheduler")
    if last is not None and last < real - LONGER_THAN and outages.note_outage(tx, last, real):
        _log.warning("no scheduler lived from %s to %s", written(last), written(real))


def is_due(tx: Tx, real: datetime, *, demo: bool) -> bool:
    """Whether the report of an outage can be made."""
    return any(_is_settled(tx, real, outage, demo=demo) for outage in outages.unreported(tx))


def report(database: Database, real: datetime, operator: tuple[Recipient, ...], say: Say, *, demo: bool) -> None:
    """Makes the reports that can be made, keeps them, has staff told. It reads apart from writing: that may be much."""
    with database.reading() as tx:
        ahead = clock.at(tx, real, demo=demo).now - real
        settled = [outage for outage in outages.unreported(tx) if _is_settled(tx, real, outage, demo=demo)]
        made = [(outage, outages.account(tx, outage.began_at + ahead, outage.ended_at + ahead)) for outage in settled]
    for outage, found in made:
        with database.writing() as tx:
            if outages.keep_report(tx, real, outage.id, found):
                _tell(tx, real, outage, found, Staff.read(tx, operator, say))


def in_words(account: Account) -> Plain:
    """What became of a clinic's texts, in one sentence."""
    found = {name: getattr(account, name) for name in _COUNTS}
    counts = [_COUNTS[name].filled({"count": count}) for name, count in found.items() if count]
    if not counts:
        return Plain("No text was due.")
    return Plain("Texts that were due: {due} ({counts}).", due=account.due, counts=counts)


def total(report: Iterable[Account]) -> Account:
    """All clinics together, under the number 0."""
    found = list(report)
    return Account(0, **{name: sum(getattr(each, name) for each in found) for name in ("due", *_COUNTS)})


def _is_settled(tx: Tx, real: datetime, outage: Outage, *, demo: bool) -> bool:
    if real >= outage.ended_at + AT_LATEST:
        return True
    if real < outage.ended_at + SETTLES_IN:
        return False
    ended = outage.ended_at + (clock.at(tx, real, demo=demo).now - real)
    planned = patients.next_due_at(tx)
    return (planned is None or planned > ended) and not watching.overdue_texts(tx, ended, 1)


def _tell(tx: Tx, real: datetime, outage: Outage, found: tuple[Account, ...], people: Staff) -> None:
    """The operator hears the whole, a clinic its own part and in its own time, where any text of its own was due."""
    about = f"outage/{outage.id}"
    for who in people.operator:
        span = f"No scheduler lived from {written(outage.began_at)} to {written(outage.ended_at)}."
        tell(tx, real, about, None, who, f"Immunotext: {_SUBJECT}", f"{span} {in_words(total(found))}")
    for account in found:
        clinic = people.clinic_of[account.clinic_id]
        sentences = (
            Plain("No reminder could go from {began} to {ended}.", began=outage.began_at, ended=outage.ended_at),
            in_words(account),
        )
        for who in people.of_clinics.get(clinic.id, ()):
            if who not in people.operator:
                subject, *said = (people.words(each, clinic.id, who) for each in (_SUBJECT, *sentences))
                tell(tx, real, about, clinic.id, who, f"Immunotext: {subject}", f"{clinic.name}: {' '.join(said)}")
