"""Passkeys of staff: what a browser or a phone proves with that it is theirs. Only the public half is here."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.columns import Moment, key, metadata, refers_to
from store.database import Tx

passkey = sa.Table(
    "passkey",
    metadata,
    key(),
    refers_to("user_id", "staff_user"),
    sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("usage", sa.Text, nullable=False),
    sa.Column("device_type", sa.Text, nullable=False),
    sa.Column("backup_state", sa.Boolean, nullable=False),
    sa.Column("transports", sa.JSON),
    sa.Column("extensions", sa.Text),
    sa.Column("used_at", Moment, nullable=False),
    sa.UniqueConstraint("user_id", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey. ``usage`` is Flask-Security's: "first", or "secondary" for a second factor alone.

    ``id`` is None before it is kept.
    """

    id: int | None = None
    user_id: int
    credential_id: bytes
    public_key: bytes
    name: str
    sign_count: int
    usage: str
    device_type: str
    backup_state: bool
    transports: tuple[str, ...]
    extensions: str | None
    used_at: datetime


def add_passkey(tx: Tx, new: Passkey) -> Passkey:
    """Keeps a passkey of a user, whose name and credential are new; it as it is kept."""
    row = {name: value for name, value in asdict(new).items() if name != "id"}
    return _as_passkey(tx.conn.execute(sa.insert(passkey).values(row).returning(passkey)).one())


def passkeys_of(tx: Tx, user_id: int) -> list[Passkey]:
    """The passkeys of a user, in the order in which they came."""
    statement = sa.select(passkey).where(passkey.c.user_id == user_id).order_by(passkey.c.id)
    return [_as_passkey(row) for row in tx.conn.execute(statement)]


def find_passkey(tx: Tx, credential_id: bytes) -> Passkey | None:
    """The passkey of this credential."""
    row = tx.conn.execute(sa.select(passkey).where(passkey.c.credential_id == credential_id)).one_or_none()
    return None if row is None else _as_passkey(row)


def note_use(tx: Tx, passkey_id: int, sign_count: int, backup_state: bool, used_at: datetime) -> None:
    """That it was used. A count that did not grow was refused before."""
    values = {"sign_count": sign_count, "backup_state": backup_state, "used_at": used_at}
    tx.conn.execute(sa.update(passkey).where(passkey.c.id == passkey_id).values(values))


def remove_passkey(tx: Tx, passkey_id: int) -> None:
    """That it is theirs no more."""
    tx.conn.execute(sa.delete(passkey).where(passkey.c.id == passkey_id))


def remove_all(tx: Tx, user_id: int) -> None:
    """Takes away every passkey of a user."""
    tx.conn.execute(sa.delete(passkey).where(passkey.c.user_id == user_id))


def _as_passkey(row: sa.Row[Any]) -> Passkey:
    return Passkey(**{**row._mapping, "transports": tuple(row.transports or ())})
