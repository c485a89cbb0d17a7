"""The linter behind ``immunotext content check``: what is wrong with a directory of content, fault by fault.

What can be loaded is then judged by the rules of ``content/checks``; what is only waiting for a person to look at it is
no fault, and listed by ``reviews_needed``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from content.checks import carriers, coverage, language, length, never, topics, urgent
from content.checks.texts import Report
from content.faults import ContentError, Fault
from content.library import PACKAGED, Library, read
from content.model import SignOff
from content.overrides import ALIAS, NAME, OFF, WORDING, Laid, Row, lay_over, narrowed
from content.plain import Plain
from content.switching import why_kept
from content.toml_file import TomlFile

_FAMILIES = (topics, coverage, language, length, never, carriers, urgent)


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


def check_rows(library: Library, rows: Sequence[Row]) -> list[Fault]:
    """Every fault of rows that are laid over a library, read and linted as if they stood in its files.

    A fault's file is ``overrides.NAME``, its line the place of its row, from 1. Faults of the library are left out.
    """
    laid = lay_over(library.topics, library.wordings, rows)
    report = Report(lambda name: _LaidFile(name, laid))
    # No row touches a fact, and facts are most of what the linter reads.
    topics_alone = {name: replace(topic, facts=()) for name, topic in laid.topics.items()}
    whole = replace(library, topics=topics_alone, wordings=laid.wordings)
    if any(row.kind == ALIAS for row in rows):
        topics.check(whole, report)
    changed = {row.key for row in rows if row.kind == WORDING}
    if changed:
        language.check(whole, report)
        few = replace(whole, wordings=narrowed(laid.wordings, changed))
        for family in (length, never, carriers, urgent):
            family.check(few, report)
    found = {Fault(NAME, fault.line, fault.rule, fault.mend) for fault in report.faults if fault.line}
    return sorted({*laid.faults, *found, *_fixed(library, rows), *_kept(library, laid, rows)})


def _fixed(library: Library, rows: Sequence[Row]) -> Iterator[Fault]:
    """Rows that change what nobody's own words may stand for."""
    for number, row in enumerate(rows, 1):
        why = urgent.why_fixed(row.key) if row.kind == WORDING else None
        ours = library.wordings[row.language].texts.get(row.key) if row.language in library.wordings else None
        if why is not None and ours is not None and ours.text != row.text:
            yield Fault(NAME, number, "fixed", f"{row.key}: {why}: leave it as it is")


def _kept(library: Library, laid: Laid, rows: Sequence[Row]) -> Iterator[Fault]:
    """Rows that switch off what no clinic may; a wording of the clinic's own may name what another row leaves out."""
    off = [row.key for row in rows if row.kind == OFF]
    for number, row in enumerate(rows, 1):
        why = row.kind == OFF and why_kept(library.topics, library.danger, laid.wordings.values(), row.key, off)
        if why:
            yield Fault(NAME, number, "kept", why)


class _LaidFile(TomlFile):
    """A file of the content in which some places are rows."""

    def __init__(self, name: str, laid: Laid) -> None:
        super().__init__(name, "", {})
        self._laid = laid

    def line_of(self, *path: str | int) -> int:
        """The row at a place; 0 where the place is the library's own."""
        return self._laid.places.get((self.name, path), 0)


def reviews_needed(library: Library, today: date | None = None) -> list[Plain]:
    """What a person has still to look at, one line each: facts, sources, numbers, danger signs, and files not signed.

    With ``today`` also the files whose review is overdue.
    """
    return list(_reviews(library, today))


def _reviews(library: Library, today: date | None) -> Iterator[Plain]:
    for fact in library.facts.values():
        if fact.review:
            yield Plain("fact {name}: {what}", name=fact.id, what=Plain(fact.review))
    for source in library.sources.values():
        if source.review:
            yield Plain("source {name}: {what}", name=source.id, what=Plain(source.review))
    for country in library.countries.values():
        for name, line in country.lines.items():
            if line.review:
                what = Plain(line.review)
                yield Plain("country {code}, {name} number: {what}", code=country.code, name=name, what=what)
    for sign in library.danger.values():
        if sign.review:
            yield Plain("danger sign {name}: {what}", name=sign.id, what=Plain(sign.review))
    for wording in library.wordings.values():
        for key, text in wording.texts.items():
            if text.review:
                file, what = f"wording/{wording.language}.toml", Plain(text.review)
                yield Plain("{file}, {name}: {what}", file=file, name=key, what=what)
    yield from _unsigned(library, today)


def _unsigned(library: Library, today: date | None) -> Iterator[Plain]:
    folders: dict[str, list[tuple[str, SignOff]]] = {
        "topics": [(topic.id, topic.sign_off) for topic in library.topics.values()],
        "countries": [(country.code, country.sign_off) for country in library.countries.values()],
        "wording": [(wording.language, wording.sign_off) for wording in library.wordings.values()],
    }
    for folder, signed in folders.items():
        missing = [name for name, sign_off in signed if not sign_off.reviewer]
        if missing:
            names = Plain("every file") if len(missing) == len(signed) else missing
            yield Plain(
                "{folder}/: needed: a second person reads and signs as reviewer: {names}", folder=folder, names=names
            )
        for name, sign_off in signed:
            if today and sign_off.review_by < today:
                file = f"{folder}/{name}.toml"
                yield Plain("{file}: needed: its review was due on {day}", file=file, day=sign_off.review_by)
