"""Kinds of arguments that several commands take, and what is said when one is wrong."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeVar
from zoneinfo import available_timezones

import click
from click.core import iter_params_for_processing

from content.regimen_format.notation import weekdays
from content.thresholds import celsius
from scheduler.duties.escalation import STEPS
from scheduler.plan.clinic_days import Snap
from store.clinic_entry import KEEP_WORDS_FROM, KEEP_WORDS_UNTIL

T = TypeVar("T")

_YEARS = range(1900, 3000)  # of a course, with room for what it leads to before the calendar ends


class NamesAllFaults(click.Command):
    """A command with many arguments: what is wrong with any of them is told at once, one sentence a line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, which stops at the first fault; a usage error that has them all."""
        try:
            return super().parse_args(ctx, args.copy())  # click takes away what it has read
        except click.BadParameter as error:
            raise click.UsageError("\n".join(self._faults(ctx, args)), ctx) from error

    def _faults(self, ctx: click.Context, args: list[str]) -> Iterator[str]:
        given, rest, order = self.make_parser(ctx).parse_args(args.copy())
        for param in iter_params_for_processing(order, self.get_params(ctx)):
            try:
                param.handle_parse_result(ctx, given, rest)
            except click.BadParameter as error:
                yield error.format_message()


class Day(click.ParamType[date]):
    """A date, 2026-05-04."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date; a usage error that says what is expected."""
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a date: write it as 2026-05-04.", param, ctx)
        if day.year not in _YEARS:
            self.fail(f"{value} is too far off: check the year.", param, ctx)
        return day


class Weekdays(click.ParamType[tuple[int, ...]]):
    """Weekdays, mon-fri or mon,thu; Monday is 0."""

    name = "weekdays"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The weekdays in their order; a usage error that says what is expected."""
        if isinstance(value, tuple):
            return value
        try:
            return weekdays(str(value).lower())
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class SnapTo(click.Choice[str]):
    """Where a visit goes that falls on a closed day: on-or-after, nearest, none."""

    def __init__(self) -> None:
        super().__init__([written(each) for each in Snap])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Snap:
        """The rule; a usage error that names them all."""
        return Snap(super().convert(value, param, ctx).replace("-", "_"))


def written(snap: str) -> str:
    """A rule as it is written on the command line."""
    return snap.replace("_", "-")


class TimeOfDay(click.ParamType[time]):
    """A local time, 09:30."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> time:
        """The time; a usage error that says what is expected."""
        if isinstance(value, time):
            return value
        try:
            return datetime.strptime(str(value), "%H:%M").time()  # noqa: DTZ007 (a time of day has no zone)
        except ValueError:
            self.fail(f"{value} is not a time of day: write it as 09:30.", param, ctx)


class Name(click.ParamType[str]):
    """What somebody or something is called, without blanks around it."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name; a usage error where nothing is left of it."""
        return str(value).strip() or self.fail("Write a name: there is none.", param, ctx)


class Zone(click.ParamType[str]):
    """A time zone by its IANA name, America/New_York."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name; a usage error that says what is expected."""
        if str(value) not in available_timezones():
            self.fail(
                f"There is no time zone called {value}: write it as America/New_York or Europe/Madrid.", param, ctx
            )
        return str(value)


class DaysKept(click.ParamType[int]):
    """How many days something is kept, or `always`, which is 0."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The days; a usage error that says what is expected."""
        if str(value) == "always":
            return 0
        days = int(str(value)) if re.fullmatch(r"[0-9]{1,5}", str(value)) else 0
        if not KEEP_WORDS_FROM <= days <= KEEP_WORDS_UNTIL:
            self.fail(f"{value} is no such time: {KEEP_WORDS_FROM} to {KEEP_WORDS_UNTIL} days, or always.", param, ctx)
        return days


class Price(click.ParamType[int]):
    """A price, 0.0116, in millionths of its currency."""

    name = "price"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The millionths; a usage error that says what is expected."""
        if not re.fullmatch(r"[0-9](\.[0-9]{1,6})?", str(value)):
            self.fail(f"{value} is no price of a segment: write it as 0.0116.", param, ctx)
        return int(Decimal(str(value)) * 1_000_000)


class Degrees(click.ParamType[float]):
    """A body's temperature, 38 or 100.4, in Celsius."""

    name = "degrees"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The degrees Celsius; a usage error that says what is expected."""
        try:
            degrees = celsius(float(str(value)))
        except ValueError:
            degrees = None
        if degrees is None:
            self.fail(f"{value} is no temperature of a body: write it in C or F, 38 or 100.4.", param, ctx)
        return degrees


class Minutes(click.ParamType[tuple[int, ...]]):
    """The minutes of each step of the rota: 2,7,15."""

    name = "minutes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The minutes; a usage error that says what is expected."""
        written = str(value).split(",")
        if len(written) != len(STEPS) or not all(re.fullmatch(r" *[0-9]{1,3} *", each) for each in written):
            self.fail(f"{value} are not the minutes of {len(STEPS)} steps: write them as 2,7,15.", param, ctx)
        return tuple(map(int, written))


class OrUsual(click.ParamType[T]):
    """What another kind of argument takes, or `usual`, which is the value that a new clinic has."""

    def __init__(self, kind: click.ParamType[T], usual: T) -> None:
        self.name, self._kind, self._usual = kind.name, kind, usual

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """The value; a usage error that says what is expected."""
        if str(value) == "usual":
            return self._usual
        try:
            return self._kind.convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{error.message.rstrip('.')}, or usual.", param, ctx)


class Worded(click.ParamType[tuple[str, str]]):
    """Words in a language, es=Acepto; without a language for a clinic that has one only."""

    name = "words"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> tuple[str, str]:
        """The language, "" where none was written, and the words."""
        language, words = re.fullmatch(r"(?:([a-z]{2})=)?(.*)", str(value), re.DOTALL).groups("")  # type: ignore[union-attr]
        return language, words.strip()
