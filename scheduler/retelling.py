"""What a change of plan does to texts that were not sent yet.

A text that waits stays as it is while all that it tells is still so. Where a date or a word of it is so no more, what
remains to be told is put together anew, into the same text if there is anything left for it, and else the text is
cancelled. One that an earlier change cancelled comes back to life, at its own moment, when its words are true again:
so an undo restores exactly. What went out is never touched.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduler.delivery import planner
from scheduler.delivery.planner import Due
from scheduler.plan.calendar import Calendar
from scheduler.plan.reminders import Reminder
from scheduler.planned import reminders_of
from scheduler.send_window import SendWindow
from store import retelling
from store.database import Tx
from store.outbox import Cover
from store.patients import DuePatient
from store.plans import Plan
from store.retelling import Waiting

TOLD_OTHERWISE = "told_otherwise"
PLAN_GATES = frozenset({"plan_held", "plan_stopped", "event_gone", "event_moved", "event_held", TOLD_OTHERWISE})
"""What cancels a text because of the plan: a later change can make such a text true again."""

# No text is of use for longer after its moment, and none is made sooner before it.
_LONGEST_USE = timedelta(days=31)
_AHEAD = timedelta(days=2)

Courses = Iterable[tuple[Plan, Calendar]]


@dataclass(frozen=True, slots=True)
class Retold:
    """The texts that change or come back to life, as they will be; those cancelled, each by a gate; and new ones."""

    texts: tuple[Waiting, ...] = ()
    cancelled: tuple[tuple[Waiting, str], ...] = ()
    added: tuple[Due, ...] = ()


def said(courses: Courses, window: SendWindow, now: datetime) -> dict[Cover, Reminder]:
    """What plans have to tell around a moment, as far as it is of use after it."""
    found: dict[Cover, Reminder] = {}
    for plan, calendar in courses:
        for reminder in reminders_of(plan, calendar, window, now - _LONGEST_USE):
            if reminder.due_at > now + _AHEAD:
                break
            if reminder.expires_at > now:
                found[Cover(plan.id, reminder.event, reminder.rule, reminder.event_date)] = reminder
    return found


def retell(
    waiting: Sequence[Waiting],
    before: Mapping[Cover, Reminder],
    after: Mapping[Cover, Reminder],
    *,
    told: Collection[Cover],
    now: datetime,
    gate_of: Callable[[Cover], str],
    is_so: Callable[[Waiting], bool],
) -> Retold:
    """What becomes of texts when a patient's plans said ``before`` and say ``after``.

    ``told``: what any text tells or told. ``gate_of``: why something is no more to be told. ``is_so``: whether a text
    about a change itself, which tells of no event, is still true.
    """
    changed = {cover for cover in {*before, *after} if not _is_same(before.get(cover), after.get(cover))}
    pool = [text for text in waiting if text.covers and _is_touched(text, changed, after)]
    covers = {cover for text in pool for cover in text.covers if cover in after}
    covers |= _late(changed, after, {*told, *covers}, now)
    for due in _merged({*covers, *(cover for text in waiting if text.waits for cover in text.covers)}, after):
        # What is to be told now may belong into a text that waits and was not touched.
        if covers & {*due.covers}:
            pool += [text for text in waiting if text.waits and text not in pool and {*text.covers} & {*due.covers}]
            covers |= {*due.covers}
    texts: list[Waiting] = []
    added: list[Due] = []
    for due in _merged(covers, after):
        best = max(pool, key=lambda text: len({*text.covers} & {*due.covers}), default=None)
        if best is None or not {*best.covers} & {*due.covers}:
            added.append(due)
            continue
        pool.remove(best)
        anew = _anew(best, due)
        if anew != best:
            texts.append(anew)
    cancelled = [(text, _gate(text, after, gate_of)) for text in pool if text.waits]
    for text in waiting:
        if not text.covers and text.waits != is_so(text):
            if text.waits:
                cancelled.append((text, TOLD_OTHERWISE))
            else:
                texts.append(replace(text, state="due", gate=None))
    return Retold(tuple(texts), tuple(cancelled), tuple(added))


def carry_out(tx: Tx, now: datetime, patient: DuePatient, retold: Retold) -> None:
    """Writes what `retell` says."""
    retelling.tell_anew(tx, now, retold.texts, {text.id: gate for text, gate in retold.cancelled})
    for due in retold.added:
        planner.add(tx, now, patient, due)


def _merged(covers: Iterable[Cover], after: Mapping[Cover, Reminder]) -> list[Due]:
    return planner.merged((cover.plan_id, after[cover]) for cover in sorted(covers, key=_order) if cover in after)


def _is_touched(text: Waiting, changed: Collection[Cover], after: Mapping[Cover, Reminder]) -> bool:
    """Something that it tells is no more as it was; for a text that was cancelled: something is true again."""
    return any(cover in changed and (text.waits or cover in after) for cover in text.covers)


def _late(
    changed: Iterable[Cover], after: Mapping[Cover, Reminder], told: Collection[Cover], now: datetime
) -> set[Cover]:
    """What only now has to be told though its moment has passed: of each event the latest alone."""
    latest: dict[tuple[int, str], Cover] = {}
    for cover in changed:
        if cover in after and after[cover].due_at <= now:
            event = (cover.plan_id, cover.event)
            if event not in latest or after[latest[event]].due_at < after[cover].due_at:
                latest[event] = cover
    return {cover for cover in latest.values() if cover not in told}


def _anew(text: Waiting, due: Due) -> Waiting:
    """A text with what it is to tell now. If that is what it tells already, it keeps its own moment."""
    reminder = due.reminder
    if {*text.covers} == {*due.covers} and (text.template, dict(text.args)) == (reminder.template, reminder.args):
        return text if text.waits else replace(text, state="due", gate=None)
    waited = text.due_at if text.waits else reminder.due_at
    return replace(
        text,
        state="due",
        gate=None,
        template=reminder.template,
        args=reminder.args,
        due_at=max(waited, reminder.due_at),
        expires_at=due.expires_at,
        priority=reminder.priority,
        covers=due.covers,
    )


def _gate(text: Waiting, after: Mapping[Cover, Reminder], gate_of: Callable[[Cover], str]) -> str:
    return next((gate_of(cover) for cover in text.covers if cover not in after), TOLD_OTHERWISE)


def _is_same(one: Reminder | None, other: Reminder | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.template, one.args, one.expires_at) == (other.template, other.args, other.expires_at)


def _order(cover: Cover) -> tuple[object, ...]:
    return cover.plan_id, cover.event_date, cover.event, cover.rule
