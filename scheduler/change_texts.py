"""The one plain text that tells a patient of a change, where staff ask for it: what now holds, and nothing of why."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from channels.base import Via
from content.library import Library
from scheduler.delivery.words import compose
from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.changes import Change, Hold, Skip, Stop
from scheduler.planned import visit_times, was_undone
from scheduler.standing import Standing
from scheduler.weighing import LOOK, Proposal
from store import outbox
from store.clinics import ClinicEntry
from store.contacts import Contact
from store.database import Tx
from store.plans import Plan
from store.retelling import Waiting, told_of_changes

_OF_USE = timedelta(days=3)
_PRIORITY = 1

Told = tuple[str, dict[str, str]]
"""A wording key and its arguments."""


def tell(tx: Tx, now: datetime, standing: Standing, proposal: Proposal, text: Told) -> None:
    """Makes the text of a change.

    Like any text that nobody asked for it goes out within the patient's hours, and not after an opt-out.
    """
    template, args = text
    due_at = standing.window.next_open(now)
    outbox.add_text(
        tx,
        now,
        clinic_id=standing.plan.clinic_id,
        contact_id=standing.contact.id,
        patient_id=standing.patient.id,
        kind="reminder",
        template=template,
        args={**args, "plan": str(proposal.plan.id), "change": str(len(proposal.plan.changes))},
        due_at=due_at,
        expires_at=due_at + _OF_USE,
        priority=_PRIORITY,
    )


def words(library: Library, entry: ClinicEntry, contact: Contact, text: Told) -> str:
    """The text of a change as it reads now."""
    template, args = text
    return compose(library, entry.clinic, template, args, contact.language, Via(contact.via)).body


def to_tell(tx: Tx, standing: Standing, proposal: Proposal, *, told_otherwise: bool) -> Told | None:
    """What a change is to the patient; None: nothing.

    An undo is nothing to who never heard of what it takes back: no text told of it, nor (``told_otherwise``) anything
    else that is so no more. "Not the date you had" would be news to them.
    """
    if proposal.is_undo and not told_otherwise:
        heard = told_of_changes(tx, standing.contact.id, standing.plan.id)
        if not any(was_undone(proposal.plan, place) and not was_undone(standing.plan, place) for place in heard):
            return None
    return _told(standing, proposal)


def _told(standing: Standing, proposal: Proposal) -> Told | None:
    """What a change says, from its kind and from the first treatment that it touches; None: nothing."""
    today, calendar = standing.today, proposal.calendar
    change: Change | None = None if proposal.is_undo else proposal.change
    last = max(today, proposal.first) + LOOK
    if isinstance(change, Stop):
        return "plan_ended", {}
    if isinstance(change, Hold):
        held = next(_treatments(standing.calendar, max(today, change.from_), last), None)
        return None if held is None else _by_place(held, "held", "home_held")
    if isinstance(change, Skip):
        skipped = next(_treatments(standing.calendar, change.date, change.date), None)
        if skipped is not None and change.date >= today and _is_visit(skipped):
            return "visit_off", {"date": change.date.isoformat()}
    before = {(event.name, event.date) for event in _treatments(standing.calendar, today, last)}
    for event in _treatments(calendar, today, last):
        if (event.name, event.date) not in before:
            return _new_date(proposal.plan, calendar, event)
    return None


def is_so(text: Waiting, plan: Plan, calendar: Calendar) -> bool:
    """Whether a text that told of a change of this plan is still true; one of another plan stays as it is."""
    args = text.args
    if args.get("plan") != str(plan.id):
        return text.waits
    if was_undone(plan, int(args["change"])):
        return False
    state = calendar.timeline.state
    if text.template == "plan_ended":
        return state.stopped_on is not None
    if text.template in {"held", "home_held"}:
        return state.held_from is not None
    day = date.fromisoformat(args["date"])
    there = next(_treatments(calendar, day, day), None)
    if text.template == "visit_off" or there is None:
        return (text.template == "visit_off") == (there is None)
    return _new_date(plan, calendar, there) == (text.template, _said(args))


def _new_date(plan: Plan, calendar: Calendar, event: Event) -> Told:
    day = event.date
    if not _is_visit(event):
        return _by_place(event, "", "home_changed")
    at = visit_times(plan, calendar, day).get(event.name, plan.visit_time)
    if at is None:
        return "visit_changed_untimed", {"date": day.isoformat()}
    return "visit_changed", {"date": day.isoformat(), "time": at.isoformat("minutes")}


def _by_place(event: Event, visit: str, home: str) -> Told:
    args = {"date": event.date.isoformat()}
    if _is_visit(event):
        return visit, args
    called = event.slot.called if event.slot is not None else None
    return home, {**args, "item": called or "treatment"}


def _is_visit(event: Event) -> bool:
    return event.slot is not None and event.slot.setting is not None


def _treatments(calendar: Calendar, first: date, last: date) -> Iterator[Event]:
    return (event for event in calendar.events(first, last) if event.kind is Kind.TREATMENT)


def _said(args: Mapping[str, str]) -> dict[str, str]:
    """What a text says, without what it is about."""
    return {name: value for name, value in args.items() if name not in ("plan", "change")}
