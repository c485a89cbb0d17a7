"""Has the staff of a clinic told of alerts that nobody has seen, step by step. Any number of processes may do it.

Whoever comes first notes that a step is told; the others find that done. Once somebody has seen the alert or closed it
no more is told; another text of the same person begins anew.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time

from content.plain import Plain
from scheduler import clock
from scheduler.directory import Directory
from scheduler.duties import escalation
from scheduler.duties.telling import Reader, Say, in_english, tell
from scheduler.plan.local_time import to_local
from store import audit, follow_ups, on_call, rota, staff
from store.clinics import Clinic
from store.database import Database, Tx
from store.follow_ups import FollowUp

_log = logging.getLogger(__name__)

ACTOR = "immunotext"
"""As whom the audit names what the program does by itself."""

_SUBJECT = Plain("a danger alert waits")


@dataclass(frozen=True)
class Escalating:
    """The climbing of alerts, as one process sees to it.

    ``real``: the database's clock; ``address``: the console's; ``say``: how its sentences read in other languages.
    """

    database: Database
    real: Callable[[], datetime]
    address: str
    say: Say = in_english
    demo: bool = False
    directory: Directory = field(default_factory=Directory)

    def round(self) -> int:
        """Tells the steps that are due; returns how many. Writes nothing where none is. Raises StoreError."""
        real = self.real()
        with self.database.reading() as tx:
            now = clock.at(tx, real, demo=self.demo).now
            if not self._due(tx, now):
                return 0
        with self.database.writing() as tx:
            climbing = self._due(tx, now)  # another may have seen to it meanwhile
            return sum(self._climb(tx, now, real, clinic, alert) for clinic, alert in climbing)

    def _due(self, tx: Tx, now: datetime) -> list[tuple[Clinic, FollowUp]]:
        unseen = follow_ups.unseen_alerts(tx, len(escalation.STEPS))
        known = self.directory.fresh(tx) if unseen else {}
        found = [(known[alert.clinic_id].clinic, alert) for alert in unseen]
        return [
            (clinic, alert)
            for clinic, alert in found
            if alert.rung_at is not None and escalation.is_due(clinic, alert.urgency, alert.climbed, alert.rung_at, now)
        ]

    def _climb(self, tx: Tx, now: datetime, real: datetime, clinic: Clinic, alert: FollowUp) -> bool:
        if alert.rung_at is None or not follow_ups.climb(tx, alert):
            return False
        shifts = [entry.shift for entry in rota.of_clinic(tx, clinic.id)]
        stand_ins = on_call.of_clinic(tx, clinic.id)
        told = escalation.told(shifts, stand_ins, alert.climbed, now, clinic.timezone, clinic.closed_on)
        step = escalation.STEPS[alert.climbed]
        about = f"climb/{alert.id}/{int(alert.rung_at.timestamp() * 1000)}/{step}"
        since = to_local(alert.rung_at, clinic.timezone).time()
        # Who gets texts and mails reads them in one language, that of the account behind the mail.
        mail_of = {place: shift.mail for shift in shifts if shift.mail for place in shift.recipients()}
        account_of = {who: mail_of.get(who, who.address) for who in told}
        chosen = staff.languages(tx, {*account_of.values()})
        for who in told:
            language = chosen.get(account_of[who], clinic.default_language)
            reader = Reader(language, clinic.country, clinic.timezone)
            subject, body = (self.say(each, reader) for each in (_SUBJECT, self._body(clinic, since)))
            tell(tx, real, about, clinic.id, who, f"Immunotext: {clinic.name}: {subject}", f"{clinic.name}: {body}")
        audit.record(tx, now, clinic.id, ACTOR, "climb", "follow_up", alert.id, [step])
        if told:
            _log.info("alert %d: %s told, %d addresses", alert.id, step, len(told))
        else:
            _log.error("alert %d: nobody can be told; give clinic %d a rota or people on call", alert.id, clinic.id)
        return True

    def _body(self, clinic: Clinic, since: time) -> Plain:
        link = f"{self.address}/c/{clinic.id}/alerts"
        return Plain("A danger alert waits since {time}. Open the console: {link}", time=since, link=link)
