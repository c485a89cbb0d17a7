"""What a text costs: GSM-7 after folding, its segments with the longest plausible values, and 140 characters a fact."""

from content.checks.texts import Report, Written, every_text, longest_values
from content.library import Library
from content.plain import Plain
from content.sms_text import fold, measure

LONGEST_FACT = 140
_MOST_SEGMENTS = 2


def check(library: Library, report: Report) -> None:
    """Rules ``gsm7``, ``segments`` and ``long``."""
    values = {
        (language, country): longest_values(library, language, country)
        for language in library.languages
        for country in library.countries
    }
    for written in every_text(library):
        if foreign := _not_gsm(written.text):
            mend = Plain(
                "{signs} would make every SMS of this text cost more than twice as much: write it in plain letters",
                signs=foreign,
            )
            report.on(written, "gsm7", mend)
            continue
        for country in written.countries:
            if not _check_segments(library, report, written, country, values[written.language, country]):
                break
        if written.fact:
            text = written.text.format_map(values[written.language, written.countries[0]])
            if (units := measure(fold(text)).units) > LONGEST_FACT:
                report.on(written, "long", f"it may take {units} characters, and a fact {LONGEST_FACT}: shorten it")
    _check_words(library, report)


def _check_segments(library: Library, report: Report, written: Written, country: str, values: dict[str, str]) -> bool:
    text = written.text.format_map(values)
    if written.topic and written.topic.urgent_line and written.fact:
        suffix = "info_plus_clinic" if "emergency" in written.fact.placeholders else "info_plus"
        text = f"{text} {library.say(suffix, written.language, **values)}"
    found = measure(fold(text))
    # A pack without a checked number says "your local emergency number" instead, which may take one SMS more.
    spare = 0 if library.countries[country].emergency else 1
    if found.segments <= min(written.segments + spare, _MOST_SEGMENTS):
        return True
    mend = Plain(
        "with long names and numbers it takes {segments} SMS ({units} characters), and may take {most}: shorten it",
        segments=found.segments,
        units=found.units,
        most=written.segments,
    )
    report.on(written, "segments", mend)
    return False


def _check_words(library: Library, report: Report) -> None:
    for language, wording in library.wordings.items():
        file = f"wording/{language}.toml"
        for path, words in (
            (("name",), (wording.name,)),
            (("local_emergency",), (wording.local_emergency,)),
            (("calendar", "days"), wording.calendar.days),
            (("calendar", "months"), wording.calendar.months),
            (("calendar", "morning"), (wording.calendar.morning, wording.calendar.afternoon)),
        ):
            if foreign := _not_gsm("".join(words)):
                report.at(file, "gsm7", f"write {foreign} in plain letters", *path)
        for topic in library.topics.values():
            if foreign := _not_gsm(topic.keyword[language]):
                mend = f"a keyword is shown to patients: write {foreign} in plain letters"
                report.at(f"topics/{topic.id}.toml", "gsm7", mend, "keyword", language)
    for name, source in library.sources.items():
        if foreign := _not_gsm(source.title + source.organisation):
            report.at("sources.toml", "gsm7", f"SOURCE texts this: write {foreign} in plain letters", "source", name)


def _not_gsm(text: str) -> str:
    folded = fold(text)
    if measure(folded).encoding == "GSM-7":
        return ""
    foreign = dict.fromkeys(character for character in folded if measure(character).encoding != "GSM-7")
    return " ".join(f"'{character}'" for character in foreign)
