"""Numbers in addresses and forms.

Row numbers: both databases count rows in 64 bits with a sign, and refuse to look for more.
"""

from typing import Any

from werkzeug.routing import IntegerConverter, Map
from wtforms import Field
from wtforms.validators import NumberRange, StopValidation

LARGEST = 2**63 - 1
"""The greatest number that a row can have."""


class RowNumber(IntegerConverter):
    """A part of an address that numbers a row. What no row can have matches no route: 404, as for a row that is not."""

    regex = r"\d{1,19}"  # as long as the largest; Python reads no integer of thousands of digits

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST)


def row_number(written: str) -> int:
    """The number that a query or a form names a row by. Raises ValueError where no row can have it."""
    number = int(written)
    if not 0 <= number <= LARGEST:
        raise ValueError("no row can have this number")
    return number


class InRange(NumberRange):
    """A number within its bounds. Of what is no number that alone is said, and not that it lies outside as well."""

    def __call__(self, form: Any, field: Field) -> None:
        """Raises ValidationError; StopValidation where the field has its fault already."""
        if field.process_errors:
            raise StopValidation
        super().__call__(form, field)
