"""The texts of the content as this clinic's patients would read them, in each language, with what each costs as SMS."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.conversation.voice import Voice
from content.library import Library
from content.model import Fact, Topic
from content.sms_text import Measure, fold, measure
from scheduler.delivery.words import clinic_values, spoken
from store.clinic_entry import ClinicEntry

_AHEAD = timedelta(days=3)
_NAME = re.compile(r"\{(\w+)\}")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")


@dataclass(frozen=True, slots=True)
class Sms:
    """A text as it arrives, and what it costs; ``written`` as it stands in the content, with its accents and names."""

    language: str
    written: str
    body: str
    cost: Measure


def fact(library: Library, entry: ClinicEntry, topic: Topic, shown: Fact, today: date) -> list[Sms]:
    """A fact with the urgent line that follows it, in each language of the content.

    One that the program fills in, of somebody's own plan, is filled in with an example.
    """
    found = []
    for language, written in shown.text.items():
        if shown.kind == "engine":
            found.append(draft(library, entry, shown.id, language, written, today))
            continue
        voice = Voice(library, entry, language)
        found.append(_sms(language, written, voice.say_fact(shown, urgent_line=topic.urgent_line).body))
    return found


def fixed_text(library: Library, entry: ClinicEntry, key: str, today: date) -> list[Sms]:
    """A reply or a reminder, filled in with an example of everything that it names, in each language."""
    found = []
    for language, wording in library.wordings.items():
        written = wording.texts[key].text
        found.append(draft(library, entry, key, language, written, today))
    return found


def draft(library: Library, entry: ClinicEntry, key: str, language: str, written: str, today: date) -> Sms:
    """Words that somebody would have for a fixed text; a name that nothing is known for stays as it is written."""
    return _sms(language, written, filled(library, entry, key, language, written, today))


def filled(library: Library, entry: ClinicEntry, key: str, language: str, written: str, today: date) -> str:
    """The same as words alone, with their accents."""
    values = clinic_values(library, entry.clinic, language) | spoken(
        library, _examples(library, language, today), language
    )
    country = key.partition(".")[2]
    if country in library.countries:
        values |= library.country_values(country, language)
    body = _NAME.sub(lambda found: values.get(found[1], found[0]), written)
    # "9:30 a.m." brings a full stop of its own to the end of a sentence, as in `Library.say`.
    return _TWO_STOPS.sub(".", body)


def names_of(library: Library) -> Mapping[str, str]:
    """What the languages of the content are called in themselves."""
    return {language: library.language_name(language) for language in library.languages}


def _examples(library: Library, language: str, today: date) -> dict[str, str]:
    """What a text may be given to fill in beside what is known of the clinic."""
    keywords = [topic.keyword[language] for topic in library.topics.values() if topic.keyword[language]]
    sourced = next(each.id for each in library.facts.values() if each.sources)
    return {
        "date": (today + _AHEAD).isoformat(),
        "time": "09:30",
        "times": "09:30,14:00",
        "item": "capsules",
        "other": "pills",
        "who": "J.",
        "first": keywords[0],
        "second": keywords[1],
        "source": library.citation(sourced) or "",
        "language": library.language_name(language),
    }


def _sms(language: str, written: str, body: str) -> Sms:
    folded = fold(body)
    return Sms(language, written, folded, measure(folded))
