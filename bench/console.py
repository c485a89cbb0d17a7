"""How fast each page of the console answers, server side: the real application, somebody signed in, much to find."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from bench import setting
from bench.console_load import name_them, talk, work
from bench.population import DAYTIME, mixed, populate
from bot.app import create_app
from bot.clinic.access import ROUTES, Right
from bot.services import Services
from bot.startup import keep_what_is_loaded
from content.library import Library
from scheduler import closure_job
from scheduler.duties.reporting import Reporting
from scheduler.plan.changes import Close
from store import clinics as clinics_of
from store import jobs, overrides, staff
from store.contacts import contact
from store.database import Tx
from store.follow_ups import follow_up
from store.messages import message
from store.patients import patient
from store.plans import plan

Parts = Mapping[str, Sequence[object] | None]
"""What each part of an address may be; None: nobody knows."""

_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_WARM = 2

# What a page is asked for beside its address, where that makes another page of it: `N` is a patient's number.
_ASKED: Mapping[str, tuple[str, ...]] = {
    "patients.found": ("q=jon lop", "q=mrn-N", "q=+12015550142", "page=20"),
    "reports.page": ("", "since=2000-01-01"),
    "reports.export": ("report=texts",),
    "audit.page": ("", "actor=nurse", "subject=plan", "since=2000-01-01", "patient=N"),
    "plans.change": ("", "kind=delay", "kind=switch"),
    "closures.look": ("date=2030-01-04&to=2030-01-07",),
}


def measure(
    *, clinics: int, patients: int, texts: int, asked: int, folder: Path | None = None
) -> Iterator[dict[str, object]]:
    """What building took, the counting of a day for the reports, and each page: median and 95th of a hundred answers.

    Milliseconds, by the clock and of the processor alone: where others work on the machine too, the clock counts them
    in. ``asked``: how often each page is, each time for another patient, text or task. A page that did not
    answer with 200 has a line that does not agree.
    """
    with tempfile.TemporaryDirectory(dir=folder) as made:
        services = setting.place(Path(made), 8000).services
        now = services.clock()
        began = time.perf_counter()
        build(services, now, clinics, patients, texts)
        size = {"clinics": clinics, "patients": patients, "texts": texts}
        yield {"bench": "console", **size, "build_seconds": round(time.perf_counter() - began, 1)}
        yield from pages(services, now, (clinics + 1) // 2, asked)


def build(services: Services, now: datetime, clinics: int, patients: int, texts: int) -> None:
    """Clinics of the same size with a year behind them."""
    per_clinic = -(-patients // clinics)
    courses = mixed(services.library.regimens, now.date(), patients, _ZONES)
    populate(services, now, courses, DAYTIME, per_clinic=per_clinic)
    name_them(services)
    talk(services, now, patients, per_clinic, texts)
    work(services, now, patients, per_clinic)


def pages(services: Services, now: datetime, clinic_id: int, asked: int) -> Iterator[dict[str, object]]:
    """The counting for the reports, and each page of a clinic."""
    began, days = time.perf_counter(), 0
    counting = Reporting(services.database, services.database.now, demo=False)
    while counting.step():
        days += 1
    spent = (time.perf_counter() - began) * 1000
    yield {"bench": "console", "counted_days": days, "ms_a_day": round(spent / max(days, 1), 2)}
    _in_the_middle(services, now, clinic_id)
    app = create_app(services.settings, services).extensions["console"]
    client = _signed_in(app, services, clinic_id)
    keep_what_is_loaded()  # as a web process does: what the building left is no part of an answer
    chance = random.Random(3)
    for endpoint, query, address in _addresses(app, services, clinic_id, chance):
        yield {"bench": "console", "page": endpoint, "query": query} | _timed(client, address, asked)


def _in_the_middle(services: Services, now: datetime, clinic_id: int) -> None:
    """What has pages of its own: a day on which the clinic closes, and a word that somebody has proposed."""
    with services.database.writing() as tx:
        clinic = clinics_of.find_clinic(tx, clinic_id)
        assert clinic is not None
        closed = Close(now.date() + timedelta(days=3), now.date() + timedelta(days=4))
        closure_job.order(tx, now, clinic, closed, by="bench", reason=None)
        overrides.propose(tx, now, clinic_id, "alias", "effects", {"en": "side efects"}, "bench")


def _signed_in(app: Flask, services: Services, clinic_id: int) -> FlaskClient:
    """The browser of an administrator of a clinic, past the sign-in."""
    with services.database.writing() as tx:
        user = staff.add_user(tx, services.clock(), "bench@clinic.example", "Bench", None)
        staff.add_membership(tx, user.id, clinic_id, "administrator")
        staff.set_sign_in(
            tx, user.id, active=True, password_hash=None, password_given=False, session_key="bench",
            second_factor=None, recovery_codes=(), passkey_handle="bench",
        )  # fmt: skip
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(
            {"_user_id": "bench", "_fresh": True, "fs_cc": "set", "fs_paa": time.time(), "identity.id": "bench"}
        )
    return client


def _addresses(
    app: Flask, services: Services, clinic_id: int, chance: random.Random
) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Every page of a clinic that somebody may see, and what makes an address of it."""
    with services.database.reading() as tx:
        known = _known(tx, services.library, clinic_id)
    adapter = app.url_map.bind("localhost")
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: str(each.endpoint)):
        if not isinstance(ROUTES.get(rule.endpoint), Right) or "GET" not in (rule.methods or ()):
            continue
        names = sorted(rule.arguments - {"clinic_id"})
        parts = {name: known.get(f"{rule.endpoint} {name}", known.get(name)) for name in names}
        for query in _ASKED.get(rule.endpoint, ("",)):

            def address(endpoint: str = rule.endpoint, parts: Parts = parts, query: str = query) -> str:
                values: dict[str, Any] = {name: chance.choice(found or ["-"]) for name, found in parts.items()}
                path = adapter.build(endpoint, {"clinic_id": clinic_id, **values})
                somebody = str(chance.choice(known["patient_id"] or [0]))
                return f"{path}?{query.replace('N', somebody)}"

            yield rule.endpoint, query, address


def _known(tx: Tx, library: Library, clinic_id: int) -> Parts:
    """Parts of addresses, for all pages or for one: ids of the clinic, and of the content."""

    def ids(column: sa.Column[int], *conditions: sa.ColumnElement[bool]) -> list[int]:
        asked = sa.select(column).where(column.table.c.clinic_id == clinic_id, *conditions)
        return list(tx.conn.execute(asked.order_by(column.desc()).limit(2_000)).scalars())

    return {
        "patient_id": ids(patient.c.id),
        "plan_id": ids(plan.c.id),
        "contact_id": ids(contact.c.id),
        "message_id": ids(message.c.id, message.c.direction == "out"),
        "inbox.teach message_id": ids(message.c.id, message.c.outcome_kind == "unknown"),
        "alert_id": ids(follow_up.c.id, follow_up.c.kind == "danger"),
        "task_id": ids(follow_up.c.id, follow_up.c.kind == "failed_text"),
        "words_id": [words.id for words in overrides.of_clinic(tx, clinic_id, "alias", ["proposed"])],
        "job_id": [job.id for job in jobs.jobs_of(tx, clinic_id, closure_job.KIND, 1)],
        "topic_id": list(library.topics),
        "regimen_id": list(library.regimens),
        "sign_id": list(library.danger),
        "key": list(library.wordings["en"].texts),
    }


def _timed(client: FlaskClient, address: Callable[[], str], asked: int) -> dict[str, object]:
    walls, works, bytes_sent = [], [], 0
    for number in range(_WARM + asked):
        path = address()
        began, worked = time.perf_counter(), time.thread_time()
        answer = client.get(path)
        wall, work = time.perf_counter() - began, time.thread_time() - worked
        if answer.status_code != 200:
            return {"status": answer.status_code, "address": path, "agree": False}
        if number >= _WARM:
            walls.append(wall)
            works.append(work)
            bytes_sent = max(bytes_sent, len(answer.data))
    return {
        "p50_ms": _of_hundred(walls, 50),
        "p95_ms": _of_hundred(walls, 95),
        "cpu_p95_ms": _of_hundred(works, 95),
        "kilobytes": round(bytes_sent / 1000, 1),
        "agree": True,
    }


def _of_hundred(seconds: Sequence[float], part: int) -> float:
    """What so many of a hundred did not exceed, in milliseconds."""
    return round(1000 * sorted(seconds)[min(len(seconds) - 1, part * len(seconds) // 100)], 1)
