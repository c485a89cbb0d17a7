"""Texts that a change of plan may still reach: those that wait, and those that an earlier change kept from going.

`store.outbox` makes texts and sends them; here one that was not sent yet is put into other words, cancelled, or brought
back to life. What a text tells stays unique throughout.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from store.columns import Moment, among, for_both
from store.database import Tx
from store.messages import WAITING, Cover, Kind, State, message, message_event, remember, step_of
from store.prepared import Prepared
from store.states import CANCEL, REVIVE


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text that is not sent: it waits, or it was cancelled by the gate ``gate`` and would still be of use."""

    id: int
    kind: Kind
    state: State
    gate: str | None
    template: str
    args: Mapping[str, str]
    due_at: datetime
    expires_at: datetime | None
    priority: int
    covers: tuple[Cover, ...]

    @property
    def waits(self) -> bool:
        """It would go out as things stand."""
        return self.state != "cancelled"


@dataclass(frozen=True, slots=True)
class Told:
    """A text that told something of a plan, and how far it came."""

    message_id: int
    state: State
    at: datetime
    cover: Cover


_WAITING_FOR = (
    sa.select(
        message.c.id,
        message.c.clinic_id,
        message.c.kind,
        message.c.state,
        message.c.gate,
        message.c.template,
        message.c.args,
        message.c.due_at,
        message.c.expires_at,
        message.c.priority,
    )
    .where(
        message.c.contact_id == sa.bindparam("contact"),
        message.c.patient_id == sa.bindparam("patient"),
        message.c.kind == "reminder",
        WAITING | ((message.c.state == "cancelled") & (message.c.expires_at > sa.bindparam("now", type_=Moment))),
    )
    .order_by(message.c.id)
)
_COVERS = Prepared(
    sa.select(
        message_event.c.message_id,
        message_event.c.plan_id,
        message_event.c.event,
        message_event.c.rule,
        message_event.c.event_date,
    )
    .where(among(message_event.c.message_id, "numbers"))
    .order_by(message_event.c.event_date, message_event.c.plan_id, message_event.c.event, message_event.c.rule)
)
_TOLD = (
    sa.select(
        message_event.c.event,
        message_event.c.rule,
        message_event.c.event_date,
        message.c.id,
        message.c.state,
        message.c.state_at,
    )
    .join_from(message_event, message, message.c.id == message_event.c.message_id)
    .where(
        message_event.c.plan_id == sa.bindparam("plan"),
        message_event.c.event_date >= sa.bindparam("since", type_=sa.Date),
    )
    .order_by(message_event.c.event_date, message.c.id, message_event.c.event, message_event.c.rule)
)
_OF_NO_EVENT = (
    sa.select(message.c.args)
    .where(
        message.c.contact_id == sa.bindparam("contact"),
        message.c.kind == "reminder",
        sa.or_(*(message.c.state == state for state in ("sending", "unknown", "accepted", "sent", "delivered"))),
        ~sa.exists().where(message_event.c.message_id == message.c.id),
    )
    .order_by(message.c.id)
)
_COVER = for_both(lambda insert: insert(message_event).on_conflict_do_nothing())
_FREE = sa.delete(message_event).where(among(message_event.c.message_id, "numbers"))
_OF = sa.select(message.c.id, message.c.clinic_id).where(among(message.c.id, "numbers"))


def waiting_for(
    tx: Tx, now: datetime, contact_id: int, patient_id: int, gates: Collection[str], *, to_write: bool
) -> list[Waiting]:
    """A patient's reminders that are not sent: those that wait, and those cancelled by one of ``gates`` and of use yet.

    ``to_write``: nobody else touches them until the transaction ends.
    """
    statement = _WAITING_FOR.with_for_update() if to_write else _WAITING_FOR
    rows = tx.conn.execute(statement, {"contact": contact_id, "patient": patient_id, "now": now}).all()
    rows = [row for row in rows if row.state != "cancelled" or row.gate in gates]
    told: dict[int, list[Cover]] = {row.id: [] for row in rows}
    for number, *cover in _COVERS.every(tx, numbers=list(told)) if rows else ():
        told[number].append(Cover(*cover))
    return [
        Waiting(
            row.id,
            row.kind,
            row.state,
            row.gate,
            row.template or "",
            row.args,
            row.due_at,
            row.expires_at,
            row.priority,
            tuple(told[row.id]),
        )
        for row in rows
    ]


def told_since(tx: Tx, plan_id: int, since: date) -> list[Told]:
    """What was told, or is to be told, of a plan's events on a local date and later, in the order of those dates."""
    return [
        Told(row.id, row.state, row.state_at, Cover(plan_id, row.event, row.rule, row.event_date))
        for row in tx.conn.execute(_TOLD, {"plan": plan_id, "since": since})
    ]


def told_of_changes(tx: Tx, contact_id: int, plan_id: int) -> frozenset[int]:
    """Which of the changes of a plan, by their places from 1, a text told of that went out and did not fail."""
    rows = tx.conn.execute(_OF_NO_EVENT, {"contact": contact_id}).scalars()
    return frozenset(int(args["change"]) for args in rows if args.get("plan") == str(plan_id) and "change" in args)


def tell_anew(tx: Tx, now: datetime, texts: Sequence[Waiting], cancelled: Mapping[int, str]) -> None:
    """Makes texts that were not sent what ``texts`` says, due each at its own moment; cancels others.

    ``cancelled``: by which gate, by the id of the text. A cancelled text keeps what it tells but for what one of
    ``texts`` tells in its place.
    """
    anew = {text.id: text for text in texts}
    numbers = sorted({*anew, *cancelled})
    if not numbers:
        return
    clinics = {row.id: row.clinic_id for row in tx.conn.execute(_OF, {"numbers": numbers})}
    before: dict[int, list[Cover]] = {}
    for number, *cover in _COVERS.every(tx, numbers=numbers):
        before.setdefault(number, []).append(Cover(*cover))
    tx.conn.execute(_FREE, {"numbers": numbers})
    kept = [(number, cover) for number in cancelled for cover in before.get(number, ())]
    rows = [
        {
            "clinic_id": clinics[number],
            "plan_id": cover.plan_id,
            "event": cover.event,
            "rule": cover.rule,
            "event_date": cover.event_date,
            "message_id": number,
        }
        for number, cover in [*((text.id, cover) for text in texts for cover in text.covers), *kept]
    ]
    if rows:
        tx.conn.execute(_COVER[tx.dialect], rows)
    for text in texts:
        values = {
            "template": text.template,
            "args": dict(text.args),
            "due_at": text.due_at,
            "expires_at": text.expires_at,
            "priority": text.priority,
            "gate": None,
        }
        tx.conn.execute(REVIVE.update().where(message.c.id == text.id).values(state_at=now, **values))
    for number, gate in cancelled.items():
        tx.conn.execute(CANCEL.update().where(message.c.id == number).values(state_at=now, gate=gate))
    history = [step_of(clinics[number], number, REVIVE.to, "the plan was changed", None) for number in anew]
    history += [step_of(clinics[number], number, CANCEL.to, gate, None) for number, gate in cancelled.items()]
    remember(tx, now, history)
