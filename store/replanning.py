"""Who must be planned for anew, since what decides about their texts changed for many at once: worked off in slices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, among, key, metadata, one_of
from store.contacts import contact
from store.database import Tx
from store.messages import WAITING, message, message_event
from store.patients import patient

Reason = Literal["rules", "zones"]

replanning = sa.Table(
    "replanning",
    metadata,
    key(),
    # NULL: every clinic.
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id")),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("after_patient", Id, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    one_of("reason", get_args(Reason)),
)

zone_data = sa.Table(
    "zone_data",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="single"),
)


@dataclass(frozen=True, slots=True)
class Replanning:
    """What is to be planned anew: a clinic's patients (None: everybody's), and up to which one that is done."""

    id: int
    clinic_id: int | None
    reason: Reason
    after_patient: int


def begin(tx: Tx, now: datetime, reason: Reason, clinic_id: int | None = None) -> None:
    """Notes that a clinic's patients, or everybody's, are to be planned for anew."""
    tx.conn.execute(sa.insert(replanning), {"clinic_id": clinic_id, "reason": reason, "created_at": now})


def is_open(tx: Tx) -> bool:
    """Whether anybody is still to be planned for anew."""
    return tx.conn.execute(sa.select(replanning.c.id).limit(1)).first() is not None


def next_one(tx: Tx) -> Replanning | None:
    """The oldest that is not done; on PostgreSQL no other transaction is given it meanwhile."""
    statement = sa.select(
        replanning.c.id, replanning.c.clinic_id, replanning.c.reason, replanning.c.after_patient
    ).order_by(replanning.c.id)
    row = tx.conn.execute(statement.limit(1).with_for_update(skip_locked=True)).one_or_none()
    return None if row is None else Replanning(*row)


def slice_of(tx: Tx, of: Replanning, limit: int) -> list[int]:
    """The next of its active patients, locked until the transaction ends."""
    statement = sa.select(patient.c.id).where(patient.c.state == "active", patient.c.id > of.after_patient)
    if of.clinic_id is not None:
        statement = statement.where(patient.c.clinic_id == of.clinic_id)
    return list(
        tx.conn.execute(statement.order_by(patient.c.id).limit(limit).with_for_update(key_share=True)).scalars()
    )


def done_up_to(tx: Tx, of: Replanning, patient_id: int | None) -> None:
    """Goes on after this patient next time; None: all is done."""
    if patient_id is None:
        tx.conn.execute(sa.delete(replanning).where(replanning.c.id == of.id))
    else:
        tx.conn.execute(sa.update(replanning).where(replanning.c.id == of.id).values(after_patient=patient_id))


def plan_now(tx: Tx, now: datetime, patient_ids: Sequence[int], back: timedelta = timedelta()) -> None:
    """Has these patients planned for now; what was due before stays so, and who opted out is not planned for.

    Who has something due within ``back`` from now is planned for as long back, since it may have been due already; but
    not from before they were enrolled.
    """
    back_then = sa.bindparam("back_then", now - back, type_=Moment)
    since = sa.case((patient.c.created_at > back_then, patient.c.created_at), else_=back_then)
    statement = (
        sa.update(patient)
        .where(
            among(patient.c.id, "numbers"),
            patient.c.state == "active",
            patient.c.next_text_at.is_(None) | (patient.c.next_text_at > now),
            ~sa.exists().where(contact.c.id == patient.c.contact_id, contact.c.opted_out_at.is_not(None)),
        )
        .values(next_text_at=sa.case((patient.c.next_text_at <= now + back, since), else_=sa.literal(now, Moment)))
    )
    tx.conn.execute(statement, {"numbers": list(patient_ids)})


def waiting(tx: Tx, patient_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """The texts to these patients that no one has begun to send, by their ids: the plans and rules they tell of."""
    statement = (
        sa.select(message.c.id, message_event.c.plan_id, message_event.c.rule)
        .join_from(message, message_event, message_event.c.message_id == message.c.id)
        .where(among(message.c.patient_id, "numbers"), WAITING, message.c.state == "due")
        .order_by(message.c.id)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for message_id, plan_id, rule in tx.conn.execute(statement, {"numbers": list(patient_ids)}):
        found.setdefault(message_id, []).append((plan_id, rule))
    return found


def look_again(tx: Tx, now: datetime, patient_ids: Sequence[int]) -> int:
    """Makes texts due now that only wait for a later hour, for the gates to say anew how long; returns how many.

    A text that was tried already waits for the provider, and keeps its moment.
    """
    early = (
        sa.select(message.c.id)
        .where(
            among(message.c.patient_id, "numbers"),
            WAITING,
            message.c.state == "due",
            message.c.attempts == 0,
            message.c.due_at > now,
        )
        # By their ids, as whoever locks several texts does.
        .order_by(message.c.id)
        .with_for_update()
    )
    numbers = list(tx.conn.execute(early, {"numbers": list(patient_ids)}).scalars())
    if numbers:
        tx.conn.execute(sa.update(message).where(among(message.c.id, "numbers")), {"numbers": numbers, "due_at": now})
    return len(numbers)


def known_zone_data(tx: Tx) -> str | None:
    """The version of the zone data by which texts were planned; None where that was never noted."""
    version: str | None = tx.conn.execute(sa.select(zone_data.c.version)).scalar()
    return version


def note_zone_data(tx: Tx, version: str) -> None:
    """Notes by which version of the zone data texts are planned from now on."""
    if known_zone_data(tx) is None:
        tx.conn.execute(sa.insert(zone_data), {"id": 1, "version": version})
    else:
        tx.conn.execute(sa.update(zone_data).values(version=version))
