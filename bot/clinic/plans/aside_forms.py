"""The forms of what else is entered of a plan and its patient."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional

from bot.clinic.numbers import InRange
from bot.clinic.plans.offers import Offers
from bot.clinic.regimen_names import regimen_name

needed = InputRequired(_("Fill this in."))
_AREAS = ("America", "Europe", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian", "Antarctica")
CHOICES: Mapping[str, LazyString] = {
    "same": _("as for others"),
    "own": _("at a time of their own"),
    "off": _("not at all"),
}
"""What a patient has in place of a reminder rule."""


def zones() -> dict[str, list[SelectChoice]]:
    """The time zones of the world by their areas, as a choice."""
    found: dict[str, list[SelectChoice]] = {area: [] for area in _AREAS}
    for zone in sorted(available_timezones()):
        area, slash, place = zone.partition("/")
        if slash and area in found:
            found[area].append(SelectChoice(zone, place.replace("_", " ")))
    return found


class JourneyForm(FlaskForm):
    """Where a patient is from one day to another. ``was``: the journey that was shown, as `journeys.entered`."""

    was = HiddenField()
    zone = SelectField(_("Time zone there"))
    first = DateField(_("First day away"), [needed])
    last = DateField(_("Last day away"), [needed])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = zones()


class AnotherForm(FlaskForm):
    """Another plan of a patient."""

    regimen_id = SelectField(_("Regimen"))
    start = DateField(_("Day 1 of that cycle"), [needed])
    start_cycle = IntegerField(_("Beginning with cycle"), [Optional(), InRange(1, 999)], default=1)
    visit_time = TimeField(_("Time of visits (may be empty)"), [Optional()])

    @classmethod
    def of(cls, offers: Offers) -> "AnotherForm":
        """The form with the regimens that the clinic has signed off."""
        form = cls()
        signed = {each.digest for each in offers.entry.signed_regimens}
        known = [each for each in offers.library.regimens.values() if each.digest() in signed]
        form.regimen_id.choices = [SelectChoice(each.id, regimen_name(each)) for each in known]
        return form


class ReminderForm(FlaskForm):
    """What a patient has in place of a reminder rule. ``was``: what was shown of it, as it is written."""

    rule = HiddenField(validators=[needed])
    was = HiddenField()
    choice = SelectField(_("For this patient"), choices=[SelectChoice(*each) for each in CHOICES.items()])
    days = IntegerField(_("Days"), [Optional(), InRange(1, 30, _("From 1 to 30."))])
    at = StringField(_("Times"), [Length(max=80)])


class DiedForm(FlaskForm):
    """That a patient has died."""

    sure = BooleanField(_("This patient has died"), [InputRequired(_("Tick this, if it is so. Nothing was changed."))])
