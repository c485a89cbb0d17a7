"""Keywords and aliases: none is a carrier's word, none means two things, none is a danger sign's phrase."""

import re
from collections.abc import Iterator

from content.checks.texts import Report
from content.library import Library
from content.phrases import plain

COMMANDS = frozenset(
    {"c", "r", "done", "hecho", "more", "mas", "source", "fuente", "menu", "lang", "idioma", "join", "pause"}
    | {"resume", "reanudar"}
)
"""One-word commands of the conversation; a topic of the same word could never be asked for."""

_LONGEST_WORD = 40
_TYPED = re.compile(r"[\w .,'+-]+")
_NO_URGENT_LINE = ("crisis", "overdose")


def check(library: Library, report: Report) -> None:
    """Rules ``reserved``, ``keyword``, ``alias``, ``danger-alias`` and ``urgent-line``."""
    places: dict[str, list[tuple[str, tuple[str | int, ...]]]] = {}
    reserved = {word_form(word) for word in library.carrier_words.all}
    for pack in library.countries.values():
        reserved |= {word_form(word) for word in pack.opt_out_words}
    phrases = {
        word_form(phrase.text): sign.id
        for sign in library.danger.values()
        for language in library.languages
        for phrase in sign.phrases[language]
    }
    for topic, language, path, word in _words(library):
        form = word_form(word)
        file = f"topics/{topic}.toml"
        if not form or not _TYPED.fullmatch(word) or len(word) > _LONGEST_WORD:
            mend = f"'{word}' is no word that a patient texts: up to {_LONGEST_WORD} letters and digits, no other marks"
            report.at(file, "alias", mend, *path)
        elif form in reserved:
            mend = f"carriers act on '{word}' themselves (carrier_words.toml): choose another word"
            report.at(file, "reserved", mend, *path)
        elif form in COMMANDS:
            report.at(file, "reserved", f"'{word}' is a command of the conversation: choose another word", *path)
        elif form in phrases and path[0] == "aliases":
            mend = f"'{word}' is a phrase of the danger sign {phrases[form]}, which is looked for first: remove it here"
            report.at(file, "danger-alias", mend, *path)
        places.setdefault(form, []).append((topic, path))
    for form, owners in places.items():
        for topic, path in owners:
            others = sorted({other for other, _ in owners} - {topic})
            if others:
                mend = f"'{form}' belongs to the topic {others[0]} too: it can mean one of them"
                report.at(f"topics/{topic}.toml", "alias", mend, *path)
            elif [each for each in owners if each[1][1] == path[1]][0][1] != path:
                report.at(f"topics/{topic}.toml", "alias", f"'{form}' stands here twice: remove one", *path)
    _check_each(library, report)


def _check_each(library: Library, report: Report) -> None:
    asked = {sign.topic for sign in library.danger.values() if sign.level not in _NO_URGENT_LINE}
    for topic in library.topics.values():
        file = f"topics/{topic.id}.toml"
        for language in library.languages:
            keyword = topic.keyword[language]
            if bool(keyword) != any(topic.keyword.values()):
                report.at(file, "keyword", "give it a keyword in every language, or in none", "keyword", language)
            if keyword and (keyword != keyword.upper() or not re.fullmatch(r"[^\W\d_]{2,20}", keyword)):
                report.at(file, "keyword", "a keyword is one word in capitals", "keyword", language)
            if not topic.aliases[language]:
                report.at(file, "alias", "give it at least one other word", "aliases", language)
        if topic.id in asked and not topic.urgent_line:
            mend = "a danger sign sends this topic's facts: urgent_line = true"
            report.at(file, "urgent-line", mend, "urgent_line")


def word_form(word: str) -> str:
    """What a keyword or alias is compared by: small letters and digits, without accents and marks."""
    return " ".join(re.findall(r"[a-z0-9]+", plain(word)))


def _words(library: Library) -> Iterator[tuple[str, str, tuple[str | int, ...], str]]:
    for topic in library.topics.values():
        for language in library.languages:
            if topic.keyword[language]:
                yield topic.id, language, ("keyword", language), topic.keyword[language]
            for number, alias in enumerate(topic.aliases[language]):
                yield topic.id, language, ("aliases", language, number), alias
