"""The time that a report is about, and the days, weeks or months that it is drawn in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from flask_babel import gettext as _

from bot.clinic import dates

Step = Literal["day", "week", "month"]

USUAL = 30
LONGEST = 3 * 366
_A_DAY = timedelta(days=1)
_DAYS_DRAWN = 31
_WEEKS_DRAWN = 27 * 7


@dataclass(frozen=True, slots=True)
class Period:
    """From ``first`` to ``last``, both included."""

    first: date
    last: date

    @classmethod
    def asked(cls, given: Mapping[str, str], today: date) -> "Period":
        """What somebody asks for; the last thirty days where they do not or what they say is no date."""
        last = min(_read(given.get("until")) or today, today)
        first = _read(given.get("since")) or last - (USUAL - 1) * _A_DAY
        return cls(max(min(first, last), last - LONGEST * _A_DAY), last)

    @property
    def step(self) -> Step:
        """What is one bar of a chart and one line of a table."""
        days = (self.last - self.first).days + 1
        return "day" if days <= _DAYS_DRAWN else "week" if days <= _WEEKS_DRAWN else "month"

    def begin_of(self, day: date) -> date:
        """The first day of the day, week (from Monday) or month that a day belongs to."""
        match self.step:
            case "day":
                return day
            case "week":
                return day - day.weekday() * _A_DAY
            case "month":
                return day.replace(day=1)

    def begins(self) -> list[date]:
        """Each day, week or month of the time, by its first day."""
        days = ((self.first + number * _A_DAY) for number in range((self.last - self.first).days + 1))
        return list(dict.fromkeys(self.begin_of(day) for day in days))

    def name(self, begin: date) -> str:
        """What a day, week or month is called."""
        match self.step:
            case "day":
                return dates.day(begin)
            case "week":
                return str(_("week of %(day)s", day=dates.day(begin, "d MMM")))
            case "month":
                return dates.day(begin, "MMM y")


def _read(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
