"""Reminder rules that clinics and patients have in place of a regimen's own, as they were written.

What a rule says is the scheduler's to read. The rules of regimens stay with the plans that carry them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from store.columns import Id, add_or_replace, among, metadata, owner, same_owner, within_clinic
from store.database import Tx
from store.prepared import Prepared

EVERY = ""
"""The regimen id of a clinic's rule that holds for every regimen."""

clinic_reminder_rule = sa.Table(
    "clinic_reminder_rule",
    metadata,
    owner(),
    sa.Column("regimen_id", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("clinic_id", "regimen_id", "rule"),
)

patient_reminder_rule = sa.Table(
    "patient_reminder_rule",
    metadata,
    same_owner(),
    sa.Column("patient_id", Id, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("patient_id", "rule"),
    within_clinic("patient_id", "patient"),
)


class OwnRule(NamedTuple):
    """A rule in place of a regimen's: what is written for it, and the regimen for which alone it holds (None: all)."""

    rule: str
    spec: str
    regimen_id: str | None = None


_SET_OF_CLINIC = add_or_replace(clinic_reminder_rule)
_SET_OF_PATIENT = add_or_replace(patient_reminder_rule)
_OF_CLINICS = Prepared(
    sa.select(
        clinic_reminder_rule.c.clinic_id,
        clinic_reminder_rule.c.rule,
        clinic_reminder_rule.c.spec,
        clinic_reminder_rule.c.regimen_id,
    )
    .where(among(clinic_reminder_rule.c.clinic_id, "clinics"))
    .order_by(clinic_reminder_rule.c.regimen_id, clinic_reminder_rule.c.rule)
)
_OF_PATIENTS = Prepared(
    sa.select(patient_reminder_rule.c.patient_id, patient_reminder_rule.c.rule, patient_reminder_rule.c.spec)
    .where(among(patient_reminder_rule.c.patient_id, "patients"))
    .order_by(patient_reminder_rule.c.rule)
)


def of_clinic(tx: Tx, clinic_id: int) -> list[OwnRule]:
    """The clinic's rules; those for every regimen first."""
    return _of_clinics(tx, [clinic_id])[clinic_id]


def of_patient(tx: Tx, patient_id: int) -> list[OwnRule]:
    """The patient's rules."""
    return _of_patients(tx, [patient_id])[patient_id]


def in_force(tx: Tx, patients: Sequence[tuple[int, int]]) -> dict[int, tuple[OwnRule, ...]]:
    """For patients, each by number and clinic, what stands in place of regimens' rules.

    Of two that name the same rule for the same regimen the later one holds: the clinic's for every regimen come first,
    then its own for one regimen, then the patient's.
    """
    by_clinic = _of_clinics(tx, sorted({clinic_id for _, clinic_id in patients}))
    by_patient = _of_patients(tx, sorted({patient_id for patient_id, _ in patients}))
    return {
        patient_id: (*by_clinic[clinic_id], *by_patient[patient_id]) for patient_id, clinic_id in dict(patients).items()
    }


def set_of_clinic(tx: Tx, clinic_id: int, rule: str, spec: str, regimen_id: str | None = None) -> None:
    """What a clinic has in place of a rule, for one regimen or for all."""
    row = {"clinic_id": clinic_id, "regimen_id": regimen_id or EVERY, "rule": rule, "spec": spec}
    tx.conn.execute(_SET_OF_CLINIC[tx.dialect], row)


def set_of_patient(tx: Tx, clinic_id: int, patient_id: int, rule: str, spec: str) -> None:
    """What a patient has in place of a rule, in all of their plans."""
    row = {"clinic_id": clinic_id, "patient_id": patient_id, "rule": rule, "spec": spec}
    tx.conn.execute(_SET_OF_PATIENT[tx.dialect], row)


def unset_of_clinic(tx: Tx, clinic_id: int, rule: str, regimen_id: str | None = None) -> bool:
    """Takes a clinic's rule away again; whether there was one."""
    table = clinic_reminder_rule
    statement = sa.delete(table).where(
        table.c.clinic_id == clinic_id, table.c.regimen_id == (regimen_id or EVERY), table.c.rule == rule
    )
    return tx.conn.execute(statement).rowcount > 0


def unset_of_patient(tx: Tx, patient_id: int, rule: str) -> bool:
    """Takes a patient's rule away again; whether there was one."""
    table = patient_reminder_rule
    statement = sa.delete(table).where(table.c.patient_id == patient_id, table.c.rule == rule)
    return tx.conn.execute(statement).rowcount > 0


def _of_clinics(tx: Tx, clinic_ids: Sequence[int]) -> dict[int, list[OwnRule]]:
    found: dict[int, list[OwnRule]] = {clinic_id: [] for clinic_id in clinic_ids}
    for clinic_id, rule, spec, regimen_id in _OF_CLINICS.every(tx, clinics=list(clinic_ids)):
        found[clinic_id].append(OwnRule(rule, spec, regimen_id or None))
    return found


def _of_patients(tx: Tx, patient_ids: Sequence[int]) -> dict[int, list[OwnRule]]:
    found: dict[int, list[OwnRule]] = {patient_id: [] for patient_id in patient_ids}
    for patient_id, rule, spec in _OF_PATIENTS.every(tx, patients=list(patient_ids)):
        found[patient_id].append(OwnRule(rule, spec))
    return found
