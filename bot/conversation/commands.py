"""Commands about the conversation itself: the language, a pause, and texts that nobody can read."""

from dataclasses import replace

from bot.conversation.turn import Turn
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome
from store import contacts

KEPT = "kept"
"""The wording key that says that a text waits, and is not to be sent again."""

_LANGUAGES = {"language_en": "en", "language_es": "es"}


def say_language(voice: Voice, outcome: Outcome) -> Said:
    """The change of language, told in the new one; in the old one where the clinic does not have it."""
    language = _LANGUAGES[outcome.id or ""]
    if voice.entry is None or language not in voice.entry.clinic.languages:
        return say_unknown(voice, outcome)
    return replace(voice, language=language).say("language_set", language=voice.library.language_name(language))


def set_language(turn: Turn) -> Said:
    """From now on everything comes in the language that was asked for."""
    said = say_language(turn.voice, turn.outcome)
    if said.template == "language_set":
        contacts.set_language(turn.tx, turn.contact.id, _LANGUAGES[turn.outcome.id or ""])
    return said


def say_unknown(voice: Voice, _outcome: Outcome) -> Said:
    """The fallback; a missed danger sign lands here, so it always has the urgent line."""
    return voice.say("unknown" if voice.is_live else "urgent_only")


def say_media(voice: Voice, _outcome: Outcome) -> Said:
    """The fallback to a photo or voice note without words that mean something: nothing of it is ever fetched."""
    return voice.say("media" if voice.is_live else "urgent_only")


def say_later(voice: Voice, _outcome: Outcome) -> Said:
    """What is answered to a text that nothing can be looked up for, while the database is down."""
    return voice.say("later" if voice.is_live else "urgent_only")


def say_kept(voice: Voice, _outcome: Outcome) -> Said:
    """What is answered while the database is down to what is done when it is back: nobody need text it again."""
    return voice.say(KEPT if voice.is_live else "urgent_only")
