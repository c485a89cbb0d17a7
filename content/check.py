"""The linter behind ``immunotext content check``: what is wrong with a directory of content, fault by fault.

What can be loaded is then judged by the rules of ``content/checks``; what is only waiting for a person to look at it is
no fault, and listed by ``reviews_needed``.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from content.checks import carriers, coverage, language, length, never, topics
from content.checks.texts import Report
from content.faults import ContentError, Fault
from content.library import PACKAGED, Library, read
from content.model import SignOff

_FAMILIES = (topics, coverage, language, length, never, carriers)


def check(directory: Path | None = None) -> list[Fault]:
    """Every fault of a directory of content, the packaged one by default; none when it is fit to be texted.

    A directory that cannot be loaded has the faults of loading alone: mend those first.
    """
    try:
        library, files = read(directory or PACKAGED)
    except ContentError as error:
        return list(error.faults)
    report = Report(files)
    for family in _FAMILIES:
        family.check(library, report)
    return sorted(set(report.faults))


def reviews_needed(library: Library, today: date | None = None) -> list[str]:
    """What a person has still to look at, one line each: facts, sources, numbers, danger signs, and files not signed.

    With ``today`` also the files whose review is overdue.
    """
    return list(_reviews(library, today))


def _reviews(library: Library, today: date | None) -> Iterator[str]:
    for fact in library.facts.values():
        if fact.review:
            yield f"fact {fact.id}: {fact.review}"
    for source in library.sources.values():
        if source.review:
            yield f"source {source.id}: {source.review}"
    for country in library.countries.values():
        for name, line in country.lines.items():
            if line.review:
                yield f"country {country.code}, {name} number: {line.review}"
    for sign in library.danger.values():
        if sign.review:
            yield f"danger sign {sign.id}: {sign.review}"
    for wording in library.wordings.values():
        for key, text in wording.texts.items():
            if text.review:
                yield f"wording/{wording.language}.toml, {key}: {text.review}"
    yield from _unsigned(library, today)


def _unsigned(library: Library, today: date | None) -> Iterator[str]:
    folders: dict[str, list[tuple[str, SignOff]]] = {
        "topics": [(topic.id, topic.sign_off) for topic in library.topics.values()],
        "countries": [(country.code, country.sign_off) for country in library.countries.values()],
        "wording": [(wording.language, wording.sign_off) for wording in library.wordings.values()],
    }
    for folder, signed in folders.items():
        missing = [name for name, sign_off in signed if not sign_off.reviewer]
        if missing:
            names = "every file" if len(missing) == len(signed) else ", ".join(missing)
            yield f"{folder}/: needed: a second person reads and signs as reviewer: {names}"
        for name, sign_off in signed:
            if today and sign_off.review_by < today:
                yield f"{folder}/{name}.toml: needed: its review was due on {sign_off.review_by}"
