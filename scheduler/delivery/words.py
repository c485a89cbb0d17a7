"""The words of a text, put together at the moment it is sent from what the library says then."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Literal

from channels.base import Via
from content.library import Library, UnknownWording
from content.sms_text import fold, measure
from store.clinics import Clinic
from store.whatsapp import Template

_NAME = re.compile(r"\{(\w+)\}")
WELCOME = "optin_confirm"
"""The wording key of the text that confirms an enrolment: the first one, before which nothing goes."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text as it goes out, with what it costs as SMS; ``variables`` are what a template is filled in with."""

    body: str
    encoding: Literal["GSM-7", "UCS-2"]
    segments: int
    variables: Mapping[str, str] = field(default_factory=dict)


class Composer:
    """Puts texts into words from one library, and each clinic's own words over it; nothing is put together twice.

    For one batch: a clinic that changes meanwhile keeps the words it had when it was first asked for.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._values: dict[tuple[int, str], dict[str, str]] = {}
        self._words: dict[tuple[object, ...], Words] = {}

    def compose(self, clinic: Clinic, template: str, args: Mapping[str, str], language: str, via: Via) -> Words:
        """The text of a wording key in a language; as SMS it is folded to GSM-7 where its meaning allows.

        ``args`` hold no language: ``date`` as 2026-01-31, ``time`` as 14:30, ``times`` as 09:00,14:30, ``item`` and
        ``other`` as the word of a wording key ``item.<word>``, ``clock`` where times are by the clinic's. Raises
        ContentError where the library has no such text, or something is missing to fill it in.
        """
        asked = (clinic.id, template, tuple(args.items()), language, via)
        words = self._words.get(asked)
        if words is None:
            words = self._words[asked] = self._compose(clinic, template, args, language, via)
        return words

    def compose_approved(self, clinic: Clinic, approved: Template, args: Mapping[str, str]) -> Words:
        """The text of a template that WhatsApp approved, and its variables. Raises ContentError as `compose` does."""
        language = approved.language
        library = self._library.with_overrides(clinic.overrides)
        values = self._clinic_values(clinic, language) | spoken(library, args, language)
        names = variable_names(approved.words)
        if missing := [name for name in names if name not in values]:
            raise UnknownWording(approved.template, language, f"its WhatsApp template needs {missing[0]}")
        body = _NAME.sub(lambda found: values[found[1]], approved.words)
        cost = measure(body)
        variables = {str(number): values[name] for number, name in enumerate(names, 1)}
        return Words(body, cost.encoding, cost.segments, variables)

    def _compose(self, clinic: Clinic, template: str, args: Mapping[str, str], language: str, via: Via) -> Words:
        values = self._clinic_values(clinic, language)
        library = self._library.with_overrides(clinic.overrides)
        text = library.say(template, language, **(values | spoken(library, args, language)))
        body = fold(text) if via is Via.SMS else text
        cost = measure(body)
        return Words(body, cost.encoding, cost.segments)

    def _clinic_values(self, clinic: Clinic, language: str) -> dict[str, str]:
        values = self._values.get((clinic.id, language))
        if values is None:
            values = self._values[clinic.id, language] = clinic_values(self._library, clinic, language)
        return values


def compose(library: Library, clinic: Clinic, template: str, args: Mapping[str, str], language: str, via: Via) -> Words:
    """One text in words, as `Composer.compose`."""
    return Composer(library).compose(clinic, template, args, language, via)


def by_hand(body: str, via: Via) -> Words:
    """A text in the words that somebody wrote; as SMS folded as any other."""
    folded = fold(body) if via is Via.SMS else body
    cost = measure(folded)
    return Words(folded, cost.encoding, cost.segments)


def variable_names(words: str) -> tuple[str, ...]:
    """The names in braces of a text, each once, in the order of the variables {{1}}, {{2}} of a WhatsApp template."""
    return tuple(dict.fromkeys(_NAME.findall(words)))


def as_template(words: str) -> str:
    """A text as it is handed in for approval: {{1}} and so on in the place of its names."""
    names = variable_names(words)
    return _NAME.sub(lambda found: f"{{{{{names.index(found[1]) + 1}}}}}", words)


def clinic_values(library: Library, clinic: Clinic, language: str) -> dict[str, str]:
    """What any text of a clinic is filled in with: its names, numbers and thresholds, and its country's."""
    return library.country_values(clinic.country, language, clinic) | {
        "program": clinic.program,
        "clinic": clinic.name,
        "phone": clinic.phone_line or "",
        "n": str(clinic.max_texts_per_week),
    }


def spoken(library: Library, args: Mapping[str, str], language: str) -> dict[str, str]:
    """The arguments of a reminder as a language writes them; a date gives the day of the week (``dow``) as well."""
    values = dict(args)
    if "date" in args:
        values |= library.day_values(language, date.fromisoformat(args["date"]))
    for name in ("time", "times"):
        if name in args:
            read = map(time.fromisoformat, args[name].split(","))
            values[name] = library.times_text(language, read, at_clinic="clock" in args)
    for name in ("item", "other"):
        if name in args:
            values[name] = library.say(f"item.{args[name]}", language)
    return values
