"""A plan as it stands before somebody changes it: with its patient, their other plans, and when they may be texted."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from content.plain import Plain
from scheduler.plan.calendar import Calendar
from scheduler.plan.local_time import to_local
from scheduler.planned import PlanUnreadable, calendar_of, next_text_at
from scheduler.retelling import Courses
from scheduler.send_window import SendWindow
from store import contacts, patients, plans
from store.clinics import ClinicEntry
from store.contacts import Contact
from store.database import Tx
from store.patients import Patient
from store.plans import Plan

_INSTANT = timedelta(microseconds=1)
# A plan on hold says nothing; of one that is finished the last text may still wait, one that was stopped has a tail.
_SPEAKING = {"active", "finished", "stopped"}
_PLANNED_FOR = {"active", "stopped"}


MEANWHILE = Plain("Somebody else has entered something else meanwhile. Nothing of yours was written.")
"""Why what was looked at is not written over."""


class NotChanged(Exception):
    """A plan cannot be changed as asked. ``field`` names what is to be corrected, ``sentence`` says how."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan that can be read, whatever its state. ``others``: the patient's other plans that may say something."""

    plan: Plan
    calendar: Calendar
    patient: Patient
    contact: Contact
    window: SendWindow
    others: tuple[tuple[Plan, Calendar], ...]
    today: date

    def courses(self, plan: Plan | None = None, calendar: Calendar | None = None) -> Courses:
        """All of the patient's plans that say something, this one as it stands or as it is to be."""
        own = (plan or self.plan, calendar or self.calendar)
        return (own, *self.others) if own[0].state in _SPEAKING else self.others

    def next_text(self, now: datetime, plan: Plan) -> datetime | None:
        """When something is next to be planned for the patient if this plan is as ``plan`` says.

        What fell due and was not planned yet is not passed over. Who opted out is not planned for.
        """
        if self.contact.opted_out_at is not None:
            return None
        planned_until = self.patient.next_text_at
        since = now if planned_until is None else min(now, planned_until - _INSTANT)
        telling = [each for each, _ in self.others] + ([plan] if plan.state in _PLANNED_FOR else [])
        return next_text_at(telling, self.window, since)


def stand(tx: Tx, now: datetime, entry: ClinicEntry, plan_id: int, *, to_write: bool) -> Standing:
    """The plan of this id of a clinic. To be changed, it and its patient are ours until the transaction ends.

    Raises NotChanged where there is none, its patient's enrolment ended, or this release cannot read it.
    """
    plan = plans.get_plan(tx, plan_id)
    if plan is None or plan.clinic_id != entry.clinic.id:
        raise NotChanged("plan", Plain("{clinic} has no plan {plan}.", clinic=entry.clinic.name, plan=plan_id))
    patient = (patients.lock_patient if to_write else patients.get_patient)(tx, plan.patient_id)
    if to_write:
        plans.lock_plan(tx, plan_id)
        plan = plans.get_plan(tx, plan_id) or plan
    contact = None if patient is None else contacts.get_contact(tx, patient.contact_id)
    if patient is None or contact is None or patient.state == "ended":
        raise NotChanged("plan", Plain("The patient's enrolment has ended: enrol them again for a new plan."))
    window = SendWindow.of(patient, entry.clinic)
    try:
        calendar = calendar_of(plan)
    except PlanUnreadable as error:
        unreadable = Plain("This release cannot read plan {plan}: {why}.", plan=plan_id, why=error)
        raise NotChanged("plan", unreadable) from error
    telling = plans.telling_plans_of(tx, [patient.id])[patient.id]
    others = tuple(_readable(other) for other in telling if other.id != plan_id)
    return Standing(
        plan=plan,
        calendar=calendar,
        patient=patient,
        contact=contact,
        window=window,
        others=tuple(other for other in others if other is not None),
        today=to_local(now, window.timezone).date(),
    )


def check_version(standing: Standing, expected: int) -> None:
    """That nobody changed the plan since ``expected`` was looked at. Raises NotChanged."""
    if standing.plan.version != expected:
        raise NotChanged(
            "version",
            Plain("Somebody else has changed this plan meanwhile. Look at it as it is now, and change it then."),
        )


def check_seen(there: str, seen: str, wanted: str) -> None:
    """That nobody has entered anything since ``seen`` was looked at but what is ``wanted`` too. Raises NotChanged."""
    if there not in (seen, wanted):
        raise NotChanged("version", MEANWHILE)


def _readable(plan: Plan) -> tuple[Plan, Calendar] | None:
    try:
        return plan, calendar_of(plan)
    except PlanUnreadable:
        return None  # told to staff when its next text is due
