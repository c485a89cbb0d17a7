"""A reminder rule as a form shows it, whoever's it is: the clinic's or a patient's."""

from dataclasses import dataclass

from bot.clinic.plans.words import rule_in_words
from content.regimen_format import rules
from content.regimen_format.model import Rule

_TAIL = (28, 91, 182, 365)


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule as it holds, and as it would without what is set here; None: it is not told."""

    id: str
    rule: Rule | None
    inherited: Rule | None

    @property
    def name(self) -> str:
        """What the rule is called."""
        return rule_in_words(self.id)

    @property
    def has_days(self) -> bool:
        """Whether days can be set for it."""
        return rules.RULES[self.id].days is not None

    @property
    def shown(self) -> Rule:
        """What the form begins with."""
        found = self.rule or self.inherited
        if found is not None:
            return found
        kind = rules.RULES[self.id]
        return Rule(self.id, kind.default_days, (None,), None, 1, _TAIL if kind.has_days_after else ())

    @property
    def times(self) -> str:
        """Its times, as they are written in the form."""
        return ", ".join(at.isoformat("minutes") for at in self.shown.at if at is not None)
