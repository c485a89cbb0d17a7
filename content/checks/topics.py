"""Keywords and aliases: none is a carrier's word, none means two things, none is a danger sign's phrase."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from content.checks.texts import Report
from content.library import Library
from content.model import Topic
from content.phrases import plain
from content.plain import Plain

COMMANDS = frozenset(
    {"c", "r", "done", "hecho", "more", "mas", "source", "fuente", "menu", "lang", "idioma", "join", "pause"}
    | {"resume", "reanudar"}
)
"""One-word commands of the conversation; a topic of the same word could never be asked for."""

_LONGEST_WORD = 40
_TYPED = re.compile(r"[\w .,'+-]+")
_NO_URGENT_LINE = ("crisis", "overdose")


@dataclass(frozen=True, slots=True)
class _Word:
    """A keyword or alias, the form by which it is compared, and where it stands."""

    topic: str
    language: str
    path: tuple[str | int, ...]
    text: str
    form: str


def check(library: Library, report: Report) -> None:
    """Rules ``reserved``, ``keyword``, ``alias``, ``danger-alias`` and ``urgent-line``."""
    reserved = {word_form(word) for word in library.carrier_words.all}
    for pack in library.countries.values():
        reserved |= {word_form(word) for word in pack.opt_out_words}
    phrases = {
        word_form(phrase.text): sign.id
        for sign in library.danger.values()
        for language in library.languages
        for phrase in sign.phrases[language]
    }
    owners: dict[str, list[_Word]] = {}
    for word in _words(library):
        owners.setdefault(word.form, []).append(word)
        if fault := _fault_of(word, reserved, phrases):
            report.at(f"topics/{word.topic}.toml", *fault, *word.path)
    for words in owners.values():
        _check_owners(words, report)
    for topic in library.topics.values():
        _check_topic(topic, library, report)


def _fault_of(word: _Word, reserved: set[str], phrases: dict[str, str]) -> tuple[str, str] | None:
    if len(word.form) < 2 or not _TYPED.fullmatch(word.text) or len(word.text) > _LONGEST_WORD:
        mend = Plain(
            "'{word}' is no word that a patient texts: 2 to {most} letters and digits, no other marks",
            word=word.text,
            most=_LONGEST_WORD,
        )
        return "alias", mend
    if word.form in reserved:
        return "reserved", Plain(
            "carriers act on '{word}' themselves (carrier_words.toml): choose another word", word=word.text
        )
    if word.form in COMMANDS:
        return "reserved", Plain("'{word}' is a command of the conversation: choose another word", word=word.text)
    if word.form in phrases and word.path[0] == "aliases":
        sign = phrases[word.form]
        return (
            "danger-alias",
            Plain(
                "'{word}' is a phrase of the danger sign {sign}, which is looked for first: remove it",
                word=word.text,
                sign=sign,
            ),
        )
    return None


def _check_owners(words: list[_Word], report: Report) -> None:
    for number, word in enumerate(words):
        file = f"topics/{word.topic}.toml"
        others = [other.topic for other in words if other.topic != word.topic]
        if others:
            mend = Plain(
                "'{word}' belongs to the topic {topic} too: it can mean one of them", word=word.text, topic=others[0]
            )
            report.at(file, "alias", mend, *word.path)
        elif any(before.language == word.language for before in words[:number]):
            report.at(file, "alias", Plain("'{word}' stands here twice: remove one", word=word.text), *word.path)


def _check_topic(topic: Topic, library: Library, report: Report) -> None:
    file = f"topics/{topic.id}.toml"
    for language in library.languages:
        keyword = topic.keyword[language]
        if bool(keyword) != any(topic.keyword.values()):
            report.at(file, "keyword", "give it a keyword in every language, or in none", "keyword", language)
        if keyword and (keyword != keyword.upper() or not re.fullmatch(r"[^\W\d_]{2,20}", keyword)):
            report.at(file, "keyword", "a keyword is one word in capitals", "keyword", language)
        if not topic.aliases[language]:
            report.at(file, "alias", "give it at least one other word", "aliases", language)
    signs = [sign for sign in library.danger.values() if sign.topic == topic.id and sign.level not in _NO_URGENT_LINE]
    if signs and not topic.urgent_line:
        mend = f"the danger sign {signs[0].id} sends this topic's facts: urgent_line = true"
        report.at(file, "urgent-line", mend, "urgent_line")


def word_form(word: str) -> str:
    """What a keyword or alias is compared by: small letters and digits, without accents and marks."""
    return " ".join(re.findall(r"[a-z0-9]+", plain(word)))


def _words(library: Library) -> Iterator[_Word]:
    for topic in library.topics.values():
        for language in library.languages:
            if keyword := topic.keyword[language]:
                yield _Word(topic.id, language, ("keyword", language), keyword, word_form(keyword))
            for number, alias in enumerate(topic.aliases[language]):
                yield _Word(topic.id, language, ("aliases", language, number), alias, word_form(alias))
