"""Which handler answers which outcome, and what is said to it from memory alone while the database is down."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.conversation import asked, commands, danger, opting, topics, treatment
from bot.conversation.turn import Handler, Heard, Turn
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome

Words = Callable[[Voice, Outcome], Said]
"""The answer to an outcome that needs nothing but the outcome."""


def _only_say(words: Words) -> Handler:
    return lambda turn: words(turn.voice, turn.outcome)


# What is answered to a kind from memory; for a command, to its id.
_WORDS: Mapping[str, Words] = {
    **dict.fromkeys(danger.URGENT, danger.say_urgent),
    "same_day": danger.say_same_day,
    "info": danger.say_info,
    "clarify": danger.say_clarify,
    "limit": danger.say_limit,
    "opt_out": opting.say_stop,
    "opt_in": commands.say_kept,
    "help": opting.say_help,
    "topic": topics.say_topic,
    "unknown": commands.say_unknown,
}
_COMMAND_WORDS: Mapping[str, Words] = {
    "menu": topics.say_menu,
    "language_en": commands.say_language,
    "language_es": commands.say_language,
    **dict.fromkeys(("confirm", "change", "done", "missed", "join", "pause", "resume"), commands.say_kept),
}

_HANDLERS: Mapping[str, Handler] = {
    **{kind: _only_say(words) for kind, words in _WORDS.items()},
    **dict.fromkeys(danger.URGENT, danger.alert),
    "opt_out": opting.stop,
    "opt_in": opting.start,
    "help": opting.help_them,
}
_COMMANDS: Mapping[str, Handler] = {
    "menu": _only_say(topics.say_menu),
    "language_en": commands.set_language,
    "language_es": commands.set_language,
    "more": topics.more,
    "source": topics.source,
    "next": treatment.next_day,
    "day": treatment.today,
    "confirm": treatment.confirm,
    "change": treatment.change,
    "done": treatment.done,
    "missed": treatment.missed,
    "join": opting.join,
    "pause": opting.pause,
    "resume": opting.resume,
}

_MISSED_TOPIC = "miss"

# All that the number of a clinic does that is not live yet; to everything else it gives the urgent line.
_BEFORE_LIVE = danger.URGENT | {"opt_out", "opt_in", "help", "unknown"}


def handle(turn: Turn) -> Said | None:
    """Do what the text asks for, and give the answer; None where silence is the answer."""
    outcome = turn.outcome
    if turn.heard.incoming.media and outcome.kind not in danger.URGENT:
        turn.tell_staff_once("media", 1, timedelta(hours=4))
    if not turn.voice.is_live and outcome.kind not in _BEFORE_LIVE:
        return commands.say_unknown(turn.voice, outcome)
    answered = _say_to_answer(turn.voice, turn.heard, outcome, turn.asked)
    if answered is not None:
        return answered
    if outcome.kind == "command":
        return _COMMANDS[outcome.id or ""](turn)
    if _is_next(turn.voice, outcome):
        return treatment.next_day(turn)
    if _is_missed(turn):
        return treatment.missed(turn)
    if outcome.kind == "unknown":
        return _say_unknown(turn.voice, turn.heard, outcome)
    return _HANDLERS[outcome.kind](turn)


def say_from_memory(voice: Voice, heard: Heard, question: str | None = None) -> Said:
    """The answer that needs no database; to what does, that it is kept or that it cannot be looked up."""
    outcome = heard.outcome
    if not voice.is_live and outcome.kind not in _BEFORE_LIVE:
        return commands.say_unknown(voice, outcome)
    answered = _say_to_answer(voice, heard, outcome, question)
    if answered is not None:
        return answered
    if outcome.kind in danger.URGENT:
        return danger.say_danger(voice, heard)
    if outcome.kind == "command":
        return _COMMAND_WORDS.get(outcome.id or "", commands.say_later)(voice, outcome)
    if outcome.kind == "unknown":
        return _say_unknown(voice, heard, outcome)
    return commands.say_later(voice, outcome) if _is_next(voice, outcome) else _WORDS[outcome.kind](voice, outcome)


def _say_unknown(voice: Voice, heard: Heard, outcome: Outcome) -> Said:
    return (commands.say_media if heard.incoming.media else commands.say_unknown)(voice, outcome)


def _say_to_answer(voice: Voice, heard: Heard, outcome: Outcome, question: str | None) -> Said | None:
    """To a yes or a no that the understanding could make nothing of: the number was no temperature."""
    if question is None or not voice.is_live or outcome.kind in danger.URGENT or outcome.id == "fever":
        return None
    if asked.says_no(heard.incoming.body):
        return voice.say("thanks", "info_plus")
    return voice.say("thanks", "fever_info") if asked.says_yes(heard.incoming.body) else None


def _is_missed(turn: Turn) -> bool:
    """The bare keyword of the topic on missed doses, from a patient who had one due lately, reports it as well."""
    topic = turn.library.topics.get(turn.outcome.id or "") if turn.outcome.kind == "topic" else None
    if topic is None or topic.id != _MISSED_TOPIC or turn.patient is None:
        return False
    keywords = {asked.bare(keyword) for keyword in topic.keyword.values()}
    return asked.bare(turn.heard.incoming.body) in keywords and treatment.had_any_lately(turn, turn.patient)


def _is_next(voice: Voice, outcome: Outcome) -> bool:
    """A topic whose facts the program fills in is a command: "when is my next visit" asks for a date."""
    topic = voice.library.topics.get(outcome.id or "") if outcome.kind == "topic" else None
    return topic is not None and any(fact.kind == "engine" for fact in topic.facts)
