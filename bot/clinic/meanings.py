"""What a text was taken for, in the reader's language."""

from flask_babel import get_locale

from bot.clinic.dangers import sign_name
from bot.clinic.here import services
from bot.clinic.names import opt_out_name
from bot.clinic.reports.words import command_name, outcome_name
from content.library import Library

_SAY_IT_THEMSELVES = ("opt_in", "help")


def taken_for(kind: str, of: str | None) -> str:
    """The kind of an outcome, and which topic, command or danger sign it is about."""
    name = outcome_name(kind)
    if of is None or kind in _SAY_IT_THEMSELVES:
        return name
    if kind == "opt_out":
        return opt_out_name(of)
    if kind == "command":
        return f"{name}: {command_name(of)}"
    return f"{name}: {topic_name(of)}" if kind == "topic" else f"{name} ({sign_name(of)})"


def topic_name(topic_id: str) -> str:
    """The keyword of a topic in the reader's language, or a word for it where it has none."""
    library = services().library
    topic = library.topics.get(topic_id)
    return topic_id if topic is None else topic.words(reading_language(library))[0]


def reading_language(library: Library) -> str:
    """That of the reader, where there are texts in it."""
    language = str(get_locale().language)
    return language if language in library.languages else library.languages[0]
