"""The rota: who is told of an alert that nobody has seen."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.alerts.forms import ShiftForm, seen_as
from bot.clinic.alerts.views import routes
from bot.clinic.here import here, now, services
from bot.clinic.settings.forms import WEEKDAYS
from bot.clinic.settings.meanwhile import Meanwhile, newest, on_your_page
from scheduler import alerts
from scheduler.duties import escalation
from store import audit, clinics, on_call
from store import rota as shifts
from store.audit import AuditEntry
from store.rota import RotaEntry

Answer = AnyResponse | str | tuple[str, int]


@routes.get("/rota")
def rota(clinic_id: int) -> str:
    """Who is on for each step, and a form for another shift; with `shift` for that one."""
    asked = request.args.get("shift")
    if asked is None:
        return _page(ShiftForm(here().clinic.country))
    changed = _entry(clinic_id, asked)
    if changed is None:
        abort(404)
    return _page(ShiftForm.of(here().clinic.country, changed.shift), changed)


@routes.post("/rota")
def set_rota(clinic_id: int) -> Answer:
    """Adds a shift, changes one, or takes one off. What somebody else did since is shown, not written over."""
    if "remove" in request.form:
        return _remove(clinic_id, request.form["remove"], request.form.get("was", ""))
    form, asked = ShiftForm(here().clinic.country), request.form.get("change")
    changed = None if asked is None else _entry(clinic_id, asked)
    if asked is not None and changed is None and _taken_off(asked) is None:
        abort(404)
    if not form.validate():
        return _page(form, changed), 422
    at, wanted, fields = now(), form.shift(), sorted(form.data.keys() - {"csrf_token", "was"})
    with services().database.writing() as tx:
        clinics.lock_clinic(tx, clinic_id)
        entries = shifts.of_clinic(tx, clinic_id)
        there = next((entry for entry in entries if str(entry.id) == asked), None)
        # A button pressed twice: it stands there as they meant.
        is_there = wanted in [entry.shift for entry in entries if asked in (None, str(entry.id))]
        is_older = asked is not None and (there is None or form.was.data != seen_as(there.shift))
        if is_there or is_older:
            pass
        elif there is None:
            number = shifts.add_shift(tx, at, clinic_id, wanted)
            audit.record(tx, at, clinic_id, here().actor, "add", "rota", number, fields)
        else:
            shifts.change_shift(tx, clinic_id, there.id, wanted)
            audit.record(tx, at, clinic_id, here().actor, "change", "rota", there.id, fields)
    if is_older and not is_there:
        return _quicker(form, there, asked or ""), 409
    flash(_("Added to the rota.") if asked is None else _("The rota is changed."))
    return redirect(url_for("alerts.rota"), 303)


def _remove(clinic_id: int, asked: str, was: str) -> Answer:
    """Takes a shift off that is as it was on the page. One that is off already needs no second time."""
    at = now()
    with services().database.writing() as tx:
        clinics.lock_clinic(tx, clinic_id)
        there = next((entry for entry in shifts.of_clinic(tx, clinic_id) if str(entry.id) == asked), None)
        is_older = there is not None and was != seen_as(there.shift)
        if there is not None and not is_older:
            shifts.remove_shift(tx, clinic_id, there.id)
            audit.record(tx, at, clinic_id, here().actor, "remove", "rota", there.id)
    if is_older:
        return _quicker(None, there, asked), 409
    if _taken_off(asked) is None:
        abort(404)
    flash(_("Taken off the rota."))
    return redirect(url_for("alerts.rota"), 303)


def _entry(clinic_id: int, asked: str) -> RotaEntry | None:
    """The shift that is meant, while it is on the rota."""
    with services().database.reading() as tx:
        return next((entry for entry in shifts.of_clinic(tx, clinic_id) if str(entry.id) == asked), None)


def _taken_off(asked: str) -> AuditEntry | None:
    """Who took a shift off the rota, and when; None where it never was there."""
    return newest("rota", lambda each: each.action == "remove" and str(each.subject_id) == asked)


def _quicker(typed: ShiftForm | None, there: RotaEntry | None, asked: str) -> str:
    """The rota as somebody else has left it; ``typed``: what was entered of the shift before that was known."""
    if there is None:
        # What was typed stays in the form: it may be added again.
        return _page(typed or ShiftForm(here().clinic.country), meanwhile=Meanwhile("", _taken_off(asked)))
    form = ShiftForm.of(here().clinic.country, there.shift)
    for name, what in ({} if typed is None else typed.differing(there.shift)).items():
        form[name].errors = [on_your_page(what)]
    change = newest("rota", lambda each: (each.action, each.subject_id) == ("change", there.id))
    return _page(form, there, meanwhile=Meanwhile("", change))


def _page(form: ShiftForm, changed: RotaEntry | None = None, meanwhile: Meanwhile | None = None) -> str:
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
        meanwhile=meanwhile,
        seen_as=seen_as,
        entries=entries,
        stand_ins=stand_ins,
        on_now=on_now,
        minutes={urgency: alerts.minutes(clinic, urgency) for urgency in (3, 2)},
        steps=escalation.STEPS,
        weekdays=dict(WEEKDAYS),
    )
