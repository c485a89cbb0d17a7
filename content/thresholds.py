"""The numbers from which on a text tells of danger: those of a country pack, or a clinic's own in place of them.

Sources differ by a degree and by a stool (content.md A3.1), so each clinic may set its own, within what they say. What
patients are told and what is understood come from here alike: both go by the number as a text writes it.
"""

from dataclasses import dataclass
from typing import Protocol

FEVER_C = (37.5, 38.34)
"""What a fever may be set to, in degrees Celsius: the lowest and the highest of the sources (UHB, WRHN: 101 F)."""

LOW_C = (35.0, 36.0)
"""The same of a temperature that is too low (North Devon, Clatterbridge)."""

STOOLS = (3, 5)
"""The same of loose stools in 24 hours: more than 3 (LEEDS_B), more than 4 (WRHN), or one fewer to be careful."""

_WARM, _HOT = (30.0, 45.0), (86.0, 113.0)


class HasThresholds(Protocol):
    """A clinic; what is None is as the content has it. Degrees are Celsius."""

    @property
    def fever_c(self) -> float | None: ...
    @property
    def low_c(self) -> float | None: ...
    @property
    def stools(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Call at ``fever`` or above, below ``low``, and at ``stools`` loose ones in 24 hours; to a tenth of a degree."""

    fever_c: float
    fever_f: float
    low_c: float
    low_f: float
    stools: int

    def values(self) -> dict[str, str]:
        """What texts are filled in with."""
        return {"feverC": f"{self.fever_c:g}", "feverF": f"{self.fever_f:g}", "stools": str(self.stools)}


def fahrenheit(celsius: float) -> float:
    """The same temperature in Fahrenheit, to a tenth of a degree."""
    return round(celsius * 9 / 5 + 32, 1)


def celsius(degrees: float) -> float | None:
    """A body's temperature in Celsius, whichever unit it was written in; None where it can be that of no body.

    To a hundredth of a degree, so that the same tenth of a degree Fahrenheit comes back from it.
    """
    if _WARM[0] <= degrees <= _WARM[1]:
        return round(degrees, 2)
    return round((degrees - 32) * 5 / 9, 2) if _HOT[0] <= degrees <= _HOT[1] else None
