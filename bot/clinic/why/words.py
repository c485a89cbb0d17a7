"""What `scheduler.why` says, with names in the place of the program's ids."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _

from bot.clinic.meanings import taken_for
from bot.clinic.names import TEXT_KINDS, TEXT_STATES, text_state_name
from bot.clinic.plans.words import event_in_words, regimens_of, rule_in_words, titles_of
from bot.clinic.regimen_names import regimen_name
from bot.clinic.reports.words import network_name
from content.plain import Plain
from scheduler import why
from scheduler.plan.calendar import Calendar
from scheduler.planned import PlanUnreadable, calendar_of
from scheduler.why import Reason
from store import messages, plans
from store.database import Tx

_SHORTER: Mapping[str, Plain] = {
    why.PLANNED.template: Plain("{kind}, planned for {due}: {state}."),
    why.ANSWERS.template: Plain("It answers the text that came in {message}."),
    why.CAME_IN.template: Plain("It came in and was understood as: {understood}."),
    why.PASSED.template: Plain("It passed every check."),
}
"""Sentences without the part that only the program's own words have."""


class Names:
    """The names of what the reasons speak of; each plan is looked up once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._calendars: dict[int, Calendar | None] = {}

    def of(self, noted: Iterable[Reason]) -> list[Reason]:
        """The reasons with names, but for what only the provider calls so; ids stay where there is no name."""
        return [
            replace(each, sentence=self._named(each.sentence))
            for each in noted
            if not isinstance(each.sentence, Plain) or each.sentence.template != why.CALLED.template
        ]

    def _named(self, said: Any) -> Any:
        if not isinstance(said, Plain):
            return said
        if said.template == why.KEPT.template:
            return self._named(said.values["why"])
        if said.template in TEXT_STATES:
            return text_state_name(said.template)
        values = {name: self._value(name, value, said.values) for name, value in said.values.items()}
        return Plain(_SHORTER.get(said.template, said).template, **values)

    def _value(self, name: str, value: Any, others: Mapping[str, Any]) -> Any:
        match name:
            case "plan":
                return self._plan(value)
            case "event":
                return self._event(others["plan"], value, others["day"])
            case "rule":
                return rule_in_words(value)
            case "kind":
                return str(TEXT_KINDS["by_hand" if others["template"] == why.BY_HAND else value])
            case "message":
                answered = messages.get_message(self._tx, value)
                return value if answered is None else answered.created_at
            case "understood":
                kind, _space, of = value.partition(" ")
                return taken_for(kind, of or None)
            case "network":
                return network_name(value)
        return self._named(value)

    def _plan(self, plan_id: int) -> str:
        calendar = self._calendar(plan_id)
        return str(plan_id) if calendar is None else regimen_name(calendar.regimen)

    def _event(self, plan_id: int, name: str, day: date) -> str:
        """Rows know what was once planned, the calendar what lies further ahead than they do."""
        calendar = self._calendar(plan_id)
        if calendar is None:
            return name
        ahead = (each for each in calendar.events(day, day) if each.name == name)
        event = plans.get_event(self._tx, plan_id, name) or next(ahead, None)
        if event is None:
            return str(_("what is no longer planned"))
        return event_in_words(event, titles_of(regimens_of(calendar)))

    def _calendar(self, plan_id: int) -> Calendar | None:
        """None: this release cannot read the plan."""
        if plan_id not in self._calendars:
            plan = plans.get_plan(self._tx, plan_id)
            try:
                self._calendars[plan_id] = None if plan is None else calendar_of(plan)
            except PlanUnreadable:
                self._calendars[plan_id] = None
        return self._calendars[plan_id]
