"""The console in its other languages: what is new in the sources goes into each catalogue, and is compiled.

Its own sentences are found by gettext's names, those that come from below it by `content.plain.Plain`, and those of the
ground floor, which knows neither, where they stand together. Of the content they are the names of regimens, of their
parts, of danger signs and of countries, which no patient reads, and what its files say to staff: what a regimen is
about, what is asked, waited for, to be confirmed or to be checked, what a text is for.

`make translations` writes bot/clinic/translations/LANGUAGE/LC_MESSAGES/messages.po (edit it: a line `msgstr ""` has no
translation yet) and messages.mo beside it, which is what the console reads.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from channels import phone
from content import library as content
from content import regimens, wording_notes
from content.regimens import Regimen
from store import clinic_entry, patients

ROOT = Path(__file__).parents[1]
CONSOLE = "bot/clinic"
TRANSLATIONS = ROOT / CONSOLE / "translations"
LANGUAGES = ("es",)

_NEVER = datetime(2026, 1, 1, tzinfo=UTC)  # the same words give the same file
_TEMPLATES = ("**/templates/**.html", "**/templates/**.txt")
_METHODS = [("**.py", "python"), *((template, "jinja2") for template in _TEMPLATES)]
_BELOW = [("clinic/**.py", "ignore"), ("**.py", "python")]
_PLAINLY = {"Plain": None, "TooSoon": None}
_KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2), **_PLAINLY}
_GROUND = {
    "channels/phone.py": phone.SENTENCES,
    "store/clinic_entry.py": clinic_entry.NEEDED,
    "store/patients.py": (patients.ENROLLED_ALREADY, patients.CODE_TAKEN),
}
_JINJA = {template: {"trimmed": "true", "silent": "false"} for template in _TEMPLATES}


def found(language: str) -> Catalog:
    """Every sentence of the sources, in the order of the files that have it, with the translation that is kept."""
    kept = (
        read_po(io.BytesIO(catalogue_file(language).read_bytes()), locale=language)
        if catalogue_file(language).exists()
        else Catalog()
    )
    catalog = Catalog(
        locale=language,
        header_comment="# The console's sentences; `make translations` keeps this file in step with the sources.",
        project="Immunotext",
        version="1",
        creation_date=_NEVER,
        revision_date=_NEVER,
        last_translator="",
        language_team="",
        msgid_bugs_address="",
        fuzzy=False,
    )
    for file, message in _sentences():
        before = kept.get(message if isinstance(message, str) else message[0])
        string = before.string if before is not None else None
        catalog.add(message, string, [(file, 0)])
    return catalog


def _sentences() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """The file of each sentence and the sentence, a plural with its singular."""
    own = extract_from_dir(ROOT / CONSOLE, _METHODS, _JINJA, _KEYWORDS, strip_comment_tags=True)
    for file, _line, message, _comments, _context in sorted(own, key=lambda each: (each[0], each[1])):
        yield f"{CONSOLE}/{file}", message
    for folder in ("bot", "content", "scheduler"):
        below = extract_from_dir(ROOT / folder, _BELOW, {}, _PLAINLY, strip_comment_tags=True)
        for file, _line, message, _comments, _context in sorted(below, key=lambda each: (each[0], each[1])):
            yield f"{folder}/{file}", message
    for file, messages in _GROUND.items():
        yield from ((file, message) for message in messages)
    yield from _called()


def _called() -> Iterator[tuple[str, str]]:
    """What the content is called on a screen."""
    library = content.load()
    for regimen in library.regimens.values():
        file = f"content/regimens/{regimen.id}.toml"
        yield file, regimen.title
        yield from ((file, sentence) for sentence in _told_to_staff(regimen))
        yield from ((file, phase.title.replace("_", " ")) for phase in regimen.phases)
        yield from ((file, name) for name in (*regimen.items, *(each.name for each in regimen.attached)))
    for sign in library.danger.values():
        yield f"content/danger/{sign.id}.toml", sign.name
    for country in library.countries.values():
        yield f"content/countries/{country.code}.toml", country.name
    for note in wording_notes.notes().values():
        yield "content/wording/en.toml", note
    yield from ((file, review) for file, review in _to_be_checked(library) if review)


def _to_be_checked(library: content.Library) -> Iterator[tuple[str, str | None]]:
    """What a person has still to look at, with the file that says so."""
    for topic in library.topics.values():
        yield from ((f"content/topics/{topic.id}.toml", fact.review) for fact in topic.facts)
    yield from (("content/sources.toml", source.review) for source in library.sources.values())
    for country in library.countries.values():
        yield from ((f"content/countries/{country.code}.toml", line.review) for line in country.lines.values())
    yield from ((f"content/danger/{sign.id}.toml", sign.review) for sign in library.danger.values())
    for wording in library.wordings.values():
        yield from ((f"content/wording/{wording.language}.toml", text.review) for text in wording.texts.values())


def _told_to_staff(regimen: Regimen) -> Iterator[str]:
    """What the file of a regimen says to staff, in sentences and in a few words."""
    yield regimens.notes()[regimen.id]
    yield regimen.confirm
    yield from (choice.question for choice in regimen.choices)
    of_phases = ((phase.start.waits_for, *(give.label for give in phase.gives)) for phase in regimen.phases)
    extras = (extra.label for extra in regimen.extras)
    called = (item.called for item in regimen.items.values())
    yield from filter(None, (regimen.pause_rule, *chain.from_iterable(of_phases), *extras, *called))


def compiled(catalog: Catalog) -> bytes:
    """What the console reads of a catalogue."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def compiled_file(language: str) -> Path:
    """Where that stands."""
    return catalogue_file(language).with_suffix(".mo")


def written(catalog: Catalog) -> bytes:
    """The catalogue as a person edits it."""
    out = io.BytesIO()
    write_po(out, catalog, width=100, include_lineno=False)
    return out.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """The sentences that wait for a translator."""
    return [str(message.id) for message in catalog if message.id and not _is_whole(message.string)]


def main() -> None:
    """Writes every catalogue anew and tells how many sentences wait for a translator."""
    for language in LANGUAGES:
        catalog = found(language)
        catalogue_file(language).parent.mkdir(parents=True, exist_ok=True)
        catalogue_file(language).write_bytes(written(catalog))
        compiled_file(language).write_bytes(compiled(catalog))
        waiting = len(untranslated(catalog))
        sys.stdout.write(f"{language}: {len(catalog)} sentences, {waiting} without a translation\n")


def _is_whole(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def catalogue_file(language: str) -> Path:
    """Where the catalogue of a language stands."""
    return TRANSLATIONS / language / "LC_MESSAGES/messages.po"


if __name__ == "__main__":
    main()
