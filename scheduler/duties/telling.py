"""What staff are told, and who: alarms and downtime reports as notices, in plain sentences without any patient."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from content.plain import Plain
from content.sms_text import fold
from scheduler.duties.watchdog import RULES, with_moments, wrong
from store import clinics, notices, on_call, staff
from store.alarms import Alarm
from store.clinics import Clinic
from store.database import Tx
from store.on_call import Recipient

Turn = Literal["on", "still on", "over"]

_BEGINS: Mapping[Turn, Plain] = {"still on": Plain("Still so:"), "over": Plain("Over:")}
_SUBJECTS: Mapping[Turn, Plain] = {
    "on": Plain("alarm ({kind})"),
    "still on": Plain("alarm, still on ({kind})"),
    "over": Plain("over ({kind})"),
}


class Reader(NamedTuple):
    """How somebody reads: the code of a language, the country pack by which times are written, and by whose clock."""

    language: str
    country: str
    zone: str = "UTC"


Say = Callable[[str, Reader], str]
"""What a sentence is to a reader. The words of other languages than English are the upper floor's."""


def in_english(sentence: str, _: Reader) -> str:
    """The sentence as it stands in the sources."""
    return str(sentence)


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is told: the operator's addresses, and those that each clinic has on call; and how they read.

    Whoever has an account reads in the language they chose there, everybody else in their clinic's. The operator, who
    belongs to none, reads English.
    """

    operator: tuple[Recipient, ...]
    of_clinics: Mapping[int, tuple[Recipient, ...]]
    clinic_of: Mapping[int, Clinic]
    chosen: Mapping[str, str]
    say: Say

    @classmethod
    def read(cls, tx: Tx, operator: tuple[Recipient, ...], say: Say) -> "Staff":
        """As the database has it now."""
        of_clinics = on_call.of_clinics(tx)
        known = {entry.clinic.id: entry.clinic for entry in clinics.entries(tx)}
        chosen = staff.languages(tx, {who.address for people in of_clinics.values() for who in people})
        return cls(operator, of_clinics, known, chosen, say)

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

    def words(self, sentence: str, clinic_id: int | None, who: Recipient) -> str:
        """A sentence as this person reads it, who is told for a clinic; None: as the operator."""
        if clinic_id is None:
            return in_english(sentence, Reader("en", ""))
        clinic = self.clinic_of[clinic_id]
        language = self.chosen.get(who.address, clinic.default_language)
        return self.say(sentence, Reader(language, clinic.country, clinic.timezone))


def tell_of_alarm(tx: Tx, real: datetime, people: Staff, alarm: Alarm, turn: Turn) -> int:
    """Makes the notices of an alarm for everybody whom it concerns; returns how many.

    The operator, whose clinics may lie far apart, reads moments in UTC, as the log has them.
    """
    rule = RULES.get(alarm.kind)
    name = "" if alarm.clinic_id is None else f"{people.clinic_of[alarm.clinic_id].name}: "
    mend = [] if rule is None or turn == "over" else [rule.mend]
    begins = [*filter(None, [_BEGINS.get(turn)])]
    subject = _SUBJECTS[turn].filled({"kind": alarm.kind})
    about = f"alarm/{alarm.id}/{'over' if turn == 'over' else alarm.told}"
    made = 0
    for clinic_id, who in people.all_for(alarm.clinic_id, clinics_too=rule is not None and rule.clinics_too):
        detail = alarm.detail if clinic_id is None else with_moments(alarm.detail)
        sentences = [*begins, wrong(alarm.kind, detail), *mend]
        body = " ".join(people.words(each, clinic_id, who) for each in sentences)
        headed = f"Immunotext: {name}{people.words(subject, clinic_id, who)}"
        made += tell(tx, real, about, alarm.clinic_id or clinic_id, who, headed, f"{name}{body}")
    return made


def tell(tx: Tx, real: datetime, about: str, clinic_id: int | None, who: Recipient, subject: str, body: str) -> bool:
    """Makes one notice; False where this one was told ``about`` that already. No patient may be in it."""
    mark = tx.sealer.index(clinic_id or 0, "notice", who.address).hex()[:16]
    text = fold(f"Immunotext: {body}") if who.means == "text" else f"{body}\n"
    return notices.add_notice(tx, real, f"{about}/{who.means}/{mark}", clinic_id, who, subject, text)
