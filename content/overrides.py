"""A clinic's own changes laid over the content: further words for a topic, other words for a text, what it leaves out.

A row is judged as if it stood in the files: here by their readers, then by their linter (``check.check_rows``). Nothing
that a text is filled in with may come or go by it, and a fixed text changes in every language or in none.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from content import readers
from content.faults import Fault
from content.model import Text, Topic, Wording, placeholders
from content.plain import Plain
from content.switching import topic_of, without
from content.toml_file import TomlFile

NAME = "overrides"
"""The file that faults of rows name; a fault's line is the row's place among the rows, from 1."""
ALIAS, WORDING, OFF = "alias", "wording", "off"


class Row(Hashable, Protocol):
    """One row: of kind ``alias`` the ``key`` is a topic and the ``text`` another word for it in one language.

    Of kind ``wording`` the ``key`` is that of a fixed text, ``help`` or ``item.pills``, and the ``text`` its words.
    Of kind ``off`` the ``key`` is a topic or a fact that is not sent; it has neither language nor text.
    """

    @property
    def kind(self) -> str:
        """``alias``, ``wording`` or ``off``."""

    @property
    def key(self) -> str:
        """What it is about."""

    @property
    def language(self) -> str:
        """The language of the text."""

    @property
    def text(self) -> str:
        """The words."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Topics and wordings with the rows in them, the row at each place that has one, and what could not be read."""

    topics: Mapping[str, Topic]
    wordings: Mapping[str, Wording]
    places: Mapping[tuple[str, tuple[str | int, ...]], int]
    faults: tuple[Fault, ...]


class _RowFile(TomlFile):
    """A row as a file of its own, so that the readers of files read it."""

    def __init__(self, number: int, data: dict[str, object]) -> None:
        super().__init__(NAME, "", data)
        self._number = number

    def line_of(self, *_path: str | int) -> int:
        """The row, wherever in it."""
        return self._number


def lay_over(topics: Mapping[str, Topic], wordings: Mapping[str, Wording], rows: Sequence[Row]) -> Laid:
    """The rows over topics and wordings; one that cannot be read leaves its faults, and what it is about as it was."""
    laying = _Laying(dict(topics), dict(wordings))
    for number, row in enumerate(rows, 1):
        laying.lay(number, row)
    laying.check_languages(rows)
    return Laid(laying.topics, laying.wordings, laying.places, tuple(laying.faults))


class _Laying:
    def __init__(self, topics: dict[str, Topic], wordings: dict[str, Wording]) -> None:
        self.topics = topics
        self.wordings = wordings
        self.places: dict[tuple[str, tuple[str | int, ...]], int] = {}
        self.faults: list[Fault] = []

    def lay(self, number: int, row: Row) -> None:
        if row.kind == OFF:
            self._switch_off(row)
        elif row.language not in self.wordings:
            self._fault(number, "language", Plain("there are no texts in '{language}'", language=row.language))
        elif row.kind == ALIAS:
            self._lay_alias(number, row)
        elif row.kind == WORDING:
            self._lay_text(number, row)
        else:
            self._fault(number, "kind", f"'{row.kind}' is none of: {ALIAS}, {WORDING}, {OFF}")

    def check_languages(self, rows: Sequence[Row]) -> None:
        """Both languages move together: what a text promises in one it promises in the other."""
        had: dict[str, set[str]] = {}
        for row in rows:
            if row.kind == WORDING:
                had.setdefault(row.key, set()).add(row.language)
        for number, row in enumerate(rows, 1):
            if row.kind == WORDING and (missing := self.wordings.keys() - had[row.key]):
                self._fault(number, "languages", Plain("write it in {languages} as well", languages=sorted(missing)))

    def _switch_off(self, row: Row) -> None:
        topic = topic_of(self.topics, row.key)
        if topic is not None:
            self.topics[topic.id] = without(topic, row.key)

    def _lay_alias(self, number: int, row: Row) -> None:
        topic = self.topics.get(row.key)
        if topic is None:
            self._fault(number, "topic", Plain("there is no topic '{topic}'", topic=row.key))
            return
        file = _RowFile(number, {"aliases": [row.text]})
        words = file.table.texts("aliases")
        self.faults += file.faults
        if file.faults:
            return
        before = topic.aliases[row.language]
        self.topics[row.key] = replace(topic, aliases={**topic.aliases, row.language: (*before, *words)})
        self.places[f"topics/{row.key}.toml", ("aliases", row.language, len(before))] = number

    def _lay_text(self, number: int, row: Row) -> None:
        wording = self.wordings[row.language]
        before = wording.texts.get(row.key)
        if before is None:
            self._fault(number, "wording", Plain("there is no fixed text '{key}'", key=row.key))
            return
        place = (f"wording/{row.language}.toml", place_of(row.key, before))
        if place in self.places:
            self._fault(number, "duplicate", "this text is changed twice: remove one")
            return
        data: dict[str, object] = {"text": row.text, "segments": before.segments}
        if before.category is not None:
            data["category"] = before.category
        file = _RowFile(number, data)
        text = readers.read_text(file.table, placeholders(before.text), is_reminder=before.proactive)
        self.faults += file.faults
        if not file.faults:
            self.wordings[row.language] = replace(wording, texts={**wording.texts, row.key: text})
            self.places[place] = number

    def _fault(self, number: int, rule: str, mend: str) -> None:
        self.faults.append(Fault(NAME, number, rule, mend))


def place_of(key: str, text: Text) -> tuple[str, ...]:
    """Where a fixed text stands in the file of its language."""
    base, _, item = key.partition(".")
    if base == "item":
        return ("items", item)
    return ("reminder" if text.proactive else "reply", key, "text")


def narrowed(wordings: Mapping[str, Wording], keys: Iterable[str]) -> dict[str, Wording]:
    """The wordings with these texts alone, and the words for items, which others are filled in with."""
    kept = set(keys)
    return {
        language: replace(
            wording,
            texts={key: text for key, text in wording.texts.items() if key in kept or key.startswith("item.")},
        )
        for language, wording in wordings.items()
    }
