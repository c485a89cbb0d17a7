"""Facts: the first one of a topic, the next on MORE, where one is from on SOURCE, and the words to ask with."""

from bot.conversation.turn import Turn
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome
from content.model import Fact, Topic
from store.inbox import Exchange, last_exchanges, last_reply

_LOOK_BACK = 20
"""Answers in which MORE looks for what it is about."""


def say_topic(voice: Voice, outcome: Outcome) -> Said:
    """The first fact of the topic that was asked for."""
    topic = voice.library.topics[outcome.topic or outcome.id or ""]
    facts = voice.facts(topic)
    if not facts:
        return voice.say("more_none", "info_plus")
    return voice.say_fact(facts[0], urgent_line=topic.urgent_line or outcome.urgent_line)


def more(turn: Turn) -> Said:
    """The next fact after the one that was sent last."""
    for exchange in last_exchanges(turn.tx, turn.contact.id, _LOOK_BACK):
        found = _after(turn.voice, exchange)
        if found is not None:
            topic, rest = found
            return turn.voice.say_fact(rest[0], urgent_line=topic.urgent_line) if rest else turn.voice.say("more_none")
    return turn.voice.say("more_none")


def source(turn: Turn) -> Said:
    """Where the fact that was sent last is from."""
    last = last_reply(turn.tx, turn.contact.id)
    known = last is not None and last.fact in turn.library.facts
    citation = turn.library.citation(last.fact) if last is not None and last.fact and known else None
    return turn.voice.say("source", source=citation) if citation else turn.voice.say("source_none")


def say_menu(voice: Voice, _outcome: Outcome) -> Said:
    """The words to ask with."""
    return voice.say("menu")


def _after(voice: Voice, exchange: Exchange) -> tuple[Topic, tuple[Fact, ...]] | None:
    """The topic that an exchange was about, and its facts that it left unread; None if it was about none."""
    if exchange.fact:
        topic_id, told = exchange.fact.rpartition(".")[0], exchange.fact
    elif exchange.outcome_kind in {"same_day", "info"}:
        sign = voice.library.danger.get(exchange.outcome_id or "")
        topic_id, told = (sign.topic or "") if sign else "", ""
    else:
        return None
    topic = voice.library.topics.get(topic_id)
    if topic is None:
        return None
    facts = voice.facts(topic)
    read = next((number for number, fact in enumerate(facts, 1) if fact.id == told), 0)
    return topic, facts[read:]
