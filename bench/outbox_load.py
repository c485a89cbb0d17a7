"""Reminders that are due, and a Twilio on this machine that takes them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.processes import running, wait_for
from bench.setting import ACCOUNT, OURS, TOKEN
from scheduler import clock
from store import outbox, patients, plans
from store.database import Database
from store.messages import SENDING, WAITING, message
from store.outbox import Cover

_SLICE = 100
_UNDER_WAY = sa.select(message.c.id).where(SENDING).limit(1)


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
    _know_sizes(database)
    return made


def make_due(database: Database) -> None:
    """Makes all that waits due at this moment, so that the clock of a round never runs while its texts are made."""
    with database.writing(deadline=30) as tx:
        tx.conn.execute(sa.update(message).where(WAITING).values(due_at=datetime.now(UTC)))


def _know_sizes(database: Database) -> None:
    """What PostgreSQL does by itself within a minute. Without it the plans are those of tables that were empty."""
    if database.dialect == "postgresql":
        with database.writing(deadline=30) as tx:
            tx.conn.exec_driver_sql("ANALYZE")


@contextmanager
def loopback_twilio(folder: Path, port: int, latency: float = 0.0, numbers: Sequence[str] = (OURS,)) -> Iterator[str]:
    """The fake Twilio as a process of its own, which owns these numbers; its address."""
    log = folder / f"twilio-{port}.log"
    arguments = [
        sys.executable, "-m", "tests.fakes.twilio", "--port", str(port), "--account-sid", ACCOUNT, "--auth-token",
        TOKEN, "--latency", str(latency), *(word for number in numbers for word in ("--number", number)),
    ]  # fmt: skip
    with running(arguments, {}, log) as process:
        wait_for(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}"


def ledger(twilio: str, after: int = 0) -> list[dict[str, object]]:
    """What a fake Twilio took after its first so many messages."""
    with urllib.request.urlopen(f"{twilio}/_fake/ledger?after={after}", timeout=60) as answer:
        taken: list[dict[str, object]] = json.load(answer)["messages"]
    return taken


def rate(taken: Sequence[dict[str, object]]) -> float:
    """Texts a second, from the first that the provider took to the last."""
    moments = [datetime.fromisoformat(str(message["at"])) for message in taken]
    return (len(moments) - 1) / max((max(moments) - min(moments)).total_seconds(), 1e-6)


def is_anything_due(database: Database, watched: subprocess.Popen[bytes]) -> bool:
    """Whether anything is still to be planned or sent. Raises RuntimeError where the scheduler has ended."""
    if watched.poll() is not None:
        raise RuntimeError(f"the scheduler ended with {watched.returncode}")
    with database.reading() as tx:
        due, sending = clock.next_due(tx), tx.conn.execute(_UNDER_WAY).first()
    return sending is not None or (due is not None and due <= datetime.now(UTC))


def wait_until_none_is_due(database: Database, watched: subprocess.Popen[bytes]) -> None:
    """Returns when all that is due has been planned and sent."""
    while is_anything_due(database, watched):
        time.sleep(0.25)
