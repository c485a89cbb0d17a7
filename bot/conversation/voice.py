"""What is said, put into words: the clinic's names and numbers filled into the wording and the facts of the library."""

from dataclasses import dataclass
from functools import cached_property

from content.library import Library
from content.model import Fact, Topic
from scheduler.delivery.words import clinic_values, spoken
from store.clinics import ClinicEntry


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its words with all accents, the keys of the wording it was put together from, the fact it carries."""

    body: str
    language: str
    template: str | None
    fact: str | None = None


@dataclass(frozen=True)
class Voice:
    """One clinic's voice in one language. ``entry`` is None for a number that belongs to no clinic we know of."""

    library: Library
    entry: ClinicEntry | None
    language: str

    @cached_property
    def country(self) -> str:
        """The code of the clinic's country pack; "" where no clinic is known."""
        return self.entry.clinic.country if self.entry else ""

    @cached_property
    def is_live(self) -> bool:
        """Whether more than urgent replies may be said."""
        return self.entry is not None and not self.entry.missing()

    def say(self, *keys: str, **args: str) -> Said:
        """The texts of these keys, one after another. ``args`` hold no language, as in ``words.spoken``."""
        filled = self._values | spoken(self.library, args, self.language)
        body = " ".join(self.library.say(key, self.language, **filled) for key in keys)
        return Said(body, self.language, "+".join(keys))

    def say_for_country(self, key: str) -> Said:
        """The country's own text of this kind ("crisis", "overdose")."""
        return self.say(self.library.pack_key(key, self.country))

    def say_fact(self, fact: Fact, *, urgent_line: bool) -> Said:
        """A fact, with the urgent line behind it.

        Behind a fact that names the emergency number itself only the clinic's own number follows: one text must not
        give two numbers for the same sign.
        """
        words = self.library.say_fact(fact.id, self.language, **self._values)
        if not urgent_line:
            return Said(words, self.language, None, fact.id)
        line = self.say("info_plus_clinic" if "emergency" in fact.placeholders else "info_plus")
        return Said(f"{words} {line.body}", self.language, line.template, fact.id)

    def facts(self, topic: Topic) -> tuple[Fact, ...]:
        """The facts of a topic that hold in the clinic's country."""
        return topic.facts_in(self.country)

    @cached_property
    def _values(self) -> dict[str, str]:
        if self.entry is None:
            return self.library.country_values("", self.language)
        return clinic_values(self.library, self.entry.clinic, self.language)
