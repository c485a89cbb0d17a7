"""What the content is once it is read: frozen values. Mappings from language use "en", "es" as keys."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

Kind = Literal["seed", "source", "inference", "limit", "engine"]
KINDS: tuple[Kind, ...] = ("seed", "source", "inference", "limit", "engine")
"""Where a fact comes from: the source text, another page, a page and a small inference of ours, no medical claim at all
(what this service can do), or filled in by the program."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def placeholders(text: str) -> frozenset[str]:
    """The names in braces of a text."""
    return frozenset(_PLACEHOLDER.findall(text))


@dataclass(frozen=True, slots=True)
class SignOff:
    """Two persons stand behind a file: ``reviewer`` is "" until the second has read it."""

    author: str
    reviewer: str
    review_by: date
    version: int


@dataclass(frozen=True, slots=True)
class Source:
    """A page that facts rest on. ``review``: what is still to be checked about it."""

    id: str
    title: str
    organisation: str
    url: str
    note: str
    review: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One text of a topic, in every language with its accents. ``countries`` empty: it holds everywhere.

    ``segments``: SMS that it may take, the urgent line included. ``named_terms``: words without a plainer twin.
    """

    id: str
    text: Mapping[str, str]
    sources: tuple[str, ...]
    seed_claims: tuple[str, ...]
    kind: Kind
    review: str | None
    countries: tuple[str, ...]
    segments: int
    named_terms: tuple[str, ...]

    @property
    def placeholders(self) -> frozenset[str]:
        """What must be filled in; the same in every language."""
        return placeholders(next(iter(self.text.values())))

    def holds_in(self, country: str) -> bool:
        """False for a fact about another country's services."""
        return not self.countries or country in self.countries


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that patients ask about. ``keyword`` is written as they should read it, and "" where there is none."""

    id: str
    keyword: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    urgent_line: bool
    facts: tuple[Fact, ...]
    sign_off: SignOff

    def words(self, language: str) -> tuple[str, ...]:
        """Everything that names the topic in a language, the keyword first."""
        keyword = self.keyword[language]
        return (*((keyword,) if keyword else ()), *self.aliases[language])

    def facts_in(self, country: str) -> tuple[Fact, ...]:
        """The facts that hold in a country, in the order in which MORE brings them."""
        return tuple(fact for fact in self.facts if fact.holds_in(country))


@dataclass(frozen=True, slots=True)
class Line:
    """A phone number of a country pack. One that is not ``verified`` is never texted."""

    number: str
    verified: bool
    source: str | None
    review: str | None


@dataclass(frozen=True, slots=True)
class Country:
    """A country pack. Temperatures: call at ``fever`` or above and below ``low``, the same in both units."""

    code: str
    name: str
    languages: tuple[str, ...]
    unit: Literal["C", "F"]
    lines: Mapping[str, Line]
    fever_c: float
    fever_f: float
    low_c: float
    low_f: float
    fever_sources: tuple[str, ...]
    er: Mapping[str, str]
    opt_out_words: tuple[str, ...]
    """Every word that opts out here when it stands alone: the carriers' and the country's own."""
    sign_off: SignOff

    @property
    def emergency(self) -> str | None:
        """The emergency number, or None while it is unchecked."""
        return self._number("emergency")

    @property
    def crisis(self) -> str | None:
        """A crisis line to call, or None."""
        return self._number("crisis")

    @property
    def poison(self) -> str | None:
        """A poison line to call, or None."""
        return self._number("poison")

    def _number(self, name: str) -> str | None:
        line = self.lines.get(name)
        return line.number if line and line.verified else None


@dataclass(frozen=True, slots=True)
class CarrierWords:
    """Words that carriers act on when a text is nothing else; in small letters."""

    opt_out: tuple[str, ...]
    opt_in: tuple[str, ...]
    help: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """All of them; none may be the keyword or an alias of a topic."""
        return (*self.opt_out, *self.opt_in, *self.help)


@dataclass(frozen=True, slots=True)
class SeedClaim:
    """A claim of the source text, and words that a fact covering it has in each language."""

    id: str
    claim: str
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Text:
    """A fixed text. ``category`` is what carriers file it under, and None for an answer to somebody who wrote to us.

    ``review``: what is still to be checked about it.
    """

    text: str
    segments: int
    category: str | None
    review: str | None = None

    @property
    def proactive(self) -> bool:
        """True for a text that nobody asked for."""
        return self.category is not None


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a language writes days, dates and times. Monday is the first of ``days``."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    date_pattern: str
    morning: str
    afternoon: str
    clinic_time: str

    def day_name(self, day: date) -> str:
        """The day of the week: "Wed"."""
        return self.days[day.weekday()]

    def date_text(self, day: date) -> str:
        """The date without its year: "Sep 30"."""
        return self.date_pattern.format(month=self.months[day.month - 1], day=day.day)

    def time_text(self, at: time) -> str:
        """The time of day on a 12-hour clock: "9:30 AM"."""
        return f"{at.hour % 12 or 12}:{at.minute:02} {self.morning if at.hour < 12 else self.afternoon}"

    def times_text(self, times: Iterable[time], *, at_clinic: bool = False) -> str:
        """Times of one day: "9:30 AM, 2:00 PM"; ``at_clinic``: for somebody whose own clock shows another time."""
        text = ", ".join(map(self.time_text, times))
        return self.clinic_time.format(time=text) if at_clinic else text


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed texts of one language by their key, and what fills them in."""

    language: str
    name: str
    local_emergency: str
    calendar: Calendar
    texts: Mapping[str, Text]
    sign_off: SignOff
