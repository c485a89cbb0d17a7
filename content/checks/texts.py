"""Every text that a patient may read, with the place where it stands, and the longest that it can become."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from content.faults import Fault
from content.library import Library
from content.model import Fact, Topic
from content.overrides import place_of
from content.plain import Plain
from content.toml_file import TomlFile

OF_A_TEXT = "{key}: {mend}"
"""The template of a fault of a text: which one it is, and what to do."""
_LONGEST = {
    "program": "Riverside Care Texts Mid",
    "clinic": "Riverside Treatment Center W",
    "phone": "+44 20 7946 0958",
    "n": "21",
    "who": "W.",
}
# As a clinic may set them: 37.8 and 100.1 where a pack has 38 and 100.4.
_LONGEST_THRESHOLDS = {"feverC": "37.8", "feverF": "100.1", "stools": "5"}


@dataclass(frozen=True, slots=True)
class Written:
    """One text in one language, and where: ``path`` is its key path in ``file``. A fixed text has no topic and fact."""

    file: str
    path: tuple[str | int, ...]
    key: str
    language: str
    text: str
    segments: int
    proactive: bool
    countries: tuple[str, ...]
    topic: Topic | None = None
    fact: Fact | None = None


@dataclass(slots=True)
class Report:
    """Where the rules write down what they find."""

    files: Callable[[str], TomlFile]
    faults: list[Fault] = field(default_factory=list)

    def at(self, file: str, rule: str, mend: str, *path: str | int) -> None:
        """A fault at a key path of a file."""
        self.faults.append(Fault(file, self.files(file).line_of(*path), rule, mend))

    def on(self, written: Written, rule: str, mend: str) -> None:
        """A fault of a text."""
        self.at(written.file, rule, Plain(OF_A_TEXT, key=written.key, mend=mend), *written.path)


def fixed_texts(library: Library) -> Iterator[Written]:
    """The replies, the reminders and the words for items."""
    for language, wording in library.wordings.items():
        for key, text in wording.texts.items():
            base, _, pack = key.partition(".")
            path = place_of(key, text)
            countries = (pack,) if pack in library.countries else tuple(library.countries)
            proactive = text.proactive or base == "item"
            name = f"wording/{language}.toml"
            yield Written(name, path, key, language, text.text, text.segments, proactive, countries)


def facts(library: Library) -> Iterator[Written]:
    """The facts of every topic."""
    for topic in library.topics.values():
        for number, fact in enumerate(topic.facts):
            countries = tuple(code for code in library.countries if fact.holds_in(code))
            for language, text in fact.text.items():
                path = ("fact", number, language)
                name = f"topics/{topic.id}.toml"
                yield Written(name, path, fact.id, language, text, fact.segments, False, countries, topic, fact)


def every_text(library: Library) -> Iterator[Written]:
    """Everything that a patient may read."""
    yield from fixed_texts(library)
    yield from facts(library)


def longest_values(library: Library, language: str, country: str) -> dict[str, str]:
    """The longest that each placeholder plausibly becomes in a country: what a text must have room for.

    Names of a clinic and its program as long as its settings allow here: 28 and 24 characters.
    """
    wording = library.wordings[language]
    keywords = sorted((topic.keyword[language] for topic in library.topics.values()), key=len)
    pack = library.countries[country]
    sources = [f"{source.title}. {source.organisation}." for source in library.sources.values()]
    at = f"12:30 {max(wording.calendar.morning, wording.calendar.afternoon, key=len)}"
    items = sorted((text.text for key, text in wording.texts.items() if key.startswith("item.")), key=len)
    return {
        **_LONGEST,
        "dow": max(wording.calendar.days, key=len),
        "date": wording.calendar.date_pattern.format(month=max(wording.calendar.months, key=len), day=30),
        "time": at,
        "times": f"{at}, {at}",
        "item": items[-1],
        "other": items[-2],
        "language": max((each.name for each in library.wordings.values()), key=len),
        "source": max(sources, key=len),
        "first": keywords[-1],
        "second": keywords[-2],
        "er": pack.er[language],
        **library.country_values(country, language),
        **_LONGEST_THRESHOLDS,
    }
