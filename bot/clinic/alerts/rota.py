"""The rota: who is told of an alert that nobody has seen."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.alerts.forms import ShiftForm
from bot.clinic.alerts.views import routes
from bot.clinic.here import here, now, services
from bot.clinic.settings.forms import WEEKDAYS
from scheduler.duties import escalation
from store import audit, on_call
from store import rota as shifts


@routes.get("/rota")
def rota(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """Who is on for each step, and a form for another shift."""
    return _page(ShiftForm(here().clinic.country))


@routes.post("/rota")
def set_rota(clinic_id: int) -> AnyResponse | tuple[str, int]:
    """Adds a shift, or takes one off."""
    if "remove" in request.form:
        return _remove(clinic_id, request.form.get("remove", 0, int))
    form = ShiftForm(here().clinic.country)
    if not form.validate():
        return _page(form), 422
    at = now()
    with services().database.writing() as tx:
        number = shifts.add_shift(tx, at, clinic_id, form.shift())
        audit.record(tx, at, clinic_id, here().actor, "add", "rota", number, sorted(form.data.keys() - {"csrf_token"}))
    flash(_("Added to the rota."))
    return redirect(url_for("alerts.rota"), 303)


def _remove(clinic_id: int, entry_id: int) -> AnyResponse:
    at = now()
    with services().database.writing() as tx:
        if not shifts.remove_shift(tx, clinic_id, entry_id):
            abort(404)
        audit.record(tx, at, clinic_id, here().actor, "remove", "rota", entry_id)
    flash(_("Taken off the rota."))
    return redirect(url_for("alerts.rota"), 303)


def _page(form: ShiftForm) -> str:
    at, clinic = now(), here().clinic
    with services().database.reading() as tx:
        entries = shifts.of_clinic(tx, clinic.id)
        stand_ins = on_call.of_clinic(tx, clinic.id)
    standing = [entry.shift for entry in entries]
    on_now = {
        step: bool(escalation.on_duty(standing, step, at, clinic.timezone, clinic.closed_on))
        for step in escalation.STEPS
    }
    minutes = {
        urgency: [int(wait.total_seconds() // 60) for wait in waits] for urgency, waits in escalation.AFTER.items()
    }
    return render_template(
        "alerts/rota.html",
        form=form,
        entries=entries,
        stand_ins=stand_ins,
        on_now=on_now,
        minutes=minutes,
        steps=escalation.STEPS,
        weekdays=dict(WEEKDAYS),
    )
