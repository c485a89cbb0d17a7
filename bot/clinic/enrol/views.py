"""The form of an enrolment, what it would do, and the list of who texted JOIN."""

from collections.abc import Iterator
from typing import Any

from babel.core import get_global
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.dates import moment
from bot.clinic.enrol import ahead
from bot.clinic.enrol.again import is_repeated
from bot.clinic.enrol.ahead import Shown
from bot.clinic.enrol.forms import KINDS, EnrolForm
from bot.clinic.enrol.hows import how_in_words
from bot.clinic.here import here, now, services
from bot.clinic.live import conditional
from bot.clinic.sentences import in_words
from bot.clinic_rules import REGIONS
from channels.base import Via
from scheduler import confirmation, joining
from scheduler.enrol_faults import faults
from scheduler.enrolment import Enrolled, NewPatient, NotEnrolled, enrol, offered
from scheduler.joining import HIDDEN, OtherWords, WrongDigits
from scheduler.plan.local_time import to_local
from store import follow_ups, wishes
from store.database import Tx
from store.patients import PatientExists
from store.wishes import Wish

routes = Blueprint("enrol", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/enrol")

_FIELDS = {"regimen_id": "regimen", "window_from": "visit_time", "without": "kinds"}
"""Fields of an enrolment that the form calls otherwise."""

_WRONG_DIGITS = lazy_gettext("These are not its digits: nothing was recorded. Is it this phone?")
_OTHER_WORDS = lazy_gettext("These are other words than before: read them, and type the digits again.")
"""Why a wish was not confirmed."""


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
    """Enrols, all of it or nothing. Whoever has sent the same before is led to the patient."""
    at = now()
    with services().database.reading() as tx:
        wish = _wish(tx, request.form.get("join", ""))
    form = EnrolForm()
    form.fill(here().entry, wish)
    refused: list[NotEnrolled] = []
    is_filled_in, has_other_words = form.validate(), _has_other_words(form)
    if is_filled_in and not has_other_words:
        try:
            with services().database.writing() as tx:
                regimen_id = ahead.regimen_of(services().library, here().entry, form.regimen.data or "").id
                enrolled = enrol(tx, at, services().library, here().entry, _new_patient(form, wish, regimen_id))
        except NotEnrolled as error:
            refused = [error]
        else:
            return _to_patient(enrolled)
    with services().database.reading() as tx:
        refused += _faults(tx, form, wish)
        causes = [fault.__cause__ for fault in refused]
        known = next((cause.patient_id for cause in causes if isinstance(cause, PatientExists)), None)
        if known is not None and _is_repeated(tx, form, wish, refused, known):
            flash(_("You have enrolled this patient already. Nothing was done a second time."))
            return redirect(url_for("patients.one", patient_id=known), 303)
        for fault in refused:
            _blame(form, fault)
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
            digits, seen = request.form.get("digits", ""), request.form.get("wording", "")
            joining.confirm(tx, at, here().clinic, wish_id, digits, here().actor, seen=seen)
    except LookupError:
        abort(404)
    except (OtherWords, WrongDigits) as error:
        wrong = _OTHER_WORDS if isinstance(error, OtherWords) else _WRONG_DIGITS
        with services().database.reading() as tx:
            form = EnrolForm(formdata=None)
            form.fill(here().entry, None)
            shown = ahead.look(tx, at, services().library, here().entry, form)
            return _page(form, None, shown, {**_wishes(tx), "refused": (wish_id, wrong)}), 422
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
        how_in_words=how_in_words,
        missing=[_(each) for each in here().entry.missing()],
        regimens=offered(services().library, here().entry),
        zones=_zones(here().clinic.country),
        **waiting,
    )


def _wishes(tx: Tx) -> dict[str, Any]:
    return {"wishes": wishes.wishes(tx, here().clinic.id), "hidden": HIDDEN, "refused": (None, "")}


def _wish(tx: Tx, written: str) -> Wish | None:
    """The wish of a form; one whose digits nobody confirmed is none, nor is one that is done."""
    if not (written.isascii() and written.isdecimal() and len(written) < 16):
        return None
    wish = wishes.wish(tx, here().clinic.id, int(written))
    if wish is None:
        task = follow_ups.get_follow_up(tx, here().clinic.id, int(written))
        if task is None or task.kind != "join":
            abort(404)
        return None
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


def _faults(tx: Tx, form: EnrolForm, wish: Wish | None) -> Iterator[NotEnrolled]:
    """What is wrong with the form as far as it is filled in, beside what it sees by itself."""
    regimen_id = ""
    try:
        regimen_id = ahead.regimen_of(services().library, here().entry, form.regimen.data or "").id
    except NotEnrolled as error:
        yield error
    yield from faults(tx, now(), services().library, here().entry, _new_patient(form, wish, regimen_id))


def _is_repeated(tx: Tx, form: EnrolForm, wish: Wish | None, refused: list[NotEnrolled], patient_id: int) -> bool:
    """Whether nothing is wrong but that the same person has enrolled the patient with this form before."""
    # Of who had agreed beside JOIN the form does not ask again.
    said_before = {"consent", "consent_how"} if form.join.data else set()
    if {*form.errors, *(fault.field for fault in refused)} - said_before != {"phone"}:
        return False
    regimen = ahead.regimen_of(services().library, here().entry, form.regimen.data or "")
    return is_repeated(tx, patient_id, _new_patient(form, wish, regimen.id))


def _new_patient(form: EnrolForm, wish: Wish | None, regimen_id: str) -> NewPatient:
    """Who is to be enrolled; where the first day is not filled in, it is today."""
    code = (form.code.data or "").strip()
    if wish is None:
        phone, how = form.phone.data or "", form.consent_how.data or ""
    else:
        phone, how = wish.phone or "", wish.how or ""
    return NewPatient(
        phone=phone,
        name=(form.name.data or "").strip() or code,
        code=code or None,
        language=form.language.data,
        timezone=(form.timezone.data or "").strip(),
        regimen_id=regimen_id,
        start=form.start.data or to_local(now(), here().clinic.timezone).date(),
        start_cycle=form.start_cycle.data or 1,
        visit_time=form.visit_time.data,
        consent_how=how,
        agreed=wish.agreed if wish else None,
        wording_version=wish.wording_version if wish else None,
        by=here().actor,
        via=Via.WHATSAPP if form.via.data == Via.WHATSAPP else Via.SMS,
        without=form.without,
    )


def _blame(form: EnrolForm, error: NotEnrolled) -> None:
    """Puts what is wrong beside its field, where nothing is wrong yet; what belongs to none stands above the form."""
    field = form._fields.get(_FIELDS.get(error.field, error.field))
    if field is not None:
        field.errors = field.errors or [in_words(error)]
    elif in_words(error) not in form.form_errors:
        form.form_errors.append(in_words(error))


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
    return sorted(zone for zone, of in get_global("zone_territories").items() if of == REGIONS.get(country))
