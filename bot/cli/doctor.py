"""`doctor`: is everything there that texting patients takes, and how is what is missing mended."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.request import urlopen

import click

from bot.around import mailer_of, operator_of
from bot.cli.data import open_services
from bot.cli.output import as_json_option, print_rows
from bot.health import readiness
from bot.services import Services
from bot.startup import check_data
from bot.webhooks.twilio import MESSAGES
from channels.twilio import Look, TwilioChannel
from content.check import check, check_rows
from scheduler.duties.watchdog import wrong
from store import alarms, clinics, on_call
from store.database import StoreError

_CLOCK_MAY_DIFFER = timedelta(seconds=10)
_NOBODY = "Nobody hears of it when something is wrong: set OPERATOR_PHONE or OPERATOR_EMAIL."
_PATIENCE = 10.0  # seconds
_NO_AGREEMENT = "In the United States sign a business associate agreement with Twilio, then set BAA_SIGNED=1."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``what`` says how to mend it where it is not ``ok``."""

    check: str
    ok: bool
    what: str


@click.command()
@as_json_option
def doctor(as_json: bool) -> int:
    """Check settings, content, database, clinics, Twilio, the public address and the clock.

    Says how to mend what is not right; the exit status is then 1.
    """
    services = open_services()
    findings = list(_findings(services))
    if as_json:
        print_rows([{"check": each.check, "ok": each.ok, "what": each.what} for each in findings], as_json=True)
    else:
        for each in findings:
            click.echo(f"{'ok  ' if each.ok else 'MEND'}  {each.check}: {each.what}")
    return 0 if all(each.ok for each in findings) else 1


def _findings(services: Services) -> Iterator[Finding]:
    missing = services.settings.missing_for_service()
    for sentence in missing:
        yield Finding("settings", False, sentence)
    if not missing:
        yield Finding("settings", True, "complete")
    if not services.settings.demo and not services.settings.baa_signed:
        yield Finding("agreement", False, _NO_AGREEMENT)
    faults = check()
    yield Finding("content", not faults, str(faults[0]) if faults else f"version {services.library.version}")
    if not services.settings.missing_for_data():
        yield from _about_data(services)
    if not missing:
        yield from _about_the_world(services)


def _about_data(services: Services) -> Iterator[Finding]:
    try:
        services.database.check_release()
        check_data(services)
        with services.database.reading() as tx:
            entries = clinics.entries(tx)
    except StoreError as error:
        yield Finding("database", False, str(error))
        return
    yield Finding("database", True, f"{services.database.dialect}, at this release")
    if not entries:
        yield Finding("clinics", False, "There is none: add one with `immunotext clinic add`.")
    for entry in entries:
        lacks = "; ".join(entry.missing())
        yield Finding(f"clinic {entry.clinic.name}", not lacks, f"It lacks {lacks}." if lacks else "live")
        # Left out of what it says and understands, since the content changed under them.
        refused = check_rows(services.library, entry.clinic.overrides)
        if refused:
            names = ", ".join(dict.fromkeys(entry.clinic.overrides[fault.line - 1].key for fault in refused))
            yield Finding(f"words of {entry.clinic.name}", False, f"{names}: {refused[0].mend}")
    state = readiness(services.database, services.spool)
    yield Finding("scheduler", state.scheduler, "running" if state.scheduler else "Start it: `immunotext scheduler`.")
    waiting = services.spool.count()
    yield Finding(
        "spool",
        state.spool,
        f"Texts that wait in {services.settings.var_dir}/spool: {waiting}." if waiting else "empty",
    )
    with services.database.reading() as tx:
        wrongs = [wrong(each.kind, each.detail) for each in alarms.open_alarms(tx)]
    yield Finding("alarms", not wrongs, " ".join(wrongs) or "none is open")
    if not services.settings.demo:
        yield from _about_watching(services)


def _about_watching(services: Services) -> Iterator[Finding]:
    """Somebody must hear of it when something is wrong."""
    settings = services.settings
    operator = bool(operator_of(settings))
    yield Finding("operator", operator, "is told of alarms" if operator else _NOBODY)
    mailer = mailer_of(settings)
    if mailer is not None:
        problem = mailer.look()
        yield Finding("mail", problem is None, problem or "the server takes mail")
        return
    with services.database.reading() as tx:
        by_mail = settings.operator_email or any(
            who.means == "mail" for people in on_call.of_clinics(tx).values() for who in people
        )
    if by_mail:
        yield Finding("mail", False, "Somebody is to be told by mail: set SMTP_URL and MAIL_FROM.")


def _about_the_world(services: Services) -> Iterator[Finding]:
    settings = services.settings
    yield _public_address(settings.public_address)
    yield Finding("webhook", True, f"Twilio must call {settings.public_address}{MESSAGES}#rc=3&rp=5xx,ct,rt")
    if settings.simulated:
        yield Finding("twilio", True, "not asked: the demo texts nobody")
        return
    look = asyncio.run(_look(services))
    yield Finding("twilio", look.problem is None, look.problem or "the account can be used")
    if look.time is not None:
        yield _clock(look.time, services.real_clock())


async def _look(services: Services) -> Look:
    settings = services.settings
    channel = TwilioChannel(settings.twilio_account_sid, settings.twilio_auth_token[0], settings.twilio_api_base)
    try:
        return await channel.look()
    finally:
        await channel.close()


def _public_address(address: str) -> Finding:
    name = "public address"
    if not address.startswith("https://") and "//127.0.0.1" not in address:
        return Finding(name, False, "PUBLIC_URL must begin with https://, or others can read what patients text.")
    try:
        urlopen(f"{address}/healthz", timeout=_PATIENCE).close()  # noqa: S310 (our own address, http or https)
    except (OSError, ValueError) as error:
        return Finding(name, False, f"{address}/healthz does not answer ({error}): start `immunotext serve`.")
    return Finding(name, True, address)


def _clock(theirs: datetime, ours: datetime) -> Finding:
    differs = abs(ours - theirs)
    if differs <= _CLOCK_MAY_DIFFER:
        return Finding("clock", True, "as Twilio's")
    return Finding("clock", False, f"This machine's clock differs from Twilio's by {differs.seconds} s: turn on NTP.")
