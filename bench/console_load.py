"""A year of texts of clinics of some size, with alerts, tasks and an audit: what the pages of the console have to find.

It is written past the store's own functions, in bulk, after `bench.population` has enrolled the patients.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bench.bulk import Into
from bot.services import Services
from store.audit import audit_entry
from store.consents import consent_event
from store.database import Tx
from store.follow_ups import follow_up
from store.messages import message, message_state
from store.patients import patient

YEAR = timedelta(days=365)
_SLICE = 50_000
_FIRST = ("Ana", "Ben", "Chidi", "Dora", "Emre", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Kim", "Lena", "Mateo")
_LAST = (
    "Abbott",
    "Bianchi",
    "Castillo",
    "Diaz",
    "Eriksen",
    "Fofana",
    "Grant",
    "Huang",
    "Ito",
    "Jones",
    "Kaya",
    "Lopez",
)
_TEMPLATES = ("visit_before", "visit_today", "dose_today", "visit_soon")
# What became of reminders: state, gate, error code, segments, and how many of a thousand.
_ENDS = (
    ("delivered", None, None, 930),
    ("undelivered", None, 30003, 30),
    ("failed", None, 30005, 10),
    ("cancelled", "event_moved", None, 20),
    ("expired", "too_late", None, 10),
)
# What texts were taken for, and how many of a thousand.
_TAKEN_FOR = (
    ("topic", "effects", 250),
    ("topic", "rash", 100),
    ("topic", "fever", 100),
    ("command", "confirm", 250),
    ("command", "change", 50),
    ("command", "next", 100),
    ("unknown", None, 110),
    ("same_day", "rash", 20),
    ("call_now", "fever", 15),
    ("emergency", "breathing", 5),
)


def name_them(services: Services) -> None:
    """Gives each patient a name and a code."""
    sealer = services.sealer
    with services.database.writing(deadline=60) as tx:
        rows = tx.conn.execute(sa.select(patient.c.id, patient.c.clinic_id).order_by(patient.c.id)).all()
        changes = [
            {
                "number": number,
                "name": sealer.seal(f"{_FIRST[number % len(_FIRST)]} {_LAST[number // 7 % len(_LAST)]} {number}"),
                "code": sealer.seal(f"MRN-{number}"),
                "hash": sealer.index(clinic_id, "code", f"mrn-{number}"),
            }
            for number, clinic_id in rows
        ]
        values = {"name_sealed": "name", "code_sealed": "code", "code_hash": "hash"}
        tx.conn.execute(
            sa.update(patient)
            .where(patient.c.id == sa.bindparam("number"))
            .values({column: sa.bindparam(each) for column, each in values.items()}),
            changes,
        )


def talk(services: Services, now: datetime, enrolled: int, per_clinic: int, texts: int) -> None:
    """So many texts in the year before ``now``: reminders, texts that come and answers to them, the oldest first."""
    made = _texts(services, now, enrolled, per_clinic, texts)
    with services.database.writing(deadline=60) as tx, _without_indexes(tx):
        into = Into(tx, message, _TEXT)
        history = Into(tx, message_state, ("clinic_id", "message_id", "state", "at"))
        while rows := list(islice(made, _SLICE)):
            into.add(tx, rows)
            history.add(tx, [(row[1], row[0], row[9], row[10]) for row in rows if row[4] == "out"])


def work(services: Services, now: datetime, enrolled: int, per_clinic: int) -> None:
    """What staff of each clinic did in the year and have to do now: alerts, tasks, opt-outs, the audit."""
    chance = random.Random(2)
    words = services.sealer.seal('call_now fever: "I have a fever of 101" (phrase)')
    with services.database.writing(deadline=60) as tx:
        tasks = Into(tx, follow_up, _TASK)
        stops = Into(tx, consent_event, _CONSENT)
        entries = Into(tx, audit_entry, ("clinic_id", "at", "actor", "action", "subject", "subject_id", "fields"))
        for clinic_id, first in enumerate(range(1, enrolled + 1, per_clinic), 1):
            people = range(first, min(first + per_clinic, enrolled + 1))
            rows: list[Sequence[Any]] = []
            for number in range(len(people)):
                who, at = chance.choice(people), now - YEAR * chance.random()
                open_now = number < 40
                opened = now - timedelta(minutes=7 * number) if open_now else at
                danger = number % 5 == 0
                seen = None if open_now and number < 15 else opened + timedelta(minutes=chance.randrange(1, 40))
                done = None if open_now else opened + timedelta(hours=2)
                rows.append(
                    (
                        *(clinic_id, who, who, "danger" if danger else "failed_text", 2 + number % 2, opened, words),
                        *("open" if open_now else "done", "arrived" if danger else None),
                        *(opened if danger else None, seen if danger else None, done, "nurse" if done else None),
                    )
                )
            tasks.add(tx, rows)
            stops.add(
                tx,
                [
                    (clinic_id, who, who, "withdrawn", "text", "", "1", "en", "patient", now - YEAR * chance.random())
                    for who in people[::100]
                ],
            )
            entries.add(
                tx,
                [
                    (clinic_id, now - YEAR * (1 - number / len(people) / 5), "nurse", "see", "patient", people[0], [])
                    for number in range(5 * len(people))
                ],
            )
        if tx.dialect == "sqlite":
            tx.conn.exec_driver_sql("PRAGMA optimize")


def _texts(services: Services, now: datetime, enrolled: int, per_clinic: int, texts: int) -> Iterator[Sequence[Any]]:
    chance = random.Random(1)
    seal = services.sealer.seal
    reminder, asked, answer, matched = (
        seal("See you on Thursday at 9:30."),
        seal("side efects"),
        seal("Rash."),
        seal("a"),
    )
    ends = [each[:3] for each in _ENDS for _ in range(each[3] // 10)]
    meant = [each[:2] for each in _TAKEN_FOR for _ in range(each[2] // 5)]
    step, first = YEAR / texts, enrolled + 1
    number = first
    while number < first + texts:
        at = now - YEAR + step * (number - first)
        who = chance.randrange(1, enrolled + 1)
        clinic_id = (who - 1) // per_clinic + 1
        common = (number, clinic_id, who, who)
        if chance.random() < 0.5:
            kind, name = chance.choice(meant)
            yield (*common, "in", "text", None, {}, "sms", "received", at, None, at, 0, None, f"SMi{number:031x}", "en",
                   asked, None, None, None, None, kind, name, matched, None)  # fmt: skip
            number += 1
            common = (number, clinic_id, who, who)
            yield (*common, "out", "reply", "fact", {}, "sms", "delivered", at, None, at, 1, None, f"SMr{number:031x}",
                   "en", answer, 2, "GSM-7", None, None, None, None, None, number - 1)  # fmt: skip
        else:
            state, gate, code = chance.choice(ends)
            went = gate is None
            yield (*common, "out", "reminder", chance.choice(_TEMPLATES), {"time": "9:30"}, "sms", state, at, at, at,
                   int(went), at if went else None, f"SMo{number:031x}" if went else None, "en",
                   reminder if went else None, 1 if went else None, "GSM-7" if went else None, code, gate, None, None,
                   None, None)  # fmt: skip
        number += 1


@contextmanager
def _without_indexes(tx: Tx) -> Iterator[None]:
    """On SQLite the indexes of texts are made when all rows are there: it takes a third of the time."""
    found: Sequence[Any] = ()
    if tx.dialect == "sqlite":
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({})"
        found = tx.conn.exec_driver_sql(asked.format("'message', 'message_state'")).all()
    for name, _ in found:
        tx.conn.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for _, made in found:
        tx.conn.exec_driver_sql(made)


_TEXT = (
    *("id", "clinic_id", "contact_id", "patient_id", "direction", "kind", "template", "args", "via", "state"),
    *("state_at", "due_at", "created_at", "attempts", "begun_at", "provider_id", "language", "body_sealed"),
    *("segments", "encoding", "error_code", "gate", "outcome_kind", "outcome_id", "matched_sealed", "in_reply_to"),
)
_TASK = (
    *("clinic_id", "contact_id", "patient_id", "kind", "urgency", "opened_at", "detail_sealed", "state", "reply"),
    *("rung_at", "seen_at", "closed_at", "closed_by"),
)
_CONSENT = (
    *("clinic_id", "contact_id", "patient_id", "kind", "how"),
    *("wording", "wording_version", "language", "by", "at"),
)
