"""What a change of plan would do, for whoever is about to make it, and as the JSON that a screen shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from scheduler.plan import difference, show
from scheduler.plan.calendar import Calendar, Event
from scheduler.plan.difference import Difference
from scheduler.plan.reminders import Reminder
from scheduler.planned import reminders_of
from scheduler.retelling import Retold
from scheduler.standing import Standing
from scheduler.weighing import LOOK, Proposal, Refusal
from store.messages import State
from store.plans import PlanState
from store.retelling import Told, Waiting

_NOT_OUT: frozenset[State] = frozenset({"due", "claimed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Preview:
    """Every event and every text that a change makes appear, move or disappear, up to ``until`` (a local date).

    ``version``: the plan's, to be given back with the change. ``waiting``: what becomes of texts that are not sent
    yet; ``told``: texts that went out and told what would then not be so; ``text``: the words that would tell the
    patient of the change, where staff ask for that. ``state`` and ``next_text_at``: of the plan and its patient
    afterwards. The change is not made while there are ``refusals``, but for those that are overridden.
    """

    plan_id: int
    patient_id: int
    version: int
    change: str
    until: date
    events: Difference[Event]
    texts: Difference[Reminder]
    waiting: Retold
    told: tuple[Told, ...]
    text: str | None
    warnings: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    state: PlanState
    next_text_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """The same in plain values: dates as 2026-01-31, moments in UTC."""
        return {
            "plan": self.plan_id,
            "patient": self.patient_id,
            "version": self.version,
            "change": self.change,
            "until": self.until.isoformat(),
            "state": self.state,
            "next_text_at": _moment(self.next_text_at),
            "events": _three(self.events, _event),
            "texts": _three(self.texts, _text),
            "waiting": {
                "cancelled": [{**_waiting(text), "gate": gate} for text, gate in self.waiting.cancelled],
                "changed": [_waiting(text) for text in self.waiting.texts],
                "added": [_text(due.reminder) for due in self.waiting.added],
            },
            "told": [
                {
                    "message": told.message_id,
                    "state": told.state,
                    "at": _moment(told.at),
                    "event": told.cover.event,
                    "rule": told.cover.rule,
                    "date": told.cover.event_date.isoformat(),
                }
                for told in self.told
            ],
            "text": self.text,
            "warnings": list(self.warnings),
            "refusals": [
                {"field": each.field, "sentence": each.sentence, "can_be_overridden": each.can_be_overridden}
                for each in self.refusals
            ],
        }


def differences(
    standing: Standing, proposal: Proposal, now: datetime
) -> tuple[Difference[Event], Difference[Reminder], date]:
    """The events and the texts that differ, and up to which day: a year beyond what the change touches first."""
    until = max(standing.today, proposal.first) + show.SHOWN
    first = min(standing.today, proposal.first) - LOOK
    changed = difference.events(standing.calendar, proposal.calendar, first, until)

    def texts(calendar: Calendar, after: datetime, last: datetime) -> Iterator[Reminder]:
        plan = standing.plan if calendar is standing.calendar else proposal.plan
        for reminder in reminders_of(plan, calendar, standing.window, after):
            if reminder.due_at > last:
                return
            yield reminder

    last = now + (until - standing.today)
    return changed, difference.reminders(standing.calendar, proposal.calendar, now, last, texts), until


def told_otherwise(told: Iterable[Told], changed: Difference[Event], today: date) -> tuple[Told, ...]:
    """The texts that went out and told of events that are no more, or no more on that date, and are not over."""
    old = [*(pair[0] for pair in changed.moves), *changed.disappears]
    dates = {(event.name, event.date) for event in old if (event.end_date or event.date) >= today}
    return tuple(
        each for each in told if each.state not in _NOT_OUT and (each.cover.event, each.cover.event_date) in dates
    )


def _three(found: Difference[Any], shown: Any) -> dict[str, Any]:
    return {
        "appears": [shown(each) for each in found.appears],
        "moves": [{"from": shown(old), "to": shown(new)} for old, new in found.moves],
        "disappears": [shown(each) for each in found.disappears],
    }


def _event(event: Event) -> dict[str, Any]:
    return {"event": event.name, **show.row(event)}


def _text(reminder: Reminder) -> dict[str, Any]:
    return {
        "event": reminder.event,
        "rule": reminder.rule,
        "date": reminder.event_date.isoformat(),
        "template": reminder.template,
        "args": dict(reminder.args),
        "local_date": reminder.local_date.isoformat(),
        "local_time": reminder.local_time.isoformat("minutes"),
        "due_at": _moment(reminder.due_at),
    }


def _waiting(text: Waiting) -> dict[str, Any]:
    return {
        "message": text.id,
        "template": text.template,
        "args": dict(text.args),
        "due_at": _moment(text.due_at),
        "events": [cover.event for cover in text.covers],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
