"""What a segment costs."""

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DecimalField, HiddenField
from wtforms.validators import Optional, ValidationError

from bot.clinic.numbers import InRange
from store.clinic_entry import Clinic

MICROS = 1_000_000


class PriceField(DecimalField):
    """A price, written with a point or a comma."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Reads "0.0116" or "0,0116"."""
        super().process_formdata([written.replace(",", ".") for written in valuelist])
        if self.data is not None and not self.data.is_finite():
            raise ValueError(gettext("Not a valid decimal value."))


class PriceForm(FlaskForm):
    """The price of a segment, in the unit of the clinic's currency."""

    price = PriceField(_("Price of a segment"), [Optional(), InRange(Decimal(0), Decimal(10))], places=None)

    was = HiddenField()

    def show(self, clinic: Clinic) -> None:
        """The price as it is."""
        self.price.data, self.price.raw_data = price_of(clinic.segment_micros), None
        self.was.data = written(clinic.segment_micros)

    def validate_price(self, field: PriceField) -> None:
        """It is kept in millionths."""
        if field.data is not None and not field.errors and field.data != round(field.data, 6):
            raise ValidationError(gettext("Write six digits after the point at most."))

    def micros(self) -> int | None:
        """The price in millionths; None where there is none."""
        return None if self.price.data is None else round(self.price.data * MICROS)


def written(micros: int | None) -> str:
    """What the form remembers of the price that it showed."""
    return "" if micros is None else str(micros)


def price_of(micros: int | None) -> Decimal | None:
    """A price in millionths, as it is written."""
    return None if micros is None else (Decimal(micros) / MICROS).normalize()
