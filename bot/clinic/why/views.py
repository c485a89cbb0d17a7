"""Why a text went or did not, and why there was none on a day. `scheduler.why` knows."""

from datetime import date

from flask import Blueprint, abort, render_template, request

from bot.clinic.here import here, now, services
from bot.clinic.why.words import Names
from scheduler import why
from scheduler.send_window import SendWindow
from store import messages, patients

routes = Blueprint("why", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/why")


@routes.get("/texts/<int:message_id>")
def text(clinic_id: int, message_id: int) -> str:
    """All that is known of one text."""
    with services().database.reading() as tx:
        asked = messages.get_message(tx, message_id)
        if asked is None or asked.clinic_id != clinic_id:
            abort(404)
        noted = why.of_text(tx, message_id)
        reasons = Names(tx).of(noted)
    zone = here().clinic.timezone
    return render_template("why/text.html", text=asked, reasons=reasons, noted=noted, zone=zone)


@routes.get("/patients/<int:patient_id>")
def day(clinic_id: int, patient_id: int) -> str:
    """What was to be told on a local day of a patient, or of it; today unless another is asked for."""
    at = now()
    with services().database.reading() as tx:
        person = patients.get_patient(tx, patient_id)
        if person is None or person.clinic_id != clinic_id:
            abort(404)
        asked = _asked() or SendWindow.of(person, here().clinic).local_day(at)
        noted = why.of_day(tx, at, here().clinic, person, asked)
        reasons = Names(tx).of(noted)
    return render_template(
        "why/day.html", person=person, asked=asked, reasons=reasons, noted=noted, zone=person.timezone
    )


def _asked() -> date | None:
    try:
        return date.fromisoformat(request.args.get("date", ""))
    except ValueError:
        return None
