"""The list of patients, and the page about one."""

from datetime import date

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.audited import entry_in_words
from bot.clinic.enrol.hows import how_in_words
from bot.clinic.here import here, now, services
from bot.clinic.live import conditional
from bot.clinic.numbers import row_number
from bot.clinic.patients import about, finding
from bot.clinic.patients.about import About
from bot.clinic_rules import REGIONS
from store import audit, console_patients, patients
from store.audit import Filter

routes = Blueprint("patients", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/patients")

PAGE = 50


@routes.get("")
def page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """Who is enrolled; `q` finds by phone, code or part of a name."""
    return render_template("patients/page.html", **_found())


@routes.get("/found")
def found(clinic_id: int) -> str:  # noqa: ARG001
    """The list alone, while somebody types."""
    return render_template("patients/_found.html", **_found())


@routes.get("/<int:patient_id>")
def one(clinic_id: int, patient_id: int) -> str:  # noqa: ARG001
    """One patient."""
    shown = _about(patient_id)
    first = _month(shown.today)
    return render_template(
        "patients/one.html",
        about=shown,
        months=about.months(shown.courses, first),
        before=_moved(first, -about.MONTHS),
        after=_moved(first, about.MONTHS),
        entry_in_words=entry_in_words,
        how_name=how_in_words,
    )


@routes.get("/<int:patient_id>/texts")
def texts(clinic_id: int, patient_id: int) -> AnyResponse:  # noqa: ARG001
    """The conversation alone, as it is now."""
    return conditional(render_template("patients/_texts.html", about=_about(patient_id)))


@routes.get("/<int:patient_id>/done")
def done(clinic_id: int, patient_id: int) -> str:
    """Who did what to a patient, from the audit, the newest first and a page at a time."""
    with services().database.reading() as tx:
        person = patients.get_patient(tx, patient_id)
        if person is None or person.clinic_id != clinic_id:
            abort(404)
        asked = Filter(patient_id=patient_id, before_id=request.args.get("before", None, row_number))
        entries = audit.find(tx, clinic_id, asked, PAGE + 1)
    return render_template(
        "patients/done.html",
        person=person,
        entries=entries[:PAGE],
        more=len(entries) > PAGE,
        entry_in_words=entry_in_words,
    )


def _found() -> dict[str, object]:
    asked = request.args.get("q", "")[:100]
    number = max(1, request.args.get("page", 1, int))
    with services().database.reading() as tx:
        listed = finding.find(tx, here().clinic, asked, REGIONS.get(here().clinic.country))
        shown = console_patients.with_codes(tx, here().clinic.id, listed[(number - 1) * PAGE : number * PAGE])
    return {
        "asked": asked,
        "listed": shown,
        "count": len(listed),
        "number": number,
        "pages": max(1, -(-len(listed) // PAGE)),
    }


def _about(patient_id: int) -> About:
    at = now()
    with services().database.reading() as tx:
        shown = about.read(tx, at, services().library, here().entry, patient_id)
    if shown is None:
        abort(404)
    return shown


def _month(today: date) -> date:
    try:
        return date.fromisoformat(f"{request.args['month']}-01")
    except (KeyError, ValueError):
        return today.replace(day=1)


def _moved(first: date, months: int) -> str:
    number = first.year * 12 + first.month - 1 + months
    return f"{number // 12:04}-{number % 12 + 1:02}"
