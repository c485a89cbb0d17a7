"""What reports call the kinds, states and codes that were counted, in the reader's language."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from bot.clinic.sentences import in_words
from channels.base import Fault
from channels.twilio_errors import fault_of_receipt
from scheduler.delivery.gates import REASONS
from store.reporting import NONE

_FAULTS: Mapping[Fault, LazyString] = {
    Fault.RECIPIENT_PERMANENT: _("The number takes no texts, or there is no such number"),
    Fault.OPTED_OUT: _("The number has opted out at the network"),
    Fault.RECIPIENT_TEMPORARY: _("The phone could not be reached"),
    Fault.BLOCKED: _("The person or their network blocks our number"),
    Fault.DESTINATION: _("Texts to that country or network are not possible"),
    Fault.THROTTLE: _("Sent faster than the network takes it"),
    Fault.DAILY_CAP: _("More than the network takes in a day"),
    Fault.CONTENT: _("The network refused the words: ask whoever runs the program"),
    Fault.TEMPLATE: _("WhatsApp has no approved template for it"),
    Fault.EXPIRED: _("The network could not deliver it in time"),
    Fault.SENDER: _("Our number is not set up or not registered: ask whoever runs the program"),
    Fault.ACCOUNT: _("The account at Twilio has a fault: ask whoever runs the program"),
    Fault.NOT_SENT: _("It could not be handed over"),
    Fault.UNKNOWN_OUTCOME: _("The network had a fault"),
}
_OUTCOMES: Mapping[str, LazyString] = {
    "crisis": _("danger: a crisis"),
    "emergency": _("danger: an emergency"),
    "overdose": _("danger: too much medicine"),
    "call_now": _("danger: call now"),
    "same_day": _("call the same day"),
    "info": _("a sign, asked about or over"),
    "clarify": _("unclear, asked back"),
    "limit": _("what we do not answer"),
    "topic": _("a topic"),
    "command": _("a command"),
    "help": _("HELP"),
    "opt_out": _("STOP"),
    "opt_in": _("START"),
    "unknown": _("not understood"),
}


def fault_name(code: str) -> str:
    """What a code of Twilio's means for whoever reads a report."""
    fault = fault_of_receipt(int(code)) if code.isdecimal() else Fault.NOT_SAID
    return str(_FAULTS.get(fault, _("The network did not say why")))


def gate_name(gate: str) -> str:
    """Why a gate keeps a text."""
    return in_words(REASONS[gate]) if gate in REASONS else ""


def outcome_name(kind: str) -> str:
    """What a text was taken for."""
    return str(_("nothing") if kind == NONE else _OUTCOMES.get(kind, kind))


def command_name(command: str) -> str:
    """A command, as a keyword is written; of two that are a letter the letter."""
    return {"confirm": "C", "change": "R"}.get(command, command.replace("_", " ").upper())


def network_name(via: str) -> str:
    """A network."""
    return {"sms": "SMS", "whatsapp": "WhatsApp"}.get(via, via)


def urgency_name(urgency: int) -> str:
    """How urgent an alert is."""
    return str(_("Danger to life, or our reply lost") if urgency == 3 else _("Other danger"))
