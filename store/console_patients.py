"""The patients of one clinic as the console lists and finds them.

Names are sealed, each token unlike the other, so that no index can find a part of one: the clinic's own active list is
opened in memory (2,000 names take some 12 ms). Phone numbers and codes are found by their blind indexes, whether the
enrolment has ended or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import contacts, patients
from store.columns import among
from store.contacts import contact
from store.database import Tx
from store.patients import patient
from store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Listed:
    """A patient in a list. ``opt_out``, the reason of one, and ``quarantined`` say why no reminder reaches them.

    ``code`` is the clinic's own for them, None where it has none or where `with_codes` has not opened it yet.
    ``ended``: the enrolment is over.
    """

    id: int
    name: str
    language: str
    opt_out: str | None
    quarantined: bool
    next_text_at: datetime | None
    code: str | None = None
    ended: bool = False


_LISTED = (
    sa.select(
        patient.c.id,
        patient.c.name_sealed,
        contact.c.language,
        contact.c.opt_out_reason,
        contact.c.quarantined_at.is_not(None),
        patient.c.next_text_at,
        patient.c.state == "ended",
    )
    .join(contact, contact.c.id == patient.c.contact_id)
    .where(patient.c.clinic_id == sa.bindparam("clinic"))
)
_ACTIVE = Prepared(_LISTED.where(patient.c.state == "active").order_by(patient.c.id))
_EXACT = Prepared(
    _LISTED.where(
        (patient.c.contact_id == sa.bindparam("contact")) | (patient.c.id == sa.bindparam("coded")),
        patient.c.name_sealed.is_not(None),
    ).order_by(patient.c.state, patient.c.id.desc())
)
_CODES = Prepared(
    sa.select(patient.c.id, patient.c.code_sealed).where(
        patient.c.clinic_id == sa.bindparam("clinic"), among(patient.c.id, "numbers")
    )
)


def active_names(tx: Tx, clinic_id: int) -> list[Listed]:
    """Every active patient of a clinic, by name."""
    found = [_listed(tx, row) for row in _ACTIVE.every(tx, clinic=clinic_id)]
    return sorted(found, key=lambda each: (each.name.casefold(), each.id))


def known_by(tx: Tx, clinic_id: int, phone: str | None, code: str) -> list[Listed]:
    """Whoever is or was enrolled with this number (E.164) or this code: the active one first, then the latest.

    Who was erased is not found by the number that they had.
    """
    owner = None if phone is None else contacts.find_contact(tx, clinic_id, phone)
    coded = patients.find_by_code(tx, clinic_id, code)
    if owner is None and coded is None:
        return []
    numbers = {"contact": owner and owner.id, "coded": coded and coded.id}
    return [_listed(tx, row) for row in _EXACT.every(tx, clinic=clinic_id, **numbers)]


def with_codes(tx: Tx, clinic_id: int, listed: Sequence[Listed]) -> list[Listed]:
    """The same patients with the clinic's codes: to open those of a whole clinic takes as long as all its names."""
    rows = _CODES.every(tx, clinic=clinic_id, numbers=[each.id for each in listed])
    codes = {number: None if code is None else tx.sealer.open(code) for number, code in rows}
    return [replace(each, code=codes.get(each.id)) for each in listed]


def _listed(tx: Tx, row: Sequence[Any]) -> Listed:
    number, name, language, opt_out, quarantined, next_text_at, ended = row
    opened = "" if name is None else tx.sealer.open(name)
    return Listed(number, opened, language, opt_out, bool(quarantined), next_text_at, ended=bool(ended))
