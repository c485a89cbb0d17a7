"""What stands on both sides after a run: what Twilio took and told, what people were answered, what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

from scheduler.planned import calendar_of, reminders_of
from scheduler.send_window import SendWindow
from store import clinics, contacts, follow_ups, patients, plans
from store.database import Database, Tx
from store.messages import Cover, message, message_event, message_state
from tests.chaos.line import Taken


@dataclass(frozen=True, slots=True)
class Sent:
    """A message in Twilio's ledger; ``attempt`` is ours, from its callback address, ``at`` by the machine's clock."""

    sid: str
    to: str
    message_id: int
    attempt: int
    at: float


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the database; ``was`` are the states it came to, in order, ``words`` those of a reply."""

    id: int
    phone: str | None
    direction: str
    kind: str
    state: str
    provider_id: str | None
    gate: str | None
    in_reply_to: int | None
    is_due: bool
    was: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """``alerts``: the lines of each number's alert. ``told``: the state that was last told of each message and taken.

    ``owed``: what the calendars say was to be told by now to who never left; ``covered``: what a text stands for.
    """

    taken: tuple[Taken, ...]
    ledger: tuple[Sent, ...]
    told: Mapping[str, str]
    rows: tuple[Row, ...]
    alerts: Mapping[str, int]
    opted_out: frozenset[str]
    owed: frozenset[Cover]
    covered: frozenset[Cover]


def gather(
    database: Database, now: datetime, taken: list[Taken], ledger: list[dict[str, Any]], told: list[dict[str, Any]]
) -> Evidence:
    """Reads the database once everything has ended; ``ledger`` and ``told`` as the fake gives them.

    ``now`` is the patients' time up to which everything was to be done.
    """
    with database.reading() as tx:
        phones = _phones(tx)
        return Evidence(
            taken=tuple(taken),
            ledger=tuple(map(_sent, ledger)),
            told=_told(told),
            rows=_rows(tx, now, phones),
            alerts=_alerts(tx, phones),
            opted_out=frozenset(
                phone for number, phone in phones.items() if _contact(tx, number).opted_out_at is not None
            ),
            owed=_owed(tx, now),
            covered=_covered(tx),
        )


def _sent(line: dict[str, Any]) -> Sent:
    number, _, attempt = parse_qs(urlsplit(line["status_callback"]).query)["attempt"][0].partition(".")
    at = datetime.fromisoformat(line["at"]).timestamp()
    return Sent(line["sid"], line["to"], int(number), int(attempt), at)


def _told(told: list[dict[str, Any]]) -> dict[str, str]:
    ranks = {"sent": 0, "delivered": 1}
    last: dict[str, str] = {}
    for each in told:
        if each["status"] == 204 and ranks[each["state"]] >= ranks[last.get(each["sid"], "sent")]:
            last[each["sid"]] = each["state"]
    return last


def _contact(tx: Tx, number: int) -> contacts.Contact:
    found = contacts.get_contact(tx, number)
    assert found is not None
    return found


def _phones(tx: Tx) -> dict[int, str]:
    numbers = tx.conn.execute(sa.select(contacts.contact.c.id)).scalars()
    return {number: _contact(tx, number).phone or "" for number in numbers}


def _rows(tx: Tx, now: datetime, phones: Mapping[int, str]) -> tuple[Row, ...]:
    was: dict[int, list[str]] = {}
    history = sa.select(message_state.c.message_id, message_state.c.state).order_by(message_state.c.id)
    for number, state in tx.conn.execute(history):
        was.setdefault(number, []).append(state)
    return tuple(
        Row(
            id=row.id,
            phone=phones[row.contact_id],
            direction=row.direction,
            kind=row.kind,
            state=row.state,
            provider_id=row.provider_id,
            gate=row.gate,
            in_reply_to=row.in_reply_to,
            is_due=row.due_at is not None and row.due_at <= now,
            was=tuple(was.get(row.id, ())),
            words=tx.sealer.open(row.body_sealed) if row.kind == "reply" else "",
        )
        for row in tx.conn.execute(sa.select(message).order_by(message.c.id))
    )


def _alerts(tx: Tx, phones: Mapping[int, str]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, phone in phones.items():
        for alert in follow_ups.about(tx, number):
            if alert.kind == "danger":
                lines[phone] = lines.get(phone, 0) + len((alert.detail or "").splitlines())
    return lines


def _owed(tx: Tx, now: datetime) -> frozenset[Cover]:
    (entry,) = clinics.entries(tx)
    owed: set[Cover] = set()
    for patient, contact in patients.list_patients(tx, entry.clinic.id):
        window = SendWindow.of(patient, entry.clinic)
        for plan in plans.all_plans_of(tx, patient.id) if contact.opted_out_at is None else ():
            coming = reminders_of(plan, calendar_of(plan), window, patient.created_at)
            due = takewhile(lambda reminder: reminder.due_at <= now, coming)
            owed |= {Cover(plan.id, each.event, each.rule, each.event_date) for each in due}
    return frozenset(owed)


def _covered(tx: Tx) -> frozenset[Cover]:
    columns = (message_event.c.plan_id, message_event.c.event, message_event.c.rule, message_event.c.event_date)
    return frozenset(Cover(*row) for row in tx.conn.execute(sa.select(*columns)))
