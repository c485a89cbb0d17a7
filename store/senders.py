"""The numbers and services that clinics text from, and how far each is ahead of its rate.

`store.clinics` reads them with their clinics, and offers what changes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack, get_args

import sqlalchemy as sa

from store.clinic_entry import Carrier, OptOutBy, Sender, SenderKind
from store.columns import Id, Moment, among, for_both, key, metadata, one_of, owner
from store.database import StoreError, Tx
from store.prepared import Prepared, PreparedMany

sender = sa.Table(
    "sender",
    metadata,
    key(),
    owner(),
    sa.Column("address", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("opt_out_by", sa.Text, nullable=False),
    sa.Column("stopped_at", Moment),
    sa.Column("stopped_reason", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("carrier", sa.Text, nullable=False, server_default="long_code"),
    sa.Column("rate", sa.Float),
    sa.Column("daily_cap", sa.Integer),
    one_of("kind", get_args(SenderKind)),
    one_of("opt_out_by", get_args(OptOutBy)),
    one_of("carrier", get_args(Carrier)),
    sa.CheckConstraint("(stopped_at IS NULL) = (stopped_reason IS NULL)", name="stopped"),
)

sender_standing = sa.Table(
    "sender_standing",
    metadata,
    sa.Column("sender_id", Id, sa.ForeignKey("sender.id"), primary_key=True),
    sa.Column("free_at", Moment),
    sa.Column("slowed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("slowed_at", Moment),
    sa.Column("day", sa.Date),
    sa.Column("used", sa.Integer, nullable=False, server_default="0"),
    sa.Column("full_until", Moment),
    sa.Column("told_on", sa.Date),
)


class AddressTaken(StoreError):
    """A clinic already texts from this number or service."""


class SenderFields(TypedDict, total=False):
    """What `set_sender` may change."""

    opt_out_by: OptOutBy
    carrier: Carrier
    rate: float | None
    daily_cap: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a sender stands with its rate. All moments are the real clock's, whatever clock the texts are due by.

    Until ``free_at`` it is busy with what it was given at its rate. It was told ``slowed`` times to slow down, last at
    ``slowed_at``. On ``day`` (the carriers') it was given ``used`` segments; until ``full_until`` it takes none; staff
    were told so on ``told_on``.
    """

    sender_id: int
    free_at: datetime | None = None
    slowed: int = 0
    slowed_at: datetime | None = None
    day: date | None = None
    used: int = 0
    full_until: datetime | None = None
    told_on: date | None = None


# As much of the clinic's table as changes with its senders; `store.clinics` has all of it, and reads the senders.
_clinic = sa.table("clinic", sa.column("id"), sa.column("version"), sa.column("changed_at", Moment))
_ADD = for_both(lambda insert: insert(sender).on_conflict_do_nothing().returning(sender))
_ALL = sa.select(sender).order_by(sender.c.id)
_BEGIN_STANDING = for_both(lambda insert: insert(sender_standing).on_conflict_do_nothing())
_standings = sa.select(sender_standing).where(among(sender_standing.c.sender_id, "numbers"))
_STANDINGS = Prepared(_standings)
# By their ids, as whoever locks several rows does.
_LOCK = Prepared(_standings.order_by(sender_standing.c.sender_id).with_for_update())
_STANDS = tuple(column for column in sender_standing.c if not column.primary_key)
_SET_STANDING = PreparedMany(
    lambda given: (
        sa.update(sender_standing)
        .where(sender_standing.c.sender_id == given["sender_id"])
        .values({column: given[column.name] for column in _STANDS})
    ),
    **{column.name: column for column in sender_standing.c},
)


def add_sender(
    tx: Tx,
    now: datetime,
    clinic_id: int,
    address: str,
    *,
    kind: SenderKind,
    opt_out_by: OptOutBy = "us",
    carrier: Carrier = "long_code",
    rate: float | None = None,
    daily_cap: int | None = None,
) -> Sender:
    """A number or service from which the clinic texts. Raises AddressTaken, LookupError.

    ``rate`` (segments a second) and ``daily_cap`` (segments a day, 0: none) are in place of what the carrier kind has.
    """
    _move_clinic(tx, now, clinic_id)
    values = {"clinic_id": clinic_id, "address": address, "kind": kind, "opt_out_by": opt_out_by, "created_at": now}
    values |= {"carrier": carrier, "rate": rate, "daily_cap": daily_cap}
    row = tx.conn.execute(_ADD[tx.dialect], values).one_or_none()
    if row is None:
        raise AddressTaken(f"A clinic already texts from {address}.")
    return _as_sender(row)


def all_senders(tx: Tx) -> list[Sender]:
    """Every sender of every clinic, the oldest first."""
    return [_as_sender(row) for row in tx.conn.execute(_ALL)]


def is_ours(tx: Tx, address: str) -> bool:
    """Whether any clinic texts from this number or service, by SMS or by WhatsApp."""
    ours = sender.c.address.in_([address, f"whatsapp:{address}"])
    return tx.conn.execute(sa.select(sender.c.id).where(ours)).first() is not None


def set_sender(tx: Tx, now: datetime, sender_id: int, **changes: Unpack[SenderFields]) -> None:
    """Who answers STOP, START and HELP there, and how fast it may be; None: as its carrier kind has it."""
    _set(tx, now, sender_id, sa.true(), dict(changes))


def stop_sender(tx: Tx, now: datetime, sender_id: int, reason: str) -> bool:
    """Nothing more goes out from this sender until it is resumed; one stopped already keeps its first reason: False."""
    return _set(tx, now, sender_id, sender.c.stopped_at.is_(None), {"stopped_at": now, "stopped_reason": reason})


def resume_sender(tx: Tx, now: datetime, sender_id: int) -> bool:
    """Texts may go out from this sender again; False where they may already."""
    is_stopped = sender.c.stopped_at.is_not(None)
    return _set(tx, now, sender_id, is_stopped, {"stopped_at": None, "stopped_reason": None})


def standings(tx: Tx, sender_ids: Iterable[int]) -> dict[int, Standing]:
    """Where these senders stand; one that never sent stands at the beginning."""
    numbers = list(sender_ids)
    found = {row[0]: Standing(*row) for row in _STANDINGS.every(tx, numbers=numbers)}
    return {number: found.get(number) or Standing(number) for number in numbers}


def lock_standings(tx: Tx, sender_ids: Iterable[int]) -> dict[int, Standing]:
    """The same, and nobody else gives these senders anything until the transaction ends.

    Whoever has them locks no text and no person that somebody else may have.
    """
    numbers = sorted(set(sender_ids))
    if not numbers:
        return {}
    found = {row[0]: Standing(*row) for row in _LOCK.every(tx, numbers=numbers)}
    if len(found) < len(numbers):
        tx.conn.execute(_BEGIN_STANDING[tx.dialect], [{"sender_id": number} for number in numbers])
        found = {row[0]: Standing(*row) for row in _LOCK.every(tx, numbers=numbers)}
    return found


def set_standings(tx: Tx, changed: Iterable[Standing]) -> None:
    """Where locked senders stand from now on."""
    _SET_STANDING.run(tx, [{name: getattr(each, name) for name in Standing.__slots__} for each in changed])


def _set(tx: Tx, now: datetime, sender_id: int, if_so: sa.ColumnElement[bool], values: dict[str, Any]) -> bool:
    # Locked before it is judged: who waited for another sees what that one has left.
    owner_of = sa.select(sender.c.clinic_id).where(sender.c.id == sender_id).with_for_update(key_share=True)
    clinic_id = tx.conn.execute(owner_of).scalar()
    if clinic_id is None:
        raise LookupError(f"there is no sender {sender_id}")
    changed = tx.conn.execute(sa.update(sender).where(sender.c.id == sender_id, if_so).values(**values))
    if changed.rowcount:
        _move_clinic(tx, now, clinic_id)
    return changed.rowcount > 0


def _move_clinic(tx: Tx, now: datetime, clinic_id: int) -> None:
    """Its version moves, so that whoever keeps clinics in memory reads it anew."""
    values = {"changed_at": now, "version": _clinic.c.version + 1}
    if tx.conn.execute(sa.update(_clinic).where(_clinic.c.id == clinic_id).values(values)).rowcount == 0:
        raise LookupError(f"there is no clinic {clinic_id}")


def _as_sender(row: sa.Row[Any]) -> Sender:
    return Sender(
        row.id,
        row.clinic_id,
        row.address,
        row.kind,
        row.opt_out_by,
        row.stopped_at,
        row.stopped_reason,
        row.carrier,
        row.rate,
        row.daily_cap,
    )
