"""Whether who was enrolled has answered that they want the texts: only where their clinic asks for that."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.columns import Id, Moment, metadata, refers_to, same_owner, within_clinic
from store.contacts import contact
from store.database import Tx
from store.messages import message
from store.patients import patient

confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("patient_id", Id, primary_key=True, autoincrement=False),
    same_owner(),
    # The text that asks a second time.
    refers_to("again_id", "message"),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("confirmed_at", Moment),
    sa.Column("confirmed_by", sa.Text),
    within_clinic("patient_id", "patient"),
    sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
)
_OPEN = confirmation.c.confirmed_at.is_(None)
sa.Index(
    "ix_confirmation_open",
    confirmation.c.clinic_id,
    confirmation.c.asked_at,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

_WENT = ("sending", "unknown", "accepted", "sent", "delivered", "undelivered")


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """A patient who has not answered. ``asked_again``: the second text has gone out too."""

    patient_id: int
    name: str
    code: str | None
    asked_at: datetime
    asked_again: bool


_NOT_CONFIRMED = (
    sa.select(
        patient.c.id,
        patient.c.name_sealed,
        patient.c.code_sealed,
        confirmation.c.asked_at,
        sa.or_(*(message.c.state == state for state in _WENT)),
    )
    .select_from(confirmation)
    .join(patient, patient.c.id == confirmation.c.patient_id)
    .join(contact, contact.c.id == patient.c.contact_id)
    .join(message, message.c.id == confirmation.c.again_id)
    .where(
        confirmation.c.clinic_id == sa.bindparam("clinic"),
        _OPEN,
        patient.c.state == "active",
        contact.c.opted_out_at.is_(None),
    )
    .order_by(confirmation.c.asked_at, patient.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_CONFIRM = (
    sa.update(confirmation)
    .where(confirmation.c.patient_id == sa.bindparam("number"), _OPEN)
    .returning(confirmation.c.again_id)
)
_REMINDED = sa.select(
    sa.exists().where(
        message.c.contact_id == sa.bindparam("contact"),
        message.c.kind == "reminder",
        message.c.template != sa.bindparam("asking"),
        sa.or_(*(message.c.state == state for state in _WENT)),
    )
)


def ask(tx: Tx, *, clinic_id: int, patient_id: int, again_id: int, asked_at: datetime) -> None:
    """That a patient is asked at ``asked_at``, and by the text ``again_id`` once more."""
    row = {"clinic_id": clinic_id, "patient_id": patient_id, "again_id": again_id, "asked_at": asked_at}
    tx.conn.execute(sa.insert(confirmation), row)


def confirm(tx: Tx, now: datetime, patient_id: int, by: str) -> int | None:
    """That a patient has answered, or staff for them: the text that would ask again; None where nobody had to."""
    values = {"number": patient_id, "confirmed_at": now, "confirmed_by": by}
    again_id: int | None = tx.conn.execute(_CONFIRM, values).scalar()
    return again_id


def not_confirmed(tx: Tx, clinic_id: int, limit: int = 50) -> list[NotConfirmed]:
    """Who was asked and has not answered, those asked longest ago first; nobody who left or said STOP."""
    return [
        NotConfirmed(
            number,
            "" if name is None else tx.sealer.open(name),
            None if code is None else tx.sealer.open(code),
            asked_at,
            bool(asked_again),
        )
        for number, name, code, asked_at, asked_again in tx.conn.execute(
            _NOT_CONFIRMED, {"clinic": clinic_id, "limit": limit}
        )
    ]


def was_reminded(tx: Tx, contact_id: int, asking: str) -> bool:
    """Whether any reminder but the text with the template ``asking`` has gone to a contact."""
    return bool(tx.conn.execute(_REMINDED, {"contact": contact_id, "asking": asking}).scalar())
