"""STOP, START and HELP, in any words: honoured in the same transaction, confirmed once."""

import re
from datetime import timedelta

from bot.conversation.treatment import confirm
from bot.conversation.turn import Turn, for_patients
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome
from channels.twilio_webhooks import lifts_block
from scheduler import consent
from store.patients import DuePatient

_CONFIRMATIONS = {"stop": "stop_confirm", "wrong_number": "wrong_number", "loss": "loss"}


def say_stop(voice: Voice, outcome: Outcome) -> Said:
    """The one confirmation: with the emergency number after STOP, without a word of treatment after the others."""
    key = _CONFIRMATIONS[outcome.id or "stop"]
    if voice.is_live or key == "wrong_number":
        return voice.say(key)
    return voice.say("wrong_number") if key == "loss" else voice.say("also_opted_out", "urgent_only")


def stop(turn: Turn) -> Said | None:
    """Opt the number out. Silence where Twilio has confirmed it, or we did before: one confirmation is allowed."""
    reason = turn.outcome.id or "stop"
    if reason == "stop" and turn.is_overtaken:
        return None
    is_news = consent.stop(
        turn.tx, turn.now, turn.library, turn.contact, reason, source="text", message_id=turn.message_id
    )
    if reason == "wrong_number" and not is_news:
        # The texts had stopped before; that they reached somebody else is still to be looked into.
        turn.tell_staff_once("wrong_number", 1, timedelta(days=1), reason)
    return say_stop(turn.voice, turn.outcome) if is_news and not turn.heard.provider_answered else None


def start(turn: Turn) -> Said | None:
    """Take an opt-out back. Who is not enrolled, and never opted out, is told so: nobody signs up by texting START.

    YES is a word that carriers take for START; from a patient who never left it answers the text about a visit. Where
    Twilio has answered, nothing is said.
    """
    said = _start(turn)
    return None if turn.heard.provider_answered else said


def _start(turn: Turn) -> Said | None:
    if turn.contact.opted_out_at is None and turn.voice.is_live:
        if turn.patient is None:
            return turn.voice.say("not_enrolled")
        if turn.heard.incoming.body.strip(" .!").upper() == "YES":
            return confirm(turn)
    if turn.is_overtaken:
        return None
    if _is_blocked(turn):
        turn.tell_staff_once("other", 1, timedelta(days=1), consent.START_NEEDED)
        return None
    consent.start(turn.tx, turn.now, turn.library, turn.contact, source="text")
    if not turn.voice.is_live:
        return turn.voice.say("urgent_only")
    said = turn.voice.say("optin_confirm")
    if turn.was_told(said) and not turn.heard.provider_answered:
        consent.welcomed_by_answer(turn.tx, turn.now, turn.contact)
    return said


def _is_blocked(turn: Turn) -> bool:
    """Whether the provider goes on blocking us, whatever we answer: then nothing may be believed, or promised."""
    heard = turn.heard.incoming
    if turn.contact.opt_out_reason != "provider" or heard.opt_out_type == "START":
        return False
    return not lifts_block(heard.body)


@for_patients
def pause(turn: Turn, _patient: DuePatient) -> Said | None:
    """No reminders until RESUME: kept like an opt-out, so that nothing can slip through."""
    if turn.is_overtaken:
        return None
    is_news = consent.stop(
        turn.tx, turn.now, turn.library, turn.contact, "pause", source="text", message_id=turn.message_id
    )
    return turn.voice.say("paused") if is_news or turn.contact.opt_out_reason == "pause" else None


def resume(turn: Turn) -> Said | None:
    """Reminders again after a pause; after a STOP the same as START."""
    return _resume(turn) if turn.contact.opt_out_reason in {None, "pause"} else start(turn)


@for_patients
def _resume(turn: Turn, _patient: DuePatient) -> Said | None:
    if turn.is_overtaken:
        return None
    was_out = consent.start(turn.tx, turn.now, turn.library, turn.contact, source="text")
    # A pause that came before the confirmation of the enrolment has cancelled it: it is said now.
    return turn.voice.say("optin_confirm" if was_out and consent.lacks_welcome(turn.tx, turn.contact) else "resumed")


def say_help(voice: Voice, _outcome: Outcome) -> Said:
    """Who we are, whom to call, how to stop."""
    return voice.say("help" if voice.is_live else "urgent_only")


def help_them(turn: Turn) -> Said | None:
    """HELP, which Twilio may have answered."""
    return None if turn.heard.provider_answered else say_help(turn.voice, turn.outcome)


def join(turn: Turn) -> Said:
    """Somebody has a clinic's code and wants in: a task for the staff, who alone can enrol."""
    if turn.patient is not None:
        return turn.voice.say("help")
    entry = turn.voice.entry
    code = entry.clinic.join_code if entry else None
    if code is None or code not in re.split(r"[^0-9A-Z]+", turn.heard.incoming.body.upper()):
        return turn.voice.say("join_unknown")
    turn.tell_staff_once("join", 1, timedelta(days=1))
    return turn.voice.say("join_asked")
