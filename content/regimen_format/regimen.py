"""A regimen: read from a TOML table or from the JSON that a plan stores, every section and then the judge."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from content.faults import ContentError, Fault
from content.regimen_format import judge, rules, sections
from content.regimen_format.model import Attached, Choice, Extra, Item, Phase, Rule, Stop
from content.toml_file import Table, TomlFile

VERIFIED = ("yes", "partly", "no")


@dataclass(frozen=True, eq=False)
class Regimen:
    """A whole regimen; equal if their definitions are. ``definition`` is the file's own table, unchanged."""

    id: str
    version: int
    title: str
    verified: str
    confirm: str
    sources: tuple[str, ...]
    pause_rule: str | None
    items: Mapping[str, Item]
    choices: tuple[Choice, ...]
    phases: tuple[Phase, ...]
    extras: tuple[Extra, ...]
    attached: tuple[Attached, ...]
    stops: tuple[Stop, ...]
    reminders: tuple[Rule, ...]
    definition: Mapping[str, Any]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Regimen) and self._json == other._json)

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    def phase(self, phase_id: str) -> Phase | None:
        """The phase with this id."""
        return next((phase for phase in self.phases if phase.id == phase_id), None)

    @staticmethod
    def from_json(text: str) -> "Regimen":
        """The regimen of a ``to_json()``; the same text gives the same object. Raises ContentError if it is none."""
        return _from_json(text)

    def to_json(self) -> str:
        """The whole definition in one stable line: the same for the same rules, whatever the file's layout."""
        return self._json

    def digest(self) -> str:
        """SHA-256 of ``to_json()`` in hex: what a clinic signs off."""
        return sha256(self._json.encode()).hexdigest()

    @cached_property
    def _json(self) -> str:
        return json.dumps(self.definition, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(file: TomlFile) -> Regimen:
    """The regimen of a parsed file; raises ContentError with every fault of the file."""
    table = file.table
    regimen = _regimen(file, table)
    if not file.faults:
        judge.judge(regimen, table)
    file.raise_faults()
    return regimen


def _regimen(file: TomlFile, table: Table) -> Regimen:
    version = table.integer("version")
    if "version" in table and version < 1:
        table.fault("range", "'version' counts from 1", "version")
    sources = table.texts("sources", required=True)
    if "sources" in table and not sources:
        table.fault("empty", "'sources' has no source: name at least one", "sources")
    items = table.child("items")
    phases = table.tables("phase", required=True)
    if "phase" in table and not phases:
        table.fault("empty", "write at least one [[phase]]", "phase")
    read = Regimen(
        id=_id(file, table),
        version=version,
        title=table.text("title"),
        verified=table.choice("verified", VERIFIED),
        confirm=table.text("confirm"),
        sources=sources,
        pause_rule=table.optional_text("pause_rule"),
        items={},
        choices=tuple(sections.choice(each) for each in table.tables("choice")),
        phases=tuple(sections.phase(each) for each in phases),
        extras=tuple(sections.extra_dose(each) for each in table.tables("extra")),
        attached=(
            *(sections.attached(each, is_paired=True) for each in table.tables("paired")),
            *(sections.attached(each, is_paired=False) for each in table.tables("linked")),
        ),
        stops=tuple(sections.stop(each) for each in table.tables("stop")),
        reminders=rules.rules(table.child("reminders")),
        definition=file.data,
    )
    table.finish()
    return replace(read, items=_items(items, read))


def _items(table: Table, regimen: Regimen) -> dict[str, Item]:
    """The items in the order in which the phases name them: nothing depends on the order of the file's tables."""
    read = {name: sections.item(table.child(name), name) for name in table}
    named = [give.item for phase in regimen.phases for give in phase.gives]
    return {name: read[name] for name in dict.fromkeys([*named, *read]) if name in read}


def _id(file: TomlFile, table: Table) -> str:
    regimen_id = sections.identifier(table)
    stem = re.sub(r"^.*[/\\]|\.toml$", "", file.name)
    if regimen_id and regimen_id != stem:
        table.fault("id", f"'id' must be the name of the file, \"{stem}\"", "id")
    return regimen_id


@lru_cache(maxsize=1_024)
def _from_json(text: str) -> Regimen:
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise ContentError([Fault("plan", 1, "syntax", "the stored regimen is not JSON")]) from error
    if not isinstance(definition, dict):
        raise ContentError([Fault("plan", 1, "syntax", "the stored regimen is not a JSON object")])
    return read(TomlFile(str(definition.get("id", "plan")), "", definition))
