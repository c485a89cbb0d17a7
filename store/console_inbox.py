"""The conversations of a clinic as the inbox lists them, and the texts that came in lately.

A clinic has millions of messages, most of which nobody asked for. What is listed is found by walking the newest texts
that came in, never more of them than a limit, by an index that has no others.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.contacts import contact
from store.database import Tx
from store.follow_ups import FollowUpKind, follow_up
from store.messages import RECEIVED, message
from store.patients import patient

NOT_UNDERSTOOD = ("unknown", "clarify")
"""What a text was taken for of which the bot made nothing."""


# A word and not a parameter: only so does SQLite see that the index of active patients will do.
_IS_ACTIVE = patient.c.state == sa.literal_column("'active'")
_RECEIVED = (
    message.c.id,
    message.c.contact_id,
    message.c.created_at,
    message.c.language,
    message.c.outcome_kind,
    message.c.outcome_id,
    message.c.body_sealed,
)


@dataclass(frozen=True, slots=True)
class Received:
    """A text that came in. ``words`` is None where they are deleted by now; the outcome is what it was taken for."""

    id: int
    contact_id: int
    at: datetime
    language: str | None
    outcome_kind: str | None
    outcome_id: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody who texts with the clinic. ``name`` and ``patient_id`` are None for who is not enrolled.

    ``opt_out`` is the reason why nothing goes to them, None where it may.
    """

    contact_id: int
    phone: str | None
    patient_id: int | None
    name: str | None
    code: str | None
    opt_out: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something open about a contact."""

    contact_id: int
    kind: FollowUpKind
    urgency: int
    opened_at: datetime


def newest_received(tx: Tx, clinic_id: int, limit: int, kinds: Collection[str]) -> list[Received]:
    """Those of the newest ``limit`` texts that came in which were taken for one of ``kinds``, with their words."""
    return [_as_received(tx, row) for row in _walk(tx, clinic_id, limit) if row.outcome_kind in kinds]


def not_understood(tx: Tx, clinic_id: int, since: datetime, limit: int) -> list[tuple[int, int]]:
    """Contact and number of the texts since a moment of which nothing was understood, among the newest ``limit``."""
    return [
        (row.contact_id, row.id)
        for row in _walk(tx, clinic_id, limit)
        if row.outcome_kind in NOT_UNDERSTOOD and row.created_at >= since
    ]


def newest_of_each(
    tx: Tx, clinic_id: int, limit: int, before_id: int | None = None, among: int = 1000
) -> tuple[list[Received], int | None]:
    """The newest text of each of ``limit`` contacts, the newest first, and the number before which the next ones are.

    With ``before_id`` those whose newest text came before it. Where few people wrote the last ``among`` texts, there
    are fewer of them on a page.
    """
    found: dict[int, sa.Row[Any]] = {}
    rows = _walk(tx, clinic_id, among, before_id)
    later = set() if before_id is None else _who_wrote_since(tx, {row.contact_id for row in rows}, before_id)
    last: int | None = None
    for row in rows:
        if len(found) == limit and row.contact_id not in found:
            return [_as_received(tx, each) for each in found.values()], last
        if row.contact_id not in later:
            found.setdefault(row.contact_id, row)
        last = row.id
    more = last if len(rows) == among else None
    return [_as_received(tx, each) for each in found.values()], more


def newest_of_these(tx: Tx, contact_ids: Iterable[int]) -> dict[int, Received]:
    """The newest text of each of these contacts."""
    numbers = newest_numbers(tx, contact_ids).values()
    asked: sa.Select[Any] = sa.select(*_RECEIVED).where(message.c.id.in_(list(numbers)))
    return {row.contact_id: _as_received(tx, row) for row in tx.conn.execute(asked)}


def newest_numbers(tx: Tx, contact_ids: Iterable[int]) -> dict[int, int]:
    """The number of the newest text of each of these contacts, by contact."""
    newest = (
        sa.select(sa.func.max(message.c.id))
        .where(message.c.contact_id == contact.c.id, RECEIVED)
        .correlate(contact)
        .scalar_subquery()
    )
    asked = sa.select(contact.c.id, newest).where(contact.c.id.in_(list(contact_ids)))
    return {contact_id: number for contact_id, number in tx.conn.execute(asked) if number is not None}


def correspondents(tx: Tx, clinic_id: int, contact_ids: Sequence[int]) -> dict[int, Correspondent]:
    """Who these contacts of the clinic are."""
    asked = (
        sa.select(
            contact.c.id,
            contact.c.phone_sealed,
            contact.c.opt_out_reason,
            patient.c.id.label("patient_id"),
            patient.c.name_sealed,
            patient.c.code_sealed,
        )
        .select_from(contact)
        .outerjoin(patient, (patient.c.contact_id == contact.c.id) & _IS_ACTIVE)
        .where(contact.c.clinic_id == clinic_id, contact.c.id.in_(list(contact_ids)))
    )
    found = {}
    for row in tx.conn.execute(asked):
        found[row.id] = Correspondent(
            row.id,
            tx.sealer.open_or_none(row.phone_sealed),
            row.patient_id,
            tx.sealer.open_or_none(row.name_sealed),
            tx.sealer.open_or_none(row.code_sealed),
            row.opt_out_reason,
        )
    return found


def waiting(tx: Tx, clinic_id: int, limit: int) -> list[Waiting]:
    """What is open about any contact: the most urgent first, then those open longest."""
    asked = (
        sa.select(follow_up.c.contact_id, follow_up.c.kind, follow_up.c.urgency, follow_up.c.opened_at)
        .where(
            follow_up.c.clinic_id == clinic_id,
            follow_up.c.state == sa.literal_column("'open'"),
            follow_up.c.contact_id.is_not(None),
        )
        .order_by(follow_up.c.urgency.desc(), follow_up.c.opened_at, follow_up.c.id)
        .limit(limit)
    )
    return [Waiting(*row) for row in tx.conn.execute(asked)]


def _walk(tx: Tx, clinic_id: int, limit: int, before_id: int | None = None) -> list[sa.Row[Any]]:
    asked = sa.select(*_RECEIVED).where(message.c.clinic_id == clinic_id, RECEIVED)
    if before_id is not None:
        asked = asked.where(message.c.id < before_id)
    return list(tx.conn.execute(asked.order_by(message.c.id.desc()).limit(limit)))


def _who_wrote_since(tx: Tx, contact_ids: set[int], message_id: int) -> set[int]:
    since = sa.exists().where(message.c.contact_id == contact.c.id, message.c.id >= message_id, RECEIVED)
    asked = sa.select(contact.c.id).where(contact.c.id.in_(list(contact_ids)), since)
    return set(tx.conn.execute(asked).scalars())


def _as_received(tx: Tx, row: sa.Row[Any]) -> Received:
    return Received(
        row.id,
        row.contact_id,
        row.created_at,
        row.language,
        row.outcome_kind,
        row.outcome_id,
        tx.sealer.open_or_none(row.body_sealed),
    )
