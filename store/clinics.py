"""Clinics, the numbers they text from, and who signed off what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, time
from typing import Any, Unpack, get_args

import sqlalchemy as sa

from store.clinic_entry import (
    CALL_MINUTES,
    DANGER_MINUTES,
    GONE_QUIET_DAYS,
    KEEP_WORDS_DAYS,
    OFF,
    QUIET_HOURS,
    TEXTS_PER_DAY,
    Carrier,
    Clinic,
    ClinicEntry,
    ClinicFields,
    OptOutBy,
    Override,
    Sender,
    SenderKind,
    SignedRegimen,
    SnapTo,
)
from store.columns import Moment, for_both, key, metadata, one_of, owner
from store.database import StoreError, Tx
from store.overrides import published
from store.senders import (
    AddressTaken,
    add_sender,
    all_senders,
    is_ours,
    resume_sender,
    set_sender,
    stop_sender,
)

__all__ = [
    "AddressTaken",
    "Carrier",
    "Clinic",
    "ClinicEntry",
    "ClinicFields",
    "JoinCodeTaken",
    "NameTaken",
    "OptOutBy",
    "Sender",
    "SenderKind",
    "SignedRegimen",
    "SnapTo",
    "add_clinic",
    "add_sender",
    "clinic_by_join_code",
    "directory_version",
    "entries",
    "find_clinic",
    "is_ours",
    "lock_clinic",
    "resume_sender",
    "set_clinic",
    "set_join_code",
    "set_sender",
    "sign_content",
    "sign_regimen",
    "stop_sender",
    "withdraw_regimen",
]

clinic = sa.Table(
    "clinic",
    metadata,
    key(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("program", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
    sa.Column("default_language", sa.Text, nullable=False),
    sa.Column("phone_line", sa.Text),
    sa.Column("consent_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("window_from", sa.Time, nullable=False),
    sa.Column("window_until", sa.Time, nullable=False),
    sa.Column("join_code", sa.Text, unique=True),
    sa.Column("max_texts_per_week", sa.Integer, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("quiet_hours", sa.Integer, nullable=False, server_default=str(QUIET_HOURS)),
    sa.Column("max_texts_per_day", sa.Integer, nullable=False, server_default=str(TEXTS_PER_DAY)),
    sa.Column("open_weekdays", sa.JSON(none_as_null=True)),
    sa.Column("closed_on", sa.JSON(none_as_null=True)),
    sa.Column("snap", sa.Text, nullable=False, server_default="on_or_after"),
    sa.Column("fallback", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("ask_confirmation", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("tell_seen", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("approvals", sa.Integer, nullable=False, server_default="2"),
    sa.Column("keep_words_days", sa.Integer),
    sa.Column("segment_micros", sa.Integer),
    sa.Column("fever_c", sa.Float),
    sa.Column("low_c", sa.Float),
    sa.Column("stools", sa.Integer),
    sa.Column("danger_minutes", sa.JSON(none_as_null=True)),
    sa.Column("call_minutes", sa.JSON(none_as_null=True)),
    sa.Column("gone_quiet_days", sa.Integer, nullable=False, server_default=str(GONE_QUIET_DAYS)),
    sa.Column("switched_off", sa.JSON(none_as_null=True)),
    sa.Column("consent_texts", sa.JSON(none_as_null=True)),
    one_of("snap", get_args(SnapTo)),
    sa.CheckConstraint("window_from < window_until", name="window"),
    sa.CheckConstraint("max_texts_per_week > 0", name="max_texts_per_week"),
)

content_sign_off = sa.Table(
    "content_sign_off",
    metadata,
    key(),
    owner(),
    sa.Column("content_version", sa.Text, nullable=False),
    sa.Column("signed_by", sa.Text, nullable=False),
    sa.Column("signed_at", Moment, nullable=False),
    # NULL where one person signed alone.
    sa.Column("approved_by", sa.Text),
)

regimen_sign_off = sa.Table(
    "regimen_sign_off",
    metadata,
    key(),
    owner(),
    sa.Column("regimen_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("signed_by", sa.Text, nullable=False),
    sa.Column("signed_at", Moment, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("withdrawn_at", Moment),
    sa.Column("withdrawn_by", sa.Text),
    sa.UniqueConstraint("clinic_id", "regimen_id", "digest"),
)


class NameTaken(StoreError):
    """Another clinic has this name."""


class JoinCodeTaken(StoreError):
    """Another clinic has this join code."""


_newest_sign_off = (
    sa.select(sa.func.max(content_sign_off.c.id))
    .where(content_sign_off.c.clinic_id == clinic.c.id)
    .correlate(clinic)
    .scalar_subquery()
)
_CLINICS = (
    sa.select(
        clinic,
        content_sign_off.c.content_version,
        content_sign_off.c.signed_by.label("content_signed_by"),
        content_sign_off.c.signed_at.label("content_signed_at"),
    )
    .select_from(clinic)
    .outerjoin(content_sign_off, content_sign_off.c.id == _newest_sign_off)
    .order_by(clinic.c.id)
)
_CLINIC_FIELDS = tuple(field.name for field in fields(Clinic) if field.name != "overrides")
_ADD_CLINIC = for_both(lambda insert: insert(clinic).on_conflict_do_nothing().returning(clinic.c.id))
_SIGNED_AGAIN: dict[str, Any] = {
    name: sa.literal_column(f"excluded.{name}") for name in ("signed_by", "signed_at", "approved_by")
}
_SIGN_REGIMEN = for_both(
    lambda insert: insert(regimen_sign_off).on_conflict_do_update(
        index_elements=["clinic_id", "regimen_id", "digest"],
        set_={**_SIGNED_AGAIN, "withdrawn_at": None, "withdrawn_by": None},
        where=regimen_sign_off.c.withdrawn_at.is_not(None),
    )
)


def add_clinic(
    tx: Tx,
    now: datetime,
    *,
    name: str,
    program: str,
    timezone: str,
    country: str,
    languages: Sequence[str],
    default_language: str,
    phone_line: str | None = None,
    consent_texts: Mapping[str, str] | None = None,
    window_from: time = time(9),
    window_until: time = time(20),
    max_texts_per_week: int = 7,
    quiet_hours: int = QUIET_HOURS,
    max_texts_per_day: int = TEXTS_PER_DAY,
    demo: bool = False,
) -> Clinic:
    """A new clinic. Raises NameTaken."""
    row = {
        "name": name,
        "program": program,
        "timezone": timezone,
        "country": country,
        "languages": list(languages),
        "default_language": default_language,
        "phone_line": phone_line,
        "consent_texts": dict(consent_texts) if consent_texts else None,
        "consent_version": 1 if consent_texts else 0,
        "window_from": window_from,
        "window_until": window_until,
        "max_texts_per_week": max_texts_per_week,
        "quiet_hours": quiet_hours,
        "max_texts_per_day": max_texts_per_day,
        "demo": demo,
        "created_at": now,
        "changed_at": now,
        "keep_words_days": KEEP_WORDS_DAYS,
    }
    clinic_id = tx.conn.execute(_ADD_CLINIC[tx.dialect], row).scalar()
    if clinic_id is None:
        raise NameTaken(f"There is a clinic called {name} already.")
    return _clinic(tx, clinic_id)


def set_clinic(tx: Tx, now: datetime, clinic_id: int, **changes: Unpack[ClinicFields]) -> Clinic:
    """Changes some settings. New consent texts get a new consent version. Raises NameTaken, LookupError."""
    before = _clinic(tx, clinic_id)
    values: dict[str, Any] = dict(changes)
    if "name" in changes:
        namesake = find_clinic(tx, changes["name"])
        if namesake is not None and namesake.id != clinic_id:
            raise NameTaken(f"There is a clinic called {changes['name']} already.")
    if "languages" in changes:
        values["languages"] = list(changes["languages"])
    if "open_weekdays" in changes:
        values["open_weekdays"] = sorted(changes["open_weekdays"] or ()) or None
    if "closed_on" in changes:
        values["closed_on"] = [day.isoformat() for day in sorted(changes["closed_on"])] or None
    if changes.get("consent_texts", before.consent_texts) != before.consent_texts:
        # Counted by the database: two who write at once do not share a version.
        values["consent_version"] = clinic.c.consent_version + 1
    for name in ("consent_texts", "danger_minutes", "call_minutes", "switched_off"):
        if name in values:
            values[name] = values[name] or None
    _change(tx, now, clinic_id, values)
    return _clinic(tx, clinic_id)


def lock_clinic(tx: Tx, clinic_id: int) -> None:
    """Until the transaction ends, nobody else changes this clinic: what is read of it now may be written back."""
    tx.conn.execute(sa.select(clinic.c.id).where(clinic.c.id == clinic_id).with_for_update(key_share=True))


def find_clinic(tx: Tx, name_or_id: str | int) -> Clinic | None:
    """The clinic of this name or number."""
    known_by = clinic.c.name if isinstance(name_or_id, str) else clinic.c.id
    row = tx.conn.execute(_CLINICS.where(known_by == name_or_id)).one_or_none()
    return None if row is None else _as_clinic(row, published(tx, row.id).get(row.id, ()))


def entries(tx: Tx) -> list[ClinicEntry]:
    """Every clinic with its senders and sign-offs, the oldest first."""
    senders: dict[int, list[Sender]] = {}
    for each in all_senders(tx):
        senders.setdefault(each.clinic_id, []).append(each)
    signed: dict[int, list[SignedRegimen]] = {}
    in_use = sa.select(regimen_sign_off).where(regimen_sign_off.c.withdrawn_at.is_(None))
    for row in tx.conn.execute(in_use.order_by(regimen_sign_off.c.id)):
        signed.setdefault(row.clinic_id, []).append(
            SignedRegimen(row.clinic_id, row.regimen_id, row.version, row.digest, row.signed_by, row.signed_at)
        )
    own_words = published(tx)
    return [
        ClinicEntry(
            _as_clinic(row, own_words.get(row.id, ())), tuple(senders.get(row.id, ())), tuple(signed.get(row.id, ()))
        )
        for row in tx.conn.execute(_CLINICS)
    ]


_DIRECTORY_VERSION = sa.select(sa.func.coalesce(sa.func.sum(clinic.c.version), 0))


def directory_version(tx: Tx) -> int:
    """A number that moves whenever anything that `entries` gives does."""
    return int(tx.conn.execute(_DIRECTORY_VERSION).scalar_one())


def sign_content(tx: Tx, now: datetime, clinic_id: int, version: str, by: str, approved_by: str | None = None) -> None:
    """That ``by`` signed off the content of this version for the clinic, and who was the second. Raises LookupError."""
    _change(tx, now, clinic_id)
    row = {
        "clinic_id": clinic_id,
        "content_version": version,
        "signed_by": by,
        "signed_at": now,
        "approved_by": approved_by,
    }
    tx.conn.execute(sa.insert(content_sign_off), row)


def sign_regimen(
    tx: Tx,
    now: datetime,
    clinic_id: int,
    regimen_id: str,
    version: int,
    digest: str,
    by: str,
    approved_by: str | None = None,
) -> None:
    """That ``by`` signed off this definition of a regimen, and who was the second.

    A second sign-off of the same changes nothing, unless it was withdrawn.
    """
    _change(tx, now, clinic_id)
    tx.conn.execute(
        _SIGN_REGIMEN[tx.dialect],
        {
            "clinic_id": clinic_id,
            "regimen_id": regimen_id,
            "version": version,
            "digest": digest,
            "signed_by": by,
            "signed_at": now,
            "approved_by": approved_by,
        },
    )


def withdraw_regimen(tx: Tx, now: datetime, clinic_id: int, regimen_id: str, by: str) -> bool:
    """Takes a regimen out of use, in every version that was signed off; whether it was in use."""
    table = regimen_sign_off
    in_use = (table.c.clinic_id == clinic_id, table.c.regimen_id == regimen_id, table.c.withdrawn_at.is_(None))
    if tx.conn.execute(sa.update(table).where(*in_use).values(withdrawn_at=now, withdrawn_by=by)).rowcount == 0:
        return False
    _change(tx, now, clinic_id)
    return True


def set_join_code(tx: Tx, now: datetime, clinic_id: int, code: str | None) -> None:
    """The code a patient texts after JOIN, in any case of letters; None takes it away. Raises JoinCodeTaken."""
    if code is not None:
        other = clinic_by_join_code(tx, code)
        if other is not None and other.id != clinic_id:
            raise JoinCodeTaken("Another clinic has this join code: choose another.")
    _change(tx, now, clinic_id, {"join_code": None if code is None else _join_code(code)})


def clinic_by_join_code(tx: Tx, code: str) -> Clinic | None:
    """The clinic whose join code this is."""
    row = tx.conn.execute(_CLINICS.where(clinic.c.join_code == _join_code(code))).one_or_none()
    return None if row is None else _as_clinic(row, published(tx, row.id).get(row.id, ()))


def _join_code(code: str) -> str:
    return code.strip().upper()


def _change(tx: Tx, now: datetime, clinic_id: int, values: dict[str, Any] | None = None) -> None:
    changed = tx.conn.execute(
        sa.update(clinic)
        .where(clinic.c.id == clinic_id)
        .values(**(values or {}), changed_at=now, version=clinic.c.version + 1)
    )
    if changed.rowcount == 0:
        raise LookupError(f"there is no clinic {clinic_id}")


def _clinic(tx: Tx, clinic_id: int) -> Clinic:
    found = find_clinic(tx, clinic_id)
    if found is None:
        raise LookupError(f"there is no clinic {clinic_id}")
    return found


def _as_clinic(row: sa.Row[Any], overrides: tuple[Override, ...]) -> Clinic:
    values = {name: getattr(row, name) for name in _CLINIC_FIELDS}
    values |= {
        "languages": tuple(row.languages),
        "open_weekdays": None if row.open_weekdays is None else tuple(row.open_weekdays),
        "closed_on": tuple(date.fromisoformat(day) for day in row.closed_on or ()),
        "consent_texts": row.consent_texts or {},
        "danger_minutes": tuple(row.danger_minutes or DANGER_MINUTES),
        "call_minutes": tuple(row.call_minutes or CALL_MINUTES),
        "switched_off": tuple(row.switched_off or ()),
        "overrides": (*(Override(OFF, each, "", "") for each in row.switched_off or ()), *overrides),
    }
    return Clinic(**values)
