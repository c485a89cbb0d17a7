"""The form of the rota."""

from dataclasses import asdict
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    TimeField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from bot.clinic.names import ROTA_STEPS
from bot.clinic.settings.fields import SeveralField, typed
from bot.clinic.settings.forms import WEEKDAYS
from bot.clinic.settings.meanwhile import as_one_word
from bot.clinic_rules import REGIONS
from channels.phone import read_number
from store.rota import Shift


class ShiftForm(FlaskForm):
    """Somebody's shift. ``region``: where a number is that is written without its country."""

    step = SelectField(_("Told as"), choices=[SelectChoice(*each) for each in ROTA_STEPS.items()])
    name = StringField(_("Name"), [DataRequired(), Length(max=100)])
    phone = TelField(_("Mobile number"), [Optional(), Length(max=30)])
    mail = EmailField(
        _("E-mail address"), [Optional(), Regexp(r"[^@\s]+@[^@\s]+$", message=_("This is no mail address."))]
    )
    weekdays = SeveralField(_("Shifts begin on"), coerce=int, choices=[SelectChoice(*each) for each in WEEKDAYS])
    begins = TimeField(_("From"), [InputRequired()])
    ends = TimeField(_("Until"), [InputRequired()])
    holidays = BooleanField(_("Also on holidays"))
    was = HiddenField()

    def __init__(self, country: str, **given: Any) -> None:
        super().__init__(**given)
        self._region = REGIONS.get(country, "US")

    @classmethod
    def of(cls, country: str, shift: Shift) -> "ShiftForm":
        """The form of a shift as it is."""
        return cls(country, formdata=None, obj=shift, was=seen_as(shift))

    def validate(self, extra_validators: Any = None) -> bool:
        """Beside the fields one by one: there is a way to reach them, and a day."""
        fine = bool(super().validate(extra_validators))
        if self.phone.data and self._number() is None:
            self.phone.errors = [gettext("This is no number that can be texted.")]
            fine = False
        if not self.phone.data and not self.mail.data:
            self.phone.errors = [gettext("Give a number or a mail address: one of them must reach this person.")]
            fine = False
        if not self.weekdays.data and not self.holidays.data:
            self.weekdays.errors = [gettext("Tick at least one weekday, or holidays.")]
            fine = False
        return fine

    def shift(self) -> Shift:
        """What was entered, once it is valid."""
        return Shift(
            step=self.step.data,
            name=self.name.data.strip(),
            phone=self._number() if self.phone.data else None,
            mail=self.mail.data or None,
            weekdays=tuple(sorted(self.weekdays.data)),
            begins=self.begins.data,
            ends=self.ends.data,
            holidays=self.holidays.data,
        )

    def differing(self, there: Shift) -> dict[str, str]:
        """What was entered of the fields that a shift has otherwise, by their names."""
        wanted = self.shift()
        fields = asdict(there)
        return {name: typed(self[name]) for name in fields if getattr(wanted, name) != fields[name]}

    def _number(self) -> str | None:
        read = read_number(self.phone.data, self._region)
        return read.e164 if read.can_text else None


def seen_as(shift: Shift) -> str:
    """What the rota shows of a shift, as one word."""
    return as_one_word(asdict(shift))
