"""`clinic reminders` and `patient reminders`: rules in place of those that regimens have."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from bot.cli.data import ACTOR, open_services, pick_entry, reading, writing
from bot.cli.errors import Refused
from bot.cli.output import as_json_option, print_rows
from scheduler import own_rules
from scheduler.own_rules import NotSet
from store import clinics, patients, reminder_rules
from store.clinics import Clinic
from store.database import Tx
from store.patients import Patient
from store.reminder_rules import OwnRule

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--set",
        "to_set",
        multiple=True,
        metavar="RULE=SPEC",
        help="""As behind the rule in a regimen file: visit_before='days_before = 2, at = "10:00"'; or RULE=off.""",
    ),
    click.option("--unset", "to_unset", multiple=True, metavar="RULE", help="Take the rule away again."),
    as_json_option,
)


def _options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("reminders")
@click.argument("name")
@click.option("--regimen", "regimen_id", metavar="ID", help="For this regimen alone.")
@_options
def clinic_reminders(
    name: str, regimen_id: str | None, to_set: tuple[str, ...], to_unset: tuple[str, ...], as_json: bool
) -> None:
    """Show or change the reminder rules of the clinic called NAME, which hold in place of regimens' own.

    They count for all that is not sent yet. A patient's own rules hold before them.
    """
    services = open_services()
    now = services.clock()
    if to_set or to_unset:
        with writing(services) as tx:
            clinic = pick_entry(tx, name).clinic
            with _as_usage():
                for rule, spec in _specs(to_set):
                    own_rules.set_of_clinic(tx, now, services.library, clinic, rule, spec, regimen_id, ACTOR)
                for rule in to_unset:
                    own_rules.unset_of_clinic(tx, now, clinic, rule, regimen_id, ACTOR)
    with reading(services) as tx:
        found = reminder_rules.of_clinic(tx, pick_entry(tx, name).clinic.id)
    print_rows([_row("clinic", each) for each in found], as_json=as_json)


@click.command("reminders")
@click.argument("patient_id", type=int)
@_options
def patient_reminders(patient_id: int, to_set: tuple[str, ...], to_unset: tuple[str, ...], as_json: bool) -> None:
    """Show or change the reminder rules of the patient with the number PATIENT_ID, and show those of their clinic.

    They count for all that is not sent yet, in each of the patient's plans.
    """
    services = open_services()
    now = services.clock()
    if to_set or to_unset:
        with writing(services) as tx:
            person, clinic = _found(tx, patient_id)
            with _as_usage():
                for rule, spec in _specs(to_set):
                    seen = own_rules.of_patient(tx, person, rule)
                    own_rules.set_of_patient(tx, now, clinic, person, rule, spec, ACTOR, seen=seen)
                for rule in to_unset:
                    seen = own_rules.of_patient(tx, person, rule)
                    own_rules.unset_of_patient(tx, now, clinic, person, rule, ACTOR, seen=seen)
    with reading(services) as tx:
        person, clinic = _found(tx, patient_id)
        of_clinic = reminder_rules.of_clinic(tx, clinic.id)
        of_patient = reminder_rules.of_patient(tx, person.id)
    rows = [_row("clinic", each) for each in of_clinic] + [_row("patient", each) for each in of_patient]
    print_rows(rows, as_json=as_json)


@contextmanager
def _as_usage() -> Iterator[None]:
    """What cannot be set was written wrong on the command line; nothing is written then."""
    try:
        yield
    except NotSet as error:
        raise click.UsageError(str(error)) from error


def _specs(given: tuple[str, ...]) -> list[tuple[str, str]]:
    """Rules and what is written for them. Raises click.UsageError."""
    found = []
    for each in given:
        rule, equals, spec = each.partition("=")
        if not equals or not spec.strip():
            message = f"Write --set RULE=SPEC, not {each}: `immunotext clinic reminders --help` has an example."
            raise click.UsageError(message)
        found.append((rule.strip(), spec.strip()))
    return found


def _found(tx: Tx, patient_id: int) -> tuple[Patient, Clinic]:
    person = patients.get_patient(tx, patient_id)
    clinic = None if person is None else clinics.find_clinic(tx, person.clinic_id)
    if person is None or clinic is None:
        raise Refused(f"There is no patient {patient_id}: `immunotext patient list` names them.")
    return person, clinic


def _row(of: str, each: OwnRule) -> dict[str, object]:
    return {"of": of, "rule": each.rule, "regimen": each.regimen_id, "spec": each.spec}
