"""How long the words of texts are kept: a page of its own, since what is deleted cannot be brought back."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional

from bot.clinic.here import here, now, services
from bot.clinic.settings.views import routes
from store import audit, clinics, retention
from store.clinic_entry import KEEP_WORDS_FROM, KEEP_WORDS_UNTIL, Clinic


class RetentionForm(FlaskForm):
    """After how many days words are deleted; empty: never."""

    keep_words_days = IntegerField(
        _("Days that the words of texts are kept"), [Optional(), NumberRange(KEEP_WORDS_FROM, KEEP_WORDS_UNTIL)]
    )
    sure = BooleanField(_("I know that what is deleted cannot be brought back"))

    def is_fit_for(self, clinic: Clinic) -> bool:
        """Whether it may be saved: to delete sooner than before takes a tick, and the fault stands beside it."""
        if not self.validate():
            return False
        days, before = self.keep_words_days.data, clinic.keep_words_days
        if days is None or (before is not None and days >= before) or self.sure.data:
            return True
        self.sure.errors = [_("Tick this: words are deleted sooner than before.")]
        return False


@routes.get("/retention")
def page_of_retention(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """How long words are kept, and how far they are gone."""
    form = RetentionForm(formdata=None)
    form.keep_words_days.data = here().clinic.keep_words_days
    return _page(form)


@routes.post("/retention")
def save_retention(clinic_id: int) -> AnyResponse | tuple[str, int]:
    """Keeps words for another time from now on."""
    form = RetentionForm()
    if not form.is_fit_for(here().clinic):
        return _page(form), 422
    days, at = form.keep_words_days.data, now()
    if days != here().clinic.keep_words_days:
        with services().database.writing() as tx:
            clinics.set_clinic(tx, at, clinic_id, keep_words_days=days)
            audit.record(tx, at, clinic_id, here().actor, "change", "clinic", clinic_id, ["keep_words_days"])
        flash(gettext("Saved."))
    return redirect(url_for("settings.page_of_retention"), 303)


def _page(form: RetentionForm) -> str:
    with services().database.reading() as tx:
        gone_before = retention.gone_before(tx).get(here().clinic.id)
    return render_template("settings/retention.html", form=form, gone_before=gone_before)
