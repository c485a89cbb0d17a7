"""What people agreed to and took back, in which words: rows that are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, key, metadata, one_of, same_owner, within_clinic
from store.database import Tx

ConsentKind = Literal["given", "withdrawn", "restored", "wrong_number", "loss"]

consent_event = sa.Table(
    "consent_event",
    metadata,
    key(),
    same_owner(),
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("patient_id", Id),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("wording", sa.Text, nullable=False),
    sa.Column("wording_version", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    within_clinic("contact_id", "contact"),
    within_clinic("patient_id", "patient"),
    one_of("kind", get_args(ConsentKind)),
)
sa.Index("ix_consent_event_contact_id", consent_event.c.contact_id, consent_event.c.id)
sa.Index("ix_consent_event_at", consent_event.c.clinic_id, consent_event.c.at)


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One step of a person's consent: ``how`` it was said (paper, text, ...) and ``by`` whom it was recorded.

    ``wording`` is the clinic's or our own text to which they agreed, never the person's own words.
    """

    id: int
    clinic_id: int
    contact_id: int
    patient_id: int | None
    kind: ConsentKind
    how: str
    wording: str
    wording_version: str
    language: str
    by: str
    at: datetime


_FIELDS = (
    consent_event.c.id,
    consent_event.c.clinic_id,
    consent_event.c.contact_id,
    consent_event.c.patient_id,
    consent_event.c.kind,
    consent_event.c.how,
    consent_event.c.wording,
    consent_event.c.wording_version,
    consent_event.c.language,
    consent_event.c.by,
    consent_event.c.at,
)
_ADD = sa.insert(consent_event)
_ALL = sa.select(*_FIELDS).where(consent_event.c.contact_id == sa.bindparam("contact")).order_by(consent_event.c.id)


def add_consent(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    contact_id: int,
    patient_id: int | None,
    kind: ConsentKind,
    how: str,
    wording: str,
    wording_version: str,
    language: str,
    by: str,
) -> None:
    """Records one step of a person's consent."""
    tx.conn.execute(
        _ADD,
        {
            "clinic_id": clinic_id,
            "contact_id": contact_id,
            "patient_id": patient_id,
            "kind": kind,
            "how": how,
            "wording": wording,
            "wording_version": wording_version,
            "language": language,
            "by": by,
            "at": now,
        },
    )


def consents(tx: Tx, contact_id: int) -> list[ConsentEvent]:
    """Every step of a contact's consent, the oldest first."""
    return [ConsentEvent(*row) for row in tx.conn.execute(_ALL, {"contact": contact_id})]
