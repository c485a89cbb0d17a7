"""How long the words of texts are kept: a page of its own, since what is deleted cannot be brought back."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, HiddenField, IntegerField
from wtforms.validators import Optional

from bot.clinic.here import here, now, services
from bot.clinic.numbers import InRange
from bot.clinic.settings.meanwhile import Meanwhile, meanwhile, on_your_page
from bot.clinic.settings.views import routes
from store import audit, clinics, retention
from store.clinic_entry import KEEP_WORDS_FROM, KEEP_WORDS_UNTIL, Clinic


class RetentionForm(FlaskForm):
    """After how many days words are deleted; empty: never."""

    keep_words_days = IntegerField(
        _("Days that the words of texts are kept"), [Optional(), InRange(KEEP_WORDS_FROM, KEEP_WORDS_UNTIL)]
    )
    sure = BooleanField(_("I know that what is deleted cannot be brought back"))
    was = HiddenField()

    def show(self, clinic: Clinic) -> None:
        """The days as they are."""
        self.keep_words_days.data = clinic.keep_words_days
        self.keep_words_days.raw_data = None
        self.sure.data, self.was.data = False, _written(clinic.keep_words_days)

    def is_fit_for(self, clinic: Clinic) -> bool:
        """Whether it may be saved: to delete sooner than before takes a tick, and the fault stands beside it."""
        days, before = self.keep_words_days.data, clinic.keep_words_days
        if days is None or (before is not None and days >= before) or self.sure.data:
            return True
        self.sure.errors = [_("Tick this: words are deleted sooner than before.")]
        return False


@routes.get("/retention")
def page_of_retention(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """How long words are kept, and how far they are gone."""
    form = RetentionForm(formdata=None)
    form.show(here().clinic)
    return _page(form)


@routes.post("/retention")
def save_retention(clinic_id: int) -> AnyResponse | tuple[str, int]:
    """Keeps words for another time from now on. What somebody else set since is shown, not written over."""
    form = RetentionForm()
    if not form.validate():
        return _page(form), 422
    days, at = form.keep_words_days.data, now()
    with services().database.writing() as tx:
        clinics.lock_clinic(tx, clinic_id)
        there = clinics.find_clinic(tx, clinic_id) or here().clinic
        is_news = days != there.keep_words_days
        is_older = is_news and (form.was.data or "") != _written(there.keep_words_days)
        is_fit = not is_older and form.is_fit_for(there)
        if is_news and is_fit:
            clinics.set_clinic(tx, at, clinic_id, keep_words_days=days)
            audit.record(tx, at, clinic_id, here().actor, "change", "clinic", clinic_id, ["keep_words_days"])
    if is_older:
        form.show(there)
        form.keep_words_days.errors = [on_your_page(_written(days) or "-")]
        return _page(form, meanwhile({"keep_words_days"}, lambda name: str(form[name].label.text))), 409
    if not is_fit:
        return _page(form), 422
    if is_news:
        flash(gettext("Saved."))
    return redirect(url_for("settings.page_of_retention"), 303)


def _written(days: int | None) -> str:
    return "" if days is None else str(days)


def _page(form: RetentionForm, newest: Meanwhile | None = None) -> str:
    with services().database.reading() as tx:
        gone_before = retention.gone_before(tx).get(here().clinic.id)
    return render_template("settings/retention.html", form=form, gone_before=gone_before, meanwhile=newest)
