"""Who texted JOIN and a clinic's code and is not enrolled yet, with what staff have confirmed of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.clinic_entry import ConsentWords
from store.consents import consent_event
from store.contacts import contact
from store.database import Tx
from store.follow_ups import follow_up


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody who wants in. The rest, from ``how`` on: the consent that staff recorded since; None: not yet."""

    id: int
    contact_id: int
    phone: str | None
    language: str
    via: str
    asked_at: datetime
    how: str | None
    confirmed_at: datetime | None
    agreed: ConsentWords | None
    wording_version: str | None


_SINCE = consent_event.alias("since")
_CONSENT = (
    sa.select(sa.func.max(_SINCE.c.id))
    .where(
        _SINCE.c.contact_id == follow_up.c.contact_id,
        _SINCE.c.kind == "given",
        _SINCE.c.patient_id.is_(None),
        _SINCE.c.at >= follow_up.c.opened_at,
    )
    .correlate(follow_up)
    .scalar_subquery()
)
_WISHES = (
    sa.select(
        follow_up.c.id,
        contact.c.id,
        contact.c.phone_sealed,
        contact.c.language,
        contact.c.via,
        follow_up.c.opened_at,
        consent_event.c.how,
        consent_event.c.at,
        consent_event.c.language,
        consent_event.c.wording,
        consent_event.c.wording_version,
    )
    .select_from(follow_up)
    .join(contact, contact.c.id == follow_up.c.contact_id)
    .outerjoin(consent_event, consent_event.c.id == _CONSENT)
    .where(
        follow_up.c.clinic_id == sa.bindparam("clinic"),
        follow_up.c.state == sa.literal_column("'open'"),
        follow_up.c.kind == "join",
    )
    .order_by(follow_up.c.opened_at.desc(), follow_up.c.id.desc())
)
_ONE = _WISHES.where(follow_up.c.id == sa.bindparam("number"))
_NEWEST = _WISHES.limit(sa.bindparam("limit", type_=sa.Integer))


def wishes(tx: Tx, clinic_id: int, limit: int = 20) -> list[Wish]:
    """Who wants in, the newest first."""
    return [_wish(tx, row) for row in tx.conn.execute(_NEWEST, {"clinic": clinic_id, "limit": limit})]


def wish(tx: Tx, clinic_id: int, number: int) -> Wish | None:
    """The open wish of this clinic with this number."""
    row = tx.conn.execute(_ONE, {"clinic": clinic_id, "number": number}).one_or_none()
    return None if row is None else _wish(tx, row)


def _wish(tx: Tx, row: Sequence[Any]) -> Wish:
    *known, language, wording, version = row
    known[2] = None if known[2] is None else tx.sealer.open(known[2])
    values = [*known, None if version is None else ConsentWords(language, wording), version]
    return Wish(*values)
