"""What follows from any change of a plan: for the texts that were not sent, and for when its patient is planned for."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from scheduler import change_texts
from scheduler.plan.calendar import Calendar
from scheduler.retelling import PLAN_GATES, Retold, carry_out, retell, said
from scheduler.standing import Standing
from scheduler.weighing import LOOK
from store import patients
from store.database import Tx
from store.outbox import Cover
from store.plans import Plan
from store.retelling import Told, told_since, waiting_for

# No text tells of an event that began longer ago.
_LONGEST_TOLD = timedelta(days=150)


def retold(
    tx: Tx, now: datetime, standing: Standing, plan: Plan, calendar: Calendar, first: date, *, to_write: bool
) -> Retold:
    """What becomes of the patient's texts that were not sent if their plan is ``plan`` with this calendar.

    ``first``: no event before that day is another. ``to_write``: the texts are ours until the transaction ends.
    """
    waiting = waiting_for(tx, now, standing.contact.id, standing.patient.id, PLAN_GATES, to_write=to_write)
    told = {each.cover for each in told_of(tx, standing, first)}
    told |= {cover for text in waiting for cover in text.covers}
    return retell(
        waiting,
        said(standing.courses(), standing.window, now),
        said(standing.courses(plan, calendar), standing.window, now),
        told=told,
        now=now,
        gate_of=_gate_of(plan, calendar),
        is_so=lambda text: change_texts.is_so(text, plan, calendar),
    )


def settle(tx: Tx, now: datetime, standing: Standing, plan: Plan, waiting: Retold) -> datetime | None:
    """Writes what becomes of texts, and when the patient of a plan that is now ``plan`` is next planned for."""
    carry_out(tx, now, standing.patient, waiting)
    at = standing.next_text(now, plan)
    patients.set_next_text(tx, standing.patient.id, at)
    return at


def told_of(tx: Tx, standing: Standing, first: date) -> list[Told]:
    """What was told of a plan's events that are not over long before a day."""
    return told_since(tx, standing.plan.id, min(standing.today, first) - _LONGEST_TOLD)


def _gate_of(plan: Plan, calendar: Calendar) -> Callable[[Cover], str]:
    """Why something is not told any more, in the words that the gates have for it when a text is sent."""
    held = calendar.timeline.state.held_from

    def gate(cover: Cover) -> str:
        if plan.state in ("held", "stopped"):
            return f"plan_{plan.state}"
        if held is not None and cover.event_date.toordinal() >= held:
            return "event_held"
        names = (event.name for event in calendar.events(cover.event_date - LOOK, cover.event_date + LOOK))
        return "event_moved" if cover.event in names else "event_gone"

    return gate
