"""What the senders of a clinic will have to send on a day, as it was foretold; and whom that is counted from."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from store.columns import Id, Moment, for_both, metadata, same_owner
from store.contacts import contact
from store.database import Tx
from store.patients import DUE_COLUMNS, DuePatient, patient
from store.prepared import Prepared

forecast = sa.Table(
    "forecast",
    metadata,
    same_owner(),
    sa.Column("sender_id", Id, sa.ForeignKey("sender.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("texts", sa.Integer, nullable=False),
    sa.Column("segments", sa.Integer, nullable=False),
    sa.Column("last_at", Moment),
    sa.Column("late", sa.Integer, nullable=False),
    sa.Column("over_cap", sa.Integer, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a sender will have to send on a local day of its clinic.

    The last text leaves at ``last_at``; ``late`` texts would leave when they are of no use any more, ``over_cap``
    segments are more than the carriers take in a day.
    """

    clinic_id: int
    sender_id: int
    day: date
    texts: int
    segments: int
    last_at: datetime | None
    late: int
    over_cap: int


@dataclass(frozen=True, slots=True)
class Person:
    """A patient for whom something may be texted, with the language and the network of their texts."""

    patient: DuePatient
    language: str
    via: str


_ADD = for_both(lambda insert: insert(forecast).on_conflict_do_nothing().returning(forecast.c.sender_id))
_PEOPLE = Prepared(
    sa.select(*DUE_COLUMNS, contact.c.language, contact.c.via)
    .join_from(patient, contact, contact.c.id == patient.c.contact_id)
    .where(
        patient.c.clinic_id == sa.bindparam("clinic"),
        patient.c.id > sa.bindparam("after"),
        patient.c.state == "active",
        contact.c.opted_out_at.is_(None),
        contact.c.quarantined_at.is_(None),
    )
    .order_by(patient.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


def people(tx: Tx, clinic_id: int, after: int, limit: int) -> list[Person]:
    """Some of the patients of a clinic who may be texted, with ids beyond ``after``, in their order."""
    rows = _PEOPLE.every(tx, clinic=clinic_id, after=after, limit=limit)
    return [Person(DuePatient(*row[:-2]), row[-2], row[-1]) for row in rows]


def add_forecast(tx: Tx, now: datetime, made: Forecast) -> bool:
    """Keeps a forecast; False where there is one for that sender and day."""
    row = {column.name: getattr(made, column.name) for column in forecast.c if column.name != "made_at"}
    return tx.conn.execute(_ADD[tx.dialect], row | {"made_at": now}).first() is not None


def forecasts(tx: Tx, clinic_id: int, day: date) -> list[Forecast]:
    """What was foretold for the senders of a clinic for a day."""
    names = [column for column in forecast.c if column.name != "made_at"]
    asked = sa.select(*names).where(forecast.c.clinic_id == clinic_id, forecast.c.day == day)
    return [Forecast(*row) for row in tx.conn.execute(asked.order_by(forecast.c.sender_id))]
