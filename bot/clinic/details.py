"""What a follow-up is about, or why a number is stopped, in sentences: the store has codes for it."""

from collections.abc import Mapping

from flask_babel import LazyString, gettext, lazy_gettext
from flask_babel import gettext as _

from bot.clinic.dangers import in_one_line

DETAILS: Mapping[str, LazyString] = {
    "recipient_permanent": lazy_gettext("This number cannot be reached, for good."),
    "recipient_temporary": lazy_gettext("The phone could not be reached."),
    "opted_out": lazy_gettext("The carrier says that this number opted out."),
    "blocked": lazy_gettext("The phone does not accept this text."),
    "destination": lazy_gettext("No text can be sent to this country or network."),
    "not_said": lazy_gettext("The carrier did not say why."),
    "throttle": lazy_gettext("More texts were sent at once than the carrier takes."),
    "daily_cap": lazy_gettext("As many texts were sent today as the carriers take."),
    "content": lazy_gettext("The words of this text are not accepted."),
    "template": lazy_gettext("WhatsApp does not accept this template."),
    "no_template": lazy_gettext("WhatsApp takes this text only as a template, and the clinic has none for it."),
    "expired": lazy_gettext("It came too late to be of use."),
    "sender": lazy_gettext("The number that we text from is not accepted."),
    "account": lazy_gettext("The account with the provider is not accepted."),
    "not_sent": lazy_gettext("The provider could not be reached."),
    "unknown_outcome": lazy_gettext("Nobody knows whether it went out."),
    "words": lazy_gettext("The text could not be put together: ask whoever looks after the content."),
    "plan_unreadable": lazy_gettext("This release cannot read the plan: nothing is texted of it."),
    "start_after_wrong_number": lazy_gettext("Said START after it had been the wrong number: ask who has the phone."),
    "start_needed_at_provider": lazy_gettext(
        "Wants texts again, but the carrier blocks them: only START from that phone lifts it."
    ),
    "wrong_number": lazy_gettext("Says that the number is not the patient's."),
    "loss": lazy_gettext("It was told that the patient has died."),
    "provider": lazy_gettext("The carrier says that this number opted out."),
    "missed": lazy_gettext("Texted that a dose was missed."),
    "missed_again": lazy_gettext("Texted more than once that a dose was missed."),
    "asked_again": lazy_gettext("They have asked again since."),
    "found_in_list": lazy_gettext("Found in the provider's list, by its words."),
    "was_anothers": lazy_gettext("The provider says that what was found is another text."),
    "forecast": lazy_gettext("More is due on one day than the numbers can send in time."),
    "it answers us as a machine would": lazy_gettext("It answers as a machine would."),
}
"""By their codes; a code may be followed by the provider's own words."""

_NETWORKS = {"sms_failed": "SMS", "whatsapp_failed": "WhatsApp"}


def detail_in_words(detail: str | None, kind: str = "other") -> str:
    """A detail as the reader reads it; what has no sentence is as it is stored. ``kind``: the follow-up's.

    A danger sign's has a line for each text (`scheduler.alerts.line`).
    """
    if not detail:
        return ""
    if kind == "danger":
        return "\n".join(map(in_one_line, detail.splitlines()))
    code, _space, more = detail.partition(" ")
    if code in _NETWORKS:
        return str(_("By %(network)s it did not arrive: %(why)s", network=_NETWORKS[code], why=detail_in_words(more)))
    if detail in DETAILS:
        return str(DETAILS[detail])
    if code in DETAILS:
        return str(_("%(sentence)s (%(words)s)", sentence=DETAILS[code], words=detail))
    return str(gettext(detail))
