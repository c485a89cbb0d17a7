"""Patients: people enrolled in a clinic, and when something is next to be planned for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, for_both, key, metadata, one_of, same_owner, within_clinic
from store.consents import ConsentEvent, add_consent, consents
from store.contacts import CONTACTS, Contact, as_contact, contact
from store.database import StoreError, Tx
from store.prepared import Prepared

__all__ = [
    "CodeTaken",
    "ConsentEvent",
    "DuePatient",
    "Patient",
    "PatientExists",
    "PatientState",
    "active_patient",
    "add_consent",
    "add_patient",
    "claim_due",
    "consents",
    "end_patient",
    "enrolled",
    "find_by_code",
    "get_patient",
    "list_patients",
    "lock_patient",
    "next_due_at",
    "patient",
    "set_next_text",
    "set_next_texts",
    "set_travel",
]

PatientState = Literal["active", "ended"]

patient = sa.Table(
    "patient",
    metadata,
    key(),
    same_owner(),
    sa.Column("contact_id", Id, nullable=False),
    # NULL after erasure, as is the code.
    sa.Column("name_sealed", sa.LargeBinary),
    sa.Column("code_sealed", sa.LargeBinary),
    sa.Column("code_hash", sa.LargeBinary),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("window_from", sa.Time),
    sa.Column("window_until", sa.Time),
    sa.Column("state", sa.Text, nullable=False, server_default="active"),
    sa.Column("next_text_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("end_reason", sa.Text),
    sa.Column("travel_timezone", sa.Text),
    sa.Column("travel_from", sa.Date),
    sa.Column("travel_until", sa.Date),
    within_clinic("contact_id", "contact"),
    one_of("state", get_args(PatientState)),
    sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
    sa.CheckConstraint("state = 'active' OR next_text_at IS NULL", name="next_text_at"),
    sa.CheckConstraint("(window_from IS NULL) = (window_until IS NULL)", name="window"),
    sa.CheckConstraint("(code_sealed IS NULL) = (code_hash IS NULL)", name="code"),
    sa.UniqueConstraint("clinic_id", "id"),
    sa.UniqueConstraint("clinic_id", "code_hash"),
)
sa.Index(
    "uq_patient_active_contact",
    patient.c.contact_id,
    unique=True,
    sqlite_where=patient.c.state == "active",
    postgresql_where=patient.c.state == "active",
)
sa.Index(
    "ix_patient_next_text_at",
    patient.c.next_text_at,
    patient.c.id,
    sqlite_where=patient.c.next_text_at.is_not(None),
    postgresql_where=patient.c.next_text_at.is_not(None),
)


@dataclass(frozen=True, slots=True)
class DuePatient:
    """What planning needs of a patient; what is sealed stays so.

    ``timezone`` is an IANA name. The window bounds the local time of day of texts and stands in place of the
    clinic's; None leaves it to the clinic. At ``next_text_at`` something is to be planned again; None means never.
    From ``travel_from`` to ``travel_until``, both included, the patient is in ``travel_timezone``; None: at home.
    """

    id: int
    clinic_id: int
    contact_id: int
    timezone: str
    window_from: time | None
    window_until: time | None
    state: PatientState
    next_text_at: datetime | None
    travel_timezone: str | None
    travel_from: date | None
    travel_until: date | None


@dataclass(frozen=True, slots=True)
class Patient(DuePatient):
    """A person enrolled in a clinic; ``name`` is empty after erasure. ``code`` is the clinic's own for them."""

    name: str
    code: str | None
    created_at: datetime
    ended_at: datetime | None


ENROLLED_ALREADY = "This number belongs to a patient who is enrolled already: end that enrolment first."
CODE_TAKEN = "Another patient of this clinic has this code: choose another."


class PatientExists(StoreError):
    """The contact has an active patient already; ``patient_id`` tells which."""

    def __init__(self, patient_id: int) -> None:
        self.patient_id = patient_id
        super().__init__(ENROLLED_ALREADY)


class CodeTaken(StoreError):
    """Another patient of the clinic has this code; ``patient_id`` tells which."""

    def __init__(self, patient_id: int) -> None:
        self.patient_id = patient_id
        super().__init__(CODE_TAKEN)


_ADD = for_both(lambda insert: insert(patient).on_conflict_do_nothing().returning(patient.c.id))
# In the order of the fields of DuePatient, and on to those of Patient with what is sealed in its place.
DUE_COLUMNS = (
    patient.c.id,
    patient.c.clinic_id,
    patient.c.contact_id,
    patient.c.timezone,
    patient.c.window_from,
    patient.c.window_until,
    patient.c.state,
    patient.c.next_text_at,
    patient.c.travel_timezone,
    patient.c.travel_from,
    patient.c.travel_until,
)
_PATIENTS = sa.select(
    *DUE_COLUMNS, patient.c.name_sealed, patient.c.code_sealed, patient.c.created_at, patient.c.ended_at
)
_GET = _PATIENTS.where(patient.c.id == sa.bindparam("number"))
_IS_ACTIVE = (patient.c.contact_id == sa.bindparam("contact")) & (patient.c.state == sa.literal_column("'active'"))
_ACTIVE = Prepared(_PATIENTS.where(_IS_ACTIVE))
_ENROLLED = Prepared(sa.select(*DUE_COLUMNS).where(_IS_ACTIVE))
_DUE = (
    sa.select(*DUE_COLUMNS)
    .where(patient.c.next_text_at <= sa.bindparam("now", type_=Moment))
    .order_by(patient.c.next_text_at, patient.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True, key_share=True)
)
_NEXT_DUE = sa.select(sa.func.min(patient.c.next_text_at)).where(patient.c.next_text_at.is_not(None))
_SET_NEXT_TEXT = (
    sa.update(patient)
    .where(patient.c.id == sa.bindparam("number"))
    .values(next_text_at=sa.bindparam("at", type_=Moment))
)


def add_patient(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    contact_id: int,
    name: str,
    timezone: str,
    code: str | None = None,
    window_from: time | None = None,
    window_until: time | None = None,
) -> Patient:
    """A new active patient, of whom nothing is planned yet. Raises PatientExists, CodeTaken."""
    patient_id = tx.conn.execute(
        _ADD[tx.dialect],
        {
            "clinic_id": clinic_id,
            "contact_id": contact_id,
            "name_sealed": tx.sealer.seal(name),
            "code_sealed": None if code is None else tx.sealer.seal(code),
            "code_hash": None if code is None else _code_hash(tx, clinic_id, code),
            "timezone": timezone,
            "window_from": window_from,
            "window_until": window_until,
            "created_at": now,
        },
    ).scalar()
    if patient_id is None:
        raise _what_stands_in_the_way(tx, clinic_id, contact_id, code)
    return _patient(tx, patient_id)


def get_patient(tx: Tx, patient_id: int) -> Patient | None:
    """The patient of this id."""
    row = tx.conn.execute(_GET, {"number": patient_id}).one_or_none()
    return None if row is None else _as_patient(tx, row)


def active_patient(tx: Tx, contact_id: int) -> Patient | None:
    """The one active patient of a contact."""
    row = _ACTIVE.one(tx, contact=contact_id)
    return None if row is None else _as_patient(tx, row)


def enrolled(tx: Tx, contact_id: int) -> DuePatient | None:
    """As `active_patient`, but nothing is opened: what every text that comes in may ask."""
    row = _ENROLLED.one(tx, contact=contact_id)
    return None if row is None else DuePatient(*row)


def list_patients(tx: Tx, clinic_id: int) -> list[tuple[Patient, Contact]]:
    """Every patient of a clinic, active or ended, with their contact, in the order of enrolment."""
    contacts = CONTACTS.where(contact.c.clinic_id == clinic_id)
    by_id = {row.id: as_contact(tx, row) for row in tx.conn.execute(contacts)}
    patients = _PATIENTS.where(patient.c.clinic_id == clinic_id).order_by(patient.c.id)
    return [(_as_patient(tx, row), by_id[row.contact_id]) for row in tx.conn.execute(patients)]


def find_by_code(tx: Tx, clinic_id: int, code: str) -> Patient | None:
    """The patient to whom the clinic gave this code, in any case of letters."""
    statement = _PATIENTS.where(
        patient.c.clinic_id == clinic_id, patient.c.code_hash == _code_hash(tx, clinic_id, code)
    )
    row = tx.conn.execute(statement).one_or_none()
    return None if row is None else _as_patient(tx, row)


def lock_patient(tx: Tx, patient_id: int) -> Patient | None:
    """The patient of this id; nobody plans for them until the transaction ends.

    Whoever only refers to the patient (a task for staff about a text) is not kept waiting: they may hold a text that
    is waited for here next.
    """
    row = tx.conn.execute(_GET.with_for_update(key_share=True), {"number": patient_id}).one_or_none()
    return None if row is None else _as_patient(tx, row)


def set_travel(tx: Tx, patient_id: int, timezone: str | None, first: date | None, last: date | None) -> None:
    """Where the patient is from one day to another, both included; None: at home. Raises LookupError."""
    values = {"travel_timezone": timezone, "travel_from": first, "travel_until": last}
    if tx.conn.execute(sa.update(patient).where(patient.c.id == patient_id).values(values)).rowcount == 0:
        raise LookupError(f"there is no patient {patient_id}")


def set_next_text(tx: Tx, patient_id: int, at: datetime | None) -> None:
    """When something is next to be planned for the patient; None: never again."""
    if tx.conn.execute(_SET_NEXT_TEXT, {"number": patient_id, "at": at}).rowcount == 0:
        raise LookupError(f"there is no patient {patient_id}")


def set_next_texts(tx: Tx, moments: Sequence[tuple[int, datetime | None]]) -> None:
    """As `set_next_text`, for many patients at once."""
    if moments:
        tx.conn.execute(_SET_NEXT_TEXT, [{"number": number, "at": at} for number, at in moments])


def claim_due(tx: Tx, now: datetime, limit: int) -> list[DuePatient]:
    """Patients for whom something is to be planned by now, those due longest first.

    They stay ours until the transaction ends: on PostgreSQL no other transaction is given the same ones meanwhile.
    Whoever claims them sets `next_text_at` anew, or they are due again.
    """
    return [DuePatient(*row) for row in tx.conn.execute(_DUE, {"now": now, "limit": limit})]


def next_due_at(tx: Tx) -> datetime | None:
    """The earliest moment at which something is to be planned for anybody."""
    moment: datetime | None = tx.conn.execute(_NEXT_DUE).scalar()
    return moment


def end_patient(tx: Tx, now: datetime, patient_id: int, reason: str) -> None:
    """Ends the enrolment; nothing is planned any more. One that ended before keeps its moment and reason."""
    tx.conn.execute(
        sa.update(patient)
        .where(patient.c.id == patient_id, patient.c.state == "active")
        .values(state="ended", ended_at=now, end_reason=reason, next_text_at=None)
    )


def _what_stands_in_the_way(tx: Tx, clinic_id: int, contact_id: int, code: str | None) -> StoreError:
    enrolled = active_patient(tx, contact_id)
    if enrolled is not None:
        return PatientExists(enrolled.id)
    namesake = None if code is None else find_by_code(tx, clinic_id, code)
    if namesake is not None:
        return CodeTaken(namesake.id)
    return StoreError("The patient could not be added, since another change came between. Try again.")


def _code_hash(tx: Tx, clinic_id: int, code: str) -> bytes:
    return tx.sealer.index(clinic_id, "code", code.strip().casefold())


def _patient(tx: Tx, patient_id: int) -> Patient:
    found = get_patient(tx, patient_id)
    if found is None:
        raise LookupError(f"there is no patient {patient_id}")
    return found


def _as_patient(tx: Tx, row: Sequence[Any]) -> Patient:
    values = list(row)
    values[11] = "" if row[11] is None else tx.sealer.open(row[11])
    values[12] = None if row[12] is None else tx.sealer.open(row[12])
    return Patient(*values)
