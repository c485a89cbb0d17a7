"""`sender`, `clinic whatsapp-template`, `patient set`: from where texts go, and over which network."""

import re
from typing import Any

import click

from bot.cli.arguments import written
from bot.cli.data import ACTOR, clinic_option, open_services, pick_entry, reading, writing
from bot.cli.errors import Refused
from bot.cli.output import as_json_option, print_rows
from channels.base import Via
from channels.limits import LIMITS, carrier_of
from channels.phone import is_e164
from channels.twilio_webhooks import WHATSAPP
from content.library import Library
from scheduler.delivery import pacing, ways
from scheduler.delivery.words import as_template
from store import audit, clinics, contacts, patients, senders, whatsapp
from store.clinics import Carrier, Sender, SenderKind
from store.contacts import Fallback
from store.database import Tx
from store.whatsapp import Template

_SERVICE = re.compile(r"MG[0-9A-Za-z]{32}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_CONTENT = re.compile(r"HX[0-9A-Za-z]{32}")

_opt_out_by = click.option(
    "--opt-out-by",
    type=click.Choice(["us", "provider"]),
    help="Who answers STOP, START and HELP there: this program (us) or Twilio by itself (provider).",
)
_carrier = click.option(
    "--carrier-kind",
    type=click.Choice([written(kind) for kind in LIMITS]),
    help="What it is to the carriers; without it, what its address says.",
)
_rate = click.option(
    "--rate", type=click.FloatRange(0.1, 1_000_000), help="Segments a second, where they agreed to others than usual."
)
_daily_cap = click.option(
    "--daily-cap", type=click.IntRange(0), help="Segments a day (of WhatsApp: texts); 0: as many as there are."
)


@click.group()
def sender() -> None:
    """Numbers and messaging services that clinics text from."""


@sender.command("add")
@click.argument("address")
@clinic_option
@_opt_out_by
@_carrier
@_rate
@_daily_cap
def sender_add(address: str, clinic_name: str | None, carrier_kind: str | None, **given: Any) -> None:
    """Let a clinic text from ADDRESS.

    A number (+12025550143), one that WhatsApp approved (whatsapp:+12025550143), a short code or a messaging service
    (MG...). The clinic's next one of the same network takes over where the first is stopped, full or far too slow.
    """
    is_service = _SERVICE.fullmatch(address) is not None
    if not is_service and not is_e164(address.removeprefix(WHATSAPP)) and not _SHORT_CODE.fullmatch(address):
        message = f"{address} is no sender: write a number like +12025550143, a short code, or MG and 32 characters."
        raise click.UsageError(message)
    services = open_services()
    now = services.clock()
    kind: SenderKind = "service" if is_service else "number"
    fields = {name: value for name, value in given.items() if value is not None}
    with writing(services) as tx:
        entry = pick_entry(tx, clinic_name)
        carrier = _carrier_kind(carrier_kind) or carrier_of(address)
        added = clinics.add_sender(tx, now, entry.clinic.id, address, kind=kind, carrier=carrier, **fields)
        audit.record(tx, now, entry.clinic.id, ACTOR, "add", "sender", added.id, ["address", *sorted(fields)])
    click.echo(f"{entry.clinic.name} texts from {address}: {_in_words(added)}.")


@sender.command("set")
@click.argument("address")
@_opt_out_by
@_carrier
@_rate
@_daily_cap
@click.option("--resume", is_flag=True, help="Text from it again after it was stopped for a fault that is mended.")
def sender_set(address: str, carrier_kind: str | None, resume: bool, **given: Any) -> None:
    """Change how ADDRESS is used: who answers STOP there, and how fast it may send."""
    fields = {name: value for name, value in given.items() if value is not None}
    if carrier_kind is not None:
        fields["carrier"] = _carrier_kind(carrier_kind)
    if not fields and not resume:
        message = "Nothing to change: `immunotext sender set --help` lists what can be."
        raise click.UsageError(message)
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        found = _found(tx, address)
        if fields:
            clinics.set_sender(tx, now, found.id, **fields)
        if resume:
            clinics.resume_sender(tx, now, found.id)
        changed = sorted(fields) + ["stopped_at"] * resume
        audit.record(tx, now, found.clinic_id, ACTOR, "change", "sender", found.id, changed)
        found = _found(tx, address)
    answers = "Twilio" if found.opt_out_by == "provider" else "this program"
    click.echo(f"{address}: {_in_words(found)}. STOP to it is answered by {answers}.")


@sender.command("list")
@as_json_option
def sender_list(as_json: bool) -> None:
    """List the senders, how fast each may be, and how it stands with that."""
    services = open_services()
    with reading(services) as tx:
        known = senders.all_senders(tx)
        standings = senders.standings(tx, [each.id for each in known])
    real = services.database.now()
    rows = []
    for each in known:
        limit, standing = pacing.limit_of(each), standings[each.id]
        rows.append(
            {
                "sender": each.id,
                "clinic": each.clinic_id,
                "address": each.address,
                "kind": written(each.carrier),
                "rate": pacing.rate(limit, standing, real),
                "of": limit.rate,
                "daily_cap": limit.daily_cap,
                "full_until": pacing.full_until(limit, standing, real),
                "stopped": each.stopped_reason,
            }
        )
    print_rows(rows, as_json=as_json)


@click.command("whatsapp-template")
@click.argument("name")
@click.argument("key", required=False)
@click.option("--language", default="en", show_default=True, help="The language of the template.")
@click.option("--content-sid", help="The id of the approved template at Twilio: HX and 32 characters.")
@click.option("--remove", is_flag=True, help="Use it no more.")
@as_json_option
def clinic_whatsapp_template(
    name: str, key: str | None, language: str, content_sid: str | None, remove: bool, as_json: bool
) -> None:
    """Show or set the WhatsApp templates of the clinic called NAME.

    With a wording KEY alone it prints the words to hand in for approval, {{1}} for {program} and so on. Set the id that
    Twilio gives the template once WhatsApp has approved it, word for word.
    """
    services = open_services()
    now = services.clock()
    if key is None:
        with reading(services) as tx:
            found = whatsapp.templates(tx, [pick_entry(tx, name).clinic.id]).values()
        rows: list[dict[str, object]] = [
            {"key": each.template, "language": each.language, "content_sid": each.content_sid, "words": each.words}
            for each in sorted(found, key=lambda each: (each.template, each.language))
        ]
        print_rows(rows, as_json=as_json)
        return
    with reading(services) as tx:
        library = services.library.with_overrides(pick_entry(tx, name).clinic.overrides)
    words = _words(library, key, language)
    if content_sid is None and not remove:
        print_rows([{"key": key, "language": language, "hand_in": as_template(words)}], as_json=as_json)
        return
    if content_sid is not None and not _CONTENT.fullmatch(content_sid):
        message = f"{content_sid} is no template: Twilio's ids are HX and 32 characters."
        raise click.UsageError(message)
    with writing(services) as tx:
        clinic_id = pick_entry(tx, name).clinic.id
        if content_sid is None:
            whatsapp.remove_template(tx, clinic_id, key, language)
        else:
            whatsapp.set_template(tx, Template(clinic_id, key, language, content_sid, words, now))
        what = "remove" if content_sid is None else "set"
        audit.record(tx, now, clinic_id, ACTOR, what, "whatsapp_template", None, [key, language])
    click.echo(f"{key} in {language}: {content_sid or 'no template any more'}.")


@click.command("set")
@click.argument("patient_id", type=int)
@click.option("--via", type=click.Choice([via.value for via in Via]), help="Over which network texts reach them.")
@click.option(
    "--fallback",
    type=click.Choice(["yes", "no", "default"]),
    help="Whether the other network may be used where theirs fails: what they agreed to, or as the clinic has it.",
)
def patient_set(patient_id: int, via: str | None, fallback: str | None) -> None:
    """Change how texts reach the patient with the number PATIENT_ID. Ask them first."""
    if via is None and fallback is None:
        message = "Nothing to change: give --via or --fallback."
        raise click.UsageError(message)
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        person = patients.get_patient(tx, patient_id)
        if person is None:
            raise Refused(f"There is no patient {patient_id}: `immunotext patient list` names them.")
        entry = pick_entry(tx, str(person.clinic_id))
        if via is not None:
            if not ways.senders_of(entry, Via(via)):
                raise Refused(f"{entry.clinic.name} has no sender for {via}: add one with `immunotext sender add`.")
            contacts.set_via(tx, person.contact_id, via)
        if fallback is not None:
            agreed: dict[str, Fallback | None] = {"yes": "yes", "no": "no", "default": None}
            contacts.set_fallback(tx, person.contact_id, agreed[fallback])
        fields = ["via"] * (via is not None) + ["fallback"] * (fallback is not None)
        audit.record(tx, now, person.clinic_id, ACTOR, "change", "contact", person.contact_id, fields)
    click.echo(f"Changed for patient {patient_id}: {', '.join(fields)}.")


def _words(library: Library, key: str, language: str) -> str:
    wording = library.wordings.get(language)
    text = wording.texts.get(key) if wording else None
    if text is None:
        message = f"There is no text {key} in {language}: the keys stand in content/wording."
        raise click.UsageError(message)
    return text.text


def _found(tx: Tx, address: str) -> Sender:
    for each in senders.all_senders(tx):
        if each.address == address:
            return each
    raise Refused(f"No clinic texts from {address}: `immunotext sender list` shows the numbers.")


def _carrier_kind(given: str | None) -> Carrier | None:
    known: dict[str | None, Carrier] = {written(kind): kind for kind in LIMITS}
    return known.get(given)


def _in_words(each: Sender) -> str:
    limit = pacing.limit_of(each)
    cap = f", {limit.daily_cap} a day" if limit.daily_cap else ""
    return f"{written(each.carrier)}, {limit.rate:g} segments a second{cap}"
