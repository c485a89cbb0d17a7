"""The reminder rules that hold for a patient on a plan: the regimen's, the clinic's, or their own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from bot.clinic.plans.aside_forms import ReminderForm
from bot.clinic.plans.offers import Offers
from bot.clinic.rule_shown import RuleShown
from content.regimen_format import notation, rules
from content.regimen_format.model import Rule
from scheduler.own_rules import NotSet
from scheduler.planned import overrides
from store import reminder_rules
from store.database import Tx
from store.reminder_rules import OwnRule


@dataclass(frozen=True, slots=True)
class InForce(RuleShown):
    """``own``: what the patient has in place of it, as it is written; "" where they have nothing of their own."""

    own: str

    @property
    def has_own(self) -> bool:
        """Whether the patient's own takes the place of it."""
        return bool(self.own)

    @property
    def choice(self) -> str:
        """What holds for this patient, as the form names it."""
        if not self.has_own:
            return "same"
        return "off" if self.rule is None else "own"


def in_force(tx: Tx, offers: Offers) -> list[InForce]:
    """Every rule that could apply to the plan's regimen, in the order of the rules."""
    patient, regimen = offers.standing.patient, offers.standing.calendar.regimen
    of_clinic = reminder_rules.of_clinic(tx, patient.clinic_id)
    of_patient = reminder_rules.of_patient(tx, patient.id)
    inherited = _by_id(regimen.reminders, of_clinic, regimen.id)
    held = _by_id(regimen.reminders, [*of_clinic, *of_patient], regimen.id)
    own = {each.rule: each.spec for each in of_patient}
    return [
        InForce(each, held.get(each), inherited.get(each), own.get(each, ""))
        for each in rules.RULES
        if rules.why_never(regimen, each) is None
    ]


def spec(known: list[InForce], rule_id: str, form: ReminderForm) -> str | None:
    """What the form says as it is stored; None: the patient has nothing of their own. Raises NotSet."""
    found = next((each for each in known if each.id == rule_id), None)
    if found is None:
        raise NotSet(_("There is no such reminder."))
    if form.choice.data != "own":
        if form.choice.data == "same" and not found.has_own:
            raise NotSet(_("This patient has nothing of their own here: nothing was changed."))
        return rules.OFF if form.choice.data == "off" else None
    written = (form.at.data or "").strip()
    try:
        at = notation.times(written) if written else (None,)
    except ValueError as error:
        raise NotSet(*error.args) from error
    days = form.days.data if found.has_days and form.days.data else found.shown.days
    return rules.written(replace(found.shown, days=days, at=at))


def _by_id(own: tuple[Rule, ...], laid_over: Iterable[OwnRule], regimen_id: str) -> dict[str, Rule]:
    return {rule.id: rule for rule in rules.merged(own, overrides(tuple(laid_over), regimen_id))}
