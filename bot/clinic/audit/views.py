"""The audit of a clinic. It names people who work there, subjects by their numbers, and fields, never values.

A patient is asked for by their number too: what was done to them, their plans, tasks and texts.
"""

from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, Response, abort, render_template, request

from bot.clinic.audited import SUBJECTS, entry_in_words, field_name, subject_name
from bot.clinic.exports import csv_file
from bot.clinic.here import here, services
from bot.clinic.numbers import row_number
from scheduler.plan.local_time import to_utc
from store import audit, patients
from store.audit import AuditEntry, Filter
from store.database import Tx

routes = Blueprint("audit", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/audit")

PAGE = 50
MOST_EXPORTED = 100_000
_FILTERS = ("patient", "actor", "subject", "since", "until")


@routes.get("")
def page(clinic_id: int) -> str:
    """The newest entries that fit, a page at a time."""
    with services().database.reading() as tx:
        asked = _asked(tx, clinic_id)
        found = audit.find(tx, clinic_id, asked, PAGE + 1)
        actors = audit.actors(tx, clinic_id)
        whose = audit.patients_of(tx, clinic_id, found[:PAGE])
    return render_template(
        "audit/page.html",
        found=found[:PAGE],
        more=len(found) > PAGE,
        asked=asked,
        given={name: request.args[name] for name in _FILTERS if request.args.get(name)},
        actors=actors,
        subjects=SUBJECTS,
        whose=whose,
        in_words=entry_in_words,
        subject_name=subject_name,
        field_name=field_name,
    )


@routes.get("/export")
def export(clinic_id: int) -> Response:
    """All that fits, as CSV."""
    with services().database.reading() as tx:
        found = audit.find(tx, clinic_id, _asked(tx, clinic_id), MOST_EXPORTED)
    return csv_file("audit", ("at", "actor", "action", "subject", "subject_id", "fields"), map(_row, found))


def _asked(tx: Tx, clinic_id: int) -> Filter:
    whose = request.args.get("patient", None, row_number)
    if whose is not None:
        person = patients.get_patient(tx, whose)
        if person is None or person.clinic_id != clinic_id:
            abort(404)
    return Filter(
        patient_id=whose,
        actor=request.args.get("actor") or None,
        subject=request.args.get("subject") or None,
        since=_moment(request.args.get("since", ""), 0),
        until=_moment(request.args.get("until", ""), 1),
        before_id=request.args.get("before", None, row_number),
    )


def _moment(day: str, days: int) -> datetime | None:
    """The beginning of a day of the clinic, or of the one after it; None where there is no such date."""
    try:
        read = datetime.fromisoformat(day).replace(tzinfo=UTC).date() + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return to_utc(read, time(), here().clinic.timezone)


def _row(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.at.isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.subject_id,
        " ".join(entry.fields),
    )
