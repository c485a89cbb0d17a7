"""What a change of plan would do, on a terminal."""

import sys
from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.cli.output import print_json
from scheduler.changing import Override
from scheduler.plan.difference import Difference
from scheduler.plan.events import Event, Kind
from scheduler.plan.reminders import Reminder
from scheduler.previewing import Preview

Thing = TypeVar("Thing", Event, Reminder)

_WIDE = 120
_MOST = 15
# What a person reads the dates of; the days between follow from them.
_DATES = {Kind.TREATMENT, Kind.PAIRED, Kind.LINKED, Kind.WAITING, Kind.FINISHED, Kind.PHASE}


def show_preview(preview: Preview, override: Override | None, *, as_json: bool) -> None:
    """The preview as one JSON line, or as tables, in colours where there is a terminal.

    ``override``: who would answer for what comes too soon.
    """
    if as_json:
        print_json(preview.to_json())
        return
    console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _WIDE)
    console.print(f"[bold]Plan {preview.plan_id}[/] of patient {preview.patient_id}: {escape(preview.change)}")
    for refusal in preview.refusals:
        sentence = escape(refusal.sentence)
        if not refusal.can_be_overridden:
            console.print(f"[red]Not possible:[/] {sentence}", soft_wrap=True)
        elif override is None:
            console.print(f"[red]Too soon:[/] {sentence} (--override can allow it)", soft_wrap=True)
        else:
            console.print(f"[yellow]Too soon, and {escape(override.by)} answers for it:[/] {sentence}", soft_wrap=True)
    for warning in preview.warnings:
        console.print(f"[yellow]Mind:[/] {escape(warning)}", soft_wrap=True)
    _table(console, "Dates", preview.events, _event)
    _table(console, "Texts", preview.texts, _text)
    for text, gate in preview.waiting.cancelled:
        console.print(f"Text {text.id} ({text.template}) waits and is cancelled: {gate}.")
    for text in preview.waiting.texts:
        console.print(f"Text {text.id} ({text.template}) waits and goes out with what is true then.")
    for told in preview.told:
        console.print(f"Text {told.message_id} is out and told of {told.cover.event} on {told.cover.event_date}.")
    if preview.text:
        console.print(f"With --tell the patient reads: {escape(preview.text)}", soft_wrap=True)
    console.print(f"Afterwards the plan is {preview.state}.")


def show_closure(previews: Iterable[Preview], day: date, override: Override | None, *, as_json: bool) -> None:
    """What closing a day would do with each plan, and in the end of how many plans the visit moves or stays."""
    move = short = stay = 0
    for preview in previews:
        show_preview(preview, override, as_json=as_json)
        if not preview.refusals:
            move += 1
        elif all(refusal.can_be_overridden for refusal in preview.refusals):
            short += 1
        else:
            stay += 1
    if as_json:
        return
    if not move + short + stay:
        click.echo(f"No plan has a visit on {day}.")
        return
    why = "stay, since another treatment is too near: --override moves them"
    if override is not None:
        why = f"move though another treatment is too near, and {override.by} answers for it"
    click.echo(f"Visits of {day}: {move} move; {short} {why}; {stay} cannot move.")


def _table(
    console: Console, title: str, found: Difference[Thing], shown: Callable[[Thing], tuple[str, str] | None]
) -> None:
    pairs: list[tuple[Thing | None, Thing | None]] = [(before, after) for before, after in found.moves]
    pairs += [(before, None) for before in found.disappears]
    pairs += [(None, after) for after in found.appears]
    rows = []
    for before, after in pairs:
        then = shown(after) if after is not None else None
        now = shown(before) if before is not None else None
        if now != then:
            what = (now or then or ("", ""))[0]
            rows.append((now[1] if now else "", then[1] if then else "", what))
    if not rows:
        return
    rows.sort(key=lambda row: row[0] or row[1])
    table = Table(title=f"{title}: {len(rows)} differ", title_justify="left")
    for name in ("now", "then", "what"):
        table.add_column(name)
    for old, new, what in rows[:_MOST]:
        table.add_row(f"[red]{old or 'none'}[/]", f"[green]{new or 'none'}[/]", escape(what))
    console.print(table)
    if len(rows) > _MOST:
        console.print(f"... and {len(rows) - _MOST} more: --json has all of them.")


def _event(event: Event) -> tuple[str, str] | None:
    if event.kind not in _DATES:
        return None
    return f"{event.name} {', '.join(event.items)}".rstrip(), f"{event.date:%a} {event.date}"


def _text(reminder: Reminder) -> tuple[str, str]:
    return f"{reminder.rule} of {reminder.event}", f"{reminder.local_date} {reminder.local_time:%H:%M}"
