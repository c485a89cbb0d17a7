"""What a plan will say in its first weeks, and what whoever enters it must know of that."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import chain

from content.plain import Plain
from scheduler.plan.calendar import Calendar
from scheduler.plan.gathering import Limits, gather, left_out
from scheduler.plan.intervals import TooSoon
from scheduler.plan.reminders import Reminder
from scheduler.plan.timeline import CLOSED
from scheduler.planned import PlanUnreadable, calendar_of, reminders_of
from scheduler.send_window import SendWindow
from scheduler.shadow import SHADOW
from store.clinics import Clinic
from store.plans import Plan

_LOOK = timedelta(days=366)

Saying = tuple[Plan, list[Reminder]]
"""A plan with what it has to tell."""


def coming(plan: Plan, calendar: Calendar, window: SendWindow, now: datetime) -> list[Reminder]:
    """The reminders of the next weeks, or the first one where it comes later."""
    found: list[Reminder] = []
    for reminder in reminders_of(plan, calendar, window, now):
        if found and reminder.due_at > now + SHADOW:
            break
        found.append(reminder)
    return found


def warnings(
    plan: Plan,
    calendar: Calendar,
    says: list[Reminder],
    others: Iterable[Plan],
    clinic: Clinic,
    window: SendWindow,
    now: datetime,
) -> tuple[str, ...]:
    """Sentences for whoever enters a plan beside ``others``: of limits that leave texts out, and of days too close."""
    known: list[Saying] = [(plan, says)]
    for other in others:
        try:
            known.append((other, coming(other, calendar_of(other), window, now)))
        except PlanUnreadable:
            continue  # told to staff when its next text is due
    return tuple(chain(_left_out(known, clinic), _of_its_days(calendar, window.local_day(now))))


def _left_out(known: Iterable[Saying], clinic: Clinic) -> Iterator[str]:
    """That the clinic's limits leave texts out: counted as they are sent, several reminders in one."""
    texts = gather((plan.id, reminder) for plan, says in known for reminder in says)
    limits = Limits(clinic.max_texts_per_day, clinic.max_texts_per_week)
    missing = sum(reason is not None for reason in left_out(texts, {}, limits))
    if missing:
        yield Plain(
            "Of the {texts} texts of the next weeks {missing} will not be sent: {clinic} sends at most {day} on a day "
            "and {week} in a week. Raise these limits if they should be.",
            texts=len(texts),
            missing=missing,
            clinic=clinic.name,
            day=limits.per_day,
            week=limits.per_week,
        )


def _of_its_days(calendar: Calendar, today: date) -> Iterator[str]:
    """Of treatments that the clinic's days bring too close to each other, and of those that stay on a closed day."""
    if calendar.timeline.state.clinic_days is None:
        return
    for event in calendar.events(today, today + _LOOK):
        for told in event.warnings:
            if isinstance(told, TooSoon):
                yield Plain(
                    "The clinic's days bring treatments close together: {day}: {warning}.", day=event.date, warning=told
                )
            elif told == CLOSED:
                yield Plain("{day}: {warning}.", day=event.date, warning=told)
