"""Commands about the conversation itself: the language, a pause, and texts that nobody can read."""

from dataclasses import replace
from datetime import timedelta

from bot.conversation.turn import Turn
from bot.conversation.voice import Said, Voice
from bot.understanding.engine import Outcome
from store import contacts

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


def unknown(turn: Turn) -> Said:
    """Words that mean nothing to us, or a photo or voice note, which is neither fetched nor stored."""
    if turn.heard.incoming.media == 0:
        return say_unknown(turn.voice, turn.outcome)
    turn.tell_staff("media", 1, timedelta(hours=4))
    return turn.voice.say("media" if turn.voice.is_live else "urgent_only")


def say_later(voice: Voice, _outcome: Outcome) -> Said:
    """What is answered to a text that nothing can be looked up for, while the database is down."""
    return voice.say("later" if voice.is_live else "urgent_only")


def say_noted(voice: Voice, _outcome: Outcome) -> Said:
    """What is answered while the database is down to a wish that is done when it is back: nobody need text it again."""
    return voice.say("done_thanks" if voice.is_live else "urgent_only")
