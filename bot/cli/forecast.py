"""`forecast`: whether a day's texts can be sent in time."""

from datetime import date

import click

from bot.cli.arguments import Day
from bot.cli.data import open_services, pick_entry, reading
from bot.cli.output import as_json_option, print_rows
from scheduler.delivery.capacity import Counting, cannot_be_done
from scheduler.plan.local_time import to_local


@click.command()
@click.argument("clinic_name", metavar="[CLINIC]", required=False)
@click.option("--day", type=Day(), help="The clinic's local day; without it, today.")
@as_json_option
def forecast(clinic_name: str | None, day: date | None, as_json: bool) -> None:
    """Say how many texts a clinic's senders have on a day, and when the last leaves. Exit 1: not in time."""
    services = open_services()
    with reading(services) as tx:
        entry = pick_entry(tx, clinic_name)
    zone = entry.clinic.timezone
    counting = Counting(services.library, entry, day or to_local(services.clock(), zone).date())
    more = True
    while more:
        with reading(services) as tx:
            more = counting.count_some(tx)
    made = counting.made()
    addresses = {sender.id: sender.address for sender in entry.senders}
    rows = [
        {
            "clinic": entry.clinic.name,
            "sender": addresses[each.sender_id],
            "day": each.day,
            "texts": each.texts,
            "segments": each.segments,
            "last_leaves": None if each.last_at is None else f"{to_local(each.last_at, zone):%H:%M}",
            "too_late": each.late,
            "over_cap": each.over_cap,
        }
        for each in made
    ]
    print_rows(rows, as_json=as_json)
    if any(map(cannot_be_done, made)):
        click.echo(
            "Not all of these can be sent in time: add a faster sender, or move the hours of reminders.", err=True
        )
        raise SystemExit(1)
