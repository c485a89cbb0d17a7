"""The rota of a clinic: who is told of an alert that nobody has seen, by step, weekday and time of day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Moment, key, metadata, one_of, owner
from store.database import Tx
from store.on_call import Recipient

RotaStep = Literal["nurse", "charge", "on_call"]
"""In the order in which they are told."""

rota = sa.Table(
    "rota",
    metadata,
    key(),
    owner(),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("phone_sealed", sa.LargeBinary),
    sa.Column("mail_sealed", sa.LargeBinary),
    sa.Column("weekdays", sa.JSON, nullable=False),
    sa.Column("begins", sa.Time, nullable=False),
    sa.Column("ends", sa.Time, nullable=False),
    sa.Column("holidays", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    one_of("step", get_args(RotaStep)),
    sa.CheckConstraint("phone_sealed IS NOT NULL OR mail_sealed IS NOT NULL", name="address"),
)
sa.Index("ix_rota_clinic_id", rota.c.clinic_id, rota.c.id)


@dataclass(frozen=True, slots=True)
class Shift:
    """When somebody is on for a step, in the clinic's local time.

    It begins at ``begins`` on each of ``weekdays`` (Monday 0) and ends at ``ends``, on the next day where that is not
    later; both the same is a whole day. On a holiday only shifts with ``holidays`` begin, whatever the weekday.
    ``phone`` is an E.164 number; at least one of it and ``mail`` is there, unless it cannot be opened any more.
    """

    step: RotaStep
    name: str
    phone: str | None
    mail: str | None
    weekdays: tuple[int, ...]
    begins: time
    ends: time
    holidays: bool

    def recipients(self) -> tuple[Recipient, ...]:
        """Where this person is told: by text and by mail, as far as both are known."""
        texted = () if self.phone is None else (Recipient("text", self.phone),)
        mailed = () if self.mail is None else (Recipient("mail", self.mail),)
        return (*texted, *mailed)


@dataclass(frozen=True, slots=True)
class RotaEntry:
    """A shift as it stands in a clinic's rota."""

    id: int
    clinic_id: int
    shift: Shift


def add_shift(tx: Tx, now: datetime, clinic_id: int, shift: Shift) -> int:
    """Puts a shift on the rota; its id."""
    row = {"clinic_id": clinic_id, "created_at": now, **_as_row(tx, shift)}
    (number,) = tx.conn.execute(sa.insert(rota), row).inserted_primary_key or (0,)
    return int(number)


def change_shift(tx: Tx, clinic_id: int, entry_id: int, shift: Shift) -> bool:
    """Puts a shift in the place of one on the rota; False where this clinic has none of this id."""
    changed = sa.update(rota).where(rota.c.clinic_id == clinic_id, rota.c.id == entry_id)
    return tx.conn.execute(changed, _as_row(tx, shift)).rowcount == 1


def remove_shift(tx: Tx, clinic_id: int, entry_id: int) -> bool:
    """Takes a shift off the rota; False where this clinic has none of this id."""
    gone = sa.delete(rota).where(rota.c.clinic_id == clinic_id, rota.c.id == entry_id)
    return tx.conn.execute(gone).rowcount == 1


def of_clinic(tx: Tx, clinic_id: int) -> Sequence[RotaEntry]:
    """The rota of a clinic: by step, then by name."""
    order = get_args(RotaStep)
    found = [_as_entry(tx, row) for row in tx.conn.execute(sa.select(rota).where(rota.c.clinic_id == clinic_id))]
    return sorted(
        found, key=lambda each: (order.index(each.shift.step), each.shift.name.casefold(), each.shift.begins, each.id)
    )


def _as_row(tx: Tx, shift: Shift) -> dict[str, Any]:
    return {
        "step": shift.step,
        "name": shift.name,
        "phone_sealed": None if shift.phone is None else tx.sealer.seal(shift.phone),
        "mail_sealed": None if shift.mail is None else tx.sealer.seal(shift.mail),
        "weekdays": sorted(shift.weekdays),
        "begins": shift.begins,
        "ends": shift.ends,
        "holidays": shift.holidays,
    }


def _as_entry(tx: Tx, row: sa.Row[Any]) -> RotaEntry:
    shift = Shift(
        step=row.step,
        name=row.name,
        phone=tx.sealer.open_or_none(row.phone_sealed),
        mail=tx.sealer.open_or_none(row.mail_sealed),
        weekdays=tuple(row.weekdays),
        begins=row.begins,
        ends=row.ends,
        holidays=row.holidays,
    )
    return RotaEntry(row.id, row.clinic_id, shift)
