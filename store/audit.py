"""The audit: who changed or saw what, by ids and names of fields, never by values. Rows are added, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.columns import Id, Moment, key, metadata
from store.database import Tx
from store.follow_ups import follow_up
from store.messages import message
from store.patients import patient
from store.plans import plan

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
sa.Index("ix_audit_entry_subject", audit_entry.c.clinic_id, audit_entry.c.subject, audit_entry.c.subject_id)

_WHOSE: Mapping[str, tuple[sa.Column[Any], sa.Column[Any]]] = {
    "patient": (patient.c.id, patient.c.id),
    "plan": (plan.c.id, plan.c.patient_id),
    "contact": (patient.c.contact_id, patient.c.id),
    "follow_up": (follow_up.c.id, follow_up.c.patient_id),
    "message": (message.c.id, message.c.patient_id),
}
"""By the subject of an entry: the column that the entry names, and beside it the one that says whose it is."""


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
    """Which entries are asked for; None: any. From ``since`` on, before ``until``, and older than ``before_id``.

    ``patient_id``: what was done to a patient, their plans, tasks and number, and what staff wrote to it.
    """

    patient_id: int | None = None
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
    if asked.patient_id is None:
        found = sa.select(audit_entry).where(*_conditions(audit_entry.c, clinic_id, asked)).order_by(sa.desc("id"))
    else:
        of_patient = _of_patient(clinic_id, asked.patient_id).subquery()
        found = sa.select(of_patient).where(*_conditions(of_patient.c, clinic_id, asked))
        # A sum, so that SQLite sorts the few there are: it would go through the clinic's whole audit in this order.
        found = found.order_by((of_patient.c.id + 0).desc())
    return [
        AuditEntry(row.id, row.clinic_id, row.at, row.actor, row.action, row.subject, row.subject_id, tuple(row.fields))
        for row in tx.conn.execute(found.limit(limit))
    ]


def _conditions(columns: Any, clinic_id: int | None, asked: Filter) -> list[sa.ColumnElement[bool]]:
    conditions = [columns.clinic_id.is_not_distinct_from(clinic_id)]
    if asked.actor is not None:
        conditions.append(columns.actor == asked.actor)
    if asked.subject is not None:
        conditions.append(columns.subject == asked.subject)
    if asked.since is not None:
        conditions.append(columns.at >= asked.since)
    if asked.until is not None:
        conditions.append(columns.at < asked.until)
    if asked.before_id is not None:
        conditions.append(columns.id < asked.before_id)
    return conditions


def _of_patient(clinic_id: int | None, patient_id: int) -> sa.CompoundSelect[Any]:
    """What concerns a patient, each kind of subject through the index."""
    is_theirs = (patient.c.id == patient_id) & (patient.c.clinic_id == clinic_id)
    number = sa.select(patient.c.contact_id).where(is_theirs)
    numbers: Mapping[str, sa.Select[Any]] = {
        "patient": sa.select(patient.c.id).where(is_theirs),
        "plan": sa.select(plan.c.id).where(plan.c.patient_id == patient_id),
        "contact": number,
        "follow_up": sa.select(follow_up.c.id).where(follow_up.c.contact_id == number.scalar_subquery()),
        "message": sa.select(message.c.id).where(message.c.contact_id == number.scalar_subquery()),
    }
    return sa.union_all(
        *(
            sa.select(audit_entry).where(
                audit_entry.c.clinic_id == clinic_id,
                audit_entry.c.subject == subject,
                audit_entry.c.subject_id.in_(ids),
            )
            for subject, ids in numbers.items()
        )
    )


def patients_of(tx: Tx, clinic_id: int, entries: Sequence[AuditEntry]) -> dict[int, int]:
    """Which patient of the clinic an entry is about, by the entry's id; those about none are left out."""
    numbers: dict[str, set[int]] = {}
    for entry in entries:
        if entry.subject_id is not None:
            numbers.setdefault(entry.subject, set()).add(entry.subject_id)
    found = {
        (subject, number): whose
        for subject, (key_of, whose_of) in _WHOSE.items()
        if numbers.get(subject)
        for number, whose in tx.conn.execute(
            sa.select(key_of, whose_of)
            .where(key_of.table.c.clinic_id == clinic_id, key_of.in_(numbers[subject]))
            .order_by(whose_of)
        )
    }
    subjects = {entry.id: found.get((entry.subject, entry.subject_id or 0)) for entry in entries}
    return {number: whose for number, whose in subjects.items() if whose is not None}


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
