"""Reminders that are due, and a Twilio on this machine that takes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.processes import running, wait_for
from bench.setting import ACCOUNT, OURS, TOKEN
from store import outbox, patients, plans
from store.database import Database
from store.outbox import Cover

_SLICE = 100


def fill(database: Database, clinic_id: int, round_number: int, due_at: datetime) -> int:
    """Makes one reminder of the first visit due at ``due_at`` for every patient; how many were made."""
    now = datetime.now(UTC)
    with database.reading() as tx:
        enrolled = patients.list_patients(tx, clinic_id)
        of_patient = plans.plans_of(tx, [patient.id for patient, _ in enrolled])
        visits = {
            plan.patient_id: next(
                event for event in plans.events_between(tx, plan.id, date.min, date.max) if event.kind == "treatment"
            )
            for each in of_patient.values()
            for plan in each[:1]
        }
    made = 0
    for first in range(0, len(enrolled), _SLICE):
        with database.writing(deadline=30) as tx:
            for patient, contact in enrolled[first : first + _SLICE]:
                visit = visits[patient.id]
                added = outbox.add_text(
                    tx, now, clinic_id=clinic_id, contact_id=contact.id, patient_id=patient.id, kind="reminder",
                    template="visit_before", args={"date": visit.date.isoformat(), "time": "10:30"}, due_at=due_at,
                    expires_at=due_at + timedelta(days=2), priority=2,
                    covers=[Cover(visit.plan_id, visit.name, f"round-{round_number}", visit.date)],
                )  # fmt: skip
                made += added is not None
    return made


@contextmanager
def loopback_twilio(folder: Path, port: int, latency: float = 0.0) -> Iterator[str]:
    """The fake Twilio as a process of its own; its address."""
    log = folder / "twilio.log"
    arguments = [
        sys.executable, "-m", "tests.fakes.twilio", "--port", str(port), "--account-sid", ACCOUNT, "--auth-token",
        TOKEN, "--number", OURS, "--latency", str(latency),
    ]  # fmt: skip
    with running(arguments, {}, log) as process:
        wait_for(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}"
