"""On which regimens people are: what decides whether a sign is graver for them. No name and no number is opened."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from store.columns import among
from store.contacts import contact
from store.database import Tx
from store.patients import patient
from store.plan_changes import plan_change
from store.plan_events import plan_event
from store.plans import plan, regimen_definition
from store.prepared import Prepared

# What was to come after a plan was stopped is gone.
_TREATED_SINCE = sa.exists().where(
    plan_event.c.plan_id == plan.c.id,
    plan_event.c.date >= sa.bindparam("since", type_=sa.Date),
    plan_event.c.kind == sa.literal_column("'treatment'"),
    plan_event.c.status.in_([sa.literal_column(f"'{status}'") for status in ("planned", "confirmed", "given")]),
)
_COUNTS = (patient.c.state == sa.literal_column("'active'")) & (
    (plan.c.state != sa.literal_column("'stopped'")) | _TREATED_SINCE
)
# A plan that was switched carries the regimen that it began with; the one that it follows now stands in the change.
_SWITCHED = plan_change.c.change.like(sa.literal_column("""'{"kind": "switch"%'"""))
_OF = Prepared(
    sa.select(plan.c.digest, plan_change.c.change)
    .join_from(patient, plan, plan.c.patient_id == patient.c.id)
    .outerjoin(plan_change, (plan_change.c.plan_id == plan.c.id) & _SWITCHED)
    .where(patient.c.contact_id == sa.bindparam("contact"), _COUNTS)
)
_ALL = sa.select(regimen_definition.c.digest)
_DEFINITION = sa.select(regimen_definition.c.definition).where(regimen_definition.c.digest == sa.bindparam("of_digest"))
_ON = Prepared(
    sa.select(contact.c.clinic_id, contact.c.phone_hash, plan.c.digest)
    .join_from(plan, patient, patient.c.id == plan.c.patient_id)
    .join(contact, contact.c.id == patient.c.contact_id)
    .where(_COUNTS, among(plan.c.digest, "digests"))
)
_SWITCHES = Prepared(
    sa.select(contact.c.clinic_id, contact.c.phone_hash, plan_change.c.change)
    .join_from(plan_change, plan, plan.c.id == plan_change.c.plan_id)
    .join(patient, patient.c.id == plan.c.patient_id)
    .join(contact, contact.c.id == patient.c.contact_id)
    .where(_SWITCHED, _COUNTS)
)


def regimens_of(tx: Tx, contact_id: int, since: date) -> list[tuple[str, str | None]]:
    """The regimens that the patient of a contact is on: a digest, and a switch of that plan as it is stored, if any.

    One that has finished its course counts, and one that was stopped if anything was given on ``since`` or later. A
    switch that was taken back counts too.
    """
    return [(row[0], row[1]) for row in _OF.every(tx, contact=contact_id, since=since)]


def switches(tx: Tx, since: date) -> list[tuple[int, bytes, str]]:
    """The clinic, the hash of the number and the switch of everybody whose plan was switched, as `regimens_of`."""
    return [(row[0], row[1], row[2]) for row in _SWITCHES.every(tx, since=since)]


def known_regimens(tx: Tx) -> list[str]:
    """The digests of the regimens that any plan has, or had."""
    return list(tx.conn.execute(_ALL).scalars())


def definition(tx: Tx, digest: str) -> str | None:
    """The definition that a regimen has under this digest."""
    found: str | None = tx.conn.execute(_DEFINITION, {"of_digest": digest}).scalar()
    return found


def who_is_on(tx: Tx, digests: Sequence[str], since: date) -> list[tuple[int, bytes, str]]:
    """The clinic, the hash of the number and the digest of everybody on one of these regimens, as `regimens_of`."""
    return [(row[0], row[1], row[2]) for row in _ON.every(tx, digests=list(digests), since=since)]
