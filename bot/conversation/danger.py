"""Danger signs, and what is near them: the fixed urgent reply, and for the urgent ones an alert to the staff.

The words never depend on the database: every text here can be said from memory alone.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.conversation.asked import ASKED_TEMPERATURE
from bot.conversation.turn import Turn
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome
from scheduler import consent

_ALERTS: Mapping[str, tuple[int, timedelta]] = {
    "crisis": (3, timedelta(minutes=15)),
    "emergency": (3, timedelta(minutes=15)),
    "overdose": (3, timedelta(minutes=15)),
    "call_now": (2, timedelta(hours=1)),
}
# What the engine says of a text in a few words tells these apart; tests hold the two together.
_A_NUMBER = "a number alone"
_CANCELS = re.compile(r"cancel|anula|call off")
_TOOK = re.compile(r"\b(?:took|taken|tome)\b")

_SAYS_STOP = re.compile(r"\W*(?:stop|stopall|unsubscribe)\b", re.IGNORECASE)

URGENT = frozenset(_ALERTS)
"""The kinds that are answered whatever happens and open an alert, with its urgency and clock."""


def say_urgent(voice: Voice, outcome: Outcome) -> Said:
    """The urgent reply. A clinic that is not live gives what needs no line of its own."""
    if outcome.kind in {"crisis", "overdose"}:
        return voice.say_for_country(outcome.kind)
    return voice.say(outcome.kind if voice.is_live else "urgent_only")


def alert(turn: Turn) -> Said:
    """Tell the staff, and give the urgent reply; a STOP at the beginning of the text is honoured in the same one."""
    urgency, within = _ALERTS[turn.outcome.kind]
    turn.tell_staff("danger", urgency, within, f"{turn.outcome.kind} {turn.outcome.id or ''}: {turn.outcome.matched}")
    said = say_urgent(turn.voice, turn.outcome)
    # Whoever says goodbye is not taken at that word: they may mean another goodbye.
    if turn.outcome.kind == "crisis" or not _SAYS_STOP.match(turn.heard.incoming.body):
        return said
    consent.stop(turn.tx, turn.now, turn.library, turn.contact, "stop", source="text", message_id=turn.message_id)
    return replace(said, body=f"{said.body} {turn.voice.say('also_opted_out').body}")


def say_same_day(voice: Voice, _outcome: Outcome) -> Said:
    """A symptom that needs a call today; MORE then brings the facts of its topic."""
    return voice.say("same_day")


def say_info(voice: Voice, outcome: Outcome) -> Said:
    """A danger word in a question, a negation or the past: the fact about it, and the urgent line."""
    topic = voice.library.topics.get(outcome.topic or "")
    facts = voice.facts(topic) if topic else ()
    if facts:
        return voice.say_fact(facts[0], urgent_line=True)
    return voice.say("thanks", "fever_info" if outcome.id == "fever" else "info_plus")


def say_clarify(voice: Voice, outcome: Outcome) -> Said:
    """Words that could mean several things: ask back, or give what is safe for each of them."""
    if outcome.matched == _A_NUMBER:
        return voice.say(ASKED_TEMPERATURE, "fever_info")
    if _CANCELS.search(outcome.matched):
        return voice.say("cancel_clarify")
    if _TOOK.search(outcome.matched):
        return voice.say_for_country("overdose")
    return voice.say("clarify")


def say_limit(voice: Voice, _outcome: Outcome) -> Said:
    """A question about doses, results or the person's own case."""
    return voice.say("limit")
