"""The people who work with the clinics' data, and in which role for which clinic."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, add_or_replace, for_both, key, metadata, one_of
from store.database import StoreError, Tx

Role = Literal["administrator", "nurse", "viewer", "auditor"]

staff_user = sa.Table(
    "staff_user",
    metadata,
    key(),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), primary_key=True),
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id"), primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    one_of("role", get_args(Role)),
)


class EmailTaken(StoreError):
    """Somebody signs in with this address already."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in. Without a password hash nobody can sign in as them yet."""

    id: int
    email: str
    name: str
    password_hash: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """That a user works for a clinic, and as what."""

    user_id: int
    clinic_id: int
    role: Role


_ADD_USER = for_both(lambda insert: insert(staff_user).on_conflict_do_nothing().returning(staff_user))
_ADD_MEMBERSHIP = add_or_replace(membership)


def add_user(tx: Tx, now: datetime, email: str, name: str, password_hash: str | None = None) -> User:
    """A new user; the address is kept in lower case. Raises EmailTaken."""
    row = tx.conn.execute(
        _ADD_USER[tx.dialect],
        {"email": _email(email), "name": name, "password_hash": password_hash, "created_at": now},
    ).one_or_none()
    if row is None:
        raise EmailTaken(f"Somebody signs in as {_email(email)} already.")
    return _as_user(row)


def find_user(tx: Tx, email: str) -> User | None:
    """Who signs in with this address, in any case of letters."""
    row = tx.conn.execute(sa.select(staff_user).where(staff_user.c.email == _email(email))).one_or_none()
    return None if row is None else _as_user(row)


def set_password(tx: Tx, user_id: int, password_hash: str) -> None:
    """A new password. Raises LookupError."""
    statement = sa.update(staff_user).where(staff_user.c.id == user_id).values(password_hash=password_hash)
    if tx.conn.execute(statement).rowcount == 0:
        raise LookupError(f"there is no user {user_id}")


def add_membership(tx: Tx, user_id: int, clinic_id: int, role: Role) -> Membership:
    """That the user works for the clinic in this role, in place of any role before."""
    tx.conn.execute(_ADD_MEMBERSHIP[tx.dialect], {"user_id": user_id, "clinic_id": clinic_id, "role": role})
    return Membership(user_id, clinic_id, role)


def memberships(tx: Tx, user_id: int) -> list[Membership]:
    """For which clinics the user works, in the order of their numbers."""
    statement = sa.select(membership).where(membership.c.user_id == user_id).order_by(membership.c.clinic_id)
    return [Membership(row.user_id, row.clinic_id, row.role) for row in tx.conn.execute(statement)]


def _email(email: str) -> str:
    return email.strip().lower()


def _as_user(row: sa.Row[Any]) -> User:
    return User(row.id, row.email, row.name, row.password_hash, row.created_at)
