"""What somebody else entered beside a plan since a page was opened: what there is now, who entered it and when."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from bot.clinic.dates import time_of_day, written
from bot.clinic.here import here
from bot.clinic.plans.aside_forms import CHOICES
from bot.clinic.plans.history import history
from bot.clinic.plans.offers import Offers
from bot.clinic.plans.own_reminders import InForce
from bot.clinic.plans.words import STATUSES, event_in_words
from content.plain import Plain
from scheduler.planned import time_of
from scheduler.standing import MEANWHILE
from store import audit, plans
from store.audit import AuditEntry, Filter
from store.database import Tx

_LATEST = 100
"""Among how many entries about a patient the one is looked for."""
_TIME, _CHANGES = "plan.visit_time", ("plan.change", "plan.undo")
"""What moves a plan's version on, as the audit calls it."""
_CHANGED = Plain("Somebody else has changed this plan meanwhile. Nothing of yours was written.")
_CHANGED_BY_ONESELF = Plain(
    "You have changed this plan yourself meanwhile, on another page. Nothing of this one was written."
)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """``there``: what there is now, in words; ``entry``: who entered it, where the audit's newest still have it.

    ``did``: what they did, where that is not the same.
    """

    there: str
    entry: AuditEntry | None
    sentence: Plain = MEANWHILE
    did: str = ""


def changed(tx: Tx, offers: Offers) -> Meanwhile:
    """What was done last of all to the plan."""
    plan = offers.standing.plan
    entry = _newest(tx, offers, lambda each: each.action in (_TIME, *_CHANGES) and each.subject_id == plan.id)
    did = ""
    if entry is not None and entry.action == _TIME:
        did = _("Changed the time of a visit.")
    elif entry is not None:
        did = next((past.said for past in history(tx, plan.id, offers.had)), "")
    is_own = entry is not None and entry.actor == here().actor
    return Meanwhile("", entry, _CHANGED_BY_ONESELF if is_own else _CHANGED, did)


def timed(tx: Tx, offers: Offers, event: str) -> Meanwhile:
    """The same, and when a visit of the plan is now."""
    plan = offers.standing.plan
    row = plans.get_event(tx, plan.id, event)
    there = ""
    if row is not None and row.status != "gone":
        what, at = event_in_words(row, offers.titles), time_of(plan, row.name, row.date)
        when = _("not known") if at is None else time_of_day(at)
        if row.status not in ("planned", "confirmed"):
            when = STATUSES.get(row.status, row.status)
        there = _("%(what)s on %(day)s: %(status)s", what=what, day=written(row.date), status=when)
    return replace(changed(tx, offers), there=there)


def marked(tx: Tx, offers: Offers, event: str) -> Meanwhile:
    """How a treatment is marked now."""
    plan_id = offers.standing.plan.id
    row = plans.get_event(tx, plan_id, event)
    there = ""
    if row is not None:
        what, status = event_in_words(row, offers.titles), STATUSES.get(row.status, row.status)
        there = _("%(what)s on %(day)s: %(status)s", what=what, day=written(row.date), status=status)
    entry = _newest(
        tx,
        offers,
        lambda each: each.action.startswith("event.") and (each.subject_id, each.fields) == (plan_id, (event,)),
    )
    return Meanwhile(there, entry)


def travelled(tx: Tx, offers: Offers) -> Meanwhile:
    """Where the patient is now said to be."""
    patient = offers.standing.patient
    there = _("They are at home")
    if patient.travel_timezone and patient.travel_from and patient.travel_until:
        first, last = written(patient.travel_from), written(patient.travel_until)
        there = _("%(zone)s, from %(first)s to %(last)s", zone=patient.travel_timezone, first=first, last=last)
    return Meanwhile(there, _newest(tx, offers, lambda each: each.action == "patient.journey"))


def reminded(tx: Tx, offers: Offers, rule: InForce) -> Meanwhile:
    """What the patient has now in place of a rule; its days and times stand beside it on the page."""
    there = f"{rule.name}: {CHOICES[rule.choice]}"
    entry = _newest(tx, offers, lambda each: each.action == "patient.reminders" and each.fields == (rule.id,))
    return Meanwhile(there, entry)


def _newest(tx: Tx, offers: Offers, is_it: Callable[[AuditEntry], bool]) -> AuditEntry | None:
    asked = Filter(patient_id=offers.standing.patient.id)
    return next(filter(is_it, audit.find(tx, here().clinic.id, asked, _LATEST)), None)
