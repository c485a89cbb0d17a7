"""The library: all content of a directory, read once into frozen values.

::

    library = load()
    library.say("emergency", "en", emergency="911", phone="202-555-0143")
    library.say_fact("what.1", "es")

Loading is strict: a file that is missing, not listed, or says something that could not be sent raises ContentError with
every fault. What can be sent but should not be is the linter's: ``content.check``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from content import readers, references
from content.cell_therapy import CellTherapy, read_cell_therapy
from content.danger import DangerSigns, load_danger
from content.faults import ContentError, Fault
from content.model import CarrierWords, Country, Fact, SeedClaim, Source, Text, Topic, Wording, placeholders
from content.overrides import Row, lay_over
from content.regimens import Regimen, load_regimens
from content.thresholds import HasThresholds, Thresholds, fahrenheit
from content.toml_file import TomlFile, read_toml

PACKAGED = Path(__file__).parent

Value = TypeVar("Value")

_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
_MOST_LAID = 500


class UnknownWording(ContentError):
    """A text was asked for that there is not, or with something missing to fill it in."""

    def __init__(self, key: str, language: str, mend: str) -> None:
        super().__init__([Fault(f"wording/{language}.toml", 1, "wording", f"'{key}': {mend}")])


@dataclass(frozen=True, slots=True)
class Library:
    """All content. ``version`` changes with every byte of it; it is stored with what was sent."""

    version: str
    languages: tuple[str, ...]
    topics: Mapping[str, Topic]
    sources: Mapping[str, Source]
    seed_claims: Mapping[str, SeedClaim]
    countries: Mapping[str, Country]
    carrier_words: CarrierWords
    wordings: Mapping[str, Wording]
    regimens: Mapping[str, Regimen]
    danger: DangerSigns
    facts: Mapping[str, Fact]
    cell_therapy: CellTherapy
    _laid: dict[tuple[Row, ...], "Library"] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What was laid over this library, so that the same rows are not judged again."""
    _thresholds: dict[tuple[str, float | None, float | None, int | None], Thresholds] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """Those of each country and of clinics with their own: every text asks for them."""

    def with_overrides(self, rows: Iterable[Row]) -> "Library":
        """This library with a clinic's own rows over it: further aliases of topics, other words of fixed texts.

        Without rows it is this library itself; with the rows of an earlier call, what that call gave. The version says
        that there are rows and which. A row that the readers or the linter find a fault with is left out, since the
        content may have changed under it since it was published: ``content.check.check_rows`` says what is wrong.
        """
        asked = tuple(rows)
        if not asked:
            return self
        known = self._laid.get(asked)
        if known is None:
            if len(self._laid) >= _MOST_LAID:  # rows of clinics that changed since
                self._laid.clear()
            known = self._laid[asked] = self._with(asked)
        return known

    def _with(self, rows: tuple[Row, ...]) -> "Library":
        from content.check import check_rows  # the linter is made for libraries, and cannot be there before them

        while faults := check_rows(self, rows):
            faulty = {fault.line for fault in faults}
            rows = tuple(row for number, row in enumerate(rows, 1) if number not in faulty)
        laid = lay_over(self.topics, self.wordings, rows)
        return replace(
            self,
            version=f"{self.version}+{_version_of(rows)}" if rows else self.version,
            topics=MappingProxyType(dict(laid.topics)),
            wordings=MappingProxyType(dict(laid.wordings)),
        )

    def say(self, key: str, language: str, /, **values: str) -> str:
        """A fixed text with its placeholders filled in; values it has no place for are ignored.

        Raises UnknownWording when there is no such key or language, or a value is missing.
        """
        return _fill(self._text(key, language).text, key, language, values)

    def say_fact(self, fact_id: str, language: str, /, **values: str) -> str:
        """A fact with its placeholders filled in. Raises UnknownWording like ``say``."""
        text = self.fact(fact_id).text.get(language)
        if text is None:
            raise UnknownWording(fact_id, language, "there is no such language")
        return _fill(text, fact_id, language, values)

    def placeholders(self, key: str) -> frozenset[str]:
        """What ``say`` needs for a key. Raises UnknownWording when there is no such key."""
        return placeholders(self._text(key, self.languages[0]).text)

    def fact(self, fact_id: str) -> Fact:
        """The fact of an id, ``what.1``. Raises UnknownWording when there is none."""
        if fact_id not in self.facts:
            raise UnknownWording(fact_id, self.languages[0], "there is no such fact")
        return self.facts[fact_id]

    def pack_key(self, key: str, country: str) -> str:
        """The key of a pack's own text ("crisis", "us" -> "crisis.us"); the bare key where the country is not known."""
        return f"{key}.{country}" if country in self.countries else key

    def thresholds(self, country: str, own: HasThresholds | None = None) -> Thresholds:
        """From where on a patient must call: by the country pack, and by ``own`` where a clinic has set its own.

        An unknown country has the commonest ones.
        """
        key = (country, own.fever_c, own.low_c, own.stools) if own else (country, None, None, None)
        known = self._thresholds.get(key)
        if known is None:
            known = self._thresholds[key] = self._thresholds_of(*key)
        return known

    def _thresholds_of(self, country: str, fever: float | None, low: float | None, stools: int | None) -> Thresholds:
        pack = self._pack_or_first(country)
        return Thresholds(
            fever_c=pack.fever_c if fever is None else round(fever, 1),
            fever_f=pack.fever_f if fever is None else fahrenheit(fever),
            low_c=pack.low_c if low is None else round(low, 1),
            low_f=pack.low_f if low is None else fahrenheit(low),
            stools=int(self.danger.limit("stools")) if stools is None else stools,
        )

    def country_values(self, country: str, language: str, own: HasThresholds | None = None) -> dict[str, str]:
        """What a country's texts are filled in with: emergency, er, thresholds; crisis and poison where checked.

        An unchecked or unknown country gets "your local emergency number" and the commonest thresholds; with ``own``
        they are the clinic's.
        """
        wording = self._wording(language)
        pack = self.countries.get(country)
        values = {
            "emergency": (pack.emergency if pack else None) or wording.local_emergency,
            "er": self._pack_or_first(country).er[language],
            **self.thresholds(country, own).values(),
        }
        lines = {"crisis": pack.crisis, "poison": pack.poison} if pack else {}
        return values | {name: number for name, number in lines.items() if number}

    def citation(self, fact_id: str) -> str | None:
        """Where a fact is from, for the reply to SOURCE: title and organisation of its first source, if it has one."""
        names = self.fact(fact_id).sources
        return f"{self.sources[names[0]].title}. {self.sources[names[0]].organisation}." if names else None

    def day_values(self, language: str, day: date) -> dict[str, str]:
        """``dow`` and ``date`` of a day as the language writes them: "Wed", "Sep 30"."""
        calendar = self._wording(language).calendar
        return {"dow": calendar.day_name(day), "date": calendar.date_text(day)}

    def time_text(self, language: str, at: time) -> str:
        """A local time as the language writes it: "9:30 AM"."""
        return self._wording(language).calendar.time_text(at)

    def times_text(self, language: str, times: Iterable[time], *, at_clinic: bool = False) -> str:
        """Several times of one day; ``at_clinic`` says that they are by the clinic's clock."""
        return self._wording(language).calendar.times_text(times, at_clinic=at_clinic)

    def language_name(self, language: str) -> str:
        """What a language is called in itself: "español"."""
        return self._wording(language).name

    def _pack_or_first(self, country: str) -> Country:
        return self.countries.get(country) or next(iter(self.countries.values()))

    def _wording(self, language: str) -> Wording:
        if language not in self.wordings:
            raise UnknownWording("*", language, "there is no such language")
        return self.wordings[language]

    def _text(self, key: str, language: str) -> Text:
        texts = self._wording(language).texts
        if key not in texts:
            raise UnknownWording(key, language, "there is no such text")
        return texts[key]


def load(directory: Path | None = None) -> Library:
    """All content of a directory, the packaged one by default. Raises ContentError with every fault."""
    return read(directory or PACKAGED)[0]


def read(directory: Path) -> tuple[Library, Callable[[str], TomlFile]]:
    """All content, and its files by their names for whoever looks for the line of something."""
    reading = _Reading(directory)
    library = reading.read()
    if library is None or reading.faults:
        raise ContentError(reading.faults)
    return library, reading.file


class _Reading:
    """Reads one directory; a file that cannot be read leaves its faults and a gap."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._files: dict[str, TomlFile] = {}
        self._faults: list[Fault] = []

    @property
    def faults(self) -> list[Fault]:
        """Everything found so far."""
        return [*self._faults, *(fault for file in self._files.values() for fault in file.faults)]

    def file(self, name: str) -> TomlFile:
        """A file by its name, ``topics/what.toml``, read once. Raises ContentError when it is not TOML."""
        if name not in self._files:
            self._files[name] = read_toml(self.directory / name, name)
        return self._files[name]

    def read(self) -> Library | None:
        """The library; None when there are faults."""
        index = self._part(self._index)
        if index is None:
            return None
        languages, codes = index["languages"], index["countries"]
        sources = self._part(lambda: readers.read_sources(self.file("sources.toml")))
        claims = self._part(lambda: readers.read_seed_claims(self.file("seed_claims.toml"), languages))
        words = self._part(lambda: readers.read_carrier_words(self.file("carrier_words.toml")))
        cell_therapy = self._part(lambda: read_cell_therapy(self.file("cell_therapy.toml")))
        topics = self._all("topics", index["topics"], lambda file, name: readers.read_topic(file, name, languages))
        wordings = self._all("wording", languages, lambda file, name: readers.read_wording(file, name, codes))
        danger = self._part(lambda: load_danger(self.directory / "danger"))
        regimens = self._part(lambda: load_regimens(self.directory / "regimens"))
        if danger is not None and regimens is not None:
            references.check_listed(self.file, "danger", index["danger"], danger)
            references.check_listed(self.file, "regimens", index["regimens"], regimens)
        if sources is None or claims is None or words is None or danger is None or regimens is None:
            return None
        if cell_therapy is None:
            return None
        countries = self._all("countries", codes, lambda file, name: readers.read_country(file, name, words, languages))
        if self.faults:
            return None
        references.check_facts(self.file, topics, sources, claims, countries)
        references.check_packs(self.file, wordings, countries, sources)
        references.check_danger(self.file, danger, topics, sources)
        return Library(
            version=_version(self.directory),
            languages=languages,
            topics=MappingProxyType(topics),
            sources=MappingProxyType(sources),
            seed_claims=MappingProxyType(claims),
            countries=MappingProxyType(countries),
            carrier_words=words,
            wordings=MappingProxyType(wordings),
            regimens=MappingProxyType(regimens),
            danger=danger,
            facts=MappingProxyType({fact.id: fact for topic in topics.values() for fact in topic.facts}),
            cell_therapy=cell_therapy,
        )

    def _index(self) -> dict[str, tuple[str, ...]]:
        file = self.file("index.toml")
        index = {key: file.table.texts(key, required=True) for key in _INDEX}
        file.table.finish()
        for key, folder in _INDEX.items():
            if not index[key]:
                file.fault("index", f"list what stands in {folder}/", key)
            for number, name in enumerate(index[key]):
                if name in index[key][:number]:
                    file.fault("duplicate", f"'{name}' is listed twice: remove one", key, number)
            for path in sorted((self.directory / folder).glob("*.toml")):
                if path.stem not in index[key]:
                    mend = f"list '{path.stem}' under '{key}' in index.toml, or remove this file"
                    self._faults.append(Fault(f"{folder}/{path.name}", 1, "index", mend))
        return index

    def _part(self, read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except ContentError as error:
            self._faults += error.faults
            return None

    def _all(
        self, folder: str, names: Iterable[str], read: Callable[[TomlFile, str], Value | None]
    ) -> dict[str, Value]:
        found = {name: self._one(folder, name, read) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def _one(self, folder: str, name: str, read: Callable[[TomlFile, str], Value | None]) -> Value | None:
        return self._part(lambda: read(self.file(f"{folder}/{name}.toml"), name))


_INDEX = {
    "languages": "wording",
    "countries": "countries",
    "topics": "topics",
    "danger": "danger",
    "regimens": "regimens",
}
"""The lists of index.toml, and the folder that each is about."""


def _fill(text: str, key: str, language: str, values: Mapping[str, str]) -> str:
    try:
        filled = text.format_map(values)
    except KeyError as error:
        raise UnknownWording(key, language, f"nothing was given for {{{error.args[0]}}}") from error
    # "9:30 a.m." and "Riverside Inc." bring a full stop of their own to the end of a sentence.
    return _TWO_STOPS.sub(".", filled)


def _version_of(rows: Iterable[Row]) -> str:
    digest = sha256()
    for row in rows:
        digest.update(f"{row.kind}\0{row.key}\0{row.language}\0{row.text}\0".encode())
    return digest.hexdigest()[:8]


def _version(directory: Path) -> str:
    digest = sha256()
    for path in sorted(directory.rglob("*.toml")):
        digest.update(f"{path.relative_to(directory).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
