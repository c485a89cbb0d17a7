"""What one content file says about another: sources, claims, countries and topics that must be there.

These are judged at loading, since a text that names what is not there could not be sent.
"""

from collections.abc import Callable, Iterable, Mapping

from content import wording_keys
from content.danger import DangerSign
from content.model import Country, Fact, SeedClaim, Source, Topic, Wording, placeholders
from content.thresholds import STOOLS
from content.toml_file import TomlFile

Files = Callable[[str], TomlFile]
"""A file of the content by its name, ``topics/what.toml``; faults noted there are reported."""


def check_facts(
    files: Files,
    topics: Mapping[str, Topic],
    sources: Mapping[str, Source],
    claims: Mapping[str, SeedClaim],
    countries: Mapping[str, Country],
) -> None:
    """Every source, claim and country that a fact names is there, and so is every number that it is filled in with."""
    seen: set[str] = set()
    for topic in topics.values():
        file = files(f"topics/{topic.id}.toml")
        for number, fact in enumerate(topic.facts):
            at = ("fact", number)
            if fact.id in seen:
                file.fault("duplicate", f"there is another fact '{fact.id}': give each its own number", *at, "id")
            seen.add(fact.id)
            _check_names(file, fact.sources, sources, "sources.toml has no source", *at, "sources")
            _check_names(file, fact.seed_claims, claims, "seed_claims.toml has no claim", *at, "seed_claims")
            _check_names(file, fact.countries, countries, "index.toml lists no country", *at, "countries")
            _check_numbers(file, fact, countries, *at)
        for code in countries:
            if topic.facts and not topic.facts_in(code):
                file.fault("countries", f"no fact of this topic holds in '{code}': add one for it", "fact")


def _check_numbers(file: TomlFile, fact: Fact, countries: Mapping[str, Country], *at: str | int) -> None:
    lacking = [code for code, pack in countries.items() if fact.holds_in(code) and not _has(pack, fact.placeholders)]
    if lacking:
        mend = "name the countries where it holds: countries = [...], and write another fact for the others"
        packs = ", ".join(lacking)
        file.fault("countries", f"the packs {packs} have no checked number for this text: {mend}", *at, "countries")


def check_packs(
    files: Files, wordings: Mapping[str, Wording], countries: Mapping[str, Country], sources: Mapping[str, Source]
) -> None:
    """Every pack's own texts can be filled in, alike in every language; its sources and languages are there."""
    for code, pack in countries.items():
        file = files(f"countries/{code}.toml")
        for name, line in pack.lines.items():
            _check_names(
                file, [line.source] if line.source else [], sources, "sources.toml has no source", name, "source"
            )
        _check_names(file, pack.fever_sources, sources, "sources.toml has no source", "fever", "sources")
        _check_names(file, pack.languages, wordings, "index.toml lists no language", "languages")
        for key in (f"{text}.{code}" for text in wording_keys.PACK_TEXTS):
            _check_pack_text(files, key, wordings, pack)


def _check_pack_text(files: Files, key: str, wordings: Mapping[str, Wording], pack: Country) -> None:
    first = next(iter(wordings.values())).texts[key].text
    for language, wording in wordings.items():
        found = placeholders(wording.texts[key].text)
        at = ("reply", key, "text")
        if found != placeholders(first):
            files(f"wording/{language}.toml").fault("placeholder", "fill in the same {names} in every language", *at)
        elif not _has(pack, found):
            files(f"wording/{language}.toml").fault(
                "placeholder", f"countries/{pack.code}.toml has no checked number for every {{name}} of this text", *at
            )


def check_listed(files: Files, key: str, listed: Iterable[str], found: Mapping[str, object]) -> None:
    """Every danger sign or regimen that index.toml lists is there."""
    for number, name in enumerate(listed):
        if name not in found:
            files("index.toml").fault("missing", f"{key}/{name}.toml is not there: put it back", key, number)


def check_danger(
    files: Files, danger: Mapping[str, DangerSign], topics: Mapping[str, Topic], sources: Mapping[str, Source]
) -> None:
    """Every source and topic that a danger sign names is there, and the limit that texts name."""
    stools = {sign.id: sign.limits["stools"] for sign in danger.values() if "stools" in sign.limits}
    if not stools:
        mend = "no danger sign has the limit 'stools', which texts name: put it back into danger/stool.toml"
        files("index.toml").fault("missing", mend, "danger")
    for sign_id, limit in stools.items():
        if limit not in range(STOOLS[0], STOOLS[1] + 1):
            mend = f"'stools' is a number from {STOOLS[0]} to {STOOLS[1]}, as far as the sources go"
            files(f"danger/{sign_id}.toml").fault("range", mend, "limits", "stools")
    for sign in danger.values():
        name = f"danger/{sign.id}.toml"
        # Its file was read by its own loader; it is read again for the line of a fault alone.
        if lacking := [source for source in sign.sources if source not in sources]:
            _check_names(files(name), lacking, sources, "sources.toml has no source", "sources")
        if sign.topic is not None and sign.topic not in topics:
            files(name).fault("reference", f"index.toml lists no topic '{sign.topic}': correct it", "topic")


def _has(pack: Country, names: Iterable[str]) -> bool:
    return not ("crisis" in names and pack.crisis is None) and not ("poison" in names and pack.poison is None)


def _check_names(
    file: TomlFile, names: Iterable[str], known: Mapping[str, object], lacking: str, *at: str | int
) -> None:
    seen: set[str] = set()
    for name in names:
        if name not in known:
            file.fault("reference", f"{lacking} '{name}': correct the name or add it there", *at)
        if name in seen:
            file.fault("duplicate", f"'{name}' is named twice: remove one", *at)
        seen.add(name)
