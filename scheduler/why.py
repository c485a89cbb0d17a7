"""Why a text went or did not, and why there was none: what the command line and the console show of any reminder.

Of a text it is its own history: what it told, each state with its moment, the gates it passed or was kept by. Where no
text was made, it is worked out from the plans what was to be told, and named what stood in its way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from scheduler import alerts
from scheduler.delivery.gates import GATES, REASONS
from scheduler.plan.reminders import Reminder
from scheduler.planned import PlanUnreadable, calendar_of, reminders_of
from scheduler.send_window import SendWindow
from store import contacts, follow_ups, messages, plans, retelling, senders
from store.clinics import Clinic
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUp
from store.messages import Cover, Message, StateChange
from store.patients import Patient
from store.plans import Plan

_NEAR = timedelta(days=31)
"""No reminder is due longer before or after what it tells of."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is known: since when (None: of no one moment), in a sentence without a patient's data.

    ``message_id`` is the text it is about, ``code`` the provider's error, ``provider_id`` its id of the text.
    """

    at: datetime | None
    sentence: str
    message_id: int | None = None
    code: int | None = None
    provider_id: str | None = None


def of_text(tx: Tx, message_id: int) -> list[Reason]:
    """What became of a text and why, in the order in which it did; nothing where there is no such text."""
    text = messages.get_message(tx, message_id)
    if text is None:
        return []
    found = [Reason(text.created_at, _beginning(text), message_id)]
    found += [
        Reason(text.due_at, f"It tells of {cover.event} on {cover.event_date} ({cover.rule}).", message_id)
        for cover in messages.covers(tx, message_id)
    ]
    history = messages.history(tx, message_id)
    found += [reason for change in history for reason in _change(text, change)]
    if text.gate is not None and (not history or history[-1].detail != text.gate):
        found.append(Reason(text.state_at, _kept_by(text.gate), message_id))
    found += list(_by_which_way(tx, text))
    if text.provider_id is not None:
        named = f"The provider calls it {text.provider_id}."
        found.append(Reason(text.state_at, named, message_id, provider_id=text.provider_id))
    return found + list(_alerts(tx, text))


def _by_which_way(tx: Tx, text: Message) -> Iterator[Reason]:
    """Whose rate it waited for, from which sender it went, and over which network."""
    if text.direction == "in" or not (text.lane or text.sender_id):
        return
    known = {sender.id: sender.address for sender in senders.all_senders(tx)}
    if text.lane in known:
        yield Reason(text.due_at, f"It waited for the rate of {known[text.lane]}.", text.id)
    if text.sender_id in known:
        yield Reason(text.state_at, f"It goes from {known[text.sender_id]} by {text.via}.", text.id)


def of_day(tx: Tx, now: datetime, clinic: Clinic, patient: Patient, day: date) -> list[Reason]:
    """What a patient was to be told on a local day, or of what is on that day, and what became of each of it."""
    contact = contacts.get_contact(tx, patient.contact_id)
    if contact is None:
        raise LookupError(f"patient {patient.id} has no contact")
    window = SendWindow.of(patient, clinic)
    found: list[Reason] = []
    for plan in plans.all_plans_of(tx, patient.id):
        found += _of_plan(tx, now, contact, patient, plan, window, day)
    if not found:
        found.append(Reason(None, f"No plan of this patient has anything to tell on {day} or of it."))
    return found


def _of_plan(
    tx: Tx, now: datetime, contact: Contact, patient: Patient, plan: Plan, window: SendWindow, day: date
) -> Iterator[Reason]:
    told = {each.cover: each.message_id for each in retelling.told_since(tx, plan.id, day - _NEAR)}
    says = _says(plan, window, day)
    if says is None:
        yield Reason(None, f"This release cannot read plan {plan.id}: staff were told, and nothing is said of it.")
        return
    for cover, reminder in says.items():
        if cover not in told:
            about = f"Plan {plan.id}, {cover.event} on {cover.event_date} ({cover.rule}), no text"
            yield Reason(reminder.due_at, f"{about}: {_no_text(now, contact, patient, plan, reminder)}")
    without_own = _says(replace(plan, rules=()), window, day) or {}
    for cover, reminder in without_own.items():
        if cover not in says and cover not in told and plan.rules:
            about = f"Plan {plan.id}, {cover.event} on {cover.event_date} ({cover.rule}), no text"
            yield Reason(
                reminder.due_at,
                f"{about}: by a rule of the clinic or of the patient it is switched off, or at another time.",
            )
    about_day = {number for cover, number in told.items() if cover in says or cover.event_date == day}
    for number in sorted(about_day):
        yield from of_text(tx, number)
    names = {cover.event for cover in says}
    for row in plans.events_between(tx, plan.id, day, day):
        if row.status in ("gone", "held", "missed") and row.name not in names:
            yield Reason(None, f"Plan {plan.id}, {row.name} on {row.date}: this is {row.status} now.")


def _says(plan: Plan, window: SendWindow, day: date) -> dict[Cover, Reminder] | None:
    """What a plan as it stands is to tell on a local day or of it; None: it cannot be read."""
    after = datetime.combine(day, time.min, UTC) - _NEAR
    try:
        calendar = calendar_of(plan)
    except PlanUnreadable:
        return None
    found = {}
    for reminder in reminders_of(plan, calendar, window, after):
        if reminder.local_date > day + _NEAR:
            break
        if day in (reminder.local_date, reminder.event_date):
            found[Cover(plan.id, reminder.event, reminder.rule, reminder.event_date)] = reminder
    return found


def _no_text(now: datetime, contact: Contact, patient: Patient, plan: Plan, reminder: Reminder) -> str:
    """Why nothing was made of what a plan is to tell."""
    if patient.state == "ended":
        return REASONS["patient_ended"]
    if contact.opted_out_at is not None:
        return f"the number opted out at {_moment(contact.opted_out_at)}, and nothing is planned for it."
    if plan.state == "held":
        return REASONS["plan_held"]
    if reminder.due_at > now:
        return f"it is planned for {_moment(reminder.due_at)}."
    if reminder.due_at <= plan.created_at:
        return f"the plan was only entered at {_moment(plan.created_at)}, when its moment had passed."
    if patient.next_text_at is not None and patient.next_text_at <= reminder.due_at:
        return "its moment has come, and no scheduler has planned it yet."
    return "when its moment came, the plan did not say so: it was changed since, or told it together with another."


def _change(text: Message, change: StateChange) -> Iterator[Reason]:
    code = f", error {change.code}" if change.code else ""
    if change.state == "sending":
        passed = ", ".join(gate.__name__ for gate in GATES)
        yield Reason(change.at, f"It passed every gate ({passed}).", text.id)
    detail = REASONS.get(change.detail, change.detail)
    gate = f"{change.detail}: " if change.detail in REASONS else ""
    says = f"{change.state}{code}" + (f": {gate}{detail}" if detail else "")
    yield Reason(change.at, says, text.id, change.code, change.provider_id)


def _kept_by(gate: str) -> str:
    return f"{gate}: {REASONS.get(gate, gate)}"


def _alerts(tx: Tx, text: Message) -> Iterator[Reason]:
    danger = text if text.direction == "in" else messages.get_message(tx, text.in_reply_to or 0)
    if danger is None:
        return
    for alert in follow_ups.about(tx, danger.contact_id):
        if alert.kind == "danger" and _is_about(alert, danger):
            says = f"It is on alert {alert.id} ({alert.state}): {alerts.headline(alert)}."
            yield Reason(alert.opened_at, says, danger.id)


def _is_about(alert: FollowUp, text: Message) -> bool:
    """Whether a danger text opened an alert or joined it."""
    if text.outcome_kind not in alerts.URGENCIES or text.created_at < alert.opened_at:
        return False
    return alert.message_id == text.id or alert.closed_at is None or text.created_at < alert.closed_at


def _beginning(text: Message) -> str:
    if text.direction == "in":
        understood = f"{text.outcome_kind} {text.outcome_id or ''}".strip()
        return f"It came in and was understood as {understood}: {text.matched}."
    if text.in_reply_to is not None:
        return f"It answers message {text.in_reply_to} ({text.template or text.fact})."
    due = "no time" if text.due_at is None else _moment(text.due_at)
    return f"A {text.kind} ({text.template}) was planned for {due}; it is {text.state}."


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
