"""`patient` and `message`: who is enrolled, and why a text went or did not."""

from collections.abc import Sequence
from datetime import date, time

import click

from bot.cli.arguments import Day, NamesAllFaults, TimeOfDay, Zone
from bot.cli.changes import (
    change_rows,
    offered_version,
    patient_change,
    patient_died,
    patient_mark,
    patient_plan_add,
    patient_travel,
    patient_visit_time,
)
from bot.cli.data import ACTOR, clinic_option, open_services, pick_entry, reading, writing
from bot.cli.errors import Refused
from bot.cli.output import as_json_option, print_rows
from bot.cli.reminders import patient_reminders
from bot.cli.senders import patient_set
from channels.base import Via
from scheduler import alerts, why
from scheduler.enrol_faults import faults
from scheduler.enrolment import NewPatient, NotEnrolled, enrol
from store import follow_ups, messages, patients, plans
from store.database import Tx

# What is wrong with these fields was written wrong on the command line; with the others, something stands in the way.
_ARGUMENTS = {"name", "timezone", "language", "start", "start_cycle", "window_from", "consent_how"}


@click.group()
def patient() -> None:
    """Patients: enrol one, change their plan, list them."""


@patient.command("add", cls=NamesAllFaults)
@click.argument("phone")
@click.option("--name", required=True, help="The patient's name.")
@click.option("--regimen", "regimen_id", required=True, help="A regimen that the clinic signed off.")
@click.option("--start", type=Day(), required=True, help="Day 1 of the cycle, as 2026-05-04.")
@click.option(
    "--consent", "consent_how", required=True, help="How they agreed to the texts: signed form, by phone, ..."
)
@click.option("--cycle", "start_cycle", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--time", "visit_time", type=TimeOfDay(), help="The local time of visits, as 09:30.")
@click.option("--timezone", type=Zone(), help="Where the patient lives; without it, where the clinic is.")
@click.option("--language", help="The language of the texts; without it, the clinic's first.")
@click.option("--code", help="The clinic's own code for the patient.")
@click.option("--window-from", type=TimeOfDay(), help="No reminder before this local time, in place of the clinic's.")
@click.option("--window-until", type=TimeOfDay(), help="No reminder after this local time, in place of the clinic's.")
@click.option("--via", type=click.Choice([via.value for via in Via]), default="sms", show_default=True)
@clinic_option
def patient_add(
    phone: str,
    name: str,
    regimen_id: str,
    start: date,
    consent_how: str,
    start_cycle: int,
    visit_time: time | None,
    timezone: str | None,
    language: str | None,
    code: str | None,
    window_from: time | None,
    window_until: time | None,
    via: str,
    clinic_name: str | None,
) -> None:
    """Enrol the patient who has the number PHONE. The first text confirms it; reminders follow as the plan says."""
    services = open_services()
    library, now = services.library, services.clock()
    with reading(services) as tx:
        entry = pick_entry(tx, clinic_name)
    new = NewPatient(
        phone=phone,
        name=name,
        code=code,
        language=language or entry.clinic.default_language,
        timezone=timezone or entry.clinic.timezone,
        regimen_id=regimen_id,
        start=start,
        start_cycle=start_cycle,
        visit_time=visit_time,
        window_from=window_from,
        window_until=window_until,
        consent_how=consent_how,
        by=ACTOR,
        via=Via(via),
    )
    try:
        with writing(services) as tx:
            enrolled = enrol(tx, now, library, pick_entry(tx, clinic_name), new)
    except NotEnrolled as error:
        with reading(services) as tx:
            # What `enrol` alone finds is found last, where nothing else is wrong.
            found = faults(tx, now, library, entry, new) or [error]
        raise _refused(found) from error
    click.echo(f"Enrolled as patient {enrolled.patient.id}.")
    for reminder in enrolled.first_texts:
        local = f"{reminder.local_date.isoformat()} {reminder.local_time.isoformat('minutes')}"
        click.echo(f"{local}  {reminder.rule}  {reminder.event}")
    for warning in enrolled.warnings:
        click.echo(warning, err=True)


def _refused(found: Sequence[NotEnrolled]) -> click.ClickException:
    """All of it, one sentence a line; a usage error where anything was written wrong."""
    sentences = "\n".join(dict.fromkeys(fault.sentence for fault in found))
    return click.UsageError(sentences) if _ARGUMENTS & {fault.field for fault in found} else Refused(sentences)


@patient.command("list")
@clinic_option
@as_json_option
def patient_list(clinic_name: str | None, as_json: bool) -> None:
    """List the patients of a clinic."""
    services = open_services()
    with reading(services) as tx:
        found = patients.list_patients(tx, pick_entry(tx, clinic_name).clinic.id)
    rows = [
        {
            "id": person.id,
            "name": person.name,
            "code": person.code,
            "phone": contact.phone,
            "language": contact.language,
            "timezone": person.timezone,
            "state": person.state,
            "opted_out": contact.opted_out_at is not None,
            "next_text_at": person.next_text_at,
        }
        for person, contact in found
    ]
    print_rows(rows, as_json=as_json)


@patient.command("show")
@click.argument("patient_id", type=int)
@as_json_option
def patient_show(patient_id: int, as_json: bool) -> None:
    """Show what staff must do for the patient with the number PATIENT_ID, their plans, and the texts to and from them.

    An alert says first whether our reply to the danger text reached them. A plan has its changes, and the version of
    its regimen that the clinic signed off since, to which `patient change` can switch.
    """
    services = open_services()
    with reading(services) as tx:
        person = patients.get_patient(tx, patient_id)
        if person is None:
            raise Refused(f"There is no patient {patient_id}: `immunotext patient list` names them.")
        entry = pick_entry(tx, str(person.clinic_id))
        courses = plans.all_plans_of(tx, patient_id)
        changes = [row for plan in courses for row in change_rows(tx, plan)]
        texts = messages.conversation(tx, person.contact_id)
        tasks = [task for task in follow_ups.about(tx, person.contact_id) if task.state == "open"]
    print_rows(
        [
            {
                "follow_up": task.id,
                "reply": alerts.headline(task),
                "kind": task.kind,
                "urgency": task.urgency,
                "due_by": task.due_by,
                "message": task.message_id,
                "detail": (task.detail or "").replace("\n", "; "),
            }
            for task in sorted(tasks, key=lambda task: -task.urgency)
        ],
        as_json=as_json,
    )
    print_rows(
        [
            {
                "plan": plan.id,
                "regimen": plan.regimen_id,
                "version": plan.regimen_version,
                "start": plan.start,
                "cycle": plan.start_cycle,
                "visit_time": plan.visit_time,
                "state": plan.state,
                "newer_version": offered_version(services.library, entry, plan),
            }
            for plan in courses
        ],
        as_json=as_json,
    )
    print_rows(changes, as_json=as_json)
    print_rows(
        [
            {
                "message": text.id,
                "direction": text.direction,
                "at": text.due_at or text.created_at,
                "state": text.state,
                "template": text.template,
                "fact": text.fact,
                "text": text.body,
            }
            for text in texts
        ],
        as_json=as_json,
    )


for command in (
    patient_change,
    patient_died,
    patient_mark,
    patient_plan_add,
    patient_reminders,
    patient_set,
    patient_travel,
    patient_visit_time,
):
    patient.add_command(command)


@click.group()
def message() -> None:
    """Texts that went out or came in."""


@message.command("why")
@click.argument("message_id", type=int, required=False)
@click.option("--patient", "who", help="The clinic's code for a patient, or the patient's number.")
@click.option("--date", "day", type=Day(), help="The local day on which a text was to come, or what it was to tell of.")
@clinic_option
@as_json_option
def message_why(
    message_id: int | None, who: str | None, day: date | None, clinic_name: str | None, as_json: bool
) -> None:
    """Say why the text with the number MESSAGE_ID went, or did not; with --patient and --date, why there was none."""
    services = open_services()
    with reading(services) as tx:
        if message_id is not None and who is None and day is None:
            found = why.of_text(tx, message_id)
            if not found:
                raise Refused(f"There is no message {message_id}.")
        elif message_id is None and who is not None and day is not None:
            entry = pick_entry(tx, clinic_name)
            found = why.of_day(tx, services.clock(), entry.clinic, _person(tx, entry.clinic.id, who), day)
        else:
            raise click.UsageError("Give the number of a message, or --patient and --date.")
    print_rows([{"at": each.at, "message": each.message_id, "what": each.sentence} for each in found], as_json=as_json)


def _person(tx: Tx, clinic_id: int, who: str) -> patients.Patient:
    person = patients.find_by_code(tx, clinic_id, who)
    if person is None and who.isdecimal():
        person = patients.get_patient(tx, int(who))
    if person is None or person.clinic_id != clinic_id:
        raise Refused(f"The clinic has no patient {who}: `immunotext patient list` names them.")
    return person
