"""What `schedule` and `preview` draw on a terminal: a calendar of months, events and texts."""

from calendar import Calendar as Weeks
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rich.columns import Columns
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.cli.output import counted
from content.regimens import Regimen
from scheduler.plan.show import Mark

_LOOKS: Mapping[Mark, tuple[str, str, str]] = {
    Mark.HOSPITAL: ("H", "bold white on magenta", "hospital"),
    Mark.VISIT: ("\N{BLACK CIRCLE}", "bold white on blue", "visit"),
    Mark.PUMP: ("~", "white on dark_cyan", "pump goes on"),
    Mark.OTHER: ("+", "bold cyan", "other appointment"),
    Mark.HOME: ("\N{WHITE CIRCLE}", "green", "treatment at home"),
    Mark.REST: ("\N{MIDDLE DOT}", "yellow", "rest"),
}
_KINDS = {"treatment": "bold", "rest": "yellow", "phase": "bold magenta", "finished": "bold magenta", "waiting": "red"}
_MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A text as it is drawn. ``left_out``: why it would not go, in a few words; "" where it goes."""

    day: date
    at: time
    due_at: datetime
    body: str
    segments: int
    left_out: str = ""


def draw_schedule(
    console: Console, regimen: Regimen, rows: Sequence[Mapping[str, object]], marks: Mapping[date, Mark]
) -> None:
    """The dated events of a plan."""
    console.print(_head(regimen), months(marks, console.width), _events(rows))


def draw_preview(
    console: Console, regimen: Regimen, lines: Sequence[Line], marks: Mapping[date, Mark], *, per_week: int
) -> None:
    """The texts of a whole course, by the week, as the patient reads them."""
    console.print(_head(regimen), months(marks, console.width), _texts(lines), _sum(lines, per_week), sep="\n")


def months(marks: Mapping[date, Mark], width: int) -> Group:
    """A calendar of the months in which something is, as many side by side as have room, and what its marks mean."""
    first_days = sorted({day.replace(day=1) for day in marks})
    shown = [_month(first, marks) for first in first_days[:_MOST_MONTHS]]
    used = sorted(set(marks.values()))
    legend = Text("   ").join(
        Text.assemble((f" {_LOOKS[mark][0]} ", _LOOKS[mark][1]), f" {_LOOKS[mark][2]}") for mark in used
    )
    more = len(first_days) - len(shown)
    after = [Text(f"... and {counted(more, 'more month', 'more months')}", style="dim")] if more > 0 else []
    return Group("", Columns(shown, padding=(0, 3), width=min(24, width)), *after, legend, "")


def _meaning(mark: Mark) -> Text:
    sign, style, meaning = _LOOKS[mark]
    return Text.assemble((f" {sign} ", style), f" {meaning}")


def _head(regimen: Regimen) -> Panel:
    said = Text.assemble(
        (regimen.title, "bold"), f"  {regimen.id}, version {regimen.version}, verified: {regimen.verified}\n"
    )
    return Panel(said + Text(regimen.confirm, style="italic"), border_style="blue")


def _month(first: date, marks: Mapping[date, Mark]) -> Table:
    table = Table.grid(padding=0)
    table.title = Text(f"{first:%B %Y}", style="bold")
    for _ in range(7):
        table.add_column(width=3, justify="right")
    table.add_row(*(Text(name, style="dim") for name in ("Mo ", "Tu ", "We ", "Th ", "Fr ", "Sa ", "Su ")))
    for week in Weeks().monthdatescalendar(first.year, first.month):
        table.add_row(*(_day(day, marks) if day.month == first.month else Text("") for day in week))
    return table


def _day(day: date, marks: Mapping[date, Mark]) -> Text:
    if day not in marks:
        return Text(f"{day.day:2} ", style="dim")
    sign, style, _ = _LOOKS[marks[day]]
    return Text(f"{day.day:2}{sign}", style=style)


def _events(rows: Sequence[Mapping[str, object]]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("date", "", "what", "cycle", "day", "phase"):
        table.add_column(name, justify="right" if name in ("cycle", "day") else "left")
    for row in rows:
        kind = str(row["kind"])
        day = date.fromisoformat(str(row["date"]))
        what = Text(", ".join(map(str, _list(row["items"]))) or kind, style=_KINDS.get(kind, ""))
        if row.get("end_date"):
            what.append(f"  {kind} until {row['end_date']}" if row["items"] else f" until {row['end_date']}")
        elif kind not in ("treatment", "phase", "finished", "waiting"):
            what.append(f"  {kind}", style="dim")
        for warning in _list(row.get("warnings")):
            what.append(f"\n! {warning}", style="bold red")
        is_dose = kind in ("treatment", "paired", "linked", "rest", "between")
        table.add_row(
            f"{day:%Y-%m-%d}",
            Text(f"{day:%a}", style="dim"),
            what,
            str(row["cycle"]) if is_dose else "",
            str(row["day"]) if is_dose else "",
            Text(str(row["phase"]), style="dim" if kind != "phase" else _KINDS["phase"]),
        )
    return table


def _texts(lines: Sequence[Line]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("day", no_wrap=True)
    table.add_column("local", no_wrap=True)
    table.add_column("UTC", no_wrap=True, style="dim")
    table.add_column("text")
    table.add_column("SMS", justify="right")
    week = None
    for line in lines:
        if (monday := _monday(line.day)) != week:
            week = monday
            table.add_row(*_week(week, lines))
        body = Text(line.body, style="dim strike" if line.left_out else "")
        if line.left_out:
            body = Text.assemble((f"left out, {line.left_out}: ", "red"), body)
        day, due = f"{line.day:%a %b} {line.day.day:2}", f"{line.due_at:%m-%d %H:%M}"
        table.add_row(day, f"{line.at:%H:%M}", due, body, str(line.segments))
    return table


def _week(monday: date, lines: Sequence[Line]) -> tuple[Text, str, str, Text, str]:
    of_week = [line for line in lines if _monday(line.day) == monday]
    going = [line for line in of_week if not line.left_out]
    bar = "\N{BLACK SQUARE}" * min(len(going), 30)
    count = Text.assemble((bar, "cyan"), f" {counted(len(going), 'text', 'texts')} in this week")
    if len(of_week) > len(going):
        count.append(f", {len(of_week) - len(going)} left out", style="red")
    return Text(f"\n{monday:%b} {monday.day}", style="bold"), "", "", Text("\n") + count, ""


def _sum(lines: Sequence[Line], per_week: int) -> Text:
    going = [line for line in lines if not line.left_out]
    weeks = Counter(_monday(line.day) for line in going)
    segments = sum(line.segments for line in going)
    said = Text(f"\n{counted(len(going), 'text', 'texts')}, {segments} SMS", style="bold")
    if weeks:
        most, count = max(weeks.items(), key=lambda each: (each[1], -each[0].toordinal()))
        said.append(f", at most {count} in a week (that of {most:%b} {most.day}, {most.year})", style="not bold")
    if len(going) < len(lines):
        left = f"; {len(lines) - len(going)} left out by the limits of the example clinic, {per_week} in seven days"
        said.append(left, style="not bold red")
    return said


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()
