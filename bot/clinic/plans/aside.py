"""What else is entered of a plan and its patient: visits, a journey, another plan, reminders of their own, a death."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import here, now, services
from bot.clinic.plans import meanwhile, own_reminders
from bot.clinic.plans.aside_forms import AnotherForm, DiedForm, JourneyForm, ReminderForm
from bot.clinic.plans.blueprint import routes
from bot.clinic.plans.meanwhile import Meanwhile
from bot.clinic.plans.offers import Offers
from bot.clinic.plans.screen import common, offers_of
from bot.clinic.plans.words import STATUSES, event_in_words
from bot.clinic.sentences import in_words
from scheduler import consent, enrolment, journeys, own_rules, visits
from scheduler.enrolment import NewPlan, NotEnrolled
from scheduler.own_rules import NotSet, SetMeanwhile
from scheduler.plan.calendar import Kind
from scheduler.plan.local_time import Away
from scheduler.planned import time_of
from scheduler.standing import NotChanged
from store import plans
from store.database import Tx

_CONFLICT = 409
_UNFIT = 422
_BACK = timedelta(days=28)
_AHEAD = timedelta(days=60)

Answer = AnyResponse | str | tuple[str, int]


@routes.get("/visits", endpoint="visits")
def visits_page(clinic_id: int, plan_id: int) -> str:  # noqa: ARG001 - `here` has the clinic
    """The visits around today: their times, and whether they were given."""
    with services().database.reading() as tx:
        return _visits(tx, offers_of(tx, plan_id))


@routes.post("/visits/time")
def set_time(clinic_id: int, plan_id: int) -> Answer:  # noqa: ARG001
    """The time of one visit; empty: it is when the plan's other visits are. Whoever was quicker is shown."""
    written, event = request.form.get("at", ""), request.form.get("event", "")
    version = request.form.get("version", "")
    try:
        at = time.fromisoformat(written) if written else None
    except ValueError:
        return _visits_again(plan_id, _("Write a time of day such as 09:30."), _UNFIT)
    with services().database.reading() as tx:
        offers_of(tx, plan_id)
    try:
        with services().database.writing() as tx:
            visits.set_visit_time(
                tx,
                now(),
                here().entry,
                plan_id,
                event,
                at,
                by=here().actor,
                expected_version=int(version) if version.isascii() and version.isdecimal() else -1,
            )
    except NotChanged as error:
        if error.field != "version":
            return _visits_again(plan_id, in_words(error), _UNFIT)
        with services().database.reading() as tx:
            offers = offers_of(tx, plan_id)
            return _visits(tx, offers, quicker=meanwhile.timed(tx, offers, event), typed={event: at}), _CONFLICT
    flash(_("The time is saved."))
    return redirect(url_for("plans.visits", plan_id=plan_id), 303)


@routes.post("/visits/mark")
def mark(clinic_id: int, plan_id: int) -> Answer:  # noqa: ARG001
    """That a treatment was given, or missed; or neither. What a colleague marked since is shown, not written over."""
    with services().database.reading() as tx:
        offers_of(tx, plan_id)
    status = request.form.get("status", "")
    if status not in ("given", "missed", "planned"):
        return _visits_again(plan_id, _("Say whether it was given or missed."), _UNFIT)
    event, was = request.form.get("event", ""), request.form.get("was", "")
    try:
        with services().database.writing() as tx:
            visits.mark(tx, now(), here().entry, plan_id, event, status, by=here().actor, seen=was)  # type: ignore[arg-type]
    except NotChanged as error:
        if error.field != "version":
            return _visits_again(plan_id, in_words(error), _UNFIT)
        with services().database.reading() as tx:
            offers = offers_of(tx, plan_id)
            return _visits(tx, offers, quicker=meanwhile.marked(tx, offers, event)), _CONFLICT
    flash(_("Saved."))
    return redirect(url_for("plans.visits", plan_id=plan_id), 303)


@routes.get("/journey", endpoint="travel")
def journey_page(clinic_id: int, plan_id: int) -> str:  # noqa: ARG001
    """Where the patient is for some days."""
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
    patient = offers.standing.patient
    form = JourneyForm(
        was=journeys.entered(patient),
        zone=patient.travel_timezone or patient.timezone,
        first=patient.travel_from,
        last=patient.travel_until,
    )
    return _aside("journey", offers, form=form)


@routes.post("/journey")
def set_journey(clinic_id: int, plan_id: int) -> Answer:  # noqa: ARG001
    """Enters a journey, or that the patient is at home. What a colleague entered since is not written over."""
    form = JourneyForm()
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
    journey = None
    if not request.form.get("home"):
        if not form.validate() or form.first.data is None or form.last.data is None:
            return _aside("journey", offers, form=form), _UNFIT
        journey = Away(form.zone.data, form.first.data, form.last.data)
    try:
        with services().database.writing() as tx:
            patient_id, was = offers.standing.patient.id, form.was.data or ""
            journeys.set_journey(tx, now(), here().entry, patient_id, journey, by=here().actor, seen=was)
    except NotChanged as error:
        if error.field == "version":
            with services().database.reading() as tx:
                offers = offers_of(tx, plan_id)
                quicker = meanwhile.travelled(tx, offers)
            form.was.data = journeys.entered(offers.standing.patient)
            return _aside("journey", offers, form=form, meanwhile=quicker), _CONFLICT
        form.last.errors = [in_words(error)]
        return _aside("journey", offers, form=form), _UNFIT
    flash(_("Saved."))
    return redirect(url_for("plans.travel", plan_id=plan_id), 303)


@routes.get("/another", endpoint="another")
def another_page(clinic_id: int, plan_id: int) -> str:  # noqa: ARG001
    """Another plan beside this one."""
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
    return _aside("another", offers, form=AnotherForm.of(offers))


@routes.post("/another")
def add_another(clinic_id: int, plan_id: int) -> Answer:  # noqa: ARG001
    """Gives the patient another plan."""
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
    form = AnotherForm.of(offers)
    if not form.validate() or form.start.data is None:
        return _aside("another", offers, form=form), _UNFIT
    new = NewPlan(
        patient_id=offers.standing.patient.id,
        regimen_id=form.regimen_id.data,
        start=form.start.data,
        start_cycle=form.start_cycle.data or 1,
        visit_time=form.visit_time.data,
        by=here().actor,
    )
    try:
        with services().database.writing() as tx:
            added = enrolment.add_plan(tx, now(), services().library, here().entry, new)
    except NotEnrolled as error:
        known = error.field if error.field in form else "regimen_id"
        form[known].errors = [in_words(error)]
        return _aside("another", offers, form=form), _UNFIT
    flash(_("The plan is added. Its texts are merged with those of the other plans."))
    for warning in added.warnings:
        flash(in_words(warning), "warn")
    return redirect(url_for("plans.change", plan_id=added.plan.id), 303)


@routes.get("/reminders")
def reminders(clinic_id: int, plan_id: int) -> str:  # noqa: ARG001
    """The reminder rules that hold for this patient, and where each comes from."""
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
        rules = own_reminders.in_force(tx, offers)
    return _aside("reminders", offers, rules=rules, form=None)


@routes.post("/reminders")
def set_reminder(clinic_id: int, plan_id: int) -> Answer:  # noqa: ARG001
    """A rule of the patient's own, in all of their plans; or none any more. A colleague's is not written over."""
    form = ReminderForm()
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
        rules = own_reminders.in_force(tx, offers)
    if not form.validate():
        return _aside("reminders", offers, rules=rules, form=form), _UNFIT
    patient, clinic, rule = offers.standing.patient, here().clinic, form.rule.data or ""
    was = form.was.data or ""
    try:
        spec = own_reminders.spec(rules, rule, form)
        with services().database.writing() as tx:
            if spec is None:
                own_rules.unset_of_patient(tx, now(), clinic, patient, rule, here().actor, seen=was)
            else:
                own_rules.set_of_patient(tx, now(), clinic, patient, rule, spec, here().actor, seen=was)
    except SetMeanwhile:
        with services().database.reading() as tx:
            offers = offers_of(tx, plan_id)
            rules = own_reminders.in_force(tx, offers)
            there = next(each for each in rules if each.id == rule)
            quicker = meanwhile.reminded(tx, offers, there)
        form.was.data = there.own
        return _aside("reminders", offers, rules=rules, form=form, meanwhile=quicker), _CONFLICT
    except NotSet as error:
        form.at.errors = [in_words(error)]
        return _aside("reminders", offers, rules=rules, form=form), _UNFIT
    flash(_("The reminder is saved. It counts for all that is not sent yet."))
    return redirect(url_for("plans.reminders", plan_id=plan_id), 303)


@routes.get("/died", endpoint="died")
def died_page(clinic_id: int, plan_id: int) -> str:  # noqa: ARG001
    """What recording a death does, before it is done."""
    with services().database.reading() as tx:
        return _aside("died", offers_of(tx, plan_id), form=DiedForm())


@routes.post("/died")
def set_died(clinic_id: int, plan_id: int) -> Answer:  # noqa: ARG001
    """Ends every plan and the enrolment at once: nothing is texted any more."""
    form = DiedForm()
    with services().database.reading() as tx:
        offers = offers_of(tx, plan_id)
    if not form.validate():
        return _aside("died", offers, form=form), _UNFIT
    with services().database.writing() as tx:
        contact = offers.standing.contact
        consent.stop(tx, now(), services().library, contact, "loss", source="console", by=here().actor)
    flash(_("Every plan and the enrolment have ended. Nothing more is texted."))
    return redirect(url_for("plans.change", plan_id=plan_id), 303)


def _aside(name: str, offers: Offers, **more: Any) -> str:
    return render_template(f"plans/{name}.html", **common(offers), **more)


def _visits(
    tx: Tx,
    offers: Offers,
    fault: str = "",
    quicker: Meanwhile | None = None,
    typed: Mapping[str, time | None] | None = None,
) -> str:
    """``quicker``: what somebody else entered; ``typed``: the time in the form of an event, which is kept there."""
    standing = offers.standing
    first, last = standing.today - _BACK, standing.today + _AHEAD
    known = {
        event.name
        for event in standing.calendar.events(first, last)
        if event.kind is Kind.PAIRED or (event.slot is not None and event.slot.setting is not None)
    }
    rows = [
        (
            row,
            event_in_words(row, offers.titles),
            (typed or {}).get(row.name, time_of(standing.plan, row.name, row.date)),
        )
        for row in plans.events_between(tx, standing.plan.id, first, last)
        if row.date >= first and (row.name in known or row.status in ("given", "missed"))
    ]
    return _aside(
        "visits",
        offers,
        past=[each for each in rows if each[0].date <= standing.today][::-1],
        coming=[each for each in rows if each[0].date >= standing.today and each[0].status not in ("given", "missed")],
        statuses=STATUSES,
        fault=fault,
        meanwhile=quicker,
    )


def _visits_again(plan_id: int, fault: str, code: int) -> tuple[str, int]:
    with services().database.reading() as tx:
        return _visits(tx, offers_of(tx, plan_id), fault), code
