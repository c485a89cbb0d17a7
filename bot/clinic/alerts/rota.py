"""The rota: who is told of an alert that nobody has seen."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.alerts.forms import ShiftForm
from bot.clinic.alerts.views import routes
from bot.clinic.here import here, now, services
from bot.clinic.numbers import row_number
from bot.clinic.settings.forms import WEEKDAYS
from scheduler import alerts
from scheduler.duties import escalation
from store import audit, on_call
from store import rota as shifts
from store.rota import RotaEntry


@routes.get("/rota")
def rota(clinic_id: int) -> str:
    """Who is on for each step, and a form for another shift; with `shift` for that one."""
    changed = _entry(clinic_id, request.args.get("shift"))
    return _page(ShiftForm(here().clinic.country, obj=changed and changed.shift), changed)


@routes.post("/rota")
def set_rota(clinic_id: int) -> AnyResponse | tuple[str, int]:
    """Adds a shift, changes one, or takes one off."""
    if "remove" in request.form:
        return _remove(clinic_id, request.form.get("remove", 0, row_number))
    changed = _entry(clinic_id, request.form.get("change"))
    form = ShiftForm(here().clinic.country)
    if not form.validate():
        return _page(form, changed), 422
    at, fields = now(), sorted(form.data.keys() - {"csrf_token"})
    with services().database.writing() as tx:
        if changed is None:
            number = shifts.add_shift(tx, at, clinic_id, form.shift())
            audit.record(tx, at, clinic_id, here().actor, "add", "rota", number, fields)
        elif shifts.change_shift(tx, clinic_id, changed.id, form.shift()):
            audit.record(tx, at, clinic_id, here().actor, "change", "rota", changed.id, fields)
        else:
            abort(404)
    flash(_("Added to the rota.") if changed is None else _("The rota is changed."))
    return redirect(url_for("alerts.rota"), 303)


def _remove(clinic_id: int, entry_id: int) -> AnyResponse:
    at = now()
    with services().database.writing() as tx:
        if not shifts.remove_shift(tx, clinic_id, entry_id):
            abort(404)
        audit.record(tx, at, clinic_id, here().actor, "remove", "rota", entry_id)
    flash(_("Taken off the rota."))
    return redirect(url_for("alerts.rota"), 303)


def _entry(clinic_id: int, asked: str | None) -> RotaEntry | None:
    """The shift that is to be changed; None where none is meant."""
    if asked is None:
        return None
    with services().database.reading() as tx:
        found = [entry for entry in shifts.of_clinic(tx, clinic_id) if str(entry.id) == asked]
    if not found:
        abort(404)
    return found[0]


def _page(form: ShiftForm, changed: RotaEntry | None) -> str:
    at, clinic = now(), here().clinic
    with services().database.reading() as tx:
        entries = shifts.of_clinic(tx, clinic.id)
        stand_ins = on_call.of_clinic(tx, clinic.id)
    standing = [entry.shift for entry in entries]
    on_now = {
        step: bool(escalation.on_duty(standing, step, at, clinic.timezone, clinic.closed_on))
        for step in escalation.STEPS
    }
    return render_template(
        "alerts/rota.html",
        form=form,
        changed=changed,
        entries=entries,
        stand_ins=stand_ins,
        on_now=on_now,
        minutes={urgency: alerts.minutes(clinic, urgency) for urgency in (3, 2)},
        steps=escalation.STEPS,
        weekdays=dict(WEEKDAYS),
    )
