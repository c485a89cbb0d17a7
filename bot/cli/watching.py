"""`alarms`, `downtime` and `clinic on-call`: what the watch found, what an outage did, and who is told."""

import re
from datetime import UTC, date, datetime, time

import click

from bot.cli.arguments import Day
from bot.cli.data import ACTOR, open_services, pick_entry, reading, writing
from bot.cli.errors import Refused
from bot.cli.output import as_json_option, print_rows
from channels.phone import is_e164
from scheduler.duties.watchdog import RULES, wrong
from store import alarms, audit, clinics, notices, on_call, outages
from store.alarms import Alarm
from store.on_call import Recipient
from store.outages import Account, Outage


@click.command("alarms")
@click.option("--all", "all_of_them", is_flag=True, help="Those too that are over.")
@as_json_option
def alarms_command(all_of_them: bool, as_json: bool) -> int:
    """Show what the watch has found wrong, and what to do about it. The exit status is 1 while anything is.

    Counts are as they were when the alarm was last looked at.
    """
    services = open_services()
    with reading(services) as tx:
        open_now = alarms.open_alarms(tx)
        found = alarms.history(tx) if all_of_them else open_now
        names = {entry.clinic.id: entry.clinic.name for entry in clinics.entries(tx)}
        untold = [each for each in notices.latest(tx) if each.state == "failed"]
    print_rows([_alarm_row(each, names) for each in found], as_json=as_json)
    if not as_json:
        if not open_now:
            click.echo("No alarm is open.")
        for notice in untold:
            click.echo(f"Notice {notice.id} of {notice.created_at:%Y-%m-%d %H:%M} UTC was not told: {notice.detail}.")
    return 1 if open_now else 0


@click.command()
@click.option("--since", type=Day(), help="Outages that ended on this day (UTC) or later.")
@as_json_option
def downtime(since: date | None, as_json: bool) -> None:
    """Show when no scheduler lived, and what became of the texts that were due then, clinic by clinic."""
    services = open_services()
    begin = None if since is None else datetime.combine(since, time(), UTC)
    with reading(services) as tx:
        found = outages.outages_since(tx, begin)
        names = {entry.clinic.id: entry.clinic.name for entry in clinics.entries(tx)}
    rows = [_outage_row(each, account, names) for each in found for account in each.report or (None,)]
    print_rows(rows, as_json=as_json)
    if not rows and not as_json:
        click.echo("There was none.")


@click.command("on-call")
@click.argument("name")
@click.option("--add-phone", "phones", multiple=True, metavar="NUMBER", help="Text this number, such as +12025550143.")
@click.option("--add-email", "emails", multiple=True, metavar="ADDRESS", help="Write to this address.")
@click.option("--remove", "gone", multiple=True, metavar="ADDRESS", help="Tell this number or address no more.")
@as_json_option
def clinic_on_call(
    name: str, phones: tuple[str, ...], emails: tuple[str, ...], gone: tuple[str, ...], as_json: bool
) -> None:
    """Show or change who is told when something is wrong with the texts of the clinic called NAME.

    No patient is named in what they get.
    """
    added = [Recipient("text", each) for each in phones] + [Recipient("mail", each) for each in emails]
    for who in added:
        _check(who)
    services = open_services()
    now = services.clock()
    if added or gone:
        with writing(services) as tx:
            clinic = pick_entry(tx, name).clinic
            for who in added:
                if on_call.add(tx, now, clinic.id, who):
                    audit.record(tx, now, clinic.id, ACTOR, "add", "on call", clinic.id, [who.means])
            for address in gone:
                if not on_call.remove(tx, clinic.id, address):
                    raise Refused(f"{address} is not on call at {clinic.name}.")
                audit.record(tx, now, clinic.id, ACTOR, "remove", "on call", clinic.id, ["address"])
    with reading(services) as tx:
        found = on_call.of_clinic(tx, pick_entry(tx, name).clinic.id)
    print_rows([{"means": who.means, "address": who.address} for who in found], as_json=as_json)
    if not found and not as_json:
        click.echo("Nobody is on call.")


def _check(who: Recipient) -> None:
    """Raises click.UsageError where nothing can be sent there."""
    if who.means == "text" and not is_e164(who.address):
        message = f"{who.address} is no number: write it like +12025550143."
        raise click.UsageError(message)
    if who.means == "mail" and not re.fullmatch(r"[^@\s]+@[^@\s]+", who.address):
        message = f"{who.address} is not a mail address."
        raise click.UsageError(message)


def _alarm_row(alarm: Alarm, names: dict[int, str]) -> dict[str, object]:
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "clinic": None if alarm.clinic_id is None else names[alarm.clinic_id],
        "opened": alarm.opened_at,
        "seen": alarm.last_seen_at,
        "over": alarm.cleared_at,
        "told": alarm.told,
        "wrong": wrong(alarm.kind, alarm.detail),
        "mend": RULES[alarm.kind].mend if alarm.kind in RULES else "",
    }


def _outage_row(outage: Outage, account: Account | None, names: dict[int, str]) -> dict[str, object]:
    """Before its report is made, and where no text was due, an outage has one row without counts."""
    counts = [name for name in Account.__slots__ if name != "clinic_id"]
    return {
        "began": outage.began_at,
        "ended": outage.ended_at,
        "reported": outage.reported_at,
        "clinic": None if account is None else names[account.clinic_id],
        **{name: None if account is None else getattr(account, name) for name in counts},
    }
