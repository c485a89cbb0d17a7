"""One screen for every change of a plan: choose it, see what it moves, make it, take it back."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import here, now, services
from bot.clinic.plans.blueprint import routes
from bot.clinic.plans.forms import FORMS, ChangeForm
from bot.clinic.plans.offers import Offers
from bot.clinic.plans.screen import called, offers_of, own_plan, page, pane
from bot.clinic.plans.shown import Shown, shown
from bot.clinic.plans.words import UNDO
from bot.clinic.sentences import in_words
from scheduler import changing
from scheduler.changing import NotChanged
from scheduler.planned import described
from store import plans
from store.database import Tx

_CONFLICT = 409
_UNFIT = 422


@routes.errorhandler(NotChanged)
def over(error: NotChanged) -> str:
    """The page of a plan that can be changed no more."""
    with services().database.reading() as tx:
        plan = own_plan(tx, int((request.view_args or {})["plan_id"]))
    return render_template("plans/over.html", plan=plan, sentence=in_words(error))


@routes.get("/change")
def change(clinic_id: int, plan_id: int) -> str:  # noqa: ARG001 - `here` has the clinic
    """The choices; with `kind` the form of one, filled in with what is likely meant, and what that would do."""
    kind = request.args.get("kind", "")
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
        form = _form(kind, offers)
        seen = _look(tx, offers, form) if form is not None and _is_ready(form) else None
        return page(tx, offers, form, seen)


@routes.post("/change/preview")
def preview(clinic_id: int, plan_id: int) -> str | tuple[str, int]:  # noqa: ARG001
    """What the change in the form would do; nothing is written. To htmx the preview alone, else the whole page."""
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
        form = _form(request.form.get("kind", ""), offers)
        if form is None:
            abort(404)
        seen = _look(tx, offers, form) if form.validate() else None
        if request.headers.get("HX-Request"):
            return render_template("plans/_preview.html", **pane(tx, offers, form, seen))
        return page(tx, offers, form, seen), 200 if seen is not None else _UNFIT


@routes.post("/change")
def make(clinic_id: int, plan_id: int) -> AnyResponse | str | tuple[str, int]:  # noqa: ARG001
    """Makes the change that was last shown. What was not shown, or is of an older plan, is shown first.

    What the same person has made from the same page already, by a button pressed twice, is not made again.
    """
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
        form = _form(request.form.get("kind", ""), offers)
        if form is None:
            abort(404)
        if _is_made(tx, offers, form):
            return _made_already(plan_id)
        if not form.validate():
            return page(tx, offers, form, None), _UNFIT
        is_seen = form.seen.data == called(form, offers)
        if offers.standing.plan.version != form.expected_version:
            return page(tx, offers, form, _look(tx, offers, form), is_conflict=True), _CONFLICT
        if not is_seen:
            unseen = _("This is not what was shown before. Look at it, then confirm.")
            return page(tx, offers, form, _look(tx, offers, form), fault=unseen), _UNFIT
    try:
        _write(offers, form)
    except NotChanged as error:
        with services().database.reading() as tx:
            anew = offers_of(tx, plan_id)
            if _is_made(tx, anew, form):
                return _made_already(plan_id)
            is_conflict = error.field == "version"
            shown_again = page(tx, anew, form, _look(tx, anew, form), fault=in_words(error), is_conflict=is_conflict)
        return shown_again, _CONFLICT if is_conflict else _UNFIT
    flash(_("Taken back.") if form.kind == UNDO else _("The plan is changed."))
    return redirect(url_for("plans.change", plan_id=plan_id), 303)


def _is_made(tx: Tx, offers: Offers, form: ChangeForm) -> bool:
    """Whether this very change stands there already, by the same person and from the same page."""
    made = plans.changes(tx, offers.standing.plan.id)
    place = form.next_change
    if not 0 <= place < len(made) or made[place].by != here().actor:
        return False
    says = described([each.change_json for each in made])[place]
    # Days that were moved away are no choice any more: such a form is known by what was shown alone.
    is_other = form.kind != UNDO and form.validate() and str(form.change()) != says
    return form.seen.data == says and not is_other


def _made_already(plan_id: int) -> AnyResponse:
    flash(_("You have made this change already. Nothing was done a second time."))
    return redirect(url_for("plans.change", plan_id=plan_id), 303)


def _write(offers: Offers, form: ChangeForm) -> None:
    plan, entry, library = offers.standing.plan, here().entry, services().library
    known: dict[str, Any] = {
        "by": here().actor,
        "reason": form.reason.data,
        "expected_version": form.expected_version,
        "override": form.override,
        "tell": form.tell.data,
    }
    with services().database.writing() as tx:
        if form.kind == UNDO:
            changing.undo_change(tx, now(), library, entry, plan.id, **known)
        else:
            changing.change_plan(tx, now(), library, entry, plan.id, form.change(), **known)


def _form(kind: str, offers: Offers) -> ChangeForm | None:
    """The form of a kind of change. What does not fit the plan has one too: the preview says why it is refused."""
    made = FORMS.get(kind)
    return None if made is None else made(offers)


def _is_ready(form: ChangeForm) -> bool:
    """Whether every question has an answer before anybody has given one."""
    return all(form[name].data or getattr(form[name], "choices", None) for name in form.asked)


def _look(tx: Tx, offers: Offers, form: ChangeForm) -> Shown | None:
    """What the change in a form would do; None where it is not said yet which."""
    plan = offers.standing.plan
    if form.kind == UNDO:
        return shown(changing.preview_undo(tx, now(), services().library, here().entry, plan.id), offers, None)
    if not form.is_submitted():
        _choose_first(form)
    change = form.change()
    found = changing.preview_change(tx, now(), services().library, here().entry, plan.id, change)
    return shown(found, offers, change)


def _choose_first(form: ChangeForm) -> None:
    """A list of choices shows its first where nobody has chosen."""
    for name in form.asked:
        choices = getattr(form[name], "choices", None)
        if choices and not form[name].data:
            form[name].data = choices[0].value
