"""Changing a plan: with enrolment the one door through which a plan is written.

A change is looked at first (`preview_change`), then made (`change_plan`), all of it in one transaction: the change
itself with the plan's new version, the rows of its events, the texts that were not sent yet, when the patient is next
planned for, and the audit. What was sent stays sent; a visit that moved is told anew for its new date. `undo_change`
takes back the latest change in the same way, and what that had cancelled comes back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from content.library import Library
from scheduler import change_texts
from scheduler.plan.changes import Change, ChangeError, change_to_json
from scheduler.plan.difference import Difference
from scheduler.planned import UNDO, changes_of, state_on, with_changes
from scheduler.previewing import Preview, differences, told_otherwise
from scheduler.retelling import PLAN_GATES, Retold, carry_out, retell, said
from scheduler.shadow import rewrite_shadow
from scheduler.standing import NotChanged, Standing, check_version, stand
from scheduler.weighing import LOOK, Proposal, Refusal, date_refusals, reach, regimen_refusal, weigh
from store import audit, patients, plans
from store.clinics import ClinicEntry
from store.database import Tx
from store.outbox import Cover
from store.plans import Plan
from store.retelling import Told, told_since, waiting_for

__all__ = ["Changed", "NotChanged", "Override", "change_plan", "preview_change", "preview_undo", "undo_change"]

# No text tells of an event that began longer ago.
_LONGEST_TOLD = timedelta(days=150)


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
    for refusal in [*date_refusals(standing.plan, change, standing.today), *regimen_refusal(entry, change)]:
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


def settle(tx: Tx, now: datetime, standing: Standing, plan: Plan, told: Retold) -> datetime | None:
    """Writes what becomes of texts, and when the patient of a plan that is now ``plan`` is next planned for."""
    carry_out(tx, now, standing.patient, told)
    at = standing.next_text(now, plan)
    patients.set_next_text(tx, standing.patient.id, at)
    return at


def retold(tx: Tx, now: datetime, standing: Standing, proposal: Proposal, *, to_write: bool) -> Retold:
    """What becomes of the patient's texts that were not sent if the plan is as proposed."""
    waiting = waiting_for(tx, now, standing.contact.id, standing.patient.id, PLAN_GATES, to_write=to_write)
    told = {each.cover for each in _told(tx, standing, proposal)}
    told |= {cover for text in waiting for cover in text.covers}
    return retell(
        waiting,
        said(standing.courses(), standing.window, now),
        said(standing.courses(proposal.plan, proposal.calendar), standing.window, now),
        told=told,
        now=now,
        gate_of=_gate_of(proposal),
        is_so=lambda text: change_texts.is_so(text, proposal.plan, proposal.calendar),
    )


def _proposed(standing: Standing, change: Change) -> Proposal:
    return _proposal(standing, change_to_json(change), change, reach(change, standing.calendar, standing.today))


def _undone(standing: Standing) -> Proposal:
    applying = changes_of(standing.plan)
    if not applying:
        raise NotChanged("change", "This plan has no change that could be taken back.")
    proposal = _proposal(standing, UNDO, applying[-1], standing.today)
    first = min(reach(applying[-1], calendar, standing.today) for calendar in (standing.calendar, proposal.calendar))
    return replace(proposal, first=first, is_undo=True)


def _proposal(standing: Standing, stored: str, change: Change, first: date) -> Proposal:
    plan = replace(standing.plan, changes=(*standing.plan.changes, stored))
    try:
        calendar = with_changes(plan, changes_of(plan))
    except ChangeError as error:
        raise NotChanged("change", f"The change cannot be made: {error}.") from error
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
        return _refused(standing, called, Refusal(error.field, error.sentence))
    changed, texts, until = differences(standing, proposal, now)
    findings = weigh(standing, proposal, plans.events_of(tx, standing.plan.id))
    refusals = list(findings.refusals)
    if not proposal.is_undo:
        refusals += date_refusals(standing.plan, proposal.change, standing.today)
        refusals += regimen_refusal(entry, proposal.change)
    found = change_texts.told(standing, proposal)
    return Preview(
        plan_id=standing.plan.id,
        patient_id=standing.patient.id,
        version=standing.plan.version,
        change=f"undo {proposal.change}" if proposal.is_undo else called,
        until=until,
        events=changed,
        texts=texts,
        waiting=retold(tx, now, standing, proposal, to_write=False),
        told=told_otherwise(_told(tx, standing, proposal), changed, standing.today),
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
    findings = weigh(standing, proposal, plans.events_of(tx, plan_id))
    answered = _answered(findings.refusals, override)
    waiting = retold(tx, now, standing, proposal, to_write=True)
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
    first = findings.differs_from()
    if first is not None:
        rewrite_shadow(tx, standing.plan, proposal.calendar, first, standing.today)
    plan = plans.get_plan(tx, plan_id) or proposal.plan
    at = settle(tx, now, standing, plan, waiting)
    found = change_texts.told(standing, proposal) if tell else None
    if found is not None:
        change_texts.tell(tx, now, standing, found)
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
        raise NotChanged("override", "Name the person who answers for this, and the reason.")
    return override.by.strip(), override.reason.strip()


def _refused(standing: Standing, called: str, refusal: Refusal) -> Preview:
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
        refusals=(refusal,),
        state=standing.plan.state,
        next_text_at=standing.patient.next_text_at,
    )


def _told(tx: Tx, standing: Standing, proposal: Proposal) -> list[Told]:
    return told_since(tx, standing.plan.id, min(standing.today, proposal.first) - _LONGEST_TOLD)


def _gate_of(proposal: Proposal) -> Callable[[Cover], str]:
    """Why something is not told any more, in the words that the gates have for it when a text is sent."""
    state = proposal.plan.state
    held = proposal.calendar.timeline.state.held_from

    def gate(cover: Cover) -> str:
        if state != "active":
            return f"plan_{state}"
        if held is not None and cover.event_date.toordinal() >= held:
            return "event_held"
        last = cover.event_date + LOOK
        names = (event.name for event in proposal.calendar.events(cover.event_date - LOOK, last))
        return "event_moved" if cover.event in names else "event_gone"

    return gate
