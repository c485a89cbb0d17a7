"""From patients for whom something is due to texts that are to go out, and the shadow of every plan's calendar.

A patient's ``next_text_at`` is the moment of the first reminder of any of their plans that is no text yet. So "since
when" needs no other memory: what is due from that moment until now becomes texts, and ``next_text_at`` moves on to
the first that is due later. What a text tells is unique in the store, so that planning the same twice doubles nothing.
What is useless by now becomes a text all the same: the gate that expires it says why it never went. Of several texts
that an outage left to somebody the newest of those as urgent goes first, the others when everybody has got theirs.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic

from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.gathering import WEEK, Gathered, Limits, gather, left_out
from scheduler.plan.local_time import to_utc
from scheduler.plan.reminders import Reminder
from scheduler.planned import PlanUnreadable, calendar_of, reminders_of, state_on, turns_at
from scheduler.send_window import SendWindow
from scheduler.shadow import SHADOW, write_shadow
from store import follow_ups, outbox, patients, plans, sent_before
from store.clinics import ClinicEntry
from store.database import Tx
from store.outbox import Cover
from store.patients import DuePatient
from store.plans import Plan

TOP_UP_BELOW = timedelta(days=30)

_INSTANT = timedelta(microseconds=1)
_TRY_AGAIN = timedelta(days=1)
LONGEST_TAIL = timedelta(days=1_000)
"""So long after its end at most a plan may have something to tell."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """What one text is to tell: how, and the reminders that it stands for, with the plans they are of."""

    reminder: Reminder
    covers: tuple[Cover, ...]
    expires_at: datetime


def plan_due(
    tx: Tx, now: datetime, directory: Mapping[int, ClinicEntry], *, limit: int = 200, budget: float = 0.05
) -> int:
    """Makes texts of what is due by now for at most ``limit`` patients; returns for how many, 0 when none was due.

    It ends early when ``budget`` seconds are over, since every writer waits meanwhile; what is left is due still.
    ``directory`` has every clinic by its id.
    """
    began = monotonic()
    claimed = patients.claim_due(tx, now, limit)
    plans_of = plans.telling_plans_of(tx, [patient.id for patient in claimed]) if claimed else {}
    before = _before(tx, now, claimed)
    planned: list[tuple[int, datetime | None]] = []
    for patient in claimed:
        if planned and monotonic() - began > budget:
            break
        clinic = directory[patient.clinic_id].clinic
        limits = Limits(clinic.max_texts_per_day, clinic.max_texts_per_week)
        window, lately = SendWindow.of(patient, clinic), before.get(patient.contact_id, ())
        planned.append((patient.id, _plan(tx, now, patient, plans_of[patient.id], window, limits, lately)))
    patients.set_next_texts(tx, planned)
    return len(planned)


def top_up(tx: Tx, now: datetime, *, limit: int = 20) -> int:
    """Writes the events of plans whose rows end too soon, and finishes plans that are over; returns for how many."""
    today = now.astimezone(UTC).date()
    topped_up = 0
    for plan in plans.plans_to_top_up(tx, today + TOP_UP_BELOW, limit):
        try:
            calendar = calendar_of(plan)
        except PlanUnreadable:
            continue  # told to staff when its next text is due
        write_shadow(tx, plan, calendar, today + SHADOW)
        _note_state(tx, plan, calendar, today, over_by=today - LONGEST_TAIL)
        topped_up += 1
    return topped_up


def merged(found: Iterable[tuple[int, Reminder]]) -> list[Due]:
    """As few texts as say everything, in due order, of reminders with the ids of their plans."""
    return [_due(text) for text in gather(found)]


def _plan(
    tx: Tx,
    now: datetime,
    patient: DuePatient,
    telling: Sequence[Plan],
    window: SendWindow,
    limits: Limits,
    before: Sequence[datetime],
) -> datetime | None:
    """Makes the patient's texts; returns when the next one is due. ``before``: when others went lately, or are due."""
    since = (patient.next_text_at or now) - _INSTANT
    today = window.local_day(now)
    # What is told together with something of that morning was told then.
    morning = to_utc(window.local_day(since), time.min, window.zone(since)) - _INSTANT
    ahead = to_utc(today + timedelta(days=WEEK), time.min, window.zone(now))
    found: list[tuple[int, Reminder]] = []
    following: list[datetime] = []
    for plan in telling:
        try:
            calendar = calendar_of(plan)
        except PlanUnreadable as error:
            _unreadable(tx, now, plan, error)
            following.append(now + _TRY_AGAIN)
            continue
        told: date | None = None
        coming: datetime | None = None
        for reminder in reminders_of(plan, calendar, window, morning):
            if reminder.due_at > now:
                coming = coming or reminder.due_at
                if reminder.due_at >= ahead:
                    break
            elif reminder.due_at > since:
                told = max(told or reminder.event_date, reminder.event_date)
            found.append((plan.id, reminder))
        _note_state(tx, plan, calendar, today, over_by=today if coming is None else None)
        following += [moment for moment in (coming, turns_at(calendar, window.timezone, now)) if moment is not None]
        if told is not None and (plan.shadow_until is None or plan.shadow_until < told):
            write_shadow(tx, plan, calendar, told + SHADOW)
    gathered = gather(found)
    # Of what was told before, what came to the plans since then; what was told with it the store tells no second time.
    late = [each for text in gathered if text.reminder.due_at <= since for each in text.tells if _in(each, since, now)]
    for text in gather(late):
        add(tx, now, patient, _due(text))
    texts = [text for text in gathered if text.reminder.due_at > since]
    # What is useless by now takes no place: the gate that expires it says why it never went.
    going = [text for text in texts if text.reminder.expires_at > now]
    days = Counter(window.local_day(moment).toordinal() for moment in before)
    reasons = dict(zip(map(id, going), left_out(going, days, limits), strict=True))
    useful = [text.reminder for text in going if text.reminder.due_at <= now and reasons[id(text)] is None]
    for text in texts:
        if text.reminder.due_at <= now:
            add(tx, now, patient, _due(text), reasons.get(id(text)), behind=_newer(text.reminder, useful))
    return min(following, default=None)


def _newer(reminder: Reminder, useful: Sequence[Reminder]) -> int:
    """How many moments later than its own have a text that is as urgent."""
    return len({each.due_at for each in useful if each.due_at > reminder.due_at and each.priority <= reminder.priority})


def _in(told: tuple[int, Reminder], since: datetime, now: datetime) -> bool:
    return since < told[1].due_at <= now


def _due(text: Gathered) -> Due:
    covers = tuple(Cover(plan_id, each.event, each.rule, each.event_date) for plan_id, each in text.tells)
    return Due(text.reminder, covers, text.reminder.expires_at)


def add(
    tx: Tx, now: datetime, patient: DuePatient, text: Due, left_out_by: str | None = None, *, behind: int = 0
) -> None:
    """Puts a text among those that go out, unless it is told already; ``left_out_by``: the gate that keeps it.

    ``behind``: by so many places its priority is lower than its reminder's.
    """
    number = outbox.add_text(
        tx,
        now,
        clinic_id=patient.clinic_id,
        contact_id=patient.contact_id,
        patient_id=patient.id,
        kind="reminder",
        template=text.reminder.template,
        args=text.reminder.args,
        due_at=text.reminder.due_at,
        expires_at=text.expires_at,
        priority=text.reminder.priority + behind,
        covers=text.covers,
    )
    if number is not None and left_out_by is not None:
        outbox.drop(tx, now, number, "cancelled", left_out_by)


def _before(tx: Tx, now: datetime, claimed: Sequence[DuePatient]) -> Mapping[int, Sequence[datetime]]:
    """When the texts to these people went, or are due, that may count among those of a day or a week planned now."""
    if not claimed:
        return {}
    first = min(patient.next_text_at or now for patient in claimed) - timedelta(days=WEEK + 1)
    return sent_before.moments_since(tx, [patient.contact_id for patient in claimed], first)


def _note_state(tx: Tx, plan: Plan, calendar: Calendar, today: date, *, over_by: date | None) -> None:
    """The state of an active plan whose hold or end has come; finished if it is over by a day."""
    state = state_on(calendar, today)
    if state == "active" and over_by is not None and _is_over(calendar, over_by):
        state = "finished"
    if state != plan.state:
        plans.set_plan_state(tx, plan.id, state)


def _is_over(calendar: Calendar, today: date) -> bool:
    """Whether the plan has ended by today."""
    end = calendar.end()
    return end is not None and end.kind is Kind.FINISHED and end.date <= today


def _unreadable(tx: Tx, now: datetime, plan: Plan, error: PlanUnreadable) -> None:
    """A plan that this release cannot read says nothing more: staff must know, and no other patient may wait for it."""
    _log.error("plan %s cannot be read: %s", plan.id, error)
    follow_ups.open_follow_up(
        tx,
        now,
        clinic_id=plan.clinic_id,
        kind="other",
        urgency=2,
        patient_id=plan.patient_id,
        due_by=now + _TRY_AGAIN,
        detail="plan_unreadable",
    )
