"""Holds of plans whose end was entered: whoever is on one goes on by themselves, and staff see when."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from store.columns import Id, metadata, same_owner, within_clinic
from store.database import Tx

plan_hold = sa.Table(
    "plan_hold",
    metadata,
    same_owner(),
    sa.Column("plan_id", Id, primary_key=True),
    sa.Column("begins", sa.Date, primary_key=True),
    sa.Column("goes_on", sa.Date, nullable=False),
    within_clinic("plan_id", "plan"),
)
sa.Index("ix_plan_hold_goes_on", plan_hold.c.clinic_id, plan_hold.c.goes_on)


def set_holds(tx: Tx, clinic_id: int, plan_id: int, holds: Iterable[tuple[date, date]]) -> None:
    """All holds of a plan that have an end: from the first day of each to the day on which treatment goes on.

    They are local dates, and no two begin on one day. A hold of no day is passed over.
    """
    tx.conn.execute(sa.delete(plan_hold).where(plan_hold.c.plan_id == plan_id))
    rows = [
        {"clinic_id": clinic_id, "plan_id": plan_id, "begins": begins, "goes_on": goes_on}
        for begins, goes_on in holds
        if begins < goes_on
    ]
    if rows:
        tx.conn.execute(sa.insert(plan_hold), rows)
