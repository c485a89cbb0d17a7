"""`ask`: what a text would be answered."""

import secrets
from contextlib import suppress

import click

from bot.cli.data import open_services, pick_entry, plainly
from bot.cli.errors import Misconfigured, Refused
from bot.cli.output import as_json_option, print_json
from bot.conversation.answer import Answer
from bot.conversation.turn import Heard
from bot.services import Services
from channels.base import Incoming, Via
from channels.phone import read_number
from content.sms_text import measure


@click.command()
@click.argument("text")
@click.option("--from", "phone", default="+12025550190", show_default=True, help="The number that texts.")
@click.option("--to", "number", help="The number that is texted, where clinics have several.")
@as_json_option
def ask(text: str, phone: str, number: str | None, as_json: bool) -> None:
    """Show what the bot would answer to TEXT. Changes nothing."""
    read = read_number(phone, "US")
    if read.e164 is None:
        raise click.UsageError(read.error or "This is no phone number.")
    services = open_services()
    with plainly():
        services.database.check_release()
        services.directory.refresh(services.database)
    heard, answer = _try(services, text, read.e164, number)
    outcome = answer.outcome or heard.outcome
    body = answer.body or ""
    counted = measure(body)
    row = {
        "text": text,
        "from": read.e164,
        "answer": answer.body,
        "language": answer.language,
        "kind": outcome.kind,
        "id": outcome.id,
        "topic": outcome.topic,
        "urgent_line": outcome.urgent_line,
        "matched": outcome.matched,
        "encoding": counted.encoding if body else None,
        "segments": counted.segments if body else 0,
    }
    if as_json:
        print_json(row)
        return
    click.echo(body or "(no answer)")
    understood = " ".join(part for part in (outcome.kind, outcome.id) if part)
    click.echo(f"[{understood}: {outcome.matched}; {row['segments']} x {row['encoding'] or 'nothing'}]")


class _TakeBack(Exception):
    """Ends a transaction of which nothing is to stay."""


def _try(services: Services, text: str, phone: str, number: str | None) -> tuple[Heard, Answer]:
    """The way of a real text up to its answer, in a transaction that is taken back."""
    now = services.clock()
    answer = None
    with plainly(), suppress(_TakeBack), services.database.writing() as tx:
        senders = pick_entry(tx, None).senders if number is None else ()
        if number is None and not senders:
            raise Misconfigured("The clinic has no number yet: add one with `immunotext sender add`.")
        recipient = number or senders[0].address
        provider_id = f"ASK{secrets.token_hex(16)}"
        heard = services.conversation.hear(Incoming(provider_id, phone, recipient, None, Via.SMS, text, 0, None))
        if heard.reached is None:
            raise Refused(f"No clinic texts from {recipient}: `immunotext clinic list` shows the numbers.")
        answer = services.conversation.converse(tx, heard, heard.reached, now)
        raise _TakeBack
    if answer is None:
        raise Misconfigured("The database took nothing.")
    return heard, answer
