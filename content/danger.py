"""The danger signs: what people write when something may be wrong, and what only looks like it.

Each ``danger/<sign>.toml`` is one sign; ``danger/words/*.toml`` are the groups of words its phrases may use, written in
the language of ``phrases.py``. A sign never says what a text means as a whole: negation, questions and the past are
judged by whoever reads the text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from content.faults import ContentError
from content.phrases import Phrase, parse, plain
from content.toml_file import Table, TomlFile, read_toml

LEVELS = ("crisis", "emergency", "overdose", "call_now", "same_day")
LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class DangerSign:
    """One sign.

    ``phrases`` have its level wherever they stand, ``hints`` where the rest of the text speaks for it as well,
    ``mild`` ones are for the same day, ``look_alikes`` are none of it.
    """

    id: str
    name: str
    level: str
    topic: str | None
    """The topic whose fact answers a question about the sign."""
    says: str
    sources: tuple[str, ...]
    review: str | None
    phrases: Mapping[str, tuple[Phrase, ...]]
    hints: Mapping[str, tuple[Phrase, ...]]
    mild: Mapping[str, tuple[Phrase, ...]]
    look_alikes: Mapping[str, tuple[Phrase, ...]]
    limits: Mapping[str, float]
    """Thresholds of numbers, each named in the file with its unit and source."""


class DangerSigns(Mapping[str, DangerSign]):
    """Every sign by its id, and ``words``: every group with its members, groups within groups resolved."""

    def __init__(self, signs: Mapping[str, DangerSign], words: Mapping[str, tuple[str, ...]]) -> None:
        self._signs = dict(signs)
        self.words = MappingProxyType(dict(words))

    def __getitem__(self, key: str) -> DangerSign:
        return self._signs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signs)

    def __len__(self) -> int:
        return len(self._signs)

    def limit(self, name: str) -> float:
        """A threshold by its name, whichever sign it stands in; KeyError when none has it."""
        for sign in self._signs.values():
            if name in sign.limits:
                return sign.limits[name]
        raise KeyError(name)


def load_danger(directory: Path) -> DangerSigns:
    """Reads ``directory/*.toml`` and ``directory/words/*.toml``; raises ContentError with every fault found."""
    files: list[TomlFile] = []
    words = _load_words(directory / "words", files)
    signs: dict[str, DangerSign] = {}
    for path in sorted(directory.glob("*.toml")):
        file = _open(path, directory, files)
        sign = _read_sign(file, path.stem, words)
        signs[sign.id] = sign
    faults = [fault for file in files for fault in file.faults]
    if faults:
        raise ContentError(faults)
    return DangerSigns(signs, words)


def _open(path: Path, directory: Path, files: list[TomlFile]) -> TomlFile:
    file = read_toml(path, str(Path(directory.name) / path.relative_to(directory)))
    files.append(file)
    return file


def _load_words(directory: Path, files: list[TomlFile]) -> dict[str, tuple[str, ...]]:
    written: dict[str, tuple[TomlFile, tuple[str, ...]]] = {}
    for path in sorted(directory.glob("*.toml")):
        file = _open(path, directory.parent, files)
        for group in file.table:
            if group in written:
                file.fault("duplicate", f"the group '{group}' stands in {written[group][0].name} too: join them", group)
            written[group] = (file, file.table.texts(group, required=True))
    return {group: _members(group, written, ()) for group in written}


def _members(
    group: str, written: Mapping[str, tuple[TomlFile, tuple[str, ...]]], within: tuple[str, ...]
) -> tuple[str, ...]:
    file, members = written[group]
    found: dict[str, None] = {}
    for number, member in enumerate(members):
        inner = member.removeprefix("{").removesuffix("}")
        if not member.startswith("{"):
            found[" ".join(plain(member).split())] = None
        elif inner not in written:
            file.fault("group", f"there is no group '{inner}': correct the name or add the group", group, number)
        elif inner in within or inner == group:
            file.fault("group", f"'{group}' and '{inner}' hold each other: take one out", group, number)
        else:
            found |= dict.fromkeys(_members(inner, written, (*within, group)))
    return tuple(found)


def _read_sign(file: TomlFile, stem: str, words: Mapping[str, tuple[str, ...]]) -> DangerSign:
    table = file.table
    sign = DangerSign(
        id=table.text("id"),
        name=table.text("name"),
        level=table.choice("level", LEVELS),
        topic=table.optional_text("topic"),
        says=table.text("says"),
        sources=table.texts("sources"),
        review=table.optional_text("review"),
        phrases=_read_phrases(table, "phrases", words, required=True),
        hints=_read_phrases(table, "hints", words),
        mild=_read_phrases(table, "mild", words),
        look_alikes=_read_phrases(table, "look_alikes", words),
        limits=_read_limits(table),
    )
    table.finish()
    if sign.id != stem:
        table.fault("id", f'the file is called {stem}.toml: write id = "{stem}" or rename the file', "id")
    if not sign.sources and not sign.review:
        table.fault("source", "name a source, or say under 'review' what is needed", "sources")
    return sign


def _read_phrases(
    table: Table, key: str, words: Mapping[str, tuple[str, ...]], *, required: bool = False
) -> Mapping[str, tuple[Phrase, ...]]:
    child = table.child(key, required=required)
    phrases: dict[str, tuple[Phrase, ...]] = {}
    for language in LANGUAGES:
        seen: set[str] = set()
        good: list[Phrase] = []
        for number, text in enumerate(child.texts(language, required=required)):
            phrase = _read_phrase(child, text, words, language, number)
            if text in seen:
                child.fault("duplicate", f"'{text}' stands here twice: remove one", language, number)
            elif phrase:
                good.append(phrase)
            seen.add(text)
        phrases[language] = tuple(good)
    child.finish()
    return MappingProxyType(phrases)


def _read_phrase(
    table: Table, text: str, words: Mapping[str, tuple[str, ...]], language: str, number: int
) -> Phrase | None:
    try:
        phrase = parse(text)
    except ValueError as error:
        table.fault("phrase", str(error), language, number)
        return None
    named = (alternative for run in phrase.runs for step in run for alternative in step.alternatives)
    missing = [name.strip("{}") for name in named if name.startswith("{") and name.strip("{}") not in words]
    for group in missing:
        table.fault("group", f"there is no group '{group}' in danger/words", language, number)
    return None if missing else phrase


def _read_limits(table: Table) -> Mapping[str, float]:
    child = table.child("limits", required=False)
    limits = {name: child.number(name) for name in child}
    child.finish()
    return MappingProxyType(limits)
