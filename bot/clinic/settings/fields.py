"""Kinds of fields that only the settings have: words in every language, degrees, the minutes of each step."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from flask_babel import gettext as _
from wtforms import BooleanField, Field, SelectFieldBase, SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from content.thresholds import celsius, fahrenheit
from scheduler.duties.escalation import STEPS

_LONGEST = 1000
_LATEST = 999


def typed(entry: Field) -> str:
    """What stands in a field of a form that was sent, as one line for people."""
    match entry:
        case BooleanField():
            return str(_("yes") if entry.data else _("no"))
        case SelectFieldBase():
            return ", ".join(str(choice.label.text) for choice in entry if choice.checked) or "-"
        case ConsentField():
            return " / ".join(entry.data.values()) or "-"
        case MinutesField():
            return ", ".join(entry.written)
        case DegreesField():
            return entry.written or "-"
    return ", ".join(str(entry.raw_data[0] if entry.raw_data else "").split()) or "-"


class SeveralField(SelectMultipleField):
    """Several of a few, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ConsentField(Field):
    """What patients agree to, in each language by its own text area; ``data`` is by language."""

    data: Mapping[str, str]
    languages: Sequence[str] = ()

    def process(self, formdata: Any, *given: Any, **more: Any) -> None:
        """Takes what was written in each language; line ends as one, blanks at both ends away."""
        super().process(formdata, *given, **more)
        prefix = f"{self.name}-"
        written = {name.removeprefix(prefix): formdata[name] for name in formdata or () if name.startswith(prefix)}
        self.data = {
            language: "\n".join(line.rstrip() for line in words.strip().splitlines())
            for language, words in written.items()
            if words.strip()
        }

    def pre_validate(self, _form: Any) -> None:
        """None is longer than a page takes."""
        if any(len(words) > _LONGEST for words in self.data.values()):
            raise ValidationError(_("At most %(number)s characters.", number=_LONGEST))


class DegreesField(Field):
    """A body's temperature in C or F, whichever was meant; ``data`` is in Celsius, None where it is empty."""

    data: float | None
    unit: Literal["C", "F"] = "C"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Reads "38", "38,5" or "100.4"."""
        written = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not written:
            return
        try:
            self.data = celsius(float(written.replace(",", ".")))
        except ValueError:
            self.data = None
        if self.data is None:
            raise ValueError(_("%(value)s is no temperature of a body: write it in C or F.", value=written[:20]))

    @property
    def written(self) -> str:
        """What stands in the field: what was typed, else the temperature in the unit of the country."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data if self.unit == 'C' else fahrenheit(self.data):g}"


class MinutesField(Field):
    """After how many minutes each step of the rota is told; ``data`` has one number for each step."""

    data: Sequence[int]

    def process(self, formdata: Any, *given: Any, **more: Any) -> None:
        """Takes the minutes of every step."""
        super().process(formdata, *given, **more)
        written = [str(formdata.get(f"{self.name}-{step}", "")).strip() for step in STEPS] if formdata else []
        self.written = written
        self.data = [int(each) for each in written if each.isascii() and each.isdecimal() and int(each) <= _LATEST]

    def pre_validate(self, _form: Any) -> None:
        """There is a number of minutes for each step."""
        if len(self.data) != len(STEPS):
            raise ValidationError(_("Write whole minutes for each step."))

    def of(self, step: str) -> str:
        """What stands in the field of a step."""
        number = STEPS.index(step)
        return self.written[number] if self.written else str(self.data[number])
