"""What staff are told, and who: alarms and downtime reports as notices, in plain sentences without any patient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scheduler.duties.watchdog import RULES, wrong
from store import clinics, notices, on_call
from store.alarms import Alarm
from store.database import Tx
from store.on_call import Recipient

Turn = Literal["on", "still on", "over"]

_LINES = {
    "on": "{wrong} {mend}",
    "still on": "Still so: {wrong} {mend}",
    "over": "Over: {wrong}",
}
_SUBJECTS: Mapping[Turn, str] = {"on": "alarm", "still on": "alarm, still on", "over": "over"}


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is told: the operator's addresses, and those that each clinic has on call."""

    operator: tuple[Recipient, ...]
    of_clinics: Mapping[int, tuple[Recipient, ...]]
    names: Mapping[int, str]

    @classmethod
    def read(cls, tx: Tx, operator: tuple[Recipient, ...]) -> "Staff":
        """As the database has it now."""
        names = {entry.clinic.id: entry.clinic.name for entry in clinics.entries(tx)}
        return cls(operator, on_call.of_clinics(tx), names)

    def all_for(self, clinic_id: int | None, *, clinics_too: bool) -> Iterable[tuple[int | None, Recipient]]:
        """Whom something concerns, each once, with the clinic they are told for: the operator always."""
        told: set[Recipient] = set()
        theirs: list[tuple[int | None, Recipient]] = [(None, each) for each in self.operator]
        for number, people in self.of_clinics.items():
            if number == clinic_id or (clinic_id is None and clinics_too):
                theirs += [(number, each) for each in people]
        for for_clinic, who in theirs:
            if who not in told:
                told.add(who)
                yield for_clinic, who


def tell_of_alarm(tx: Tx, real: datetime, staff: Staff, alarm: Alarm, turn: Turn) -> int:
    """Makes the notices of an alarm for everybody whom it concerns; returns how many."""
    rule = RULES.get(alarm.kind)
    mend = "" if rule is None else rule.mend
    name = "" if alarm.clinic_id is None else f"{staff.names.get(alarm.clinic_id, alarm.clinic_id)}: "
    sentence = _LINES[turn].format(wrong=wrong(alarm.kind, alarm.detail), mend=mend).strip()
    about = f"alarm/{alarm.id}/{'over' if turn == 'over' else alarm.told}"
    made = 0
    for clinic_id, who in staff.all_for(alarm.clinic_id, clinics_too=rule is not None and rule.clinics_too):
        subject = f"Immunotext: {name}{_SUBJECTS[turn]} ({alarm.kind})"
        made += tell(tx, real, about, alarm.clinic_id or clinic_id, who, subject, f"{name}{sentence}")
    return made


def tell(tx: Tx, real: datetime, about: str, clinic_id: int | None, who: Recipient, subject: str, body: str) -> bool:
    """Makes one notice; False where this one was told ``about`` that already. No patient may be in it."""
    mark = tx.sealer.index(clinic_id or 0, "notice", who.address).hex()[:16]
    text = f"Immunotext: {body}" if who.means == "text" else f"{body}\n"
    return notices.add_notice(tx, real, f"{about}/{who.means}/{mark}", clinic_id, who, subject, text)
