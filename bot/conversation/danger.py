"""Danger signs, and what is near them: the fixed urgent reply, and for the urgent ones an alert to the staff.

The words never depend on the database: every text here can be said from memory alone.
"""

from dataclasses import replace

from bot.conversation.asked import ASKED_TEMPERATURE
from bot.conversation.turn import Heard, Turn
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome
from scheduler import alerts, consent

URGENT = frozenset(alerts.URGENCIES)
"""The kinds that are answered whatever happens and open an alert."""


def say_urgent(voice: Voice, outcome: Outcome) -> Said:
    """The urgent reply. A clinic that is not live gives what needs no line of its own."""
    if outcome.kind in {"crisis", "overdose"}:
        return voice.say_for_country(outcome.kind)
    return voice.say(outcome.kind if voice.is_live else "urgent_only")


def say_danger(voice: Voice, heard: Heard) -> Said:
    """The urgent reply, and that no more texts come where the text said STOP too and nobody else answers that."""
    said = say_urgent(voice, heard.outcome)
    if not heard.leaves or heard.provider_answered:
        return said
    return replace(said, body=f"{said.body} {voice.say('also_opted_out').body}")


def alert(turn: Turn) -> Said:
    """Tell the staff, and give the urgent reply; a STOP in the same text is honoured with it."""
    outcome, heard = turn.outcome, replace(turn.heard, outcome=turn.outcome)
    said = say_danger(turn.voice, heard)
    alerts.told(
        turn.tx,
        turn.now,
        turn.contact,
        kind=outcome.kind,
        why=alerts.line(outcome.kind, outcome.id, heard.incoming.body, outcome.matched),
        patient_id=turn.patient.id if turn.patient else None,
        message_id=turn.message_id,
        reachable=heard.incoming.opt_out_type != "STOP" and turn.was_told(said),
    )
    if not heard.leaves or turn.is_overtaken:
        return said
    is_news = consent.stop(
        turn.tx, turn.now, turn.library, turn.contact, "stop", source="text", message_id=turn.message_id
    )
    return said if is_news else say_urgent(turn.voice, outcome)


def say_same_day(voice: Voice, _outcome: Outcome) -> Said:
    """A symptom that needs a call today; MORE then brings the facts of its topic."""
    return voice.say("same_day")


def say_info(voice: Voice, outcome: Outcome) -> Said:
    """A danger word that tells of none now: thanks for a no, a call today for what is over, else the fact about it.

    All with the urgent line (content.md A3.3).
    """
    if outcome.detail == "past":
        return voice.say("resolved", "info_plus")
    topic = voice.library.topics.get(outcome.topic or "")
    facts = voice.facts(topic) if topic else ()
    if facts and outcome.detail != "negated":
        return voice.say_fact(facts[0], urgent_line=True)
    return voice.say("thanks", "fever_info" if outcome.id == "fever" else "info_plus")


def say_clarify(voice: Voice, outcome: Outcome) -> Said:
    """Words that could mean several things: ask back, or give what is safe for each of them."""
    if outcome.detail == "number":
        return voice.say(ASKED_TEMPERATURE, "fever_info")
    if outcome.detail == "visit":
        return voice.say("cancel_clarify")
    if outcome.detail == "all_taken":
        return voice.say_for_country("overdose")
    return voice.say("clarify")


def say_limit(voice: Voice, _outcome: Outcome) -> Said:
    """A question about doses, results or the person's own case."""
    return voice.say("limit")
