"""The changes of plans, in the order in which they were made: rows that are added and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Id, Moment, among, key, metadata, same_owner, within_clinic
from store.database import Tx
from store.prepared import Prepared

plan_change = sa.Table(
    "plan_change",
    metadata,
    key(),
    same_owner(),
    sa.Column("plan_id", Id, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("reason_sealed", sa.LargeBinary),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("override_by", sa.Text),
    sa.Column("override_reason_sealed", sa.LargeBinary),
    within_clinic("plan_id", "plan"),
    sa.UniqueConstraint("plan_id", "position"),
)


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One change of a plan, the ``position``-th (from 1); ``change_json`` is the scheduler's to read.

    ``override_by`` is the person who answers for it that the change is made against a rule, ``override_reason`` why;
    None where no rule stood in the way. Reasons are None after erasure.
    """

    plan_id: int
    position: int
    change_json: str
    reason: str | None
    by: str
    at: datetime
    override_by: str | None
    override_reason: str | None


_CHANGES = Prepared(
    sa.select(plan_change.c.plan_id, plan_change.c.change)
    .where(among(plan_change.c.plan_id, "plans"))
    .order_by(plan_change.c.plan_id, plan_change.c.position)
)


def changes(tx: Tx, plan_id: int) -> list[PlanChange]:
    """The changes of a plan in the order in which they were made."""
    statement = sa.select(plan_change).where(plan_change.c.plan_id == plan_id).order_by(plan_change.c.position)
    return [
        PlanChange(
            row.plan_id,
            row.position,
            row.change,
            _opened(tx, row.reason_sealed),
            row.by,
            row.at,
            row.override_by,
            _opened(tx, row.override_reason_sealed),
        )
        for row in tx.conn.execute(statement)
    ]


def changes_of(tx: Tx, plan_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What the changes of each of these plans say, in their order, read at once."""
    found: dict[int, list[str]] = {plan_id: [] for plan_id in plan_ids}
    for plan_id, change in _CHANGES.every(tx, plans=list(plan_ids)) if plan_ids else ():
        found[plan_id].append(change)
    return {plan_id: tuple(said) for plan_id, said in found.items()}


def insert(
    tx: Tx,
    now: datetime,
    clinic_id: int,
    plan_id: int,
    change_json: str,
    by: str,
    reason: str | None,
    override: tuple[str, str] | None,
) -> None:
    """The next change of a plan that is locked: its row alone."""
    latest = sa.select(sa.func.coalesce(sa.func.max(plan_change.c.position), 0)).where(plan_change.c.plan_id == plan_id)
    tx.conn.execute(
        sa.insert(plan_change),
        {
            "clinic_id": clinic_id,
            "plan_id": plan_id,
            "position": tx.conn.execute(latest).scalar_one() + 1,
            "change": change_json,
            "reason_sealed": None if reason is None else tx.sealer.seal(reason),
            "by": by,
            "at": now,
            "override_by": None if override is None else override[0],
            "override_reason_sealed": None if override is None else tx.sealer.seal(override[1]),
        },
    )


def _opened(tx: Tx, sealed: bytes | None) -> str | None:
    return None if sealed is None else tx.sealer.open(sealed)
