"""What a patient asks and says about their own treatment (NEXT, DAY, C, R, DONE, MISSED), from the plan's events."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from bot.conversation.turn import Turn, for_patients
from bot.conversation.voice import Said
from scheduler import confirmation
from scheduler.planned import PlanUnreadable, calendar_of, items_of, time_of
from scheduler.shadow import row
from store import contacts, follow_ups
from store.follow_ups import FollowUpKind
from store.patients import DuePatient
from store.plans import EventStatus, Plan, PlanEvent, events_between, plans_of, set_event_status

_DATES = frozenset({"treatment", "paired"})  # a blood test, a collection of cells or a scan is a visit of its own
_AHEAD = timedelta(days=400)  # the events stand as rows for the weeks that lie ahead: as far as they go
_LOOK_BACK = timedelta(days=2)
_CONFIRMABLE = timedelta(days=21)


@for_patients
def next_day(turn: Turn, patient: DuePatient) -> Said:
    """The next visit or day of treatment."""
    return _say_what_comes(turn, patient)


@for_patients
def today(turn: Turn, patient: DuePatient) -> Said:
    """What today is in the plan: a day of treatment, of another visit, of a true off period, or between two visits."""
    day = _today(turn, patient)
    events = [
        (plan, event)
        for plan in _plans(turn, patient)
        for event in events_between(turn.tx, plan.id, day, day)
        if event.status != "held"
    ]
    if any(event.kind == "treatment" for _, event in events):
        return turn.voice.say("day_treatment")
    if any(event.kind == "paired" for _, event in events):
        return turn.voice.say("day_visit")
    for plan, event in events:
        if event.kind == "rest" and event.end_date:
            back = event.end_date + timedelta(days=1)
            return turn.voice.say("day_rest", date=back.isoformat(), item=_called(plan, event))
    upcoming = next(_coming(turn, patient), None)
    if upcoming is None:
        return turn.voice.say("day_none")
    return turn.voice.say("day_between", date=upcoming[1].date.isoformat())


@for_patients
def confirm(turn: Turn, patient: DuePatient) -> Said:
    """They will come to the visits of the next day that has any; without one in sight they read what comes next.

    To somebody whose clinic asks for a reply after the enrolment it is that reply, too.
    """
    is_reply = confirmation.answered(turn.tx, turn.now, patient.id, "patient")
    if is_reply and confirmation.is_all_that_was_asked(turn.tx, turn.contact.id):
        return turn.voice.say("optin_thanks")
    local_now = turn.now.astimezone(ZoneInfo(patient.timezone))
    visits = [
        (plan, event)
        for plan, event in _standing(turn, patient, local_now.date(), _CONFIRMABLE)
        if not (_at_home(plan, event) or _is_over(plan, event, local_now))
    ]
    if not visits:
        return _say_what_comes(turn, patient)
    for plan, event in visits:
        if event.date == visits[0][1].date:
            set_event_status(turn.tx, plan.id, event.name, "confirmed")
    return turn.voice.say("confirmed")


@for_patients
def change(turn: Turn, _patient: DuePatient) -> Said:
    """They need another time: a task for the staff, one however often they say so; the plan stays as it is."""
    _tell_staff_again(turn, "change", None, "asked_again")
    return turn.voice.say("change_asked")


@for_patients
def done(turn: Turn, patient: DuePatient) -> Said:
    """They had what was due."""
    _set_latest(turn, patient, "given")
    return turn.voice.say("done_thanks")


@for_patients
def missed(turn: Turn, patient: DuePatient) -> Said:
    """They did not have what was due: the staff should know, by one task however often they say so."""
    _tell_staff_again(turn, "other", "missed", "missed_again")
    _set_latest(turn, patient, "missed")
    return turn.voice.say("missed_thanks")


def had_any_lately(turn: Turn, patient: DuePatient) -> bool:
    """Whether a dose or a visit was due today or in the two days before that nobody has told the outcome of."""
    return any(_lately(turn, patient))


def _tell_staff_again(turn: Turn, kind: FollowUpKind, once: str | None, again: str) -> None:
    """A task for the staff with the detail ``once``; while one is open, it says ``again`` in place of another."""
    contacts.lock(turn.tx, turn.contact.id)
    found = follow_ups.open_about(turn.tx, turn.contact.id, kind)
    waiting = next((task for task in found if task.detail in (once, again)), None)
    if waiting is None:
        turn.tell_staff(kind, 1, timedelta(days=1), once)
    else:
        follow_ups.asked_again(turn.tx, waiting.id, turn.message_id, again)


def _lately(turn: Turn, patient: DuePatient) -> Iterator[tuple[Plan, PlanEvent]]:
    return _standing(turn, patient, _today(turn, patient) - _LOOK_BACK, _LOOK_BACK)


def _set_latest(turn: Turn, patient: DuePatient, status: EventStatus) -> None:
    """Mark the treatment that was due last, today's among them, if it was lately."""
    due = [(plan, event) for plan, event in _lately(turn, patient) if event.kind == "treatment"]
    for plan, event in due:
        if event.date == due[-1][1].date:
            set_event_status(turn.tx, plan.id, event.name, status)


def _plans(turn: Turn, patient: DuePatient) -> list[Plan]:
    return plans_of(turn.tx, [patient.id]).get(patient.id, [])


def _coming(turn: Turn, patient: DuePatient) -> Iterator[tuple[Plan, PlanEvent]]:
    """Visits and days of treatment from today on: those that have a row, then the first beyond the rows."""
    day = _today(turn, patient)
    return chain(_standing(turn, patient, day, _AHEAD), _beyond(turn, patient, day))


def _standing(turn: Turn, patient: DuePatient, first: date, span: timedelta) -> Iterator[tuple[Plan, PlanEvent]]:
    """The visits and days of treatment of all plans that still stand, from ``first`` on for ``span``, in date order."""
    found = [
        (plan, event)
        for plan in _plans(turn, patient)
        for event in events_between(turn.tx, plan.id, first, first + span)
        if event.kind in _DATES and event.date >= first and event.status in {"planned", "confirmed"}
    ]
    yield from sorted(found, key=lambda pair: (pair[1].date, pair[0].id, pair[1].name))


def _beyond(turn: Turn, patient: DuePatient, today: date) -> Iterator[tuple[Plan, PlanEvent]]:
    """The first visit or day of treatment of each plan beyond its rows, which end some weeks ahead, in date order."""
    found = []
    for plan in _plans(turn, patient):
        first = (plan.shadow_until or today) + timedelta(days=1)
        try:
            events = calendar_of(plan).events(first, first + _AHEAD)
        except PlanUnreadable:
            continue  # told to staff when its next text is due
        coming = next((event for event in events if event.kind in _DATES), None)
        if coming is not None:
            found.append((plan, row(plan.id, coming)))
    yield from sorted(found, key=lambda pair: pair[1].date)


def _today(turn: Turn, patient: DuePatient) -> date:
    return turn.now.astimezone(ZoneInfo(patient.timezone)).date()


def _is_over(plan: Plan, event: PlanEvent, local_now: datetime) -> bool:
    """Whether a visit of today lies behind the patient; a day of treatment at home lasts until its end."""
    at = _time(plan, event)
    if event.date != local_now.date() or at is None or _at_home(plan, event):
        return False
    return at < local_now.time()


def _time(plan: Plan, event: PlanEvent) -> time | None:
    """When a visit is; a paired one has no share in the time of the plan's treatments."""
    known = plan if event.kind == "treatment" else replace(plan, visit_time=None)
    return time_of(known, event.name, event.date)


def _at_home(plan: Plan, event: PlanEvent) -> bool:
    if event.kind != "treatment":
        return False
    items = items_of(plan)
    return all(items[name].at_home for name in event.items if name in items)


def _called(plan: Plan, event: PlanEvent) -> str:
    """The discreet word for what is given at home."""
    items = items_of(plan)
    words = (items[name].called for name in event.items if name in items)
    return next((word for word in words if word), "treatment")


def _say_what_comes(turn: Turn, patient: DuePatient) -> Said:
    local_now = turn.now.astimezone(ZoneInfo(patient.timezone))
    for plan, event in _coming(turn, patient):
        if not _is_over(plan, event, local_now):
            return _say_next(turn, plan, event)
    return turn.voice.say("next_none")


def _say_next(turn: Turn, plan: Plan, event: PlanEvent) -> Said:
    day = event.date.isoformat()
    if _at_home(plan, event):
        return turn.voice.say("next_pill", date=day, item=_called(plan, event))
    at = _time(plan, event)
    if at is None:
        return turn.voice.say("next_visit_untimed", date=day)
    return turn.voice.say("next_visit", date=day, time=at.isoformat("minutes"))
