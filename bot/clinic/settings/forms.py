"""The forms of the settings."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from bot.clinic.languages import LANGUAGES
from bot.clinic.names import ROLES
from bot.clinic.numbers import InRange
from bot.clinic.regimen_names import words_of_file
from bot.clinic.settings.fields import ConsentField, DegreesField, MinutesField, SeveralField
from bot.clinic.settings.meanwhile import as_one_word
from content.library import Library
from content.thresholds import STOOLS
from store.clinic_entry import Clinic

WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)
_APPROVALS = [
    SelectChoice(2, _("two people: whoever proposes never approves")),
    SelectChoice(1, _("one person, and the audit says so")),
]
SNAPS = (
    ("on_or_after", _("the next open day")),
    ("nearest", _("the nearest open day, before or after")),
    ("none", _("stays, with a warning to staff")),
)


class ClinicForm(FlaskForm):
    """The clinic itself."""

    program = StringField(_("What texts call themselves"), [DataRequired(), Length(max=40)])
    timezone = SelectField(_("Time zone"), choices=[SelectChoice(zone, zone) for zone in sorted(available_timezones())])
    country = SelectField(_("Country pack"))
    languages = SeveralField(_("Languages of its texts"), [DataRequired()])
    default_language = SelectField(_("The first of them"))
    phone_line = StringField(_("Phone line, day and night"), [DataRequired(), Length(max=30)])
    consent_texts = ConsentField(_("What patients agree to"))
    window_from = TimeField(_("No reminder before"), [DataRequired()])
    window_until = TimeField(_("No reminder after"), [DataRequired()])
    max_texts_per_day = IntegerField(_("Reminders a day, at most"), [InRange(1, 20)])
    max_texts_per_week = IntegerField(_("Reminders a week, at most"), [InRange(1, 100)])
    quiet_hours = IntegerField(_("Quiet hours after a text of danger to life"), [InRange(0, 168)])
    fever_c = DegreesField(_("Fever: call at this temperature or above"))
    low_c = DegreesField(_("Too cold: call below this temperature"))
    stools = IntegerField(_("Loose stools in 24 hours: call at so many"), [Optional(), InRange(*STOOLS)])
    danger_minutes = MinutesField(_("Danger to life: minutes until somebody is told"))
    call_minutes = MinutesField(_("Told to call now: minutes until somebody is told"))
    gone_quiet_days = IntegerField(_("Days of silence before somebody has gone quiet"), [InRange(1, 90)])
    ask_confirmation = BooleanField(_("The first text asks whoever is enrolled to reply C"))
    tell_seen = BooleanField(_("Who texted of danger is told when somebody has seen it"))
    approvals = SelectField(
        _("To change what patients read, and what the bot understands"), coerce=int, choices=_APPROVALS
    )
    open_weekdays = SeveralField(
        _("Weekdays with visits"),
        [DataRequired(_("Tick at least one weekday."))],
        coerce=int,
        choices=[SelectChoice(*each) for each in WEEKDAYS],
    )
    closed_on = TextAreaField(_("Holidays, one date a line"), [Optional(), Length(max=4000)])
    snap = SelectField(_("A visit on a closed day goes to"), choices=[SelectChoice(*each) for each in SNAPS])

    def offer(self, library: Library, clinic: Clinic) -> None:
        """Fills in what there is to choose from, and what else depends on the content."""
        self.fever_c.unit = self.low_c.unit = library.countries[clinic.country].unit
        self.consent_texts.languages = library.languages
        self.country.choices = [
            SelectChoice(code, words_of_file(pack.name)) for code, pack in library.countries.items()
        ]
        self.languages.choices = self.default_language.choices = [
            SelectChoice(each, LANGUAGES.get(each, each)) for each in library.languages
        ]

    def show(self, clinic: Clinic) -> None:
        """The settings as they are."""
        for name in self.fields():
            self[name].data = getattr(clinic, name)
        self.open_weekdays.data = list(range(7)) if clinic.open_weekdays is None else list(clinic.open_weekdays)
        self.closed_on.data = "\n".join(day.isoformat() for day in clinic.closed_on)
        self.languages.data = list(clinic.languages)

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The names of what it sets."""
        return tuple(name for name, kind in vars(cls).items() if hasattr(kind, "field_class"))

    def validate_closed_on(self, field: TextAreaField) -> None:
        """Each line is a date."""
        for line in (field.data or "").split():
            try:
                date.fromisoformat(line)
            except ValueError:
                raise ValidationError(gettext("%(line)s is no date: write 2026-12-25.", line=line[:30])) from None

    def wanted(self) -> dict[str, Any]:
        """The settings as they are asked for."""
        found: dict[str, Any] = {name: self[name].data for name in self.fields()}
        first = found.pop("default_language")
        found["languages"] = [first, *(each for each in found["languages"] if each != first)]
        found["consent_texts"] = {each: found["consent_texts"].get(each, "") for each in found["languages"]}
        found["open_weekdays"] = sorted(found["open_weekdays"])
        found["closed_on"] = sorted({date.fromisoformat(line) for line in (found["closed_on"] or "").split()})
        return found


def changes(before: Clinic, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What of the wanted settings is another than before."""
    everyday = tuple(range(7))

    def plain(name: str, value: Any) -> Any:
        if name == "open_weekdays":
            return everyday if value is None else tuple(value)
        return tuple(value) if isinstance(value, list | tuple) else value

    return {name: value for name, value in wanted.items() if plain(name, value) != plain(name, getattr(before, name))}


def seen_as(clinic: Clinic) -> str:
    """What the form shows of a clinic, as one word."""
    return as_one_word({name: getattr(clinic, name) for name in ClinicForm.fields()})


class JoinCodeForm(FlaskForm):
    """The code that somebody texts after JOIN."""

    was = HiddenField()
    code = StringField(
        _("Code after JOIN"), [Optional(), Regexp(r"[A-Za-z0-9]{3,20}$", message=_("3 to 20 letters and digits."))]
    )

    def show(self, clinic: Clinic) -> None:
        """The code as it is."""
        self.code.data = self.was.data = clinic.join_code or ""


class PersonForm(FlaskForm):
    """Somebody new."""

    email = EmailField(
        _("E-mail address"), [DataRequired(), Regexp(r"[^@\s]+@[^@\s]+$", message=_("This is no mail address."))]
    )
    name = StringField(_("Name"), [DataRequired(), Length(max=100)])
    role = SelectField(_("Role"), choices=[SelectChoice(*each) for each in ROLES.items()], default="nurse")


class RoleForm(FlaskForm):
    """Another role, or none here any more."""

    role = SelectField(_("Role"), choices=[SelectChoice(*each) for each in ROLES.items()])
    leaves = BooleanField(_("does not work here any more"))
