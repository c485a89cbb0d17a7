"""The form of an enrolment, what it would do, and the list of who texted JOIN."""

from typing import Any

from babel.core import get_global
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.dates import moment
from bot.clinic.enrol import ahead
from bot.clinic.enrol.ahead import Shown
from bot.clinic.enrol.forms import KINDS, EnrolForm
from bot.clinic.here import here, now, services
from bot.clinic.live import conditional
from bot.clinic.sentences import in_words
from channels.base import Via
from scheduler import confirmation, joining
from scheduler.enrolment import Enrolled, NewPatient, NotEnrolled, enrol, offered
from scheduler.joining import HIDDEN, WrongDigits
from store import wishes
from store.database import Tx
from store.patients import PatientExists
from store.wishes import Wish

routes = Blueprint("enrol", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/enrol")

_FIELDS = {"regimen_id": "regimen", "window_from": "visit_time", "without": "kinds"}
"""Fields of an enrolment that the form calls otherwise."""

_TERRITORIES = {"uk": "GB"}


@routes.get("")
def page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """The empty form; with `join` that of somebody who texted JOIN and was confirmed."""
    at = now()
    with services().database.reading() as tx:
        wish = _wish(tx, request.args.get("join", ""))
        form = EnrolForm(formdata=None)
        form.fill(here().entry, wish)
        return _page(form, wish, ahead.look(tx, at, services().library, here().entry, form), _wishes(tx))


@routes.post("/preview")
def preview(clinic_id: int) -> str | AnyResponse:  # noqa: ARG001
    """The year ahead of the form as it is filled in; nothing is written."""
    at = now()
    with services().database.reading() as tx:
        wish = _wish(tx, request.form.get("join", ""))
        form = EnrolForm()
        form.fill(here().entry, wish)
        shown = ahead.look(tx, at, services().library, here().entry, form)
        if request.headers.get("HX-Request"):
            return render_template(
                "enrol/_ahead.html",
                form=form,
                shown=shown,
                kinds=KINDS,
                fresh=_is_fresh(form, shown),
                other_words=form.show_wording(here().clinic),
                agreed=form.agreed(here().clinic),
            )
        return _page(form, wish, shown, _wishes(tx))


@routes.post("")
def save(clinic_id: int) -> AnyResponse | tuple[str, int]:  # noqa: ARG001
    """Enrols, all of it or nothing."""
    at = now()
    with services().database.reading() as tx:
        wish = _wish(tx, request.form.get("join", ""))
    form = EnrolForm()
    form.fill(here().entry, wish)
    known: int | None = None
    if form.validate() and not _has_other_words(form):
        try:
            with services().database.writing() as tx:
                enrolled = enrol(tx, at, services().library, here().entry, _new_patient(form, wish))
        except NotEnrolled as error:
            known = error.__cause__.patient_id if isinstance(error.__cause__, PatientExists) else None
            _blame(form, error)
        else:
            return _to_patient(enrolled)
    with services().database.reading() as tx:
        shown = ahead.look(tx, at, services().library, here().entry, form)
        return _page(form, wish, shown, _wishes(tx), known=known), 422


@routes.get("/wishes")
def joins(clinic_id: int) -> AnyResponse:  # noqa: ARG001
    """Who wants to join, as it is now."""
    with services().database.reading() as tx:
        waiting = _wishes(tx)
    says = " ".join(f"{wish.id}:{wish.language}:{wish.confirmed_at is not None}" for wish in waiting["wishes"])
    wording = here().clinic.consent_version
    return conditional(render_template("enrol/_wishes.html", **waiting), f"wishes, wording {wording}: {says}")


@routes.post("/wishes/<int:wish_id>")
def confirm(clinic_id: int, wish_id: int) -> AnyResponse | tuple[str, int]:  # noqa: ARG001
    """The two digits that the patient reads out: with them the consent is recorded."""
    at = now()
    try:
        with services().database.writing() as tx:
            joining.confirm(tx, at, here().clinic, wish_id, request.form.get("digits", ""), here().actor)
    except LookupError:
        abort(404)
    except WrongDigits:
        with services().database.reading() as tx:
            form = EnrolForm(formdata=None)
            form.fill(here().entry, None)
            shown = ahead.look(tx, at, services().library, here().entry, form)
            return _page(form, None, shown, {**_wishes(tx), "wrong": wish_id}), 422
    return redirect(url_for("enrol.page", join=wish_id), 303)


@routes.post("/wishes/<int:wish_id>/dismiss")
def dismiss(clinic_id: int, wish_id: int) -> AnyResponse:  # noqa: ARG001
    """Nobody is enrolled for it."""
    at = now()
    try:
        with services().database.writing() as tx:
            joining.dismiss(tx, at, here().clinic, wish_id, here().actor)
    except LookupError:
        abort(404)
    flash(_("Taken off the list. Nobody was enrolled."))
    return redirect(url_for("enrol.page"), 303)


@routes.post("/heard/<int:patient_id>")
def heard(clinic_id: int, patient_id: int) -> AnyResponse:
    """Staff have heard from a patient who has not answered the first text that they want the texts."""
    at = now()
    try:
        with services().database.writing() as tx:
            confirmation.heard(tx, at, clinic_id, patient_id, here().actor)
    except LookupError:
        abort(404)
    flash(_("Noted: they are confirmed."))
    return redirect(url_for("patients.one", patient_id=patient_id), 303)


def _page(form: EnrolForm, wish: Wish | None, shown: Shown, waiting: dict[str, Any], known: int | None = None) -> str:
    form.show_wording(here().clinic)
    form.focus()
    return render_template(
        "enrol/page.html",
        form=form,
        agreed=form.agreed(here().clinic),
        wish=wish,
        shown=shown,
        kinds=KINDS,
        known=known,
        missing=[_(each) for each in here().entry.missing()],
        regimens=offered(services().library, here().entry),
        zones=_zones(here().clinic.country),
        **waiting,
    )


def _wishes(tx: Tx) -> dict[str, Any]:
    return {"wishes": wishes.wishes(tx, here().clinic.id), "hidden": HIDDEN, "wrong": None}


def _wish(tx: Tx, written: str) -> Wish | None:
    """The wish of a form; one whose digits nobody confirmed is none."""
    if not (written.isascii() and written.isdecimal() and len(written) < 16):
        return None
    wish = wishes.wish(tx, here().clinic.id, int(written))
    if wish is None:
        abort(404)
    return wish if wish.confirmed_at is not None else None


def _is_fresh(form: EnrolForm, shown: Shown) -> bool:
    """Whether the kinds of texts are others than those on the screen."""
    return set(shown.rules) != set((form.offered.data or "").split())


def _has_other_words(form: EnrolForm) -> bool:
    """Whether the patient would agree to other words than those that stood on the screen; the fault stands there."""
    if not form.show_wording(here().clinic):
        return False
    form.consent.errors = [_("These are other words than before, in the language of the texts: read them and tick.")]
    return True


def _new_patient(form: EnrolForm, wish: Wish | None) -> NewPatient:
    """Raises NotEnrolled."""
    start, code = form.start.data, (form.code.data or "").strip()
    name = (form.name.data or "").strip() or code
    if not name:
        raise NotEnrolled("name", _("Write a name, or your own code for the patient."))
    if wish is None:
        phone, how = form.phone.data or "", form.consent_how.data
    else:
        phone, how = wish.phone or "", wish.how or ""
    if start is None:
        raise NotEnrolled("start", _("Fill this in."))
    return NewPatient(
        phone=phone,
        name=name,
        code=code or None,
        language=form.language.data,
        timezone=(form.timezone.data or "").strip(),
        regimen_id=ahead.regimen_of(services().library, here().entry, form.regimen.data or "").id,
        start=start,
        start_cycle=form.start_cycle.data or 1,
        visit_time=form.visit_time.data,
        consent_how=how,
        agreed=wish.agreed if wish else None,
        wording_version=wish.wording_version if wish else None,
        by=here().actor,
        via=Via(form.via.data),
        without=form.without,
    )


def _blame(form: EnrolForm, error: NotEnrolled) -> None:
    """Puts what is wrong beside its field; what belongs to none stands above the form."""
    field = form._fields.get(_FIELDS.get(error.field, error.field))
    if field is None:
        form.form_errors.append(in_words(error))
    else:
        field.errors = [*field.errors, in_words(error)]


def _to_patient(enrolled: Enrolled) -> AnyResponse:
    first = enrolled.first_texts[0]
    flash(
        _(
            "Enrolled. The text that confirms it goes out first; the first reminder is due %(moment)s.",
            moment=moment(first.due_at, enrolled.patient.timezone),
        )
    )
    for warning in enrolled.warnings:
        flash(in_words(warning), "alarm")
    return redirect(url_for("patients.one", patient_id=enrolled.patient.id), 303)


def _zones(country: str) -> list[str]:
    """The time zones of a country; any other may be written as well."""
    territory = _TERRITORIES.get(country, country.upper())
    return sorted(zone for zone, of in get_global("zone_territories").items() if of == territory)
