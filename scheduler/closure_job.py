"""The closure of a day as a job: ordered by staff, done by the scheduler in slices, however many plans there are.

A visit moves in the same transaction in which the job notes that it did. So the job of a process that was killed is
taken over by another when its lease ends, exactly where it stood.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from content.library import Library
from content.plain import plain_from_json, plain_to_json
from scheduler.changing import Override, change_plan
from scheduler.closing import affected
from scheduler.plan.changes import Close
from scheduler.standing import NotChanged
from store import audit, clinics, jobs
from store.clinics import Clinic, ClinicEntry
from store.database import Database, Tx
from store.jobs import Job
from store.plans import Plan

KIND = "close_day"


class _Lost(Exception):
    """Another process has taken the job over: what is under way is to be taken back."""


@dataclass(frozen=True, slots=True)
class Stayed:
    """A plan whose visit could not move; ``refused``: the sentence that says why."""

    plan_id: int
    patient_id: int
    refused: str


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for. The reason and the override stand in what is sealed of the job."""

    change: Close
    tell: bool
    reason: str | None
    override: Override | None


def order(
    tx: Tx,
    now: datetime,
    clinic: Clinic,
    change: Close,
    *,
    by: str,
    reason: str | None,
    override: Override | None = None,
    tell: bool = False,
) -> Job:
    """Has the scheduler move the visits of a day; what becomes of the job `stayed` and its state tell.

    Ordered again by the same person while no visit is looked at yet, it is the job that there is.
    """
    why = json.dumps({"reason": reason, "override": None if override is None else asdict(override)})
    args = {
        "date": change.date.isoformat(),
        "to": change.to.isoformat(),
        "tell": tell,
        "after": 0,
        "stayed": [],
    }
    clinics.lock_clinic(tx, clinic.id)
    for known in jobs.jobs_of(tx, clinic.id, KIND, 1):
        if (known.state, known.args, known.by, known.why) == ("waiting", args, by, why):
            return known
    audit.record(tx, now, clinic.id, by, "clinic.close_day", "clinic", clinic.id, ["date", "to"])
    return jobs.add_job(tx, now, clinic_id=clinic.id, kind=KIND, args=args, by=by, why=why)


def stayed(job: Job) -> list[Stayed]:
    """The visits that could not move so far, each with the reason."""
    return [Stayed(plan_id, patient_id, plain_from_json(why)) for plan_id, patient_id, why in job.args["stayed"]]


def work_slice(
    database: Database,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    job: Job,
    *,
    lease_until: datetime,
    limit: int,
) -> int:
    """Goes on with a closure for up to ``limit`` plans; returns how many it moved or left, 1 where it was the last.

    ``job``: as it was claimed; whoever claimed it has it until ``lease_until`` from each plan on. When no plan is left
    the job is done, and else it is given back.
    """
    owner = job.lease_owner or ""
    ordered = _read(job)
    count = 0
    try:
        for plan in islice(affected(database, entry, ordered.change, job.args["after"]), limit):
            job = _close(database, now, library, entry, plan, ordered, job, lease_until)
            count += 1
    except _Lost:
        return count
    if count == limit:
        with database.writing() as tx:
            jobs.give_back(tx, job.id, owner)
        return count
    left = len(job.args["stayed"])
    with database.writing() as tx:
        jobs.finish(tx, now, job.id, owner, "done", f"{job.done - left} visits moved, {left} stayed.")
    return 1


def _close(
    database: Database,
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    plan: Plan,
    ordered: _Order,
    job: Job,
    lease_until: datetime,
) -> Job:
    """Moves the visits of one plan, or notes why they stay, and gives the job as it stands then. Raises _Lost."""
    known: dict[str, Any] = {"by": job.by, "reason": ordered.reason, "override": ordered.override, "tell": ordered.tell}
    moved = replace(job, done=job.done + 1, args={**job.args, "after": plan.id})
    try:
        with database.writing() as tx:
            change_plan(tx, now, library, entry, plan.id, ordered.change, expected_version=plan.version, **known)
            _note(tx, moved, lease_until)
    except NotChanged as error:
        left = [*job.args["stayed"], [plan.id, plan.patient_id, plain_to_json(error.sentence)]]
        stays = replace(moved, args={**moved.args, "stayed": left})
        with database.writing() as tx:
            _note(tx, stays, lease_until)
        return stays
    return moved


def _note(tx: Tx, job: Job, lease_until: datetime) -> None:
    if not jobs.progress(tx, job.id, job.lease_owner or "", job.done, lease_until, job.args):
        raise _Lost


def _read(job: Job) -> _Order:
    why = json.loads(job.why or "{}")
    override = Override(**why["override"]) if why.get("override") else None
    change = Close(date.fromisoformat(job.args["date"]), date.fromisoformat(job.args["to"]))
    return _Order(change, job.args["tell"], why.get("reason"), override)
