"""Contacts: what belongs to a phone number in a clinic, whoever holds it. An opt-out stands here, for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Moment, for_both, key, metadata, one_of, owner
from store.database import Tx
from store.prepared import Prepared

Fallback = Literal["yes", "no"]
"""Whether somebody may be reached over the network that they did not choose, where theirs fails."""

contact = sa.Table(
    "contact",
    metadata,
    key(),
    owner(),
    sa.Column("phone_hash", sa.LargeBinary, nullable=False),
    # NULL after erasure: the hash alone tells that this number opted out.
    sa.Column("phone_sealed", sa.LargeBinary),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("opted_out_at", Moment),
    sa.Column("opt_out_reason", sa.Text),
    sa.Column("opted_in_at", Moment),
    sa.Column("quarantined_at", Moment),
    sa.Column("quarantine_reason", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("alarmed_at", Moment),
    sa.Column("fallback", sa.Text),
    one_of("via", ("sms", "whatsapp")),
    one_of("fallback", get_args(Fallback)),
    sa.CheckConstraint("(opted_out_at IS NULL) = (opt_out_reason IS NULL)", name="opted_out"),
    sa.CheckConstraint("(quarantined_at IS NULL) = (quarantine_reason IS NULL)", name="quarantined"),
    sa.UniqueConstraint("clinic_id", "phone_hash"),
    sa.UniqueConstraint("clinic_id", "id"),
)


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number (E.164; None after erasure) in a clinic. ``via`` is the network that reaches it, ``fallback``
    whether the other may where that fails (None: as the clinic has it).

    Nothing but answers may go to a contact that is opted out, and nothing at all to one in quarantine.
    ``opted_in_at`` is when an opt-out was last taken back.
    """

    id: int
    clinic_id: int
    phone: str | None
    language: str
    via: str
    opted_out_at: datetime | None
    opt_out_reason: str | None
    quarantined_at: datetime | None
    quarantine_reason: str | None
    created_at: datetime
    opted_in_at: datetime | None
    fallback: Fallback | None = None


# In the order of the fields of Contact, the sealed number in the place of the number.
CONTACTS = sa.select(
    contact.c.id,
    contact.c.clinic_id,
    contact.c.phone_sealed,
    contact.c.language,
    contact.c.via,
    contact.c.opted_out_at,
    contact.c.opt_out_reason,
    contact.c.quarantined_at,
    contact.c.quarantine_reason,
    contact.c.created_at,
    contact.c.opted_in_at,
    contact.c.fallback,
)
_FIND = Prepared(
    CONTACTS.where(contact.c.clinic_id == sa.bindparam("clinic"), contact.c.phone_hash == sa.bindparam("hash"))
)
_GET = CONTACTS.where(contact.c.id == sa.bindparam("number"))
_ADD = Prepared(
    for_both(lambda insert: insert(contact).on_conflict_do_nothing().returning(contact.c.id)),
    "clinic_id",
    "phone_hash",
    "phone_sealed",
    "language",
    "via",
    "created_at",
)


def find_contact(tx: Tx, clinic_id: int, phone: str) -> Contact | None:
    """The contact of a number (E.164) in a clinic."""
    row = _FIND.one(tx, clinic=clinic_id, hash=_hash(tx, clinic_id, phone))
    return None if row is None else _as_contact(row, phone)


def get_contact(tx: Tx, contact_id: int) -> Contact | None:
    """The contact of this id."""
    row = tx.conn.execute(_GET, {"number": contact_id}).one_or_none()
    return None if row is None else as_contact(tx, row)


def open_contact(tx: Tx, now: datetime, clinic_id: int, phone: str, language: str, via: str) -> Contact:
    """Finds the contact of a number (E.164), or makes it with this language and network.

    A contact that was erased gets its number back, since the person turned to the clinic again; its opt-out stands.
    """
    found = find_contact(tx, clinic_id, phone) or new_contact(tx, now, clinic_id, phone, language, via)
    if found is not None and found.phone is not None:
        return found
    if found is not None:
        _set(tx, found.id, phone_sealed=tx.sealer.seal(phone))
    opened = find_contact(tx, clinic_id, phone)
    if opened is None:
        raise LookupError("the contact went away while it was opened")
    return opened


def new_contact(tx: Tx, now: datetime, clinic_id: int, phone: str, language: str, via: str) -> Contact | None:
    """Makes the contact of a number (E.164) that has none; None where it has one after all."""
    row = _ADD.one(
        tx,
        clinic_id=clinic_id,
        phone_hash=_hash(tx, clinic_id, phone),
        phone_sealed=tx.sealer.seal(phone),
        language=language,
        via=via,
        created_at=now,
    )
    return None if row is None else Contact(row[0], clinic_id, phone, language, via, None, None, None, None, now, None)


def set_language(tx: Tx, contact_id: int, language: str) -> None:
    """The language of all that goes to this contact from now on."""
    _set(tx, contact_id, language=language)


def set_via(tx: Tx, contact_id: int, via: str) -> None:
    """The network on which texts reach this contact from now on."""
    _set(tx, contact_id, via=via)


def set_fallback(tx: Tx, contact_id: int, fallback: Fallback | None) -> None:
    """Whether texts may reach this contact over the other network where its own fails; None: as the clinic has it."""
    _set(tx, contact_id, fallback=fallback)


def opt_out(tx: Tx, now: datetime, contact_id: int, reason: str) -> bool:
    """No reminder goes to this number any more. One that opted out before keeps the first moment and reason: False."""
    out = tx.conn.execute(
        sa.update(contact)
        .where(contact.c.id == contact_id, contact.c.opted_out_at.is_(None))
        .values(opted_out_at=now, opt_out_reason=reason)
    )
    return out.rowcount > 0


def opt_in(tx: Tx, now: datetime, contact_id: int) -> None:
    """The person wants texts again."""
    _set(tx, contact_id, opted_out_at=None, opt_out_reason=None, opted_in_at=now)


def quarantine(tx: Tx, now: datetime, contact_id: int, reason: str) -> None:
    """Nothing goes to this number until a person has looked at it. The first moment and reason stand."""
    tx.conn.execute(
        sa.update(contact)
        .where(contact.c.id == contact_id, contact.c.quarantined_at.is_(None))
        .values(quarantined_at=now, quarantine_reason=reason)
    )


def note_alarm(tx: Tx, now: datetime, contact_id: int) -> None:
    """That this person told of danger to life; the latest time stands."""
    tx.conn.execute(
        sa.update(contact)
        .where(contact.c.id == contact_id, contact.c.alarmed_at.is_(None) | (contact.c.alarmed_at < now))
        .values(alarmed_at=now)
    )


def lock(tx: Tx, contact_id: int) -> None:
    """Until the transaction ends, nobody else who asks for this contact's lock goes on.

    Whoever stored a message refers to the contact already: a stronger lock than this one would wait for them, and they
    for it.
    """
    tx.conn.execute(sa.select(contact.c.id).where(contact.c.id == contact_id).with_for_update(key_share=True))


def as_contact(tx: Tx, row: Sequence[Any]) -> Contact:
    """The contact of a row of `CONTACTS`. Opens the number."""
    return _as_contact(row, "" if row[2] is None else tx.sealer.open(row[2]))


def _as_contact(row: Sequence[Any], phone: str) -> Contact:
    return Contact(row[0], row[1], None if row[2] is None else phone, *row[3:])


def _hash(tx: Tx, clinic_id: int, phone: str) -> bytes:
    return tx.sealer.index(clinic_id, "phone", phone)


def _set(tx: Tx, contact_id: int, **values: object) -> None:
    changed = tx.conn.execute(sa.update(contact).where(contact.c.id == contact_id).values(**values))
    if changed.rowcount == 0:
        raise LookupError(f"there is no contact {contact_id}")
