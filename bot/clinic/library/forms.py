"""The forms of the library."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from bot.clinic.numbers import InRange

_needed = InputRequired(_("Fill this in."))


class RuleForm(FlaskForm):
    """What a clinic has in place of a reminder rule, for one regimen or for all of them."""

    regimen = HiddenField(validators=[_needed])
    rule = HiddenField(validators=[_needed])
    was = HiddenField()
    choice = SelectField(
        _("Told"),
        choices=[
            SelectChoice("same", _("as the regimen says")),
            SelectChoice("own", _("as set here")),
            SelectChoice("off", _("not at all")),
        ],
    )
    days = IntegerField(_("Days"), [Optional(), InRange(1, 30, _("From 1 to 30."))])
    at = StringField(_("Times"), [Length(max=80)])
    scope = SelectField(
        _("Where"),
        choices=[SelectChoice("one", _("in this regimen")), SelectChoice("all", _("in every regimen"))],
    )

    def show(self, choice: str, days: int | None, at: str, scope: str, was: str) -> None:
        """A rule as it is."""
        self.choice.data, self.days.data, self.at.data, self.scope.data, self.was.data = choice, days, at, scope, was
