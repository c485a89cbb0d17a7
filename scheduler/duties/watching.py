"""The watch: reads the facts, has them judged, opens and clears alarms, and has staff told. Any number may keep it.

Schedulers and web processes both do, so that nobody is watched only by himself. Whoever comes first opens an alarm,
counts its telling or clears it; the others find that done.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduler import clock
from scheduler.delivery import gates
from scheduler.duties import downtime
from scheduler.duties.telling import Say, Staff, in_english, tell_of_alarm
from scheduler.duties.watchdog import RULES, Facts, Finding, Limits, judge, wrong
from store import alarms, health, watching
from store.alarms import Alarm
from store.database import Database, Tx
from store.on_call import Recipient

_log = logging.getLogger(__name__)

REPEAT_EVERY = timedelta(hours=1)
"""How often staff are told that an alarm is still on."""
_SEEN_EVERY = timedelta(minutes=1)
# Why a text may rightly not have gone: all reasons of the gates, but for a clinic that has no number in service.
_RIGHTLY = frozenset(gates.REASONS) - {"sender_stopped"}

_Key = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look saw: the facts, and the alarms that were open then."""

    facts: Facts
    open: Sequence[Alarm]


@dataclass(frozen=True)
class Watching:
    """The watch of one process.

    ``real`` is the database's clock; ``operator``: the addresses of the settings; ``say``: how its sentences read in
    other languages.
    """

    database: Database
    real: Callable[[], datetime]
    operator: tuple[Recipient, ...] = ()
    say: Say = in_english
    limits: Limits = field(default_factory=Limits)
    demo: bool = False

    def round(self) -> Sight:
        """Looks once. Writes only where something changed or somebody is to be told. Raises StoreError."""
        real = self.real()
        with self.database.reading() as tx:
            sight = self._look(tx, real)
            report_due = downtime.is_due(tx, real, demo=self.demo)
        if _is_news(sight, real, judge(sight.facts, self.limits)):
            with self.database.writing() as tx:
                sight = self._look(tx, real)  # another may have done it meanwhile
                self._note(tx, real, sight)
                sight = Sight(sight.facts, alarms.open_alarms(tx))
        if report_due:
            downtime.report(self.database, real, self.operator, self.say, demo=self.demo)
        return sight

    def _look(self, tx: Tx, real: datetime) -> Sight:
        limits, now = self.limits, clock.at(tx, real, demo=self.demo).now
        overdue = watching.overdue_texts(tx, now - limits.behind, limits.most)
        unplanned = watching.unplanned_patients(tx, now - limits.behind, limits.most)
        standing = alarms.open_alarms(tx)
        suspects = {each.clinic_id for each in (*overdue, *unplanned)}
        suspects |= {each.clinic_id for each in standing if each.kind == "nothing_sent" and each.clinic_id is not None}
        facts = Facts(
            real=real,
            beats=health.heartbeats(tx),
            overdue=overdue,
            unplanned=unplanned,
            passages=watching.passages(tx, now - limits.lately, _RIGHTLY, limits.most, suspects),
            unknown=watching.long_unknown(tx, now - limits.unknown, limits.most),
            stopped=watching.stopped_senders(tx),
        )
        return Sight(facts, standing)

    def _note(self, tx: Tx, real: datetime, sight: Sight) -> None:
        found = _by_key(judge(sight.facts, self.limits))
        standing: dict[_Key, Alarm] = {(each.kind, each.clinic_id): each for each in sight.open}
        for key, finding in found.items():
            before = standing.get(key)
            if before is not None:
                alarms.seen_again(tx, real, before.id, finding.detail)
            elif (raised := alarms.raise_alarm(tx, real, finding.clinic_id, finding.kind, finding.detail)) is not None:
                _log.warning("alarm %d (%s): %s", raised.id, raised.kind, wrong(raised.kind, raised.detail))
        staff = Staff.read(tx, self.operator, self.say)
        for alarm in alarms.open_alarms(tx):
            if (alarm.kind, alarm.clinic_id) not in found:
                self._clear(tx, real, staff, alarm)
            elif _is_to_be_told(alarm, real) and alarms.count_telling(tx, real, alarm):
                tell_of_alarm(tx, real, staff, alarm, "still on" if alarm.told else "on")

    def _clear(self, tx: Tx, real: datetime, staff: Staff, alarm: Alarm) -> None:
        if alarms.clear(tx, real, alarm.id):
            _log.warning("alarm %d (%s) is over", alarm.id, alarm.kind)
            if alarm.told:
                tell_of_alarm(tx, real, staff, alarm, "over")


def _is_news(sight: Sight, real: datetime, findings: Sequence[Finding]) -> bool:
    """Whether something is to be written: what nobody has noted, what is over, what somebody is to be told."""
    found = _by_key(findings)
    standing = {(each.kind, each.clinic_id) for each in sight.open}
    if standing != found.keys():
        return True
    return any(_is_to_be_told(each, real) or each.last_seen_at <= real - _SEEN_EVERY for each in sight.open)


def _is_to_be_told(alarm: Alarm, real: datetime) -> bool:
    if alarm.told_at is not None:
        return alarm.told_at <= real - REPEAT_EVERY
    rule = RULES.get(alarm.kind)
    return rule is not None and alarm.opened_at <= real - rule.patience


def _by_key(findings: Sequence[Finding]) -> Mapping[_Key, Finding]:
    return {(each.kind, each.clinic_id): each for each in findings}
