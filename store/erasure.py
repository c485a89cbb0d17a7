"""Erasure: of a person who asks for it, the hash of the number and the opt-out alone remain."""

from datetime import datetime

import sqlalchemy as sa

from store import outbox
from store.contacts import contact
from store.database import Tx
from store.follow_ups import follow_up
from store.messages import message
from store.patients import end_patient, patient
from store.plans import plan, plan_change
from store.threads import thread_note

_REASON = "erased"


def erase(tx: Tx, now: datetime, contact_id: int) -> None:
    """Clears all that says who the contact is or what was said, and ends what runs for them.

    Rows stay where others count or refer to them, without words: number, names, codes, bodies, notes and reasons are
    gone. The hash stays, so that an opt-out is found for ever. Raises LookupError.
    """
    known = tx.conn.execute(sa.update(contact).where(contact.c.id == contact_id).values(phone_sealed=None))
    if known.rowcount == 0:
        raise LookupError(f"there is no contact {contact_id}")
    outbox.cancel_due(tx, now, contact_id=contact_id, gate=_REASON)
    patients = list(tx.conn.execute(sa.select(patient.c.id).where(patient.c.contact_id == contact_id)).scalars())
    for patient_id in patients:
        end_patient(tx, now, patient_id, _REASON)
    plans = sa.select(plan.c.id).where(plan.c.patient_id.in_(patients))
    for table, whose, values in (
        (patient, patient.c.id.in_(patients), {"name_sealed": None, "code_sealed": None, "code_hash": None}),
        (plan, plan.c.patient_id.in_(patients) & plan.c.state.in_(["active", "held"]), {"state": "stopped"}),
        (plan_change, plan_change.c.plan_id.in_(plans), {"reason_sealed": None, "override_reason_sealed": None}),
        (message, message.c.contact_id == contact_id, {"body_sealed": None, "matched_sealed": None, "args": {}}),
        (follow_up, follow_up.c.contact_id == contact_id, {"detail_sealed": None, "note_sealed": None}),
        (thread_note, thread_note.c.contact_id == contact_id, {"words_sealed": None}),
    ):
        tx.conn.execute(sa.update(table).where(whose).values(values))
