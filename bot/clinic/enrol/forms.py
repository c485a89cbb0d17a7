"""The form of an enrolment. It is sent whole each time, so that it keeps what was written without any script."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from bot.clinic.enrol.hows import HOWS
from bot.clinic.languages import LANGUAGES
from bot.clinic.numbers import InRange
from channels.base import Via
from content.regimen_format.rules import RULES
from scheduler.delivery.ways import senders_of
from store.clinic_entry import Clinic, ClinicEntry, ConsentWords
from store.wishes import Wish

NETWORKS = {Via.SMS: _("SMS"), Via.WHATSAPP: _("WhatsApp")}
KINDS = {
    "visit_before": _("Some days before a visit"),
    "visit_tomorrow": _("The day before a visit"),
    "visit_today": _("On the day of a visit"),
    "hospital_before": _("Before days in hospital"),
    "pill_today": _("On each day of treatment at home"),
    "cream_today": _("On each day of the cream"),
    "cream_washoff": _("When the cream is to be washed off"),
    "off_first": _("When days off begin"),
    "off_last": _("When days off end"),
    "between": _("Between two visits"),
    "phase_before": _("Before another phase begins"),
    "finished": _("When the plan is finished"),
    "late_effects": _("Of late side effects, after the end"),
}
"""The reminder rules, as texts that somebody may or may not want."""

_needed = InputRequired(_("Fill this in."))
_QUIET = {"autocomplete": "off"}


class EnrolForm(FlaskForm):
    """Who, on what, from when, and how they agreed. What the clinic always has is filled in already."""

    phone = StringField(_("Phone number"), [_needed, Length(max=40)], render_kw={**_QUIET, "type": "tel"})
    name = StringField(_("Name"), [Length(max=200)], render_kw=_QUIET)
    code = StringField(_("Your code for them"), [Length(max=60)], render_kw=_QUIET)
    regimen = StringField(_("Regimen"), [_needed, Length(max=200)], render_kw={**_QUIET, "list": "regimens"})
    start = DateField(_("First day"), [_needed])
    visit_time = TimeField(_("Time of visits"), [Optional()])
    start_cycle = IntegerField(
        _("Cycle that begins on that day"), [_needed, InRange(1, 500)], default=1, render_kw={"min": 1, "max": 500}
    )
    language = SelectField(_("Language of the texts"))
    via = SelectField(_("Texts go by"))
    timezone = StringField(_("Time zone"), [_needed, Length(max=60)], render_kw={**_QUIET, "list": "zones"})
    kinds = SelectMultipleField(
        _("Texts"),
        choices=[SelectChoice(*each) for each in KINDS.items()],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    offered = HiddenField()
    consent_how = SelectField(_("How they agreed"), [DataRequired(_("Say how they agreed."))])
    consent = BooleanField(
        _("The patient has agreed to this"), [DataRequired(_("Nobody is enrolled without consent."))]
    )
    wording = HiddenField()
    join = HiddenField()

    def fill(self, entry: ClinicEntry, wish: Wish | None) -> None:
        """Gives its fields the clinic's choices, and of who texted JOIN what their phone has told."""
        clinic = entry.clinic
        self.language.choices = [SelectChoice(code, LANGUAGES.get(code, code)) for code in clinic.languages]
        self.via.choices = [SelectChoice(str(via), name) for via, name in NETWORKS.items() if senders_of(entry, via)]
        self.consent_how.choices = [SelectChoice(*each) for each in (("", _("Choose")), *HOWS.items())]
        if wish is not None:
            del self.consent, self.consent_how, self.wording
            self.phone.render_kw = {"readonly": True}
            self.phone.data = wish.phone
            self.join.data = str(wish.id)
        if self.is_submitted():
            return
        self.timezone.data = clinic.timezone
        self.language.data = wish.language if wish is not None else clinic.default_language
        self.via.data = wish.via if wish is not None else None

    def validate_name(self, field: StringField) -> None:
        """A code is name enough."""
        if not (field.data or "").strip() and not (self.code.data or "").strip():
            raise ValidationError(gettext("Write a name, or your own code for the patient."))

    def focus(self) -> None:
        """Lets the cursor stand where something is wrong, else where the writing begins."""
        first = next((field for field in self if field.errors), self.name if self.join.data else self.phone)
        first.render_kw = {**(first.render_kw or {}), "autofocus": True}

    def agreed(self, clinic: Clinic) -> ConsentWords:
        """What who is enrolled agrees to, in the language of their texts."""
        return clinic.consent(self.language.data or clinic.default_language)

    def show_wording(self, clinic: Clinic) -> bool:
        """Has the form name the wording that stands on its screen; whether that is another than stood there before.

        Nobody agrees to words that were not there: the box is empty then.
        """
        shown = clinic.wording(self.language.data or clinic.default_language)
        if "wording" not in self or self.wording.data == shown:
            return False
        self.wording.data = shown
        self.consent.data = False
        return True

    @property
    def without(self) -> frozenset[str]:
        """The kinds of texts that were offered and are not wanted."""
        offered = {rule for rule in (self.offered.data or "").split() if rule in RULES}
        return frozenset(offered - set(self.kinds.data or ()))
