"""Changes, events and reminder rules in plain words, in the reader's language."""

from collections.abc import Mapping, Sequence

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from bot.clinic.dates import written
from bot.clinic.regimen_names import items_in_words, phase_name, regimen_name, words_of_file
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar
from scheduler.plan.changes import Branch, Change, Close, Delay, Enter, Hold, Move, Resume, Skip, Stop, Switch
from scheduler.plan.events import Event, Kind
from store.plans import PlanEvent

UNDO = "undo"

KINDS: Mapping[str, LazyString] = {
    "delay": lazy_gettext("Delay a cycle"),
    "move": lazy_gettext("Move one visit"),
    "skip": lazy_gettext("Skip a treatment day"),
    "hold": lazy_gettext("Put on hold"),
    "resume": lazy_gettext("Resume"),
    "enter": lazy_gettext("Enter a date"),
    "branch": lazy_gettext("Answer a question"),
    "switch": lazy_gettext("Switch regimen"),
    "stop": lazy_gettext("End treatment"),
    UNDO: lazy_gettext("Undo the last change"),
}
"""What can be done to a plan, as the choices are called."""

STATES: Mapping[str, LazyString] = {
    "active": lazy_gettext("running"),
    "held": lazy_gettext("on hold"),
    "finished": lazy_gettext("finished"),
    "stopped": lazy_gettext("ended"),
}
STATUSES: Mapping[str, LazyString] = {
    "planned": lazy_gettext("planned"),
    "confirmed": lazy_gettext("confirmed"),
    "given": lazy_gettext("given"),
    "missed": lazy_gettext("missed"),
    "held": lazy_gettext("on hold"),
}
RULES: Mapping[str, LazyString] = {
    "visit_before": lazy_gettext("Days before a visit"),
    "visit_tomorrow": lazy_gettext("The day before a visit"),
    "visit_today": lazy_gettext("The day of a visit"),
    "hospital_before": lazy_gettext("Before a stay in hospital"),
    "pill_today": lazy_gettext("Pills or capsules today"),
    "cream_today": lazy_gettext("Cream today"),
    "cream_washoff": lazy_gettext("Washing the cream off"),
    "off_first": lazy_gettext("First day of a rest"),
    "off_last": lazy_gettext("Last day of a rest"),
    "between": lazy_gettext("Between two visits"),
    "phase_before": lazy_gettext("Before the next part of treatment"),
    "finished": lazy_gettext("Treatment is over"),
    "late_effects": lazy_gettext("Late side effects"),
}
GATES: Mapping[str, LazyString] = {
    "plan_held": lazy_gettext("the plan is on hold"),
    "plan_stopped": lazy_gettext("treatment has ended"),
    "event_gone": lazy_gettext("what it tells of is no longer planned"),
    "event_moved": lazy_gettext("what it tells of has another date"),
    "event_held": lazy_gettext("what it tells of is on hold"),
    "told_otherwise": lazy_gettext("another text tells it"),
}


def rule_in_words(rule: str) -> str:
    """A reminder rule's name; parts behind a slash number it."""
    name = rule.partition("/")[0]
    return str(RULES.get(name, name))


def change_in_words(change: Change, regimens: Sequence[Regimen]) -> str:
    """What a change does, in one sentence; ``regimens``: all that the plan had, which know the names of their parts."""
    match change:
        case Delay(policy="keepgrid"):
            sentence = ngettext(
                "Cycle %(cycle)s starts %(num)s day later, alone.",
                "Cycle %(cycle)s starts %(num)s days later, alone.",
                change.days,
                cycle=change.cycle,
            )
        case Delay():
            sentence = ngettext(
                "Cycle %(cycle)s starts %(num)s day later, and so does all that follows.",
                "Cycle %(cycle)s starts %(num)s days later, and so does all that follows.",
                change.days,
                cycle=change.cycle,
            )
        case Hold():
            sentence = _("On hold from %(day)s.", day=written(change.from_))
        case Resume(cycle="same"):
            sentence = _("Goes on with the same cycle on %(day)s.", day=written(change.on))
        case Resume():
            sentence = _("Goes on with a new cycle on %(day)s.", day=written(change.on))
        case Skip(counts=True):
            sentence = _("The treatment of %(day)s is left out, and counts as given.", day=written(change.date))
        case Skip():
            sentence = _("The treatment of %(day)s is left out.", day=written(change.date))
        case Move():
            sentence = _("The visit of %(day)s moves to %(to)s.", day=written(change.date), to=written(change.to))
        case Close():
            sentence = _(
                "Closed on %(day)s: the visit moves to %(to)s.", day=written(change.date), to=written(change.to)
            )
        case Stop():
            sentence = _("Treatment ends on %(day)s.", day=written(change.on))
        case Switch():
            sentence = _(
                "Switches to %(regimen)s (version %(version)s) on %(day)s.",
                regimen=regimen_name(change.to),
                version=change.to.version,
                day=written(change.from_),
            )
        case Enter():
            phase = titles_of(regimens).get(change.phase, change.phase)
            sentence = _("%(phase)s starts on %(day)s.", phase=phase, day=written(change.on))
        case Branch(take=True):
            sentence = _("%(question)s Yes.", question=_question(change, regimens))
        case Branch():
            sentence = _("%(question)s No.", question=_question(change, regimens))
        case _:
            sentence = str(change)
    return str(sentence)


def event_in_words(event: Event | PlanEvent, titles: Mapping[str, str]) -> str:
    """What an event is, without its date; ``titles``: those of the regimen's phases by their ids."""
    phase = titles.get(event.phase, event.phase)
    items = items_in_words(event.items)
    match event.kind:
        case Kind.TREATMENT:
            said = _("Cycle %(cycle)s day %(day)s: %(items)s", cycle=event.cycle, day=event.day, items=items)
        case Kind.PAIRED | Kind.LINKED:
            said = _("Cycle %(cycle)s: %(items)s", cycle=event.cycle, items=items)
        case Kind.REST:
            said = _("Rest, cycle %(cycle)s", cycle=event.cycle)
        case Kind.BETWEEN:
            said = _("Between visits, cycle %(cycle)s", cycle=event.cycle)
        case Kind.PHASE:
            said = _("Begins: %(phase)s", phase=phase)
        case Kind.WAITING:
            said = _("Waits for a date: %(phase)s", phase=phase)
        case _:
            said = _("End of treatment")
    return str(said)


def days_in_words(events: Sequence[Event]) -> str:
    """What several treatment days of one cycle are, without their dates."""
    items = dict.fromkeys(item for event in events for item in event.items)
    days = [event.day for event in events]
    return str(
        _(
            "Cycle %(cycle)s days %(first)s to %(last)s: %(items)s",
            cycle=events[0].cycle,
            first=min(days),
            last=max(days),
            items=items_in_words(items),
        )
    )


def regimens_of(calendar: Calendar) -> list[Regimen]:
    """Every regimen that a plan has had, in their order."""
    return [segment.regimen for segment in calendar.timeline.state.segments]


def titles_of(regimens: Sequence[Regimen]) -> dict[str, str]:
    """The titles of phases by their ids."""
    return {phase.id: phase_name(phase) for regimen in regimens for phase in regimen.phases}


def _question(change: Branch, regimens: Sequence[Regimen]) -> str:
    asked = {choice.id: choice.question for regimen in regimens for choice in regimen.choices}
    return words_of_file(asked.get(change.id, change.id))
