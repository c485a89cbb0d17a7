"""The texts that go out to a patient next, as planning would make them now: told together, and within the limits."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, time, timedelta
from heapq import merge
from itertools import islice

from scheduler.plan.calendar import Calendar
from scheduler.plan.gathering import WEEK, Gathered, Limits, gather, left_out
from scheduler.plan.local_time import to_utc
from scheduler.plan.reminders import Reminder
from scheduler.planned import reminders_of
from scheduler.send_window import SendWindow
from store import retelling, sent_before
from store.clinics import Clinic
from store.database import Tx
from store.messages import Cover
from store.patients import Patient
from store.plans import Plan

_INSTANT = timedelta(microseconds=1)
_LOOK = timedelta(days=366)
_AT_ONCE = 16
_TOLD_BEFORE = timedelta(days=31)
"""No reminder is due longer after what it tells of."""

Telling = tuple[int, Reminder]
"""A reminder with the id of its plan."""


def next_texts(
    tx: Tx, now: datetime, clinic: Clinic, patient: Patient, telling: Sequence[tuple[Plan, Calendar]], most: int
) -> list[Gathered]:
    """At most ``most`` texts of these plans, in due order; none that is made already, nor that the limits keep.

    ``telling``: all plans of the patient of which something may be texted, since what is told together and how many
    texts there are is the patient's and not a plan's. What has fallen due and is no text yet comes first.
    """
    window = SendWindow.of(patient, clinic)
    limits = Limits(clinic.max_texts_per_day, clinic.max_texts_per_week)
    since = now if patient.next_text_at is None else min(now, patient.next_text_at - _INSTANT)
    # What is told together with something of that morning was told then.
    morning = to_utc(window.local_day(since), time.min, window.zone(since)) - _INSTANT
    lately = sent_before.moments_since(tx, [patient.contact_id], since - timedelta(days=WEEK + 1))
    days = Counter(window.local_day(at).toordinal() for at in lately.get(patient.contact_id, ()))
    told = {
        each.cover
        for plan, _ in telling
        for each in retelling.told_since(tx, plan.id, window.local_day(since) - _TOLD_BEFORE)
    }
    coming = merge(
        *(_of(plan, calendar, window, morning) for plan, calendar in telling), key=lambda each: each[1].due_at
    )
    found: list[Telling] = []
    while True:
        more = list(islice(coming, _AT_ONCE))
        found += more
        gathered = gather(found)
        texts = [text for text in gathered if text.reminder.due_at > since and text.reminder.expires_at > now]
        kept = zip(texts, left_out(texts, days, limits), strict=True)
        going = [text for text, reason in kept if reason is None and _news(text.tells, told)][:most]
        if len(more) < _AT_ONCE or more[-1][1].due_at > now + _LOOK or _is_settled(going, more[-1][1], most):
            break
    late = [each for text in gathered if text.reminder.due_at <= since for each in text.tells if each[1].due_at > since]
    told_at: dict[datetime, list[Telling]] = defaultdict(list)
    for each in _news(late, told):
        if each[1].expires_at > now:
            told_at[max(each[1].due_at, now)].append(each)
    going += [text for together in told_at.values() for text in gather(together)]
    return sorted(going, key=lambda text: (text.reminder.due_at, text.reminder.priority))[:most]


def _of(plan: Plan, calendar: Calendar, window: SendWindow, after: datetime) -> Iterator[Telling]:
    return ((plan.id, reminder) for reminder in reminders_of(plan, calendar, window, after))


def _news(tells: Sequence[Telling], told: Collection[Cover]) -> list[Telling]:
    """What no text tells yet."""
    return [
        (plan_id, each) for plan_id, each in tells if Cover(plan_id, each.event, each.rule, each.event_date) not in told
    ]


def _is_settled(going: Sequence[Gathered], last: Reminder, most: int) -> bool:
    """Whether nothing that comes after the ``last`` reminder could be told with these, or need the place of one."""
    return len(going) == most and going[-1].day + WEEK <= last.local_date.toordinal()
