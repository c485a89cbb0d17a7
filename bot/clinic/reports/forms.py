"""What a segment costs."""

from decimal import Decimal

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DecimalField
from wtforms.validators import NumberRange, Optional

MICROS = 1_000_000


class PriceForm(FlaskForm):
    """The price of a segment, in the unit of the clinic's currency."""

    price = DecimalField(_("Price of a segment"), [Optional(), NumberRange(Decimal(0), Decimal(10))], places=None)

    def micros(self) -> int | None:
        """The price in millionths; None where there is none."""
        return None if self.price.data is None else round(self.price.data * MICROS)


def price_of(micros: int | None) -> Decimal | None:
    """A price in millionths, as it is written."""
    return None if micros is None else (Decimal(micros) / MICROS).normalize()
