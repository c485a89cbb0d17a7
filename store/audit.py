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


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are asked for; None: any. From ``since`` on, before ``until``, and older than ``before_id``."""

    actor: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


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
    return find(tx, clinic_id, Filter(), limit)


def find(tx: Tx, clinic_id: int | None, asked: Filter, limit: int) -> list[AuditEntry]:
    """The newest ``limit`` entries of a clinic that fit, the newest first."""
    conditions = [audit_entry.c.clinic_id.is_not_distinct_from(clinic_id)]
    if asked.actor is not None:
        conditions.append(audit_entry.c.actor == asked.actor)
    if asked.subject is not None:
        conditions.append(audit_entry.c.subject == asked.subject)
    if asked.since is not None:
        conditions.append(audit_entry.c.at >= asked.since)
    if asked.until is not None:
        conditions.append(audit_entry.c.at < asked.until)
    if asked.before_id is not None:
        conditions.append(audit_entry.c.id < asked.before_id)
    statement = sa.select(audit_entry).where(*conditions).order_by(audit_entry.c.id.desc()).limit(limit)
    return [
        AuditEntry(row.id, row.clinic_id, row.at, row.actor, row.action, row.subject, row.subject_id, tuple(row.fields))
        for row in tx.conn.execute(statement)
    ]


def actors(tx: Tx, clinic_id: int, among: int = 10_000) -> list[str]:
    """Who did anything among the newest entries of a clinic, by name."""
    newest = (
        sa.select(audit_entry.c.actor)
        .where(audit_entry.c.clinic_id == clinic_id)
        .order_by(audit_entry.c.id.desc())
        .limit(among)
        .subquery()
    )
    return sorted(tx.conn.execute(sa.select(newest.c.actor).distinct()).scalars())
