"""All that people read or write of the content, written out so that one version can be compared with another.

What is written out is kept when a clinic signs it off. Weights, word lists of the spelling and the like are not in it:
they are what a text is understood with, not what anybody reads.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from content.danger import DangerSign
from content.library import Library
from content.model import Country

_SHORT = 12


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: ``kind`` (topic, fact, text, danger, words, country, source, regimen), the name that it
    has there, and which part of it, such as a language.
    """

    kind: str
    name: str
    part: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is no more at a place, and what is new there. A text that was changed has one of each."""

    place: Place
    gone: tuple[str, ...]
    new: tuple[str, ...]


def written_out(library: Library) -> str:
    """The whole content as JSON: rows of kind, name, part and what stands there."""
    rows = sorted((place.kind, place.name, place.part, list(entries)) for place, entries in _everything(library))
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def differences(before: str, after: str) -> list[Difference]:
    """What differs between two versions that were written out, in the order of the places."""
    old, new = _read(before), _read(after)
    found = []
    for place in sorted({*old, *new}):
        was, is_now = old.get(place, ()), new.get(place, ())
        gone = tuple(each for each in was if each not in is_now)
        added = tuple(each for each in is_now if each not in was)
        if gone or added:
            found.append(Difference(place, gone, added))
    return found


def definition_differences(before: str, after: str) -> list[Difference]:
    """What differs between two definitions of a regimen (``Regimen.to_json``): each place by its path in the file."""
    old, new = dict(_flat("", json.loads(before))), dict(_flat("", json.loads(after)))
    return [
        Difference(Place("regimen", path, ""), tuple(_as_entries(old, path)), tuple(_as_entries(new, path)))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{path}.{key}" if path else key, each)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, each in enumerate(value, 1):
            yield from _flat(f"{path} {number}", each)
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _as_entries(values: Mapping[str, str], path: str) -> list[str]:
    return [values[path]] if path in values else []


def _read(written: str) -> Mapping[Place, tuple[str, ...]]:
    return {Place(kind, name, part): tuple(entries) for kind, name, part, entries in json.loads(written)}


def _everything(library: Library) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for topic in library.topics.values():
        for language in library.languages:
            yield Place("topic", topic.id, language), topic.words(language)
        yield Place("topic", topic.id, "urgent line"), ("yes" if topic.urgent_line else "no",)
    for fact in library.facts.values():
        for language, text in fact.text.items():
            yield Place("fact", fact.id, language), (text,)
        yield Place("fact", fact.id, "sources"), fact.sources
        yield Place("fact", fact.id, "countries"), fact.countries
    for language, wording in library.wordings.items():
        for key, fixed in wording.texts.items():
            yield Place("text", key, language), (fixed.text,)
    for sign in library.danger.values():
        yield from _of_sign(sign)
    for group, members in library.danger.words.items():
        yield Place("words", group, ""), members
    for country in library.countries.values():
        yield from _of_country(country)
    for source in library.sources.values():
        yield Place("source", source.id, ""), (f"{source.title}. {source.organisation}. {source.url}",)
    for regimen in library.regimens.values():
        yield Place("regimen", regimen.id, ""), (f"{regimen.version} ({regimen.digest()[:_SHORT]})",)


def _of_sign(sign: DangerSign) -> Iterator[tuple[Place, tuple[str, ...]]]:
    yield Place("danger", sign.id, "level"), (sign.level,)
    yield Place("danger", sign.id, "sources"), sign.sources
    yield Place("danger", sign.id, "limits"), tuple(f"{name} {limit:g}" for name, limit in sign.limits.items())
    for part in ("phrases", "hints", "mild", "look_alikes"):
        for language, phrases in getattr(sign, part).items():
            yield Place("danger", sign.id, f"{part} {language}"), tuple(phrase.text for phrase in phrases)


def _of_country(country: Country) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for name, line in country.lines.items():
        checked = "verified" if line.verified else "not verified"
        yield Place("country", country.code, name), (f"{line.number} ({checked})",)
    fever = f"{country.fever_c:g} C {country.fever_f:g} F, low {country.low_c:g} C {country.low_f:g} F"
    yield Place("country", country.code, "fever"), (fever,)
    yield Place("country", country.code, "opt-out words"), country.opt_out_words
