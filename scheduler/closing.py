"""A day on which a clinic is closed: whose visits it touches, and what moving them would do.

Nothing keeps a list of them: a plan whose visit has moved has none on that day any more, and a patient who is enrolled
meanwhile is found too. `closure_job` has them moved by the scheduler.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from content.library import Library
from scheduler.changing import preview_change
from scheduler.plan.calendar import Kind
from scheduler.plan.changes import Close
from scheduler.planned import PlanUnreadable, calendar_of
from scheduler.previewing import Preview
from scheduler.standing import NotChanged
from store import plans
from store.clinics import ClinicEntry
from store.database import Database
from store.plans import Plan

# So many plans are looked at in one transaction, which keeps nobody waiting: it only reads.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the previews of a closure. ``after``: the plan after which it goes on; None: there are no more."""

    previews: tuple[Preview, ...]
    after: int | None


def preview_closure(
    database: Database, now: datetime, library: Library, entry: ClinicEntry, change: Close
) -> Iterator[Preview]:
    """What closing a day would do, for each plan that has a visit on it; nothing is written."""
    after: int | None = 0
    while after is not None:
        found = preview_slice(database, now, library, entry, change, after)
        yield from found.previews
        after = found.after


def preview_slice(
    database: Database,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    change: Close,
    after: int = 0,
    most: int = _AT_ONCE,
) -> Slice:
    """A part of a `preview_closure` that keeps nobody waiting: up to ``most`` plans after the one of id ``after``."""
    found: list[Preview] = []
    with database.reading() as tx:
        batch = plans.active_plans(tx, entry.clinic.id, after, _AT_ONCE)
        for plan in batch:
            if not _has_visit(plan, change):
                continue
            with suppress(NotChanged):  # the patient's enrolment has ended
                found.append(preview_change(tx, now, library, entry, plan.id, change))
            if len(found) == most:
                return Slice(tuple(found), plan.id)
    return Slice(tuple(found), batch[-1].id if batch else None)


def affected(database: Database, entry: ClinicEntry, change: Close, after: int = 0) -> Iterator[Plan]:
    """The plans of a clinic with a visit on the day, by their ids from the one after ``after`` on.

    By their calendars: rows end some weeks ahead.
    """
    while True:
        with database.reading() as tx:
            batch = plans.active_plans(tx, entry.clinic.id, after, _AT_ONCE)
        if not batch:
            return
        yield from (plan for plan in batch if _has_visit(plan, change))
        after = batch[-1].id


def _has_visit(plan: Plan, change: Close) -> bool:
    try:
        events = calendar_of(plan).events(change.date, change.date)
    except PlanUnreadable:
        return False  # told to staff when its next text is due
    return any(
        event.kind is Kind.TREATMENT and event.slot is not None and event.slot.setting in ("visit", "hospital")
        for event in events
    )
