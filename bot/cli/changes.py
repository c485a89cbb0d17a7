"""`patient change` and what else staff enter about a plan, and `clinic close-day`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from functools import partial
from time import sleep

import click

from bot.cli.arguments import Day, TimeOfDay, Zone
from bot.cli.change_view import show_closure, show_preview
from bot.cli.data import ACTOR, open_services, pick_entry, plainly, reading, writing
from bot.cli.errors import Refused
from bot.cli.output import as_json_option, counted, print_json
from bot.services import Services
from content.library import Library
from content.regimens import Regimen
from scheduler import changing, closing, closure_job, consent, journeys, visits
from scheduler.changing import Changed, NotChanged, Override
from scheduler.enrolment import NewPlan, NotEnrolled, add_plan
from scheduler.plan.changes import ChangeError, Close, parse_change
from scheduler.plan.local_time import Away
from scheduler.planned import PlanUnreadable, described, newer_version
from scheduler.visits import Mark
from store import contacts, jobs, patients, plans
from store.clinics import ClinicEntry
from store.database import Tx
from store.jobs import Job
from store.plans import Plan

_LOOK = 0.5
"""Seconds between two looks at a job that is waited for."""

plan_option = click.option("--plan", "plan_id", type=int, help="Which plan, where the patient has several.")
preview_option = click.option("--preview", "is_preview", is_flag=True, help="Show what it would do, and do nothing.")
tell_option = click.option("--tell", is_flag=True, help="Tell the patient in one text.")
reason_option = click.option("--reason", help="Why, for those who look at the plan later. It is kept sealed.")
override_option = click.option(
    "--override",
    metavar='"NAME: WHY"',
    help="Who answers for it that a treatment comes sooner than the regimen allows, and why.",
)


@click.command("change")
@click.argument("patient_id", type=int)
@click.argument("spec", required=False)
@plan_option
@click.option("--undo", is_flag=True, help="Take back the latest change, in place of SPEC.")
@preview_option
@tell_option
@reason_option
@override_option
@as_json_option
def patient_change(
    patient_id: int,
    spec: str | None,
    plan_id: int | None,
    undo: bool,
    is_preview: bool,
    tell: bool,
    reason: str | None,
    override: str | None,
    as_json: bool,
) -> None:
    """Change the plan of the patient with the number PATIENT_ID.

    SPEC is as for `immunotext schedule --change`: delay:cycle=4,days=7, hold:from=2026-05-04, resume:on=2026-06-01,
    skip:date=2026-05-04, move:date=2026-05-04,to=2026-05-06, stop:on=2026-05-04, switch:to=pembro_q6w,from=2026-05-04
    (with ,cycle=5 to go on with its cycle 5), enter:phase=surgery,on=2026-05-04, branch:id=second_course,take=yes.
    With stop, ,tail=no leaves out the texts about late side effects; if the patient has died, use `patient died`.
    """
    if undo == (spec is not None):
        message = "Give one change, such as delay:cycle=4,days=7, or --undo."
        raise click.UsageError(message)
    services = open_services()
    now, library = services.clock(), services.library
    answers = _override(override)
    change = None
    if spec is not None:
        try:
            change = parse_change(spec, lambda name: _regimen(services, name))
        except ChangeError as error:
            raise click.UsageError(f"{error}.") from error
    if is_preview:
        with reading(services) as tx, _refusals():
            entry, plan = _plan_of(tx, patient_id, plan_id)
            preview = (
                changing.preview_undo(tx, now, library, entry, plan.id)
                if change is None
                else changing.preview_change(tx, now, library, entry, plan.id, change)
            )
        show_preview(preview, answers, as_json=as_json)
        return
    with writing(services) as tx, _refusals():
        entry, plan = _plan_of(tx, patient_id, plan_id)
        make = (
            partial(changing.undo_change, tx, now, library, entry, plan.id)
            if change is None
            else partial(changing.change_plan, tx, now, library, entry, plan.id, change)
        )
        changed = make(by=ACTOR, reason=reason, expected_version=plan.version, override=answers, tell=tell)
    _show_changed(changed, as_json=as_json)


@click.command("plan-add")
@click.argument("patient_id", type=int)
@click.option("--regimen", "regimen_id", required=True, help="A regimen that the clinic signed off.")
@click.option("--start", type=Day(), required=True, help="Day 1 of the cycle, as 2026-05-04.")
@click.option("--cycle", "start_cycle", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--time", "visit_time", type=TimeOfDay(), help="The local time of visits, as 09:30.")
def patient_plan_add(patient_id: int, regimen_id: str, start: date, start_cycle: int, visit_time: time | None) -> None:
    """Give the patient with the number PATIENT_ID another plan beside those they have."""
    services = open_services()
    now = services.clock()
    new = NewPlan(
        patient_id=patient_id,
        regimen_id=regimen_id,
        start=start,
        start_cycle=start_cycle,
        visit_time=visit_time,
        by=ACTOR,
    )
    try:
        with writing(services) as tx:
            added = add_plan(tx, now, services.library, _entry_of(tx, patient_id), new)
    except NotEnrolled as error:
        raise Refused(error.sentence) from error
    click.echo(f"Patient {patient_id} has plan {added.plan.id}.")
    for warning in added.warnings:
        click.echo(warning, err=True)


@click.command("visit-time")
@click.argument("patient_id", type=int)
@click.argument("day", type=Day())
@click.argument("at", type=TimeOfDay(), required=False)
@plan_option
def patient_visit_time(patient_id: int, day: date, at: time | None, plan_id: int | None) -> None:
    """Enter that the visit on DAY (2026-05-04) is AT a time (09:30); without one, when other visits are."""
    services = open_services()
    now = services.clock()
    with writing(services) as tx, _refusals():
        entry, plan = _plan_of(tx, patient_id, plan_id)
        names = visits.visits_on(plan, day)
        if not names:
            raise Refused(f"Plan {plan.id} has no visit on {day}.")
        for name in names:
            plan = visits.set_visit_time(tx, now, entry, plan.id, name, at, by=ACTOR, expected_version=plan.version)
    plans_own = None if at else visits.plan_time_on(plan, day)
    if at:
        click.echo(f"The visit on {day} is at {at.isoformat('minutes')}.")
    elif plans_own:
        click.echo(f"The visit on {day} is at {plans_own.isoformat('minutes')}, as the other visits of the plan.")
    else:
        click.echo(f"The visit on {day} has no time.")


@click.command("mark")
@click.argument("patient_id", type=int)
@click.argument("day", type=Day())
@click.argument("status", type=click.Choice(["given", "missed", "planned"]))
@plan_option
def patient_mark(patient_id: int, day: date, status: Mark, plan_id: int | None) -> None:
    """Enter whether the treatment on DAY (2026-05-04) was given or missed; planned takes that back."""
    services = open_services()
    now = services.clock()
    with writing(services) as tx, _refusals():
        entry, plan = _plan_of(tx, patient_id, plan_id)
        rows = [row for row in plans.events_between(tx, plan.id, day, day) if row.kind == "treatment"]
        if not rows:
            raise Refused(f"Plan {plan.id} has no treatment on {day}.")
        for row in rows:
            visits.mark(tx, now, entry, plan.id, row.name, status, by=ACTOR, seen=row.status)
    click.echo(f"The treatment on {day} is {status}.")


@click.command("travel")
@click.argument("patient_id", type=int)
@click.argument("zone", type=Zone(), required=False)
@click.option("--from", "first", type=Day(), help="The first day away, as 2026-05-04.")
@click.option("--until", "last", type=Day(), help="The last day away.")
def patient_travel(patient_id: int, zone: str | None, first: date | None, last: date | None) -> None:
    """Enter that a patient is in the time zone ZONE for some days; without one, that they are at home.

    Texts then arrive by the clock there. Visits stay where they are.
    """
    if zone is not None and (first is None or last is None):
        message = "Say from when until when: --from 2026-05-04 --until 2026-05-11."
        raise click.UsageError(message)
    journey = None if zone is None or first is None or last is None else Away(zone, first, last)
    services = open_services()
    now = services.clock()
    with writing(services) as tx, _refusals():
        entry, person = _entry_of(tx, patient_id), patients.get_patient(tx, patient_id)
        seen = "" if person is None else journeys.entered(person)
        journeys.set_journey(tx, now, entry, patient_id, journey, by=ACTOR, seen=seen)
    where = "at home" if journey is None else f"in {zone} from {first} until {last}"
    click.echo(f"Patient {patient_id} is {where}.")


@click.command("died")
@click.argument("patient_id", type=int)
def patient_died(patient_id: int) -> None:
    """Record that the patient with the number PATIENT_ID has died: plans and enrolment end, nothing more is texted."""
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        _entry_of(tx, patient_id)
        person = patients.get_patient(tx, patient_id)
        contact = None if person is None else contacts.get_contact(tx, person.contact_id)
        if person is None or contact is None or person.state == "ended":
            raise Refused(f"The enrolment of patient {patient_id} has ended already.")
        consent.stop(tx, now, services.library, contact, "loss", source="console", by=ACTOR)
    click.echo(f"The plans and the enrolment of patient {patient_id} have ended: nothing more is texted.")


@click.command("close-day")
@click.argument("name")
@click.argument("day", type=Day())
@click.option("--to", type=Day(), required=True, help="The day to which visits move.")
@preview_option
@tell_option
@reason_option
@override_option
@click.option("--wait", "is_waited_for", is_flag=True, help="Wait until it is done, and list the visits that stay.")
@as_json_option
def clinic_close_day(
    name: str,
    day: date,
    to: date,
    is_preview: bool,
    tell: bool,
    reason: str | None,
    override: str | None,
    is_waited_for: bool,
    as_json: bool,
) -> None:
    """Have every visit of the clinic called NAME moved from DAY to another day, plan by plan, by the scheduler.

    A visit that cannot move stays: --wait lists them, with exit status 1. It may be broken off, and called again. A
    visit that would come too near to another treatment moves only with --override: --preview shows how near.
    """
    if day == to:
        message = f"Visits cannot move from {day} to the same day: give another one with --to."
        raise click.UsageError(message)
    services = open_services()
    now, library, change = services.clock(), services.library, Close(day, to)
    answers = _override(override)
    with reading(services) as tx:
        entry = pick_entry(tx, name)
    if is_preview:
        with plainly():
            previews = closing.preview_closure(services.database, now, library, entry, change)
            show_closure(previews, day, answers, as_json=as_json)
        return
    with writing(services) as tx:
        job = closure_job.order(tx, now, entry.clinic, change, by=ACTOR, reason=reason, override=answers, tell=tell)
    if not is_waited_for:
        print_json({"job": job.id}) if as_json else click.echo(
            f"The scheduler moves the visits of {day}: job {job.id}."
        )
        return
    job = _done(services, job)
    if job.state == "failed":
        raise Refused(job.detail)
    stayed = closure_job.stayed(job)
    for closed in stayed:
        row = {"patient": closed.patient_id, "plan": closed.plan_id, "why_not": closed.refused}
        print_json(row) if as_json else click.echo(
            f"patient {closed.patient_id}, plan {closed.plan_id} stays: {closed.refused}"
        )
    if stayed:
        hint = "" if answers else " Those that would come too near to another treatment move with --override."
        raise Refused(f"{counted(len(stayed), 'visit stays', 'visits stay')} on {day}: see above why.{hint}")
    if not as_json:
        click.echo(job.detail)


def change_rows(tx: Tx, plan: Plan) -> list[dict[str, object]]:
    """The changes of a plan, in their order, as they are written on the command line."""
    stored = plans.changes(tx, plan.id)
    return [
        {
            "plan": plan.id,
            "change": what,
            "by": change.by,
            "at": change.at,
            "reason": change.reason,
            "override_by": change.override_by,
            "override_reason": change.override_reason,
        }
        for change, what in zip(stored, described([change.change_json for change in stored]), strict=True)
    ]


def offered_version(library: Library, entry: ClinicEntry, plan: Plan) -> int | None:
    """The newer version of a plan's regimen that could be switched to."""
    try:
        newer = newer_version(library, entry, plan)
    except PlanUnreadable:
        return None
    return None if newer is None else newer.version


def _done(services: Services, job: Job) -> Job:
    """A job when it has ended; on the way there, on standard error, how far it is."""
    told = -1
    while job.finished_at is None:
        if job.done != told:
            told = job.done
            click.echo(
                f"job {job.id}: {counted(job.done, 'visit', 'visits')}"
                if told
                else f"job {job.id} waits for the scheduler",
                err=True,
            )
        sleep(_LOOK)
        with reading(services) as tx:
            job = jobs.get_job(tx, job.id) or job
    return job


def _show_changed(changed: Changed, *, as_json: bool) -> None:
    row = {
        "plan": changed.plan.id,
        "version": changed.plan.version,
        "state": changed.plan.state,
        "next_text_at": changed.next_text_at,
        "cancelled": len(changed.waiting.cancelled),
        "text": changed.text,
        "warnings": changed.warnings,
    }
    if as_json:
        print_json(row)
        return
    click.echo(f"Plan {changed.plan.id} is changed; it is {changed.plan.state}.")
    if changed.waiting.cancelled:
        texts = counted(len(changed.waiting.cancelled), "text that waited was", "texts that waited were")
        click.echo(f"{texts} cancelled.")
    if changed.text:
        click.echo(f"The patient is told: {changed.text}")
    for warning in changed.warnings:
        click.echo(warning, err=True)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NotChanged as error:
        raise Refused(error.sentence) from error
    except PlanUnreadable as error:
        raise Refused(f"This release cannot read the plan: {error}.") from error


def _override(written: str | None) -> Override | None:
    if written is None:
        return None
    name, colon, why = written.partition(":")
    if not colon or not name.strip() or not why.strip():
        message = 'Write --override "Dr. A. Person: why it may be".'
        raise click.UsageError(message)
    return Override(name.strip(), why.strip())


def _regimen(services: Services, name: str) -> Regimen:
    known = services.library.regimens
    if name not in known:
        message = f"There is no regimen {name}: `immunotext regimens` lists them."
        raise click.UsageError(message)
    return known[name]


def _entry_of(tx: Tx, patient_id: int) -> ClinicEntry:
    person = patients.get_patient(tx, patient_id)
    if person is None:
        raise Refused(f"There is no patient {patient_id}: `immunotext patient list` names them.")
    return pick_entry(tx, str(person.clinic_id))


def _plan_of(tx: Tx, patient_id: int, plan_id: int | None) -> tuple[ClinicEntry, Plan]:
    """The patient's plan of this id; without one, the only one that is not stopped, or else the latest."""
    entry = _entry_of(tx, patient_id)
    found = plans.all_plans_of(tx, patient_id)
    if plan_id is not None:
        found = [plan for plan in found if plan.id == plan_id]
        if not found:
            raise Refused(f"Patient {patient_id} has no plan {plan_id}: `immunotext patient show` lists them.")
    running = [plan for plan in found if plan.state != "stopped"]
    if len(running) > 1:
        raise Refused(f"Patient {patient_id} has {len(running)} plans: name one with --plan.")
    if not found:
        raise Refused(f"Patient {patient_id} has no plan.")
    return entry, running[0] if running else found[-1]
