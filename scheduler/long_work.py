"""Long work that somebody asked for: jobs, claimed one at a time and done in slices by whichever scheduler has time."""

from datetime import datetime, timedelta

from content.library import Library
from scheduler import clock, closure_job
from store import clinics, jobs
from store.database import Database

AT_ONCE = 20
"""Pieces of a job in one slice; each is a transaction of its own."""


def work_slice(
    database: Database,
    library: Library,
    real: datetime,
    owner: str,
    lease: timedelta,
    *,
    demo: bool,
    limit: int = AT_ONCE,
) -> int:
    """Does a slice of the oldest job that nobody works on; returns how many pieces, 0 when no job is left.

    ``real``: the moment by the real clock, ``lease``: for how long from then on a job is ours. ``demo``: there is a
    demo clock, by which changes are made.
    """
    with database.reading() as tx:
        if not jobs.is_waiting(tx, real):
            return 0
    with database.writing() as tx:
        now = clock.at(tx, real, demo=demo).now
        job = jobs.claim_job(tx, real, real + lease, owner)
        entries = clinics.entries(tx)
        entry = next((each for each in entries if job is not None and each.clinic.id == job.clinic_id), None)
        if job is not None and (job.kind != closure_job.KIND or entry is None):
            jobs.finish(tx, now, job.id, owner, "failed", f"This release knows no work called {job.kind}.")
            return 1
    if job is None or entry is None:
        return 0
    return closure_job.work_slice(database, now, library, entry, job, lease_until=real + lease, limit=limit)
