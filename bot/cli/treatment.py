"""`regimens`, `schedule`, `preview`, `content check`: the library and the calculator. No database."""

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from pathlib import Path

import click
from rich.console import Console

from bot.cli.arguments import Day, SnapTo, TimeOfDay, Weekdays, Zone
from bot.cli.drawing import Line, draw_preview, draw_schedule
from bot.cli.output import as_json_option, is_terminal, print_json, print_rows
from bot.clock import real_now
from channels.base import Via
from content.check import check, reviews_needed
from content.library import Library, load
from content.regimens import Regimen, load_regimen
from scheduler.delivery.words import compose
from scheduler.plan import show
from scheduler.plan.calendar import Calendar
from scheduler.plan.changes import Change, ChangeError, parse_change
from scheduler.plan.clinic_days import ClinicDays, Snap
from scheduler.plan.gathering import Limits, left_out
from store.clinics import Clinic

_COLUMNS = ("date", "end_date", "kind", "phase", "cycle", "cycle_in_phase", "day", "items", "warnings")
# An event may come so long before the first day of treatment: a collection, a test.
_EARLY = timedelta(weeks=10)

open_option = click.option(
    "--open", "open_weekdays", type=Weekdays(), help="The weekdays of visits, as mon-fri or mon,thu."
)
holiday_option = click.option(
    "--holiday", "holidays", multiple=True, type=Day(), help="A day without visits, as 2026-12-25; may be repeated."
)

snap_option = click.option(
    "--snap",
    type=SnapTo(),
    default="on-or-after",
    show_default=True,
    help="Where a visit goes that falls on a day without visits: to the next open one, the nearest, or nowhere.",
)


@click.command()
@as_json_option
def regimens(as_json: bool) -> None:
    """List the regimens of the library."""
    rows = [
        {
            "id": regimen.id,
            "version": regimen.version,
            "verified": regimen.verified,
            "phases": [phase.id for phase in regimen.phases],
            "items": list(regimen.items),
            "title": regimen.title,
            **({"sources": regimen.sources} if as_json else {}),
        }
        for regimen in load().regimens.values()
    ]
    print_rows(rows, as_json=as_json)


@click.command()
@click.argument("regimen")
@click.option("--start", type=Day(), required=True, help="Day 1, as 2026-05-04.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many treatment days.")
@click.option("--until", type=Day(), help="The last date to print.")
@click.option("--change", "specs", multiple=True, help="As delay:cycle=4,days=7; again for the next, in their order.")
@open_option
@holiday_option
@snap_option
@as_json_option
def schedule(
    regimen: str,
    start: date,
    count: int | None,
    until: date | None,
    specs: tuple[str, ...],
    open_weekdays: tuple[int, ...] | None,
    holidays: tuple[date, ...],
    snap: Snap,
    as_json: bool,
) -> None:
    """Print the dated events of REGIMEN, an id of the library or the path of a regimen file.

    A plan without an end is printed for a year unless --count or --until says how far. The changes that --change
    takes: delay, hold, resume, skip, move, stop, switch, enter, branch, close.
    """
    found = find_regimen(regimen, load)
    clinic_days = ClinicDays.where_told(open_weekdays, holidays, snap)
    changes, calendar = _changed(found, start, specs, load, clinic_days)
    rows = list(show.schedule(found, start, count=count, until=until, changes=changes, clinic_days=clinic_days))
    _check_until(until, start, rows)
    if as_json:
        for row in rows:
            print_json(row)
    elif is_terminal() and rows:
        last = date.fromisoformat(str(rows[-1]["date"]))
        draw_schedule(Console(highlight=False), found, rows, show.marks(calendar, start - _EARLY, last))
    else:
        print_rows([{name: row.get(name) for name in _COLUMNS} for row in rows], as_json=False)


@click.command()
@click.argument("regimen")
@click.option("--start", type=Day(), required=True, help="Day 1, as 2026-05-04.")
@click.option("--timezone", type=Zone(), required=True, help="Where the patient lives: America/New_York.")
@click.option("--language", default="en", show_default=True, help="The language of the texts.")
@click.option("--time", "visit_time", type=TimeOfDay(), help="The local time of the visits, as 09:30.")
@click.option("--until", type=Day(), help="The last date; a plan without an end is previewed for a year.")
@click.option("--change", "specs", multiple=True, help="A change of the plan, as `schedule` takes it; may be repeated.")
@open_option
@holiday_option
@snap_option
@as_json_option
def preview(
    regimen: str,
    start: date,
    timezone: str,
    language: str,
    visit_time: time | None,
    until: date | None,
    specs: tuple[str, ...],
    open_weekdays: tuple[int, ...] | None,
    holidays: tuple[date, ...],
    snap: Snap,
    as_json: bool,
) -> None:
    """Print every text of a whole course on REGIMEN with its local and UTC time, its words and its segments.

    The words, the hours and the limits are those of an example clinic; what its limits leave out says so.
    """
    library = load()
    if language not in library.languages:
        message = f"There are no texts in {language}: there are {', '.join(library.languages)}."
        raise click.UsageError(message)
    found = find_regimen(regimen, lambda: library)
    clinic_days = ClinicDays.where_told(open_weekdays, holidays, snap)
    _, calendar = _changed(found, start, specs, lambda: library, clinic_days)
    clinic = _example(timezone, language)
    texts = show.preview(calendar, timezone=timezone, visit_time=visit_time, until=until)
    limits = Limits(clinic.max_texts_per_day, clinic.max_texts_per_week)
    rows, lines = [], []
    for text, reason in zip(texts, left_out(texts, {}, limits), strict=True):
        told = text.reminder
        words = compose(library, clinic, told.template, told.args, language, Via.SMS)
        rows.append(
            {
                "local_date": told.local_date,
                "local_time": told.local_time,
                "due_at": told.due_at,
                "expires_at": told.expires_at,
                "rule": told.rule,
                "event": told.event,
                "segments": words.segments,
                "encoding": words.encoding,
                "left_out": reason,
                "text": words.body,
            }
        )
        why = "" if reason is None else reason.replace("_", " ")
        lines.append(Line(told.local_date, told.local_time, told.due_at, words.body, words.segments, why))
    _check_until(until, start, rows)
    last = show.shown_until(calendar, until)
    if as_json or not is_terminal() or not lines:
        print_rows(rows, as_json=as_json)
    else:
        marks = show.marks(calendar, start - _EARLY, last or lines[-1].day)
        draw_preview(Console(highlight=False), found, lines, marks, per_week=limits.per_week)
    for event in calendar.events(last=last):
        for warning in event.warnings:
            click.echo(f"{event.date}: {warning}.", err=True)


@click.group()
def content() -> None:
    """What is said: facts, danger signs, wording, regimens."""


@content.command("check")
@click.option("--content", "directory", type=click.Path(path_type=Path), help="Another folder of content.")
@click.option("--reviews", is_flag=True, help="List also what a person has still to look at.")
def content_check(directory: Path | None, reviews: bool) -> int:
    """Print every fault of the content, one a line: FILE:LINE RULE what to do. Exit status 1 when there is one."""
    if directory is not None and not directory.is_dir():
        message = f"There is no folder {directory}."
        raise click.UsageError(message)
    faults = check(directory)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        return 1
    waiting = reviews_needed(load(directory), real_now().date())
    if reviews:
        for line in waiting:
            click.echo(line)
    else:
        click.echo(f"No fault. {len(waiting)} things wait for a person to look at them: see --reviews.", err=True)
    return 0


def find_regimen(name: str, library: Callable[[], Library]) -> Regimen:
    """The regimen of an id or a path. Raises click.UsageError, ContentError."""
    path = Path(name)
    try:
        is_file = path.is_file()
    except OSError:
        is_file = False  # no file can be called so
    if path.suffix == ".toml" or is_file:
        if not is_file:
            message = f"There is no file {name}."
            raise click.UsageError(message)
        return load_regimen(path)
    known = library().regimens
    if name not in known:
        message = f"There is no regimen {name}: `immunotext regimens` lists them."
        raise click.UsageError(message)
    return known[name]


def _check_until(until: date | None, start: date, rows: Sequence[object]) -> None:
    """Raises click.UsageError where nothing is left to print since the last date comes before the start."""
    # Something may: a test, a text about the first visit. Whoever asks for that gets it.
    if not rows and until is not None and until < start:
        message = f"Nothing is planned until {until}: that is before the start on {start}."
        raise click.UsageError(message)


def _changed(
    regimen: Regimen,
    start: date,
    specs: Sequence[str],
    library: Callable[[], Library],
    clinic_days: ClinicDays | None,
) -> tuple[list[Change], Calendar]:
    """The changes of the command line, and the calendar with them. Raises click.UsageError."""
    try:
        changes = [parse_change(spec, lambda name: find_regimen(name, library)) for spec in specs]
        return changes, Calendar(regimen, start, changes=changes, clinic_days=clinic_days)
    except ChangeError as error:
        message = f"The change cannot be made: {error}."
        raise click.UsageError(message) from error


def _example(timezone: str, language: str) -> Clinic:
    """A clinic to put into the words of a preview."""
    return Clinic(
        id=0,
        name="Example Clinic",
        program="Example Clinic",
        timezone=timezone,
        country="us",
        languages=(language,),
        default_language=language,
        phone_line="202-555-0143",
        consent_version=0,
        window_from=time(9),
        window_until=time(20),
        join_code=None,
        max_texts_per_week=7,
        content_signed_by=None,
        content_signed_at=None,
        content_version=None,
        demo=True,
        version=1,
    )
