"""Why a text went or did not, and why there was none: what the command line and the console show of any reminder.

Of a text it is its own history: what it told, each state with its moment, the gates it passed or was kept by. Where no
text was made, it is worked out from the plans what was to be told, and named what stood in its way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from content.plain import Plain
from scheduler import alerts
from scheduler.consent import WHY_OUT
from scheduler.delivery.gates import GATES, REASONS
from scheduler.plan.reminders import Reminder
from scheduler.planned import PlanUnreadable, calendar_of, reminders_of
from scheduler.send_window import SendWindow
from store import contacts, follow_ups, messages, plans, retelling, senders
from store.clinics import Clinic
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUp
from store.messages import Cover, Message, State, StateChange
from store.patients import Patient
from store.plans import Plan

_NEAR = timedelta(days=31)
"""No reminder is due longer before or after what it tells of."""

_STATES: Mapping[State, Plain] = {
    "due": Plain("due"),
    "claimed": Plain("claimed"),
    "sending": Plain("sending"),
    "accepted": Plain("accepted"),
    "sent": Plain("sent"),
    "delivered": Plain("delivered"),
    "undelivered": Plain("undelivered"),
    "failed": Plain("failed"),
    "expired": Plain("expired"),
    "cancelled": Plain("cancelled"),
    "unknown": Plain("unknown"),
    "received": Plain("received"),
}
_EVENTS: Mapping[str, Plain] = {"gone": Plain("gone"), "held": Plain("held"), "missed": Plain("missed")}

BY_HAND = Plain("by hand")
PLANNED = Plain("A {kind} ({template}) was planned for {due}; it is {state}.")
ANSWERS = Plain("It answers message {message} ({template}).")
CAME_IN = Plain("It came in and was understood as {understood}: {why}.")
PASSED = Plain("It passed every gate ({gates}).")
KEPT = Plain("{gate}: {why}")
CALLED = Plain("The provider calls it {id}.")
"""What names the program's own parts, which a screen leaves out."""


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
        Reason(text.due_at, _about(Plain("It tells of {event} on {day} ({rule})."), cover), message_id)
        for cover in messages.covers(tx, message_id)
    ]
    history = messages.history(tx, message_id)
    found += [reason for change in history for reason in _change(text, change)]
    if text.gate is not None and (not history or history[-1].detail != text.gate):
        found.append(Reason(text.state_at, _kept_by(text.gate), message_id))
    found += list(_by_which_way(tx, text))
    if text.provider_id is not None:
        found.append(
            Reason(text.state_at, CALLED.filled({"id": text.provider_id}), message_id, provider_id=text.provider_id)
        )
    return found + list(_alerts(tx, text))


def _by_which_way(tx: Tx, text: Message) -> Iterator[Reason]:
    """Whose rate it waited for, from which sender it went, and over which network."""
    if text.direction == "in" or not (text.lane or text.sender_id):
        return
    known = {sender.id: sender.address for sender in senders.all_senders(tx)}
    if text.lane in known:
        yield Reason(text.due_at, Plain("It waited for the rate of {sender}.", sender=known[text.lane]), text.id)
    if text.sender_id in known:
        went = Plain("It goes from {sender} by {network}.", sender=known[text.sender_id], network=text.via)
        yield Reason(text.state_at, went, text.id)


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
        found.append(Reason(None, Plain("No plan of this patient has anything to tell on {day} or of it.", day=day)))
    return found


def _of_plan(
    tx: Tx, now: datetime, contact: Contact, patient: Patient, plan: Plan, window: SendWindow, day: date
) -> Iterator[Reason]:
    told = {each.cover: each.message_id for each in retelling.told_since(tx, plan.id, day - _NEAR)}
    says = _says(plan, window, day)
    if says is None:
        yield Reason(
            None,
            Plain("This release cannot read plan {plan}: staff were told, and nothing is said of it.", plan=plan.id),
        )
        return
    for cover, reminder in says.items():
        if cover not in told:
            yield Reason(reminder.due_at, _none(cover, _no_text(now, contact, patient, plan, reminder)))
    without_own = _says(replace(plan, rules=()), window, day) or {}
    for cover, reminder in without_own.items():
        if cover not in says and cover not in told and plan.rules:
            off = Plain("by a rule of the clinic or of the patient it is switched off, or at another time.")
            yield Reason(reminder.due_at, _none(cover, off))
    about_day = {number for cover, number in told.items() if cover in says or cover.event_date == day}
    for number in sorted(about_day):
        yield from of_text(tx, number)
    names = {cover.event for cover in says}
    for row in plans.events_between(tx, plan.id, day, day):
        if row.status in _EVENTS and row.name not in names:
            yield Reason(
                None,
                Plain(
                    "Plan {plan}, {event} on {day}: this is {status} now.",
                    plan=plan.id,
                    event=row.name,
                    day=row.date,
                    status=_EVENTS[row.status],
                ),
            )


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


def _no_text(now: datetime, contact: Contact, patient: Patient, plan: Plan, reminder: Reminder) -> Plain:
    """Why nothing was made of what a plan is to tell."""
    if patient.state == "ended":
        return REASONS["patient_ended"]
    if contact.opted_out_at is not None and contact.opt_out_reason is not None:
        why = WHY_OUT[contact.opt_out_reason]
        return Plain("nothing is planned for the number since {at}. {why}", at=contact.opted_out_at, why=why)
    if plan.state == "held":
        return REASONS["plan_held"]
    if reminder.due_at > now:
        return Plain("it is planned for {at}.", at=reminder.due_at)
    if reminder.due_at <= plan.created_at:
        return Plain("the plan was only entered at {at}, when its moment had passed.", at=plan.created_at)
    if patient.next_text_at is not None and patient.next_text_at <= reminder.due_at:
        return Plain("its moment has come, and no scheduler has planned it yet.")
    return Plain(
        "when its moment came, the plan did not say so: it was changed since, or told it together with another."
    )


def _none(cover: Cover, why: Plain) -> Plain:
    """That there is no text about something, and why."""
    return _about(Plain("Plan {plan}, {event} on {day} ({rule}), no text: {why}"), cover, why=why)


def _about(sentence: Plain, cover: Cover, **more: Plain) -> Plain:
    told = {"plan": cover.plan_id, "event": cover.event, "day": cover.event_date, "rule": cover.rule}
    return sentence.filled({**told, **more})


def _change(text: Message, change: StateChange) -> Iterator[Reason]:
    if change.state == "sending":
        gates = [gate.__name__ for gate in GATES]
        yield Reason(change.at, PASSED.filled({"gates": gates}), text.id)
    says = _STATES[change.state]
    if change.code:
        says = Plain("{state}, error {code}", state=says, code=change.code)
    if change.detail:
        detail = _kept_by(change.detail) if change.detail in REASONS else change.detail
        says = Plain("{state}: {why}", state=says, why=detail)
    yield Reason(change.at, says, text.id, change.code, change.provider_id)


def _kept_by(gate: str) -> Plain:
    return KEPT.filled({"gate": gate, "why": REASONS.get(gate, gate)})


def _alerts(tx: Tx, text: Message) -> Iterator[Reason]:
    danger = text if text.direction == "in" else messages.get_message(tx, text.in_reply_to or 0)
    if danger is None:
        return
    for alert in follow_ups.about(tx, danger.contact_id):
        if alert.kind == "danger" and _is_about(alert, danger):
            is_open = Plain("It is on alert {alert} (open): {headline}.")
            is_done = Plain("It is on alert {alert} (done): {headline}.")
            says = is_open if alert.state == "open" else is_done
            says = says.filled({"alert": alert.id, "headline": alerts.headline(alert)})
            yield Reason(alert.opened_at, says, danger.id)


def _is_about(alert: FollowUp, text: Message) -> bool:
    """Whether a danger text opened an alert or joined it."""
    if text.outcome_kind not in alerts.URGENCIES or text.created_at < alert.opened_at:
        return False
    return alert.message_id == text.id or alert.closed_at is None or text.created_at < alert.closed_at


def _beginning(text: Message) -> Plain:
    if text.direction == "in":
        understood = f"{text.outcome_kind} {text.outcome_id or ''}".strip()
        return CAME_IN.filled({"understood": understood, "why": text.matched})
    if text.in_reply_to is not None:
        which = text.template or text.fact
        return ANSWERS.filled({"message": text.in_reply_to, "template": which})
    return PLANNED.filled(
        {
            "kind": text.kind,
            "template": text.template or BY_HAND,
            "due": Plain("no time") if text.due_at is None else text.due_at,
            "state": _STATES[text.state],
        }
    )
