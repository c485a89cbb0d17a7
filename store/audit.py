"""The audit: who changed or saw what, by ids and names of fields, never by values. Rows are added, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Id, Moment, key, metadata
from store.database import Tx

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    key(),
    # NULL for what concerns no clinic, such as a change of keys.
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id")),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_id", Id),
    sa.Column("fields", sa.JSON, nullable=False),
)
sa.Index("ix_audit_entry_clinic_id", audit_entry.c.clinic_id, audit_entry.c.id)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """That ``actor`` did ``action`` to the ``subject`` of this id, and which of its fields that touched."""

    id: int
    clinic_id: int | None
    at: datetime
    actor: str
    action: str
    subject: str
    subject_id: int | None
    fields: tuple[str, ...]


def record(
    tx: Tx,
    now: datetime,
    clinic_id: int | None,
    actor: str,
    action: str,
    subject: str,
    subject_id: int | None,
    fields: Sequence[str] = (),
) -> None:
    """Adds an entry, in the transaction of what it tells of."""
    tx.conn.execute(
        sa.insert(audit_entry),
        {
            "clinic_id": clinic_id,
            "at": now,
            "actor": actor,
            "action": action,
            "subject": subject,
            "subject_id": subject_id,
            "fields": list(fields),
        },
    )


def entries(tx: Tx, clinic_id: int | None, limit: int = 1000) -> list[AuditEntry]:
    """The newest ``limit`` entries of a clinic, the newest first; None: those that concern no clinic."""
    statement = (
        sa.select(audit_entry)
        .where(audit_entry.c.clinic_id.is_not_distinct_from(clinic_id))
        .order_by(audit_entry.c.id.desc())
        .limit(limit)
    )
    return [
        AuditEntry(row.id, row.clinic_id, row.at, row.actor, row.action, row.subject, row.subject_id, tuple(row.fields))
        for row in tx.conn.execute(statement)
    ]
