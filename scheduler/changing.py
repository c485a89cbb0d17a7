"""Changing a plan: with enrolment the one door through which a plan is written.

A change is looked at first (`preview_change`), then made (`change_plan`), all of it in one transaction: the change
itself with the plan's new version, the rows of its events, the texts that were not sent yet, when the patient is next
planned for, and the audit. What was sent stays sent; a visit that moved is told anew for its new date. `undo_change`
takes back the latest change in the same way, and what that had cancelled comes back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from content.library import Library
from content.plain import Plain
from scheduler import change_texts
from scheduler.plan.changes import Change, ChangeError, change_to_json
from scheduler.plan.difference import Difference
from scheduler.planned import UNDO, changes_of, state_on, with_changes
from scheduler.previewing import Preview, differences, told_otherwise
from scheduler.retelling import Retold
from scheduler.settling import retold, settle, told_of
from scheduler.shadow import rewrite_shadow
from scheduler.standing import NotChanged, Standing, check_version, stand
from scheduler.weighing import (
    Proposal,
    Refusal,
    date_refusals,
    looked_at_from,
    reach,
    regimen_refusal,
    weigh,
)
from store import audit, plan_holds, plans
from store.clinics import ClinicEntry
from store.database import Tx
from store.plans import Plan, PlanEvent

__all__ = ["Changed", "NotChanged", "Override", "change_plan", "preview_change", "preview_undo", "undo_change"]


@dataclass(frozen=True, slots=True)
class Override:
    """Who answers for a treatment that comes sooner than the regimen allows, and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A plan after its change. ``waiting``: what became of texts that were not sent; ``text``: what tells of it."""

    plan: Plan
    waiting: Retold
    warnings: tuple[str, ...]
    next_text_at: datetime | None
    text: str | None


def preview_change(
    tx: Tx, now: datetime, library: Library, entry: ClinicEntry, plan_id: int, change: Change
) -> Preview:
    """What a change would do; nothing is written. Raises NotChanged where there is no such plan to change."""
    standing = stand(tx, now, entry, plan_id, to_write=False)
    return _preview(tx, now, library, entry, standing, str(change), lambda: _proposed(standing, change))


def preview_undo(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, plan_id: int) -> Preview:
    """What taking back the latest change would do; nothing is written. Raises NotChanged as `preview_change`."""
    standing = stand(tx, now, entry, plan_id, to_write=False)
    return _preview(tx, now, library, entry, standing, "undo", lambda: _undone(standing))


def change_plan(
    tx: Tx,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    plan_id: int,
    change: Change,
    *,
    by: str,
    reason: str | None,
    expected_version: int,
    override: Override | None = None,
    tell: bool = False,
) -> Changed:
    """Makes a change, all of it or nothing.

    ``expected_version``: the plan's, when the change was decided on. ``override``: who answers for a result under the
    regimen's minimum interval. ``tell``: the patient gets one text about it. Raises NotChanged; the transaction is then
    to be taken back.
    """
    standing = stand(tx, now, entry, plan_id, to_write=True)
    check_version(standing, expected_version)
    for refusal in regimen_refusal(entry, change):
        raise NotChanged(refusal.field, refusal.sentence)
    return _write(tx, now, library, entry, standing, _proposed(standing, change), by, reason, override, tell=tell)


def undo_change(
    tx: Tx,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    plan_id: int,
    *,
    by: str,
    reason: str | None,
    expected_version: int,
    override: Override | None = None,
    tell: bool = False,
) -> Changed:
    """Takes back the latest change that still applies. Otherwise as `change_plan`."""
    standing = stand(tx, now, entry, plan_id, to_write=True)
    check_version(standing, expected_version)
    return _write(tx, now, library, entry, standing, _undone(standing), by, reason, override, tell=tell)


def _proposed(standing: Standing, change: Change) -> Proposal:
    for refusal in date_refusals(standing.plan, change, standing.today):
        raise NotChanged(refusal.field, refusal.sentence)
    return _proposal(standing, change_to_json(change), change, reach(change, standing.calendar, standing.today))


def _undone(standing: Standing) -> Proposal:
    applying = changes_of(standing.plan)
    if not applying:
        raise NotChanged("change", Plain("This plan has no change that could be taken back."))
    proposal = _proposal(standing, UNDO, applying[-1], standing.today)
    first = min(reach(applying[-1], calendar, standing.today) for calendar in (standing.calendar, proposal.calendar))
    return replace(proposal, first=first, is_undo=True)


def _proposal(standing: Standing, stored: str, change: Change, first: date) -> Proposal:
    plan = replace(standing.plan, changes=(*standing.plan.changes, stored))
    try:
        calendar = with_changes(plan, changes_of(plan))
    except ChangeError as error:
        raise NotChanged("change", Plain("The change cannot be made: {why}.", why=error.args[0])) from error
    return Proposal(replace(plan, state=state_on(calendar, standing.today)), calendar, change, first)


def _preview(
    tx: Tx,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    standing: Standing,
    called: str,
    proposed: Callable[[], Proposal],
) -> Preview:
    try:
        proposal = proposed()
    except NotChanged as error:
        return _refused(standing, called, error)
    changed, texts, until = differences(standing, proposal, now)
    findings = weigh(standing, proposal, _rows(tx, standing, proposal))
    refusals = list(findings.refusals)
    if not proposal.is_undo:
        refusals += regimen_refusal(entry, proposal.change)
    otherwise = told_otherwise(told_of(tx, standing, proposal.first), changed, standing.today)
    found = change_texts.to_tell(tx, standing, proposal, told_otherwise=bool(otherwise))
    return Preview(
        plan_id=standing.plan.id,
        patient_id=standing.patient.id,
        version=standing.plan.version,
        change=f"undo {proposal.change}" if proposal.is_undo else called,
        until=until,
        events=changed,
        texts=texts,
        waiting=retold(tx, now, standing, proposal.plan, proposal.calendar, proposal.first, to_write=False),
        told=otherwise,
        text=None if found is None else change_texts.words(library, entry, standing.contact, found),
        warnings=findings.warnings,
        refusals=tuple(refusals),
        state=proposal.plan.state,
        next_text_at=standing.next_text(now, proposal.plan),
    )


def _write(
    tx: Tx,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    standing: Standing,
    proposal: Proposal,
    by: str,
    reason: str | None,
    override: Override | None,
    *,
    tell: bool,
) -> Changed:
    plan_id = standing.plan.id
    findings = weigh(standing, proposal, _rows(tx, standing, proposal))
    answered = _answered(findings.refusals, override)
    waiting = retold(tx, now, standing, proposal.plan, proposal.calendar, proposal.first, to_write=True)
    plans.add_change(
        tx,
        now,
        plan_id,
        proposal.plan.changes[-1],
        by,
        (reason or "").strip() or None,
        override=answered,
        state=proposal.plan.state,
    )
    # What is held has a row though the calendar has it not.
    holds = [calendar.timeline.state.held_from for calendar in (standing.calendar, proposal.calendar)]
    days = [date.fromordinal(held) for held in holds if held is not None]
    differs = findings.differs_from()
    if first := min([*days, *([differs] if differs else [])], default=None):
        rewrite_shadow(tx, standing.plan, proposal.calendar, first, standing.today)
    ended = proposal.calendar.timeline.state.holds
    if ended != standing.calendar.timeline.state.holds:
        days_of = [(date.fromordinal(begins), date.fromordinal(goes_on)) for begins, goes_on in ended]
        plan_holds.set_holds(tx, standing.plan.clinic_id, plan_id, days_of)
    plan = plans.get_plan(tx, plan_id) or proposal.plan
    at = settle(tx, now, standing, plan, waiting)
    found = None
    if tell:
        changed, _, _ = differences(standing, proposal, now)
        otherwise = told_otherwise(told_of(tx, standing, proposal.first), changed, standing.today)
        found = change_texts.to_tell(tx, standing, proposal, told_otherwise=bool(otherwise))
    if found is not None:
        change_texts.tell(tx, now, standing, proposal, found)
    action = "plan.undo" if proposal.is_undo else "plan.change"
    fields = [proposal.change.kind, *(["override"] if answered else []), *(["tell"] if found else [])]
    audit.record(tx, now, plan.clinic_id, by, action, "plan", plan_id, fields)
    return Changed(
        plan=plan,
        waiting=waiting,
        warnings=findings.warnings,
        next_text_at=at,
        text=None if found is None else change_texts.words(library, entry, standing.contact, found),
    )


def _rows(tx: Tx, standing: Standing, proposal: Proposal) -> list[PlanEvent]:
    return plans.events_since(tx, standing.plan.id, looked_at_from(standing, proposal))


def _answered(refusals: Sequence[Refusal], override: Override | None) -> tuple[str, str] | None:
    """Who answers for a change that is refused otherwise, and why; None where nothing stands in the way."""
    for refusal in refusals:
        if not refusal.can_be_overridden:
            raise NotChanged(refusal.field, refusal.sentence)
    if not refusals:
        return None
    if override is None:
        raise NotChanged(refusals[0].field, refusals[0].sentence)
    if not override.by.strip() or not override.reason.strip():
        raise NotChanged("override", Plain("Name the person who answers for this, and the reason."))
    return override.by.strip(), override.reason.strip()


def _refused(standing: Standing, called: str, error: NotChanged) -> Preview:
    """A change that cannot be made at all changes nothing."""
    return Preview(
        plan_id=standing.plan.id,
        patient_id=standing.patient.id,
        version=standing.plan.version,
        change=called,
        until=standing.today,
        events=Difference((), (), ()),
        texts=Difference((), (), ()),
        waiting=Retold(),
        told=(),
        text=None,
        warnings=(),
        refusals=(Refusal(error.field, error.sentence),),
        state=standing.plan.state,
        next_text_at=standing.patient.next_text_at,
    )
