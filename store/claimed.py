"""Claimed texts, each with all that decides whether and how it goes. `store.outbox` offers these."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa

from store.columns import among
from store.contacts import contact
from store.database import Tx
from store.messages import Cover, Kind, message, message_event
from store.patients import PatientState, patient
from store.plan_events import EventStatus, plan_event
from store.plans import PlanState, plan
from store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class CoverNow(Cover):
    """What a claimed text tells, and how it stands with it now; None where the plan has no such event any more."""

    plan_state: PlanState
    event_status: EventStatus | None
    date_now: date | None


@dataclass(frozen=True, slots=True)
class TextToSend:
    """A claimed text with all that decides whether and how it goes.

    ``phone`` is None where the contact was erased or its number cannot be opened. The patient's fields are None for a
    text to somebody who is no patient. ``attempts`` counts the calls made before. ``alarmed_at`` is when this person
    last told of danger to life. ``via`` is the network they chose, ``instead`` the one that takes its place since it
    failed, ``fallback`` what they said of that. ``body`` has the words of a text without a template, written by hand.
    """

    id: int
    clinic_id: int
    contact_id: int
    patient_id: int | None
    kind: Kind
    template: str | None
    args: dict[str, str]
    priority: int
    due_at: datetime
    expires_at: datetime | None
    attempts: int
    created_at: datetime
    language: str
    via: str
    instead: str | None
    fallback: str | None
    opted_out_at: datetime | None
    quarantined_at: datetime | None
    alarmed_at: datetime | None
    patient_state: PatientState | None
    timezone: str | None
    window_from: time | None
    window_until: time | None
    travel_timezone: str | None
    travel_from: date | None
    travel_until: date | None
    phone: str | None
    covers: tuple[CoverNow, ...]
    body: str | None = None


# In the order of the fields of TextToSend but for the last two; number and words are sealed.
_TO_SEND = Prepared(
    sa.select(
        message.c.id,
        message.c.clinic_id,
        message.c.contact_id,
        message.c.patient_id,
        message.c.kind,
        message.c.template,
        message.c.args,
        message.c.priority,
        message.c.due_at,
        message.c.expires_at,
        message.c.attempts,
        message.c.created_at,
        contact.c.language,
        contact.c.via,
        message.c.instead,
        contact.c.fallback,
        contact.c.opted_out_at,
        contact.c.quarantined_at,
        contact.c.alarmed_at,
        patient.c.state,
        patient.c.timezone,
        patient.c.window_from,
        patient.c.window_until,
        patient.c.travel_timezone,
        patient.c.travel_from,
        patient.c.travel_until,
        contact.c.phone_sealed,
        message.c.body_sealed,
    )
    .join_from(message, contact, contact.c.id == message.c.contact_id)
    .outerjoin(patient, patient.c.id == message.c.patient_id)
    .where(
        among(message.c.id, "numbers"),
        message.c.state == "claimed",
        message.c.lease_owner == sa.bindparam("owner"),
    )
    # Whoever locks several texts locks them by their ids: two who did so in different orders would wait for each other.
    .order_by(message.c.id)
    .with_for_update(of=message)
)
_TEMPLATE = 5
_COVERS_NOW = Prepared(
    sa.select(
        message_event.c.message_id,
        message_event.c.plan_id,
        message_event.c.event,
        message_event.c.rule,
        message_event.c.event_date,
        plan.c.state,
        plan_event.c.status,
        plan_event.c.date,
    )
    .join_from(message_event, plan, plan.c.id == message_event.c.plan_id)
    .outerjoin(
        plan_event,
        (plan_event.c.plan_id == message_event.c.plan_id) & (plan_event.c.name == message_event.c.event),
    )
    .where(among(message_event.c.message_id, "numbers"))
    .order_by(message_event.c.event_date, message_event.c.plan_id, message_event.c.event, message_event.c.rule)
)


def to_send(tx: Tx, ids: Sequence[int], owner: str) -> list[TextToSend]:
    """Those of the texts that ``owner`` still has claimed, locked until the transaction ends, most urgent first."""
    rows = _TO_SEND.every(tx, numbers=list(ids), owner=owner)
    told: dict[int, list[CoverNow]] = {}
    for number, *cover in _COVERS_NOW.every(tx, numbers=[row[0] for row in rows]):
        told.setdefault(number, []).append(CoverNow(*cover))
    texts = []
    for row in rows:
        values = list(row[:-2])
        values += (tx.sealer.open_or_none(row[-2]), tuple(told.get(row[0], ())))
        values.append(None if row[_TEMPLATE] is not None else tx.sealer.open_or_none(row[-1]))
        texts.append(TextToSend(*values))
    return sorted(texts, key=lambda text: (text.priority, text.due_at, text.id))
