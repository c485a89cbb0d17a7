"""What things are called on a screen, in the reader's language."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from scheduler.plan.show import Mark

ROLES: Mapping[str, LazyString] = {
    "administrator": _("administrator"),
    "nurse": _("nurse"),
    "viewer": _("viewer"),
    "auditor": _("auditor"),
}
FOLLOW_UPS: Mapping[str, LazyString] = {
    "danger": _("Danger sign"),
    "change": _("Needs another time"),
    "failed_text": _("A text failed"),
    "unanswered": _("Nobody answered"),
    "join": _("Wants to join"),
    "wrong_number": _("Wrong number"),
    "loss": _("A death was told"),
    "media": _("A photo or voice note came"),
    "sender": _("A sender has a fault"),
    "other": _("To look at"),
}
"""The kinds of follow-ups. A kind without a name is shown as it is called in the store."""

TEXT_STATES: Mapping[str, LazyString] = {
    "due": _("waits"),
    "claimed": _("waits"),
    "sending": _("on its way"),
    "accepted": _("handed over"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "undelivered": _("not delivered"),
    "failed": _("failed"),
    "expired": _("too late, not sent"),
    "cancelled": _("not sent"),
    "unknown": _("nobody knows whether it arrived"),
    "received": _("received"),
}
TEXT_KINDS: Mapping[str, LazyString] = {
    "text": _("Text"),
    "reply": _("Reply"),
    "reminder": _("Reminder"),
    "welcome": _("First text"),
    "by_hand": _("Text by a colleague"),
}
PLAN_STATES: Mapping[str, LazyString] = {
    "active": _("running"),
    "held": _("on hold"),
    "finished": _("finished"),
    "stopped": _("stopped"),
}
MARKS: Mapping[Mark, tuple[str, LazyString]] = {
    Mark.HOSPITAL: ("H", _("hospital")),
    Mark.VISIT: ("\N{BLACK CIRCLE}", _("visit")),
    Mark.PUMP: ("~", _("pump goes on")),
    Mark.OTHER: ("+", _("other appointment")),
    Mark.HOME: ("\N{WHITE CIRCLE}", _("treatment at home")),
    Mark.REST: ("\N{MIDDLE DOT}", _("rest")),
}
"""What a day is: the sign in the calendar, so that colour is never alone, and its name."""

EVENTS: Mapping[str, LazyString] = {
    "treatment": _("treatment"),
    "rest": _("rest"),
    "between": _("between visits"),
    "paired": _("appointment"),
    "linked": _("follow-up of a treatment"),
    "waiting": _("a date must be entered"),
    "phase": _("phase"),
    "finished": _("end of the plan"),
}
CONSENTS: Mapping[str, LazyString] = {
    "given": _("consent given"),
    "withdrawn": _("texts stopped"),
    "restored": _("texts again"),
    "wrong_number": _("wrong number"),
    "loss": _("a death was told"),
}
OPT_OUTS: Mapping[str, LazyString] = {
    "stop": _("said STOP"),
    "pause": _("asked for a pause"),
    "wrong_number": _("wrong number"),
    "loss": _("a death was told"),
    "provider": _("blocked by the carrier"),
}
"""Why nothing goes to a number, by the reason, in a word; `scheduler.consent.WHY_OUT` has a sentence for each."""

ROTA_STEPS: Mapping[str, LazyString] = {
    "nurse": _("nurse"),
    "charge": _("charge nurse"),
    "on_call": _("on call"),
}
"""Who is told of an alert that nobody has seen, in this order."""


def role_name(role: str) -> str:
    """A role's name."""
    return str(ROLES.get(role, role))


def kind_name(kind: str) -> str:
    """A kind of follow-up's name."""
    return str(FOLLOW_UPS.get(kind, kind))


def text_state_name(state: str) -> str:
    """The state of a text."""
    return str(TEXT_STATES.get(state, state))


def plan_state_name(state: str) -> str:
    """The state of a plan."""
    return str(PLAN_STATES.get(state, state))


def event_name(kind: str) -> str:
    """A kind of event of a plan."""
    return str(EVENTS.get(kind, kind))


def consent_name(kind: str) -> str:
    """A step of consent."""
    return str(CONSENTS.get(kind, kind))


def opt_out_name(reason: str) -> str:
    """Why nothing goes to a number."""
    return str(OPT_OUTS.get(reason, reason))
