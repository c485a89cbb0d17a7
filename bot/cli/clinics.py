"""`clinic`: who texts."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import click

from bot import clinic_rules
from bot.cli.arguments import (
    Day,
    DaysKept,
    Degrees,
    Minutes,
    Name,
    OrUsual,
    Price,
    SnapTo,
    TimeOfDay,
    Weekdays,
    Worded,
    Zone,
    written,
)
from bot.cli.changes import clinic_close_day
from bot.cli.data import ACTOR, open_services, pick_entry, reading, writing
from bot.cli.output import as_json_option, print_rows
from bot.cli.reminders import clinic_reminders
from bot.cli.senders import clinic_whatsapp_template
from bot.cli.watching import clinic_on_call
from content.library import Library
from content.regimen_format.notation import WEEKDAYS
from content.thresholds import STOOLS
from scheduler import sign_offs
from store import audit, clinics
from store.clinic_entry import CALL_MINUTES, DANGER_MINUTES, GONE_QUIET_DAYS

Command = TypeVar("Command", bound=Callable[..., Any])

_SETTINGS = (
    click.option("--program", help="What texts call themselves; never a word that tells an illness."),
    click.option("--timezone", type=Zone(), help="Where the clinic is: America/New_York."),
    click.option("--country", help="The country pack: emergency number, fever threshold, opt-out words."),
    click.option("--language", "languages", multiple=True, help="A language of its texts; the first is the default."),
    click.option("--phone-line", help="The number that patients can call day and night, as texts should show it."),
    click.option(
        "--consent-text",
        "consent_texts",
        type=Worded(),
        multiple=True,
        help="What patients agree to before the first text: es=Acepto..., once for each language of the clinic.",
    ),
    click.option("--window-from", type=TimeOfDay(), help="No reminder before this local time (default 09:00)."),
    click.option("--window-until", type=TimeOfDay(), help="No reminder after this local time (default 20:00)."),
    click.option("--max-texts-per-day", type=click.IntRange(1, 20), help="Reminders a day, at most (default 3)."),
    click.option("--max-texts-per-week", type=click.IntRange(1, 100), help="Reminders a week, at most (default 7)."),
    click.option(
        "--quiet-hours",
        type=click.IntRange(0, 168),
        help="How long after a text of danger to life only answers and visit reminders go out (default 12).",
    ),
)


def _settings(command: Command) -> Command:
    for option in reversed(_SETTINGS):
        command = option(command)
    return command


@click.group()
def clinic() -> None:
    """Clinics: add one, make it live, list them."""


@clinic.command("add")
@click.argument("name", type=Name())
@_settings
def clinic_add(name: str, **given: Any) -> None:
    """Add a clinic called NAME. It needs --timezone and --country.

    It answers nothing but urgent texts until it is live: `clinic list` says what is missing.
    """
    services = open_services()
    fields = {key: value for key, value in given.items() if value not in (None, ())}
    for needed in ("timezone", "country"):
        if needed not in fields:
            message = f"A clinic needs --{needed}."
            raise click.UsageError(message)
    pack = services.library.countries.get(fields["country"])
    if pack is not None:
        fields.setdefault("languages", pack.languages)
    fields.setdefault("program", name)
    fields = _checked(services.library, fields)
    now = services.clock()
    with writing(services) as tx:
        added = clinics.add_clinic(tx, now, name=name, demo=services.settings.demo, **fields)
        audit.record(tx, now, added.id, ACTOR, "add", "clinic", added.id, sorted(fields))
    click.echo(f"Added {name}, number {added.id}. `immunotext clinic list` says what keeps it from being live.")


@clinic.command("set")
@click.argument("name")
@_settings
@click.option("--open", "open_weekdays", type=Weekdays(), help="The weekdays of its visits, as mon-fri or mon,thu.")
@click.option("--holiday", "holidays", multiple=True, type=Day(), help="A day without visits; may be repeated.")
@click.option("--no-holiday", "workdays", multiple=True, type=Day(), help="A day that is a holiday no more.")
@click.option("--fallback/--no-fallback", default=None, help="Whether SMS stands in for WhatsApp where that fails.")
@click.option("--snap", type=SnapTo(), help="Where a visit goes that would be on another day (default on-or-after).")
@click.option(
    "--ask-confirmation/--no-ask-confirmation",
    default=None,
    help="Whether the first text asks who is enrolled from now on to reply C (default no).",
)
@click.option(
    "--tell-seen/--no-tell-seen",
    default=None,
    help="Whether who texted of danger is told when somebody has seen it (default no).",
)
@click.option(
    "--approvals",
    type=click.IntRange(1, 2),
    help="How many people it takes to change what patients read or what is understood (default 2; 1 where one works).",
)
@click.option(
    "--keep-words",
    "keep_words_days",
    type=DaysKept(),
    help="How many days the words of texts are kept, or `always` (a new clinic: 90).",
)
@click.option(
    "--fever",
    "fever_c",
    type=OrUsual(Degrees(), 0),
    help="Call at this temperature or above, in C or F; `usual`: the country's.",
)
@click.option(
    "--too-cold",
    "low_c",
    type=OrUsual(Degrees(), 0),
    help="Call below this temperature, in C or F; `usual`: the country's.",
)
@click.option(
    "--stools", type=OrUsual(click.IntRange(*STOOLS), 0), help="Call at so many loose stools in 24 hours (usual 4)."
)
@click.option(
    "--danger-minutes",
    type=OrUsual(Minutes(), DANGER_MINUTES),
    help="When each step of the rota is told of danger to life (usual 2,7,15).",
)
@click.option(
    "--call-minutes",
    type=OrUsual(Minutes(), CALL_MINUTES),
    help="The same where the reply was: call now (usual 10,30,60).",
)
@click.option(
    "--gone-quiet-days",
    type=OrUsual(click.IntRange(1, 90), GONE_QUIET_DAYS),
    help="Days of silence before somebody who used to text has gone quiet (usual 7).",
)
@click.option("--segment-price", "segment_micros", type=Price(), help="What a segment costs, as 0.0116: for reports.")
def clinic_set(name: str, holidays: tuple[date, ...], workdays: tuple[date, ...], **given: Any) -> None:
    """Change settings of the clinic called NAME.

    Its days count for plans that begin from then on. A visit that would be on another day is on the next open one
    (--snap on-or-after), on the nearest, before or after it (nearest), or stays, with a warning to staff (none).
    Thresholds, minutes and days of silence go back to what they are elsewhere with the word `usual`.
    """
    fields = {key: value for key, value in given.items() if value not in (None, ())}
    for name_of in ("keep_words_days", "fever_c", "low_c", "stools"):
        if name_of in fields:
            fields[name_of] = fields[name_of] or None
    if not fields and not holidays and not workdays:
        message = "Nothing to change: name a setting, `immunotext clinic set --help` lists them."
        raise click.UsageError(message)
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        before = pick_entry(tx, name).clinic
        clinics.lock_clinic(tx, before.id)
        if holidays or workdays:
            fields["closed_on"] = _closed_on(before, holidays, workdays)
        people = clinic_rules.people_of(tx, before.id)
        clinic_id, changes = before.id, _checked(services.library, fields, before, people)
        clinics.set_clinic(tx, now, clinic_id, **changes)
        audit.record(tx, now, clinic_id, ACTOR, "change", "clinic", clinic_id, sorted(fields))
    click.echo(f"Changed {name}: {', '.join(sorted(fields))}.")
    if {"open_weekdays", "closed_on", "snap"} & fields.keys():
        click.echo("Whoever is enrolled already keeps their dates: `immunotext clinic close-day` moves those of a day.")


@clinic.command("list")
@as_json_option
def clinic_list(as_json: bool) -> None:
    """List the clinics, and what keeps each from being live."""
    services = open_services()
    with reading(services) as tx:
        found = clinics.entries(tx)
    rows = [
        {
            "id": entry.clinic.id,
            "name": entry.clinic.name,
            "live": not entry.missing(),
            "missing": entry.missing(),
            "country": entry.clinic.country,
            "timezone": entry.clinic.timezone,
            "languages": entry.clinic.languages,
            "senders": [sender.address for sender in entry.senders],
            "regimens": [signed.regimen_id for signed in entry.signed_regimens],
            "join_code": entry.clinic.join_code,
            "open": [WEEKDAYS[day] for day in entry.clinic.open_weekdays or range(7)],
            "holidays": entry.clinic.closed_on,
            "snap": written(entry.clinic.snap),
            "ask_confirmation": entry.clinic.ask_confirmation,
            "tell_seen": entry.clinic.tell_seen,
            "approvals": entry.clinic.approvals,
            "keep_words_days": entry.clinic.keep_words_days,
            "fever_c": entry.clinic.fever_c,
            "too_cold_c": entry.clinic.low_c,
            "stools": entry.clinic.stools,
            "danger_minutes": entry.clinic.danger_minutes,
            "call_minutes": entry.clinic.call_minutes,
            "gone_quiet_days": entry.clinic.gone_quiet_days,
            "switched_off": entry.clinic.switched_off,
        }
        for entry in found
    ]
    print_rows(rows, as_json=as_json)


@clinic.command("approve")
@click.argument("name")
@click.option("--by", type=Name(), required=True, help="Who signs off: the name of a person.")
@click.option("--second", type=Name(), help="The second person who read it, where two signed.")
@click.option("--content", is_flag=True, help="The facts, danger signs and wording of this release.")
@click.option("--regimen", "regimens", multiple=True, metavar="ID", help="A regimen; may be repeated.")
@click.option("--all-regimens", is_flag=True, help="Every regimen of the library.")
def clinic_approve(
    name: str, by: str, second: str | None, content: bool, regimens: tuple[str, ...], all_regimens: bool
) -> None:
    """Record that a named person, or two, signed off content or regimens for the clinic called NAME."""
    services = open_services()
    library = services.library
    wanted = tuple(library.regimens) if all_regimens else regimens
    for regimen_id in wanted:
        if regimen_id not in library.regimens:
            message = f"There is no regimen {regimen_id}: `immunotext regimens` lists them."
            raise click.UsageError(message)
    if not (content or wanted):
        message = "Nothing to sign off: give --content, --regimen or --all-regimens."
        raise click.UsageError(message)
    if second is not None and second.casefold() == by.casefold():
        message = "--second names another person than --by."
        raise click.UsageError(message)
    now = services.clock()
    with writing(services) as tx:
        clinic_id = pick_entry(tx, name).clinic.id
        if content:
            sign_offs.sign_content(tx, now, library, clinic_id, by, second)
        for regimen_id in wanted:
            sign_offs.sign_regimen(tx, now, library.regimens[regimen_id], clinic_id, by, second)
        signed = [*([sign_offs.CONTENT] if content else []), *wanted]
        for person in (by, second) if second else (by,):
            alone = [] if second else [sign_offs.ALONE]
            audit.record(tx, now, clinic_id, person, "sign off", "clinic", clinic_id, [*signed, *alone])
        missing = pick_entry(tx, name).missing()
    click.echo(f"{name} is live." if not missing else f"Recorded. {name} still lacks {'; '.join(missing)}.")


clinic.add_command(clinic_close_day)
clinic.add_command(clinic_reminders)
clinic.add_command(clinic_whatsapp_template)
clinic.add_command(clinic_on_call)


@clinic.command("join-code")
@click.argument("name")
@click.argument("code", required=False)
@click.option("--remove", is_flag=True, help="Take the code away: nobody can ask by text any more.")
def clinic_join_code(name: str, code: str | None, remove: bool) -> None:
    """Set the CODE that somebody texts after JOIN to ask the clinic called NAME for reminders."""
    if (code is None) is not remove:
        message = "Give a code, or --remove to take it away."
        raise click.UsageError(message)
    if code is not None and not re.fullmatch(r"[A-Za-z0-9]{3,20}", code):
        message = "A join code is 3 to 20 letters and digits."
        raise click.UsageError(message)
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        clinic_id = pick_entry(tx, name).clinic.id
        clinics.set_join_code(tx, now, clinic_id, code)
        audit.record(tx, now, clinic_id, ACTOR, "change", "clinic", clinic_id, ["join_code"])
    click.echo(
        f"Text JOIN {code.upper()} to ask {name} for reminders." if code else f"{name} has no join code any more."
    )


def _closed_on(before: clinics.Clinic, holidays: Sequence[date], workdays: Sequence[date]) -> list[date]:
    """The days without visits from now on. Raises click.UsageError where a day is both, or was none."""
    if both := sorted({*holidays} & {*workdays}):
        message = f"{both[0]} cannot be a holiday and none at once."
        raise click.UsageError(message)
    if unknown := sorted({*workdays} - {*before.closed_on}):
        message = f"{unknown[0]} is no holiday of {before.name}: `immunotext clinic list` shows them."
        raise click.UsageError(message)
    return sorted({*before.closed_on, *holidays} - {*workdays})


def _by_language(texts: Sequence[tuple[str, str]], languages: Sequence[str]) -> dict[str, str]:
    """The words of each language. Raises click.UsageError where it is not said whose they are."""
    if [language for language, _words in texts] == [""] and len(languages) == 1:
        return {languages[0]: texts[0][1]}
    found = dict(texts)
    if len(found) < len(texts) or not found.keys() <= {*languages}:
        each = " ".join(f'--consent-text {language}="..."' for language in languages)
        message = f"Write it once in each language of the clinic: {each}."
        raise click.UsageError(message)
    return found


def _checked(
    library: Library, fields: dict[str, Any], before: clinics.Clinic | None = None, people: int = 0
) -> dict[str, Any]:
    """The settings of a clinic as the store takes them. Raises click.UsageError with what to write instead."""
    try:
        if "consent_texts" in fields:
            languages = fields.get("languages") or (before.languages if before else ())
            fields["consent_texts"] = _by_language(fields["consent_texts"], languages)
        return clinic_rules.checked(library, fields, before, people=people)
    except clinic_rules.WrongSettings as error:
        raise click.UsageError(str(error)) from None
