"""The people who work with the clinics' data, and in which role for which clinic."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, add_or_replace, for_both, key, metadata, one_of
from store.database import StoreError, Tx
from store.prepared import Prepared

Role = Literal["administrator", "nurse", "viewer", "auditor"]

staff_user = sa.Table(
    "staff_user",
    metadata,
    key(),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("password_given", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    # Part of every session of theirs: another one ends them all. NULL until they first sign in or get a password.
    sa.Column("session_key", sa.Text),
    sa.Column("second_factor_sealed", sa.LargeBinary),
    sa.Column("recovery_codes_sealed", sa.LargeBinary),
    sa.Column("passkey_handle", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("wrong_passwords", sa.Integer, nullable=False, server_default="0"),
    sa.Column("locked_until", Moment),
)
sa.Index("uq_staff_user_session_key", staff_user.c.session_key, unique=True)
sa.Index("uq_staff_user_passkey_handle", staff_user.c.passkey_handle, unique=True)

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
    """Somebody who signs in. Without a password hash nobody can sign in as them yet.

    ``password_given``: somebody else gave it to them, and may know it: they choose their own before anything else.
    ``second_factor``: the secret that the codes of their authenticator are made from; ``recovery_codes``: each good
    once in its place. ``language``: of the console; None: the browser's. ``wrong_passwords``: in a row;
    ``locked_until``: when a password is looked at again.
    """

    id: int
    email: str
    name: str
    password_hash: str | None
    password_given: bool
    created_at: datetime
    active: bool = True
    session_key: str | None = None
    second_factor: str | None = None
    recovery_codes: tuple[str, ...] = ()
    passkey_handle: str | None = None
    language: str | None = None
    wrong_passwords: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """That a user works for a clinic, and as what."""

    user_id: int
    clinic_id: int
    role: Role


_ADD_USER = for_both(lambda insert: insert(staff_user).on_conflict_do_nothing().returning(staff_user))
_ADD_MEMBERSHIP = add_or_replace(membership)
_NAMES = Prepared(
    sa.select(staff_user.c.email, staff_user.c.name, membership.c.role)
    .join(membership, membership.c.user_id == staff_user.c.id)
    .where(membership.c.clinic_id == sa.bindparam("clinic"))
)


def add_user(
    tx: Tx, now: datetime, email: str, name: str, password_hash: str | None = None, *, password_given: bool = True
) -> User:
    """A new user; the address is kept in lower case. A password is given until they choose one. Raises EmailTaken."""
    row = tx.conn.execute(
        _ADD_USER[tx.dialect],
        {
            "email": _email(email),
            "name": name,
            "password_hash": password_hash,
            "password_given": password_hash is not None and password_given,
            "created_at": now,
        },
    ).one_or_none()
    if row is None:
        raise EmailTaken(f"Somebody signs in as {_email(email)} already.")
    return _as_user(tx, row)


def find_user(tx: Tx, email: str) -> User | None:
    """Who signs in with this address, in any case of letters."""
    return _one(tx, staff_user.c.email == _email(email))


def get_user(tx: Tx, user_id: int) -> User | None:
    """The user of this number."""
    return _one(tx, staff_user.c.id == user_id)


def user_of_session(tx: Tx, session_key: str) -> User | None:
    """Whose sessions carry this key."""
    return _one(tx, staff_user.c.session_key == session_key)


def user_of_passkeys(tx: Tx, passkey_handle: str) -> User | None:
    """Whose passkeys know them by this handle."""
    return _one(tx, staff_user.c.passkey_handle == passkey_handle)


def set_sign_in(
    tx: Tx,
    user_id: int,
    *,
    active: bool,
    password_hash: str | None,
    password_given: bool,
    session_key: str | None,
    second_factor: str | None,
    recovery_codes: Sequence[str],
    passkey_handle: str | None,
) -> None:
    """How they sign in. Raises LookupError."""
    _set(
        tx,
        user_id,
        active=active,
        password_hash=password_hash,
        password_given=password_given,
        session_key=session_key,
        second_factor_sealed=None if second_factor is None else tx.sealer.seal(second_factor),
        recovery_codes_sealed=tx.sealer.seal(json.dumps(list(recovery_codes))) if recovery_codes else None,
        passkey_handle=passkey_handle,
    )


def set_user(tx: Tx, user_id: int, **fields: str | bool | None) -> None:
    """Their ``name``, their console's ``language``, or whether they may sign in (``active``). Raises LookupError."""
    unknown = fields.keys() - {"name", "language", "active"}
    if unknown:
        raise TypeError(f"a user has no {', '.join(sorted(unknown))} to set")
    _set(tx, user_id, **fields)


def note_password(tx: Tx, user_id: int, *, right: bool, locked_until: datetime | None = None) -> None:
    """That a password was tried: a right one ends the count of wrong ones, and the lock."""
    statement = sa.update(staff_user).where(staff_user.c.id == user_id)
    count = 0 if right else staff_user.c.wrong_passwords + 1
    tx.conn.execute(statement.values(wrong_passwords=count, locked_until=locked_until))


def add_membership(tx: Tx, user_id: int, clinic_id: int, role: Role) -> Membership:
    """That the user works for the clinic in this role, in place of any role before."""
    tx.conn.execute(_ADD_MEMBERSHIP[tx.dialect], {"user_id": user_id, "clinic_id": clinic_id, "role": role})
    return Membership(user_id, clinic_id, role)


def memberships(tx: Tx, user_id: int) -> list[Membership]:
    """For which clinics the user works, in the order of their numbers."""
    statement = sa.select(membership).where(membership.c.user_id == user_id).order_by(membership.c.clinic_id)
    return [Membership(row.user_id, row.clinic_id, row.role) for row in tx.conn.execute(statement)]


def members(tx: Tx, clinic_id: int) -> list[tuple[User, Role]]:
    """Who works for the clinic, and as what, by name."""
    statement = (
        sa.select(staff_user, membership.c.role)
        .join(membership, membership.c.user_id == staff_user.c.id)
        .where(membership.c.clinic_id == clinic_id)
        .order_by(staff_user.c.name, staff_user.c.id)
    )
    return [(_as_user(tx, row), row.role) for row in tx.conn.execute(statement)]


def names(tx: Tx, clinic_id: int) -> dict[str, tuple[str, Role]]:
    """The name and role of whoever works for the clinic, by the address that they sign in with."""
    return {email: (name, role) for email, name, role in _NAMES.every(tx, clinic=clinic_id)}


def languages(tx: Tx, addresses: Collection[str]) -> dict[str, str]:
    """The language that whoever signs in with one of the addresses has chosen for the console, by that address."""
    asked = staff_user.c.email.in_({_email(each) for each in addresses})
    chosen = sa.select(staff_user.c.email, staff_user.c.language).where(asked, staff_user.c.language.is_not(None))
    found = {row.email: row.language for row in tx.conn.execute(chosen)} if addresses else {}
    return {each: found[_email(each)] for each in addresses if _email(each) in found}


def remove_membership(tx: Tx, user_id: int, clinic_id: int) -> bool:
    """That the user does not work for the clinic any more; returns whether they did."""
    statement = sa.delete(membership).where(membership.c.user_id == user_id, membership.c.clinic_id == clinic_id)
    return tx.conn.execute(statement).rowcount > 0


def _one(tx: Tx, condition: sa.ColumnElement[bool]) -> User | None:
    row = tx.conn.execute(sa.select(staff_user).where(condition)).one_or_none()
    return None if row is None else _as_user(tx, row)


def _set(tx: Tx, user_id: int, **values: Any) -> None:
    if tx.conn.execute(sa.update(staff_user).where(staff_user.c.id == user_id).values(**values)).rowcount == 0:
        raise LookupError(f"there is no user {user_id}")


def _email(email: str) -> str:
    return email.strip().lower()


def _as_user(tx: Tx, row: sa.Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        password_given=row.password_given,
        created_at=row.created_at,
        active=row.active,
        session_key=row.session_key,
        second_factor=None if row.second_factor_sealed is None else tx.sealer.open(row.second_factor_sealed),
        recovery_codes=tuple(json.loads(tx.sealer.open(row.recovery_codes_sealed)))
        if row.recovery_codes_sealed
        else (),
        passkey_handle=row.passkey_handle,
        language=row.language,
        wrong_passwords=row.wrong_passwords,
        locked_until=row.locked_until,
    )
