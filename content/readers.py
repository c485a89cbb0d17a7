"""Each kind of content file, read from its TOML into the values of ``model.py``.

What a reader finds wrong it notes as a fault of the file; nothing raises. References to other files are judged by
``references.py`` once everything is read.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, cast

from content import wording_keys
from content.model import (
    KINDS,
    Calendar,
    CarrierWords,
    Country,
    Fact,
    Kind,
    Line,
    SeedClaim,
    SignOff,
    Source,
    Text,
    Topic,
    Wording,
    placeholders,
)
from content.plain import Plain
from content.thresholds import FEVER_C, LOW_C
from content.toml_file import Table, TomlFile

_FIRST_YEAR, _LAST_YEAR = 2026, 2100
_PLACEHOLDER = re.compile(r"\{\w+\}")
_NUMBER = re.compile(r"\+?\d[\d -]*\d")
_REVIEW = "needed: "


def read_sign_off(table: Table) -> SignOff | None:
    """The [sign_off] of a file: who wrote it, who reviewed it ("" while nobody has), until when, which version."""
    below = table.child("sign_off")
    author, reviewer = below.text("author"), below.text("reviewer", may_be_empty=True)
    review_by, version = below.date("review_by"), below.integer("version")
    below.finish()
    if reviewer and reviewer.casefold() == author.casefold():
        below.fault("sign-off", "author and reviewer are the same: a second person must review", "reviewer")
    if review_by and not _FIRST_YEAR <= review_by.year <= _LAST_YEAR:
        below.fault("date", f"'review_by' must lie between {_FIRST_YEAR} and {_LAST_YEAR}", "review_by")
    if version < 1 and "version" in below:
        below.fault("range", "'version' starts at 1 and goes up with every change", "version")
    return SignOff(author, reviewer, review_by, version) if review_by else None


def read_review(table: Table) -> str | None:
    """The ``review`` of an entry: what is still to be checked about it."""
    review = table.optional_text("review")
    if review is not None and not (review.startswith(_REVIEW) and review.removeprefix(_REVIEW).strip()):
        table.fault("review", f"write \"{_REVIEW}\" and what is to be checked, or remove 'review'", "review")
    return review


def read_topic(file: TomlFile, topic: str, languages: Iterable[str]) -> Topic | None:
    """``topics/<id>.toml``"""
    table = file.table
    keywords, aliases = table.child("keyword"), table.child("aliases")
    keyword = {language: keywords.text(language, may_be_empty=True) for language in languages}
    others = {language: aliases.texts(language, required=True) for language in languages}
    keywords.finish()
    aliases.finish()
    urgent_line = table.flag("urgent_line")
    facts = tuple(_read_fact(each, languages) for each in table.tables("fact", required=True))
    retired = table.texts("retired")
    sign_off = read_sign_off(table)
    table.finish()
    if "fact" in table and not facts:
        table.fault("empty", "a topic needs at least one [[fact]]", "fact")
    _check_fact_ids(table, topic, [*retired, *(fact.id for fact in facts)], len(retired))
    if sign_off is None:
        return None
    return Topic(topic, MappingProxyType(keyword), MappingProxyType(others), urgent_line, facts, sign_off)


def _check_fact_ids(table: Table, topic: str, ids: Sequence[str], retired: int) -> None:
    """An id is never used again, since what was sent names it: a fact that goes leaves its id under ``retired``."""
    for number, fact_id in enumerate(ids):
        if fact_id and not re.fullmatch(rf"{re.escape(topic)}\.[1-9]\d*", fact_id):
            at = ("retired", number) if number < retired else ("fact", number - retired, "id")
            table.fault("id", f'the facts of this file are called "{topic}.1", "{topic}.2" ...', *at)
            return
    missing = {f"{topic}.{number}" for number in range(1, len(set(ids)) + 1)} - set(ids)
    if missing and "" not in ids:
        lost = min(missing)
        table.fault(
            "retired", f'{lost} is gone: put it back, or add retired = ["{lost}"] so that its id is not used again'
        )


def _read_fact(table: Table, languages: Iterable[str]) -> Fact:
    texts = {language: _filled_text(table, language) for language in languages}
    fact = Fact(
        id=table.text("id"),
        text=MappingProxyType(texts),
        sources=table.texts("sources"),
        seed_claims=table.texts("seed_claims"),
        kind=cast(Kind, table.choice("kind", KINDS)),
        review=read_review(table),
        countries=table.texts("countries"),
        segments=_segments(table, default=1),
        named_terms=table.texts("named_terms"),
    )
    table.finish()
    _check_fact_placeholders(table, texts)
    return fact


def _check_fact_placeholders(table: Table, texts: Mapping[str, str]) -> None:
    first, *others = texts
    _check_placeholders(table, texts[first], frozenset(), wording_keys.FACT_PLACEHOLDERS, first)
    for language in others:
        if texts[language] and placeholders(texts[language]) != placeholders(texts[first]):
            table.fault("placeholder", f"fill in the same {{names}} in '{language}' as in '{first}'", language)


def read_sources(file: TomlFile) -> dict[str, Source]:
    """``sources.toml``"""
    below = file.table.child("source")
    found = {name: _read_source(below.child(name), name) for name in below}
    read_sign_off(file.table)
    file.table.finish()
    return found


def _read_source(table: Table, name: str) -> Source:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
        table.fault("id", "a source is called by capital letters, digits and _")
    source = Source(
        id=name,
        title=table.text("title"),
        organisation=table.text("organisation"),
        url=table.text("url"),
        note=table.text("note", ""),
        review=read_review(table),
    )
    table.finish()
    if source.url and not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", source.url):
        table.fault("url", "write the whole address, starting with https://", "url")
    return source


def read_seed_claims(file: TomlFile, languages: Iterable[str]) -> dict[str, SeedClaim]:
    """``seed_claims.toml``"""
    found = {}
    for name in file.table:
        table = file.table.child(name)
        words = {language: table.texts(language, required=True) for language in languages}
        found[name] = SeedClaim(name, table.text("claim"), MappingProxyType(words))
        table.finish()
    return found


def read_carrier_words(file: TomlFile) -> CarrierWords:
    """``carrier_words.toml``"""
    table = file.table
    opt_out, opt_in, help_ = (table.texts(key, required=True) for key in ("opt_out", "opt_in", "help"))
    table.finish()
    return CarrierWords(opt_out, opt_in, help_)


def read_country(file: TomlFile, code: str, carrier_words: CarrierWords, languages: Iterable[str]) -> Country | None:
    """``countries/<cc>.toml``"""
    table = file.table
    fever, er = table.child("fever"), table.child("er")
    lines = {name: _read_line(table.child(name)) for name in ("emergency", "crisis", "poison") if name in table}
    if "emergency" not in lines:
        table.fault("missing", "add [emergency] with the country's emergency number")
    sign_off = read_sign_off(table)
    country = Country(
        code=code,
        name=table.text("name"),
        languages=table.texts("languages", required=True),
        unit=cast(Literal["C", "F"], table.choice("unit", ("C", "F"))),
        lines=MappingProxyType(lines),
        fever_c=fever.number("high_c"),
        fever_f=fever.number("high_f"),
        low_c=fever.number("low_c"),
        low_f=fever.number("low_f"),
        fever_sources=fever.texts("sources", required=True),
        er=MappingProxyType({language: er.text(language) for language in languages}),
        opt_out_words=(*carrier_words.opt_out, *table.texts("stop")),
        sign_off=cast(SignOff, sign_off),
    )
    for each in (table, fever, er):
        each.finish()
    _check_fever(fever, country)
    return country if sign_off else None


def _read_line(table: Table) -> Line:
    line = Line(table.text("number"), table.flag("verified"), table.optional_text("source"), read_review(table))
    table.finish()
    if line.number and not _NUMBER.fullmatch(line.number):
        table.fault("number", "write a phone number: digits, spaces and hyphens", "number")
    if line.verified and not line.source:
        table.fault("source", "a verified number names the page where it was read: add 'source'", "verified")
    if not line.verified and not line.review and "verified" in table:
        table.fault("review", f'say what is to be checked: review = "{_REVIEW}..."', "verified")
    return line


def _check_fever(table: Table, country: Country) -> None:
    for name, celsius, fahrenheit, lowest, highest in (
        ("high", country.fever_c, country.fever_f, *FEVER_C),
        ("low", country.low_c, country.low_f, *LOW_C),
    ):
        if f"{name}_c" not in table or f"{name}_f" not in table:
            continue
        if not lowest <= celsius <= highest:
            table.fault("range", f"'{name}_c' must lie between {lowest} and {highest} degrees Celsius", f"{name}_c")
        elif abs(celsius * 9 / 5 + 32 - fahrenheit) > 0.11:
            table.fault("units", f"'{name}_f' must be {celsius * 9 / 5 + 32:.1f}, the same as '{name}_c'", f"{name}_f")


def read_wording(file: TomlFile, language: str, countries: Iterable[str]) -> Wording | None:
    """``wording/<language>.toml``"""
    table = file.table
    replies, reminders, items = table.child("reply"), table.child("reminder"), table.child("items")
    texts: dict[str, Text] = {}
    for key in wording_keys.reply_keys(countries):
        texts[key] = read_text(replies.child(key), wording_keys.REPLIES.get(key), is_reminder=False)
    for key, expected in wording_keys.REMINDERS.items():
        texts[key] = read_text(reminders.child(key), expected, is_reminder=True)
    for item in wording_keys.ITEMS:
        texts[f"item.{item}"] = Text(items.text(item), 1, None)
    calendar = _read_calendar(table.child("calendar"))
    name, local_emergency, sign_off = table.text("name"), table.text("local_emergency"), read_sign_off(table)
    for each in (table, replies, reminders, items):
        each.finish()
    if sign_off is None or calendar is None:
        return None
    return Wording(language, name, local_emergency, calendar, MappingProxyType(texts), sign_off)


def read_text(table: Table, expected: frozenset[str] | None, *, is_reminder: bool) -> Text:
    """A fixed text. ``expected``: exactly what it must be filled in with; None: what a pack's own text may be."""
    text = _filled_text(table, "text")
    segments = _segments(table, default=None)
    category = table.choice("category", wording_keys.CATEGORIES) if is_reminder else None
    review = read_review(table)
    table.finish()
    if expected is not None:
        _check_placeholders(table, text, expected, expected, "text")
    else:
        _check_placeholders(table, text, frozenset({"emergency"}), wording_keys.PACK_PLACEHOLDERS, "text")
    return Text(text, segments, category, review)


def _read_calendar(table: Table) -> Calendar | None:
    days, months = table.texts("days", required=True), table.texts("months", required=True)
    pattern = table.text("date")
    morning, afternoon, clinic_time = table.text("morning"), table.text("afternoon"), table.text("clinic_time")
    table.finish()
    if "days" in table and len(days) != 7:
        table.fault("calendar", "write the 7 days, Monday first", "days")
    if "months" in table and len(months) != 12:
        table.fault("calendar", "write the 12 months, January first", "months")
    _check_placeholders(table, pattern, frozenset({"month", "day"}), frozenset({"month", "day"}), "date")
    _check_placeholders(table, clinic_time, frozenset({"time"}), frozenset({"time"}), "clinic_time")
    if len(days) != 7 or len(months) != 12:
        return None
    return Calendar(days, months, pattern, morning, afternoon, clinic_time)


def _filled_text(table: Table, key: str) -> str:
    text = table.text(key)
    if "{" in (bare := _PLACEHOLDER.sub("", text)) or "}" in bare:
        table.fault("placeholder", Plain("a brace stands alone: write {name}, one word within both braces"), key)
    if text != " ".join(text.split()):
        table.fault("space", Plain("remove the double space, or the one at the beginning or end"), key)
    return text


def _segments(table: Table, default: int | None) -> int:
    segments = table.integer("segments", default)
    if segments not in (1, 2) and "segments" in table:
        table.fault("range", "'segments' must be 1, or 2 where one SMS is not enough", "segments")
    return segments


def _check_placeholders(table: Table, text: str, needed: frozenset[str], allowed: frozenset[str], key: str) -> None:
    found = placeholders(text)
    if not text or key not in table:
        return
    for name in sorted(needed - found):
        table.fault("placeholder", Plain("{name} is missing: put it where it belongs", name=f"{{{name}}}"), key)
    for name in sorted(found - allowed):
        names = [f"{{{each}}}" for each in sorted(allowed)] or Plain("none")
        mend = Plain("{name} is not filled in here; this text may have: {names}", name=f"{{{name}}}", names=names)
        table.fault("placeholder", mend, key)
