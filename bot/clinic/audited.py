"""Entries of the audit as sentences, in the reader's language. What has none is shown as it is stored."""

from collections.abc import Callable, Mapping

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from bot.clinic.alerts.forms import ShiftForm
from bot.clinic.enrol.forms import EnrolForm
from bot.clinic.names import CONSENTS, ROTA_STEPS
from bot.clinic.plans.words import KINDS, rule_in_words
from bot.clinic.settings.forms import ClinicForm, PersonForm
from scheduler.answering import AS_IT_IS
from store.audit import AuditEntry

SUBJECTS: Mapping[str, LazyString] = {
    "patient": lazy_gettext("patient"),
    "plan": lazy_gettext("plan"),
    "contact": lazy_gettext("number and conversation"),
    "message": lazy_gettext("text"),
    "follow_up": lazy_gettext("task or alert"),
    "clinic": lazy_gettext("clinic"),
    "sender": lazy_gettext("number that we text from"),
    "user": lazy_gettext("person of the staff"),
    "sign-off": lazy_gettext("proposal to sign off"),
    "regimen": lazy_gettext("regimen"),
    "wording": lazy_gettext("words of your own"),
    "alias": lazy_gettext("taught words"),
    "ready_answer": lazy_gettext("answer at hand"),
    "rota": lazy_gettext("rota"),
    "on call": lazy_gettext("on-call list"),
    "whatsapp_template": lazy_gettext("WhatsApp template"),
    "content": lazy_gettext("content"),
}
"""What an entry may be about."""

SENTENCES: Mapping[tuple[str, str], LazyString] = {
    ("patient.enrol", "patient"): lazy_gettext("Enrolled the patient."),
    ("patient.confirm", "patient"): lazy_gettext("Noted that the patient wants the texts."),
    ("patient.journey", "patient"): lazy_gettext("Entered or changed a journey."),
    ("plan.add", "plan"): lazy_gettext("Added another plan."),
    ("plan.visit_time", "plan"): lazy_gettext("Changed the time of a visit."),
    ("event.given", "plan"): lazy_gettext("Noted that a treatment was given."),
    ("event.missed", "plan"): lazy_gettext("Noted that a treatment was missed."),
    ("event.planned", "plan"): lazy_gettext("Took back what was noted of a treatment."),
    ("change", "contact"): lazy_gettext("Changed how texts reach the patient."),
    ("assign", "contact"): lazy_gettext("Handed the conversation over."),
    ("note", "contact"): lazy_gettext("Wrote a note in the conversation."),
    ("done", "contact"): lazy_gettext("Noted that the conversation needs nobody any more."),
    ("join.confirm", "contact"): lazy_gettext("Confirmed by two digits who wants to join, and recorded consent."),
    ("join.dismiss", "contact"): lazy_gettext("Took a wish to join off the list."),
    ("answer", "message"): lazy_gettext("Answered by hand."),
    ("delete", "message"): lazy_gettext("Deleted the words of old texts."),
    ("see", "follow_up"): lazy_gettext("Took an alert."),
    ("note", "follow_up"): lazy_gettext("Wrote a note to a task."),
    ("close", "follow_up"): lazy_gettext("Closed a task or an alert."),
    ("add", "clinic"): lazy_gettext("Set up the clinic."),
    ("change", "clinic"): lazy_gettext("Changed the settings."),
    ("sign off", "clinic"): lazy_gettext("Signed off what patients are texted."),
    ("clinic.reminders", "clinic"): lazy_gettext("Changed the clinic's reminder rules."),
    ("clinic.close_day", "clinic"): lazy_gettext("Closed the clinic on a day."),
    ("add", "user"): lazy_gettext("Gave somebody access."),
    ("change", "user"): lazy_gettext("Changed somebody's role."),
    ("remove", "user"): lazy_gettext("Took somebody's access away."),
    ("reset", "user"): lazy_gettext("Let somebody sign in anew."),
    ("set", "user"): lazy_gettext("Changed their own name or language."),
    ("lock", "user"): lazy_gettext("Was locked out after wrong passwords."),
    ("add", "sender"): lazy_gettext("Added a number that we text from."),
    ("change", "sender"): lazy_gettext("Changed a number that we text from."),
    ("resume", "sender"): lazy_gettext("Let a number go on that was stopped."),
    ("set", "whatsapp_template"): lazy_gettext("Set a WhatsApp template."),
    ("remove", "whatsapp_template"): lazy_gettext("Took a WhatsApp template away."),
    ("add", "on call"): lazy_gettext("Put somebody on the on-call list."),
    ("remove", "on call"): lazy_gettext("Took somebody off the on-call list."),
    ("add", "rota"): lazy_gettext("Added a shift to the rota."),
    ("change", "rota"): lazy_gettext("Changed a shift of the rota."),
    ("remove", "rota"): lazy_gettext("Took a shift off the rota."),
    ("add", "ready_answer"): lazy_gettext("Kept an answer at hand."),
    ("remove", "ready_answer"): lazy_gettext("Dropped an answer at hand."),
    ("propose", "wording"): lazy_gettext("Proposed words of the clinic's own."),
    ("publish", "wording"): lazy_gettext("Put words of the clinic's own to use."),
    ("withdraw", "wording"): lazy_gettext("Took words of the clinic's own back."),
    ("propose", "alias"): lazy_gettext("Proposed to teach words."),
    ("publish", "alias"): lazy_gettext("Taught words."),
    ("withdraw", "alias"): lazy_gettext("Took taught words back."),
    ("propose", "sign-off"): lazy_gettext("Proposed to sign off."),
    ("take back", "sign-off"): lazy_gettext("Took back a proposal to sign off."),
    ("withdraw", "regimen"): lazy_gettext("Took a regimen out of use."),
    ("switch off", "content"): lazy_gettext("Switched a topic or a fact off."),
    ("switch on", "content"): lazy_gettext("Switched a topic or a fact on again."),
}
"""By action and subject; what tells more than its action is in `TELLING`."""


def entry_in_words(entry: AuditEntry) -> str:
    """What was done, in one sentence."""
    telling = TELLING.get(entry.action)
    if telling is not None:
        return telling(entry)
    kind, _dot, step = entry.action.partition(".")
    if kind == "consent" and step in CONSENTS:
        return str(_("Consent: %(step)s.", step=CONSENTS[step]))
    if AS_IT_IS in entry.fields:
        return str(_("Answered by hand, after being warned of the words."))
    sentence = SENTENCES.get((entry.action, entry.subject))
    return f"{entry.action} {entry.subject}" if sentence is None else str(sentence)


def subject_name(subject: str) -> str:
    """What an entry is about."""
    return str(SUBJECTS.get(subject, subject))


def field_name(field: str) -> str:
    """What the forms call a field; its name where none has it."""
    return str(_FIELDS.get(field, field))


def _changed(entry: AuditEntry) -> str:
    kind = entry.fields[0] if entry.fields else ""
    said = _("Closed on a day") if kind == "close" else KINDS.get(kind, kind)
    answered = _("Somebody answers for it by name.") if "override" in entry.fields else ""
    told = _("The patient is told.") if "tell" in entry.fields else ""
    if entry.action == "plan.undo":
        sentence = _("Took back a change of the plan: %(change)s.", change=said)
    else:
        sentence = _("Changed the plan: %(change)s.", change=said)
    return " ".join(filter(None, (sentence, answered, told)))


def _climbed(entry: AuditEntry) -> str:
    step = entry.fields[0] if entry.fields else ""
    return str(_("Nobody had taken the alert: told the next of the rota (%(step)s).", step=ROTA_STEPS.get(step, step)))


def _reminders(entry: AuditEntry) -> str:
    rule = rule_in_words(entry.fields[0]) if entry.fields else ""
    return str(_("Changed the reminders of this patient: %(rule)s.", rule=rule))


TELLING: Mapping[str, Callable[[AuditEntry], str]] = {
    "plan.change": _changed,
    "plan.undo": _changed,
    "climb": _climbed,
    "patient.reminders": _reminders,
}
"""By action: what says more than that it was done."""


def _labels(*forms: type[FlaskForm]) -> Mapping[str, LazyString]:
    return {
        name: field.args[0]
        for form in forms
        for name, field in vars(form).items()
        if hasattr(field, "field_class") and field.args
    }


_FIELDS: Mapping[str, LazyString] = {
    **_labels(ShiftForm, EnrolForm, PersonForm, ClinicForm),
    "regimen_id": lazy_gettext("Regimen"),
    "email": lazy_gettext("E-mail address"),
    "note": lazy_gettext("Note"),
    "words": lazy_gettext("Words"),
    "body": lazy_gettext("Words"),
    "confirmed_at": lazy_gettext("Reply C"),
    "opted_out_at": lazy_gettext("STOP or START"),
    "assigned_to": lazy_gettext("Who looks after it"),
    "done_through": lazy_gettext("Done up to this text"),
    "segment_micros": lazy_gettext("What a segment costs"),
    "keep_words_days": lazy_gettext("How long words are kept"),
    "join_code": lazy_gettext("Code after JOIN"),
    "fallback": lazy_gettext("The other network where theirs fails"),
    "override": lazy_gettext("Somebody answers for it by name."),
    "tell": lazy_gettext("The patient is told."),
    "one person": lazy_gettext("one person"),
    "alone": lazy_gettext("one person"),
    AS_IT_IS: lazy_gettext("sent after a warning"),
}
