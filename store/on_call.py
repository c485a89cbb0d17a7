"""Who is called when something is wrong with a clinic's texts: numbers and mail addresses, in their order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from store.columns import Moment, for_both, key, metadata, one_of, owner
from store.database import Tx

Means = Literal["text", "mail"]

on_call = sa.Table(
    "on_call",
    metadata,
    key(),
    owner(),
    sa.Column("means", sa.Text, nullable=False),
    sa.Column("address_sealed", sa.LargeBinary, nullable=False),
    sa.Column("address_hash", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    one_of("means", get_args(Means)),
    sa.UniqueConstraint("clinic_id", "address_hash"),
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody of the staff who is told: by a text to an E.164 number, or by mail."""

    means: Means
    address: str


_ADD = for_both(lambda insert: insert(on_call).on_conflict_do_nothing())
_INDEXED_AS = "on_call"


def add(tx: Tx, now: datetime, clinic_id: int, who: Recipient) -> bool:
    """Puts an address on the clinic's list; False where it stands there already."""
    row = {
        "clinic_id": clinic_id,
        "means": who.means,
        "address_sealed": tx.sealer.seal(who.address),
        "address_hash": tx.sealer.index(clinic_id, _INDEXED_AS, who.address),
        "created_at": now,
    }
    return tx.conn.execute(_ADD[tx.dialect], row).rowcount == 1


def remove(tx: Tx, clinic_id: int, address: str) -> bool:
    """Takes an address off the clinic's list; False where it does not stand there."""
    known_by = on_call.c.address_hash == tx.sealer.index(clinic_id, _INDEXED_AS, address)
    return tx.conn.execute(sa.delete(on_call).where(on_call.c.clinic_id == clinic_id, known_by)).rowcount == 1


def of_clinic(tx: Tx, clinic_id: int) -> tuple[Recipient, ...]:
    """Whom a clinic wants to be told, in its order."""
    return of_clinics(tx).get(clinic_id, ())


def of_clinics(tx: Tx) -> Mapping[int, tuple[Recipient, ...]]:
    """Whom each clinic wants to be told, in its order; clinics without a list are left out.

    Nor is an address in it that cannot be opened: the others are told.
    """
    found: dict[int, tuple[Recipient, ...]] = {}
    for row in tx.conn.execute(sa.select(on_call).order_by(on_call.c.clinic_id, on_call.c.id)):
        address = tx.sealer.open_or_none(row.address_sealed)
        if address is not None:
            found[row.clinic_id] = (*found.get(row.clinic_id, ()), Recipient(row.means, address))
    return found
