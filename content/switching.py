"""What of the content a clinic may switch off for itself: topics and facts, never what says to call.

A topic of which nothing is sent is still understood: who asks for it is told that there is nothing, and whom to call.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from content.calling import says_to_call
from content.danger import DangerSigns
from content.model import Topic, Wording
from content.plain import Plain


def topic_of(topics: Mapping[str, Topic], name: str) -> Topic | None:
    """The topic of a name, or the one that has the fact of this name."""
    topic = topics.get(name) or topics.get(name.rpartition(".")[0])
    return topic if topic and (name == topic.id or any(fact.id == name for fact in topic.facts)) else None


def without(topic: Topic, name: str) -> Topic:
    """A topic without one of its facts, or without any where it is the name itself."""
    return replace(topic, facts=tuple(fact for fact in topic.facts if name not in (topic.id, fact.id)))


def why_kept(
    topics: Mapping[str, Topic], danger: DangerSigns, wordings: Iterable[Wording], name: str, off: Iterable[str]
) -> Plain | None:
    """Why a topic or fact cannot be switched off, where ``off`` are already; None where it can.

    ``topics`` are those of the content, ``wordings`` the clinic's.
    """
    topic = topic_of(topics, name)
    if topic is None:
        return Plain("There is no topic or fact called {name}.", name=name)
    if topic.urgent_line or any(sign.topic == topic.id for sign in danger.values()):
        return Plain("{topic} is about danger signs, and says when to call: it cannot be switched off.", topic=topic.id)
    if any(fact.kind == "engine" for fact in topic.facts):
        return Plain("{topic} is answered from the patient's own plan: it cannot be switched off.", topic=topic.id)
    calling = [fact.id for fact in topic.facts if name in (topic.id, fact.id) and says_to_call(fact)]
    if calling:
        return Plain("What says to call cannot be switched off: {facts}.", facts=calling)
    rest = topic
    for each in (name, *off):
        rest = without(rest, each)
    if rest.facts:
        return None
    for wording in wordings:
        for key, text in wording.texts.items():
            if word := _word_for(topic, wording.language, text.text):
                return Plain(
                    "The text {key} tells patients to write {word}: take that out of it first.", key=key, word=word
                )
    return None


def silent_words(sent: Iterable[Topic], language: str, text: str) -> list[str]:
    """The words that a text tells patients to write although nothing is sent of their topics; ``sent``: what is."""
    silent = [topic for topic in sent if not topic.facts]
    return [word for topic in silent if (word := _word_for(topic, language, text))]


def _word_for(topic: Topic, language: str, text: str) -> str:
    """The keyword of a topic where a text tells patients to write it, else nothing."""
    keyword = topic.keyword[language]
    return keyword if keyword and re.search(rf"\b{keyword}\b", text) else ""
