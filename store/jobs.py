"""Jobs: what takes over a second (an import, an export, a replay), done in slices by the scheduler's processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, key, metadata, one_of
from store.database import Tx

JobState = Literal["waiting", "running", "done", "failed"]

job = sa.Table(
    "job",
    metadata,
    key(),
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("args", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("total", sa.Integer),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("lease_until", Moment),
    sa.Column("lease_owner", sa.Text),
    sa.Column("why_sealed", sa.LargeBinary),
    one_of("state", get_args(JobState)),
    sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
    sa.CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
)
_UNFINISHED = job.c.state.in_([sa.literal_column("'waiting'"), sa.literal_column("'running'")])
sa.Index("ix_job_unfinished", job.c.id, sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED)
sa.Index("ix_job_clinic_id", job.c.clinic_id, job.c.kind, job.c.id)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of long work. ``done`` of ``total`` says how far it is; ``args`` hold ids and settings, no names.

    ``why`` is what somebody wrote about it; it is stored sealed.
    """

    id: int
    clinic_id: int | None
    kind: str
    args: dict[str, Any]
    state: JobState
    done: int
    total: int | None
    detail: str
    by: str
    created_at: datetime
    finished_at: datetime | None
    lease_until: datetime | None
    lease_owner: str | None
    why: str | None


_COLUMNS = (*(job.c[name] for name in Job.__slots__ if name != "why"), job.c.why_sealed)
_CLAIMABLE = (
    sa.select(job.c.id)
    .where(
        _UNFINISHED,
        job.c.lease_until.is_(None) | (job.c.lease_until <= sa.bindparam("real_now", type_=Moment)),
    )
    .order_by(job.c.id)
    .limit(1)
)


def add_job(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int | None,
    kind: str,
    args: Mapping[str, Any],
    by: str,
    total: int | None = None,
    why: str | None = None,
) -> Job:
    """Long work for a scheduler's process to do."""
    values = {"clinic_id": clinic_id, "kind": kind, "args": dict(args), "by": by, "total": total, "created_at": now}
    sealed = {"why_sealed": None if why is None else tx.sealer.seal(why)}
    result = tx.conn.execute(sa.insert(job), values | sealed)
    (number,) = result.inserted_primary_key or (0,)
    return _job(tx, number)


def get_job(tx: Tx, job_id: int) -> Job | None:
    """The job of this id."""
    row = tx.conn.execute(sa.select(*_COLUMNS).where(job.c.id == job_id)).one_or_none()
    return None if row is None else _as_job(tx, row)


def jobs_of(tx: Tx, clinic_id: int, kind: str, limit: int) -> list[Job]:
    """The latest jobs of a kind of a clinic, the newest first."""
    statement = sa.select(*_COLUMNS).where(job.c.clinic_id == clinic_id, job.c.kind == kind)
    return [_as_job(tx, row) for row in tx.conn.execute(statement.order_by(job.c.id.desc()).limit(limit))]


def is_waiting(tx: Tx, real_now: datetime) -> bool:
    """Whether there is a job that nobody works on."""
    return tx.conn.execute(_CLAIMABLE, {"real_now": real_now}).first() is not None


def claim_job(tx: Tx, real_now: datetime, lease_until: datetime, owner: str) -> Job | None:
    """The oldest job that nobody works on, for ``owner`` alone until ``lease_until``."""
    number = tx.conn.execute(_CLAIMABLE.with_for_update(skip_locked=True), {"real_now": real_now}).scalar()
    if number is None:
        return None
    _set(tx, job.c.id == number, state="running", lease_until=lease_until, lease_owner=owner)
    return _job(tx, number)


def progress(
    tx: Tx, job_id: int, owner: str, done: int, lease_until: datetime, args: Mapping[str, Any] | None = None
) -> bool:
    """How far ``owner`` came with a job, and its lease anew. Whether it still has it.

    ``args`` in place of those it has, with what must be known to go on; None: they stay.
    """
    anew = {} if args is None else {"args": dict(args)}
    return _set(tx, _held(job_id, owner), done=done, lease_until=lease_until, **anew)


def give_back(tx: Tx, job_id: int, owner: str) -> bool:
    """Lets whoever comes next go on with a job. Whether ``owner`` still had it."""
    return _set(tx, _held(job_id, owner), state="waiting", lease_until=None, lease_owner=None)


def finish(tx: Tx, now: datetime, job_id: int, owner: str, state: Literal["done", "failed"], detail: str = "") -> bool:
    """Ends a job; ``detail`` says in a plain sentence what came of it. Whether ``owner`` still had it."""
    return _set(
        tx,
        _held(job_id, owner),
        state=state,
        detail=detail,
        finished_at=now,
        lease_until=None,
        lease_owner=None,
    )


def _held(job_id: int, owner: str) -> sa.ColumnElement[bool]:
    return (job.c.id == job_id) & (job.c.state == "running") & (job.c.lease_owner == owner)


def _set(tx: Tx, which: sa.ColumnElement[bool], **values: object) -> bool:
    return tx.conn.execute(sa.update(job).where(which).values(**values)).rowcount == 1


def _job(tx: Tx, job_id: int) -> Job:
    found = get_job(tx, job_id)
    if found is None:
        raise LookupError(f"there is no job {job_id}")
    return found


def _as_job(tx: Tx, row: sa.Row[Any]) -> Job:
    values = list(row)
    values[-1] = None if row.why_sealed is None else tx.sealer.open(row.why_sealed)
    return Job(*values)
